//! What is said: once, in order, and found again by everybody who comes back; and what becomes of them.

mod attaching;
mod chat_gopher;
mod converging;
mod deleting;
mod delivering;
mod editing;
pub(crate) mod events;
mod events_end;
mod exactly_once;
mod history;
mod ordering;
mod pinning;
mod reacting;
mod replaying;
mod replying;
mod resumable_uploads;
mod resuming;
mod serving_files;
mod statement_costs;
mod syncing;
