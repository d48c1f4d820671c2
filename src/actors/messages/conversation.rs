//! What is said to a conversation.

use std::collections::HashSet;
use std::sync::Arc;

use actix::Message;

use crate::actors::messages::{RelayAt, RelayId, ReplyTo, SessionId};
use crate::domain::change::Post;
use crate::domain::event::Settled;
use crate::domain::{Change, Event, Refusal, Role, UserId};

/// Store this message and deliver it.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct PostMessage {
    pub post: Post,
    /// Who is told.
    pub reply_to: ReplyTo,
}

/// Change a message, members, the name, or end the conversation.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Amend {
    pub change: Change,
    /// Who is told.
    pub reply_to: ReplyTo,
}

/// Deliver to this socket from now on.
#[derive(Debug, Message)]
#[rtype(result = "Result<Opened, NotOpened>")]
pub struct OpenConversation {
    pub session: SessionId,
    /// Whose; `None` for nobody in particular, who may listen to General under `--trust`.
    pub user: Option<UserId>,
    /// Where it is.
    pub relay: RelayAt,
    /// Does the socket close when the user is removed from here?
    pub bound: bool,
}

/// From here on the socket gets everything after `seq`.
#[derive(Clone, Debug)]
pub struct Opened {
    /// The last `seq` that it does not get live.
    pub seq: i64,
    /// The last `n` before that.
    pub n: i64,
    /// What the user may do.
    pub role: Option<Role>,
    /// Who of the members is there, if that is told here at all.
    pub online: Option<Vec<UserId>>,
}

/// Why not.
#[derive(Clone, Copy, Debug)]
pub enum NotOpened {
    /// The rules say no.
    Refused(Refusal),
    /// The actor is retired; locate its successor.
    Retired,
}

/// This member is writing.
#[derive(Clone, Debug, Message)]
#[rtype(result = "()")]
pub struct StartTyping {
    /// The account that it is about.
    pub user: UserId,
    pub username: Arc<str>,
    /// At this server?
    pub is_here: bool,
}

/// These users have come or gone.
#[derive(Clone, Debug, Message)]
#[rtype(result = "()")]
pub struct PresenceChanged {
    /// Everybody who is there.
    pub users: Arc<HashSet<UserId>>,
}

/// Deliver to this socket no longer.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct CloseConversation {
    pub session: SessionId,
}

/// Another process has committed these changes, in order and without a hole.
#[derive(Clone, Debug, Message)]
#[rtype(result = "()")]
pub struct HearChanges {
    /// What happened. None of it is about who is a member.
    pub events: Vec<Arc<Event>>,
}

/// The store's last `seq` was this when it was read: if it is ahead of you, another process wrote to it.
/// Answered when you have read on; `true` if you know now what you did not.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "bool")]
pub struct CatchUp {
    /// The store's last `seq`.
    pub seq: i64,
    /// Who was a member then, though you may not know it.
    pub member: Option<UserId>,
}

/// What is going on in this conversation?
#[derive(Debug, Message)]
#[rtype(result = "Description")]
pub struct Describe;

/// The answer to [`Describe`], which comes after everything sent before it.
#[derive(Clone, Debug)]
pub struct Description {
    /// The last `seq` that was delivered.
    pub head_seq: i64,
    /// The last `n`.
    pub head_n: i64,
    /// Changes that wait or are being committed.
    pub pending: usize,
    /// Relays that have not written everything yet.
    pub undelivered: usize,
    /// Sockets that have it open.
    pub sessions: usize,
}

/// The writer committed a batch of this conversation.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct BatchCommitted {
    /// One entry a change, in order.
    pub settled: Vec<Settled>,
}

/// The writer certainly did not store a batch of this conversation.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct BatchFailed {
    /// What to tell the senders.
    pub refusal: Refusal,
}

/// A relay has written what it was handed and can take more.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Delivered {
    /// The relay that it comes from.
    pub relay: RelayId,
}
