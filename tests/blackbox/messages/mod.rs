//! What is said: once, in order, and found again by everybody who comes back; and what becomes of them.

mod converging;
mod conversing;
mod costs;
mod deleting;
mod editing;
pub(crate) mod events;
mod events_end;
mod exactly_once;
mod gopher;
mod history;
mod ordering;
mod pinning;
mod reacting;
mod replaying;
mod replying;
mod resuming;
mod syncing;
