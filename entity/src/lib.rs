//! The tables of today as SeaORM entities: one table a file, no logic.

pub mod conversations;
pub mod endings;
pub mod invites;
pub mod members;
pub mod message_versions;
pub mod messages;
pub mod meta;
pub mod nodes;
pub mod pins;
pub mod reactions;
pub mod tickets;
pub mod tokens;
pub mod users;
