//! The rules of the messenger as functions on values.
//!
//! Nothing here knows a clock, a socket, a database or an actor: time comes in as a value, and what
//! should happen goes out as a value. That is what lets the property tests in `tests/rules` run
//! millions of interleavings, and what keeps the actors thin.
//!
//! - [`ids`], [`text`] and [`emoji`]: a type for each id and for each checked text. Parse at the edge,
//!   carry the proof inward.
//! - [`role`]: who may do what in a conversation. [`right`]: by what right accounts are changed.
//! - [`invite`]: what an invitation is good for.
//! - [`change`] and [`event`]: what can be asked of a conversation, and what has durably happened to
//!   it.
//! - [`files`]: what messages carry beside their text.
//! - [`mentions`] and [`unread`]: who is meant, and how much somebody has not read; [`read_commands`]: what
//!   they say of it themselves.
//! - [`ledger`]: the rule inside the transaction: order, membership, exactly-once.
//! - [`conversation`]: the rule before and after the transaction: refuse or queue, one batch in
//!   flight, deliver without a gap.
//! - [`names`]: what a name is; [`mentions`]: where a text calls somebody.
//! - [`following`]: what whoever must miss nothing reads next.
//! - [`presence`]: who is there.
//! - [`search`]: which words a text has, and what a query asks for.
//! - [`sync`]: what one is told who has been away.
//! - [`limits`]: bounds, and the token bucket; [`rates`]: who may do what how fast; [`fair_queue`] and
//!   [`write_turns`]: in which order those go who wait.
//! - [`slow_reader`]: how long a slow reader is waited for. [`heartbeat`]: whether a silent one is there.
//! - [`expiry`]: what may be forgotten.
//! - [`cluster`]: several servers on one database, and what was missed of the others.
//! - [`return_times`]: when the peers of a server that stops come back.

pub mod change;
pub mod cluster;
pub mod conversation;
pub mod emoji;
pub mod event;
pub mod expiry;
pub mod fair_queue;
pub mod files;
pub mod following;
pub mod heartbeat;
pub mod ids;
pub mod invite;
pub mod ledger;
pub mod limits;
pub mod mentions;
pub mod names;
pub mod presence;
pub mod private_pair;
pub mod rates;
pub mod read_commands;
pub mod refusal;
pub mod return_times;
pub mod right;
pub mod role;
pub mod search;
pub mod slow_reader;
pub mod sync;
pub mod text;
pub mod unread;
pub mod write_turns;

pub use change::{Authority, Change, NewAccount};
pub use conversation::Conversation;
pub use emoji::Emoji;
pub use event::{Event, Fact};
pub use ids::{ConversationId, InviteId, MessageId, TokenId, UserId};
pub use invite::{InviteHash, InviteTerms};
pub use private_pair::PrivatePair;
pub use read_commands::ReadCommand;
pub use refusal::Refusal;
pub use right::Right;
pub use role::{Kind, Role};
pub use text::{
    ChatName, ClientMsgId, DisplayName, Email, MessageText, NewText, Password, TypedName, Username,
};
