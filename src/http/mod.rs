//! HTTP: what can be asked, of whom, and in which shape the answer comes.
//!
//! A handler unpacks a request, asks once — a command to an actor through the [`Engine`], or a read
//! from the store — and shapes the answer. Nothing is decided here but who is calling.
//!
//! - [`routes`]: every route on one page.
//! - [`auth`]: on whose behalf a request comes; one function for REST and for sockets.
//!   [`origin`]: from which page and from which address. [`forwarded`]: what proxies say about that.
//!   [`cookie`]: what keeps a browser signed in. [`base_path`]: below which path of its host the server is.
//!   `current_password`: for what takes the current password too.
//! - [`body`] and [`query`]: what a request brings, within bounds and with clear complaints.
//! - [`problem`]: every failure as JSON. [`headers`]: what every answer bears. [`delayed_refusals`]: refusals that wait a
//!   moment. [`page_bytes`] and [`answer_bodies`]: how
//!   much it may be, and how it goes out.
//! - [`accounts`], [`erasure`], [`invites`], [`tokens`], [`chats`], [`read_commands`], [`members`],
//!   [`messages`], [`message`], [`search`], [`health`]: one resource each, with the shapes of its bodies and
//!   answers.
//! - [`files`]: a file in one go. [`file_bytes`]: what a message carries. [`uploads`]: the same in parts, as tus has it.
//! - [`previews`]: what a list shows of each chat.
//! - [`sync`]: all that one who has been away needs, in one trip.
//! - [`classic`]: the names that the two servers had for the same that this one replaces.
//! - [`assets`]: the web client, from the binary.
//! - [`openapi`]: all of it for programs and for readers. [`asyncapi`]: the sockets for programs.
//! - [`socket`]: the upgrade, which leaves HTTP behind. [`events`]: the same for those who cannot.

pub(crate) mod accounts;
pub(crate) mod answer_bodies;
pub(crate) mod assets;
pub mod asyncapi;
pub(crate) mod auth;
pub(crate) mod base_path;
pub mod body;
pub(crate) mod chats;
pub(crate) mod classic;
pub(crate) mod cookie;
mod current_password;
pub mod delayed_refusals;
pub(crate) mod erasure;
pub(crate) mod events;
pub(crate) mod file_bytes;
pub(crate) mod files;
pub(crate) mod forwarded;
pub(crate) mod headers;
pub(crate) mod health;
pub(crate) mod invites;
pub(crate) mod members;
pub(crate) mod message;
pub(crate) mod messages;
pub(crate) mod not_found;
pub(crate) mod openapi;
pub(crate) mod origin;
pub mod page_bytes;
pub(crate) mod previews;
pub(crate) mod problem;
pub mod query;
pub(crate) mod read_commands;
pub(crate) mod routes;
pub(crate) mod search;
pub(crate) mod socket;
pub(crate) mod sync;
pub(crate) mod tokens;
pub(crate) mod uploads;

use actix_web::{HttpResponse, web};

use crate::actors::engine::Engine;
use crate::wire::Problem;

pub use routes::configure;

/// The doors to the actors, as a handler receives them.
type App = web::Data<Engine>;

/// What a handler returns.
type Answer = Result<HttpResponse, Problem>;
