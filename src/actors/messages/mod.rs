//! The whole vocabulary of the actors. Commands are imperatives, facts are past tense, questions
//! are `Describe`; reading these pages tells the story of a message:
//!
//! ```text
//! session ── PostMessage ─▶ conversation ── Submit ─▶ writer
//!                           conversation ◀─ BatchCommitted / BatchFailed ── writer
//! relay ◀── Deliver ──────  conversation ◀─ Delivered ── relay
//! ```

mod conversation;
mod registry;
mod sockets;
mod writers;

use std::sync::atomic::{AtomicBool, Ordering};

use actix::Addr;
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use crate::actors::{Relay, Session};
use crate::domain::event::Settled;
use crate::domain::{ClientMsgId, ConversationId, MessageId, Refusal};
use crate::wire::{About, Problem, server};

pub(crate) use conversation::*;
pub(crate) use registry::*;
pub(crate) use sockets::*;
pub(crate) use writers::*;

/// A socket, unique on its node while it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId(pub u64);

/// A worker thread's relay, unique on its node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RelayId(pub u64);

/// Where a relay is.
#[derive(Clone, Debug)]
pub struct RelayAt {
    /// The relay itself.
    pub id: RelayId,
    pub addr: Addr<Relay>,
}

/// The actor has stopped taking commands and did nothing; locate its successor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retired;

/// Who is told what became of a change.
#[derive(Debug)]
pub enum ReplyTo {
    /// An HTTP handler.
    Caller(oneshot::Sender<Result<Settled, Retired>>),
    /// A socket, in line with what is delivered to it.
    Session(Sender),
}

/// A socket that waits for the fate of its send.
#[derive(Debug)]
pub struct Sender {
    pub session: SessionId,
    /// Where it is.
    pub relay: RelayId,
    /// The message that it changes, if it is told of a change.
    pub message: Option<MessageId>,
    /// Its key, if it wants an `ack`.
    pub client_msg_id: Option<ClientMsgId>,
    /// One of the sends that this socket may have unanswered; given back with the answer.
    pub permit: OwnedSemaphorePermit,
    /// Answers if nobody else does.
    pub unanswered: Unanswered,
}

/// What is told to a socket whose send is lost with the actor that had it, in its mailbox or in its hands:
/// whether it was stored is not known, and its repeat tells.
#[derive(Debug)]
pub struct Unanswered {
    session: Addr<Session>,
    conversation: Option<ConversationId>,
    message: Option<MessageId>,
    client_msg_id: Option<ClientMsgId>,
    is_answered: AtomicBool,
}

impl Unanswered {
    /// Of a send to a conversation, or of a change of a message.
    pub fn new(
        session: Addr<Session>,
        conversation: Option<ConversationId>,
        message: Option<MessageId>,
        client_msg_id: Option<ClientMsgId>,
    ) -> Self {
        Self {
            session,
            conversation,
            message,
            client_msg_id,
            is_answered: AtomicBool::new(false),
        }
    }

    /// The answer is on its way, or none is due.
    pub fn settle(&self) {
        self.is_answered.store(true, Ordering::Relaxed);
    }
}

impl Drop for Unanswered {
    fn drop(&mut self) {
        if self.is_answered.load(Ordering::Relaxed) {
            return;
        }
        let problem = Problem::from(Refusal::OutcomeUnknown);
        let key = self.client_msg_id.as_ref();
        let about = About::change(self.conversation, self.message, key);
        let frames = server::error(&problem, &about);
        self.session.do_send(Tell { frames });
    }
}
