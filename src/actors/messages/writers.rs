//! What is said to those who write: the writer of changes, and that of read commands.

use std::sync::Arc;

use actix::{Addr, Message};
use tokio::sync::oneshot;

use crate::actors::ConversationActor;
use crate::actors::failure::Failure;
use crate::domain::{Change, ConversationId, ReadCommand, TokenId, UserId};
use crate::wire::server::Counters;

/// Commit these changes of one conversation, in this order.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Submit {
    pub conversation: ConversationId,
    /// The changes, in order.
    pub changes: Arc<Vec<Change>>,
    /// Who is told.
    pub from: Addr<ConversationActor>,
}

/// Do what a member asks of their own place in a conversation: how far they have read, and whether they are told.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct SubmitReadCommand {
    /// The account that it is about.
    pub user: UserId,
    /// The device that must still be signed in when it is stored, if it came from one.
    pub device: Option<TokenId>,
    /// The conversation that it is about.
    pub conversation: ConversationId,
    /// What is asked.
    pub command: ReadCommand,
    /// Who is told when it is stored.
    pub reply: oneshot::Sender<ReadCommandAnswer>,
}

/// The answer to [`SubmitReadCommand`]: where they stand then; `None` for one who is no member.
pub(crate) type ReadCommandAnswer = Result<Option<Counters>, Failure>;

/// Say when everything that was submitted has been decided.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Flush {
    /// Told once it has.
    pub done: oneshot::Sender<()>,
}
