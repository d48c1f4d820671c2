//! The rules of the core against naive models, and the rules of the house against its files.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test says what it expects by unwrapping it"
)]
#![allow(clippy::too_many_lines, reason = "a table, or a model on one page")]

mod bounds;
mod circles;
mod clocks;
mod constants;
mod devices;
mod documents;
mod example_ledger;
mod following;
mod frames;
mod guarded;
mod handlers;
mod interleavings;
mod layers;
mod model;
mod name_characters;
mod partitioning;
mod private_chats;
mod registering;
#[path = "../common/schema.rs"]
mod schema;
mod several_servers;
mod unique_names;
