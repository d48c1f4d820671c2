//! What goes over the wire: the only JSON of frames, and the one table of error codes.
//!
//! - [`errors`]: every code with its HTTP status, whether to retry, and the close codes.
//! - [`client`]: the frames that a client sends, decoded.
//! - [`server`]: the frames that the server sends, encoded once into bytes that every recipient
//!   shares.
//! - [`message`]: a message as JSON, there and over REST; [`change`]: what happened to a chat.
//! - [`schema`]: all frames as JSON Schemas; `client_frame_types`: a client's as types, for that.
//! - [`integer`] and [`instant`]: whole numbers and times, as JSON has them.
//! - [`frame_encoding`]: WebSocket frames (RFC 6455) around them.
//! - [`client_side`]: the client's side of it, for whom the server speaks itself.

pub mod change;
pub mod client;
mod client_frame_types;
pub mod client_side;
pub mod error_subject;
pub mod errors;
pub mod frame_encoding;
pub mod instant;
pub mod integer;
pub mod message;
pub mod schema;
pub mod server;

pub use client::ClientFrame;
pub use error_subject::About;
pub use errors::{Close, Code, Problem};
pub use server::Encoded;
