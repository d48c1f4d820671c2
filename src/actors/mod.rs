//! The actors: thin shells around the rules in [`domain`](crate::domain). A shell owns a mailbox,
//! timers and sockets; what should happen is decided by the core.
//!
//! - [`messages`]: the whole vocabulary, on one page.
//! - [`announcing`]: how what was committed reaches those who listen; [`local_sockets`]: the first of them.
//! - [`cluster`]: this server among others on the same database.
//! - [`confirmations`]: what other servers have been asked to confirm.
//! - [`following`]: how whoever must miss nothing of it reads it from the store.
//! - [`engine`]: the doors that HTTP handlers knock at.
//! - [`failure`]: why a command came to nothing.
//! - [`directory`]: who is running where; a look-up is a read of a sharded map.
//! - [`rate_limits`]: how fast users may do things. [`request_permits`], [`socket_permits`]: how much of the
//!   server one has at a time;
//!   [`answer_budget`]: how much memory answers have; [`connections`]: which connections there may be.
//! - [`registry`]: starts conversations, keeps accounts and tokens, knows the sockets.
//! - [`conversation`]: one a conversation. Decides, has the writer commit, delivers.
//! - [`writer`]: one a store, or several on Postgres. Commits what arrived meanwhile, at once.
//! - `background`: the counts of chats that are not open, coalesced.
//! - [`read_command_writer`]: what users have read, stored at once for many, and told to all their sockets.
//! - [`relay`]: one a worker thread. Writes shared bytes to the sockets of its thread.
//! - [`session`]: one a socket. Reads frames.
//! - `session_sets`: sockets by what they have in common.
//! - [`worker`]: what the sockets of one thread share.
//!
//! Conversations, the writers and the registry run on the engine's own thread; relays and
//! sessions on the worker thread that accepted the socket.

pub mod announcing;
pub(crate) mod answer_budget;
mod background;
mod carrying_out;
pub(crate) mod cluster;
pub mod confirmations;
pub(crate) mod connections;
pub(crate) mod conversation;
pub(crate) mod directory;
pub(crate) mod engine;
pub(crate) mod failure;
pub mod following;
pub(crate) mod local_sockets;
pub(crate) mod messages;
pub mod metrics;
pub(crate) mod rate_limits;
pub(crate) mod read_command_writer;
pub(crate) mod registry;
pub(crate) mod relay;
pub mod request_permits;
pub mod search_index;
pub mod session;
mod session_sets;
pub(crate) mod socket_permits;
pub(crate) mod worker;
pub(crate) mod writer;

pub(crate) use conversation::ConversationActor;
pub(crate) use relay::Relay;
pub use session::Session;
