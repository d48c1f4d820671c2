//! This server among others on the same database: what is committed here is told them, and what they tell
//! is heard.
//!
//! - `outgoing`: what is told. `incoming`: what is done with what is heard.
//! - `hub`: who is there and who is gone. `receiving`: what the bus brings, and what has been missed.
//!   `publishing`: what goes to it, numbered.
//!
//! Nothing that a client is promised depends on it but time: without a word from anybody each server finds
//! within about a second what the others have stored to what is open here ([`looks`](crate::actors::registry)).

mod handle;
mod hub;
mod incoming;
mod outgoing;
mod publishing;
mod receiving;

pub(crate) use handle::HubHandle;
pub(crate) use hub::{Hub, HubServices};
pub(crate) use outgoing::Outgoing;
