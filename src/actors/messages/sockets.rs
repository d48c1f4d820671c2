//! What is said to relays, and through them to sockets; and to a session itself.

use std::sync::Arc;
use std::time::Duration;

use actix::{Addr, Message};

use crate::actors::ConversationActor;
use crate::actors::messages::SessionId;
use crate::domain::mentions::Mentions;
use crate::domain::unread::{ReadPosition, ReadState};
use crate::domain::{ConversationId, UserId};
use crate::store::conversations::Listing;
use crate::wire::server::Counters;
use crate::wire::{Close, Encoded};

/// A conversation, in one run of its actor.
#[derive(Clone, Debug)]
pub struct Incarnation {
    /// The conversation that it is about.
    pub conversation: ConversationId,
    pub actor: Addr<ConversationActor>,
}

/// Hand these to the sockets of one conversation, in this order; the actor is told when it is done.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Deliver {
    pub incarnation: Incarnation,
    /// The deliveries, in order.
    pub items: Vec<Delivery>,
}

/// One step of a delivery.
#[derive(Clone, Debug)]
pub enum Delivery {
    /// From here on, this socket too.
    Add(SessionId),
    /// From here on, this socket no longer; with a code, close it.
    Remove(SessionId, Option<Close>),
    /// To every socket that has the conversation open.
    Everybody(Encoded),
    /// The same, of changes whose numbers are not all there: as one frame, and as a frame a change for
    /// those who know no other.
    Changes {
        /// For those who know positions.
        whole: Encoded,
        /// For sockets that are bound to the conversation and have not opened it.
        plain: Encoded,
    },
    /// To this socket alone.
    One(SessionId, Encoded),
}

/// Hand this to the sockets that have the conversation open and can take it at once.
#[derive(Clone, Debug, Message)]
#[rtype(result = "()")]
pub struct Ephemeral {
    pub incarnation: Incarnation,
    /// The frames, ready to be written.
    pub frames: Encoded,
    /// Not to this user's.
    pub except: Option<UserId>,
    /// Only to sockets that have asked for the conversation by `open`; otherwise also to those that are
    /// bound to it.
    pub active_only: bool,
}

/// Whom a message mentions, since some change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MentionsOf {
    pub n: i64,
    pub seq: i64,
    pub mentions: Mentions,
}

/// A conversation has moved on, for those who have it in the background.
#[derive(Clone, Debug, Message)]
#[rtype(result = "()")]
pub struct Advanced {
    /// The conversation that it is about.
    pub conversation: ConversationId,
    /// Its last `seq`.
    pub seq: i64,
    /// Its last `n`.
    pub n: i64,
    /// Who has written, and thereby read, up to where.
    pub read: Vec<(UserId, ReadPosition)>,
    /// Whom messages mention, by their `n`: new ones, and those that say something else now.
    pub mentions: Vec<MentionsOf>,
    /// Who has joined, by which `seq`, after which `n`.
    pub joined: Vec<(UserId, i64, i64)>,
    /// Who has left, by which `seq`.
    pub left: Vec<(UserId, i64)>,
    /// Is it gone altogether?
    pub is_deleted: bool,
}

impl Advanced {
    /// Nothing but the head has changed.
    pub fn new(conversation: ConversationId, seq: i64, n: i64) -> Self {
        Self {
            conversation,
            seq,
            n,
            read: Vec::new(),
            mentions: Vec::new(),
            joined: Vec::new(),
            left: Vec::new(),
            is_deleted: false,
        }
    }
}

/// A user has moved their read position, on one of their sockets or over REST.
#[derive(Clone, Debug, Message)]
#[rtype(result = "()")]
pub struct ReadPositionMoved {
    /// The account that it is about.
    pub user: UserId,
    /// Where, and how they stand there now.
    pub snapshot: Snapshot,
}

/// Where a user stands in a conversation, as it was read from the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    pub conversation: ConversationId,
    /// Its last `seq` and `n`.
    pub head: (i64, i64),
    /// What they have read.
    pub read_state: ReadState,
}

impl Snapshot {
    /// Where they stood then, as the wire says it.
    pub fn counters(&self) -> Counters {
        Counters::of(self.conversation, self.head, &self.read_state)
    }
}

impl From<&Listing> for Snapshot {
    fn from(listing: &Listing) -> Self {
        Self {
            conversation: listing.chat.id,
            head: (listing.chat.head_seq, listing.chat.head_n),
            read_state: listing.read_state.clone(),
        }
    }
}

/// This socket is about to read where its user stands; remember what happens meanwhile. One that is
/// bound to a chat does not, but hears where its user moves their read position.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct ExpectWatch {
    pub session: SessionId,
    /// The account that it is about.
    pub user: UserId,
    /// Is it bound to a chat?
    pub bound: bool,
}

/// Tell this socket how its user's chats stand while it has them not open.
#[derive(Clone, Debug, Message)]
#[rtype(result = "()")]
pub struct Watch {
    pub session: SessionId,
    /// The chats, as they stood when they were read.
    pub chats: Vec<Snapshot>,
}

/// What was told of this user's chats may not be all of it, and it is about to be looked how they stand.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct ExpectAgain {
    /// The account that it is about.
    pub user: UserId,
}

/// They stand like this; tell their sockets what they do not know. Is it to be
/// looked once more, since a socket's first snapshot is on its way, which may be older?
#[derive(Clone, Debug, Message)]
#[rtype(result = "bool")]
pub struct WatchAgain {
    /// The account that it is about.
    pub user: UserId,
    /// Their chats, as they stood when they were read.
    pub chats: Arc<Vec<Snapshot>>,
    /// Are those all?
    pub is_whole: bool,
}

/// The socket is gone.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct Unwatch {
    /// The session that it is about.
    pub session: SessionId,
}

/// Tell every socket when to come back, since the server stops: each its own time.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct GoAway {
    /// Within which time all of them do.
    pub window: Duration,
}

/// Close every socket, since the server stops.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct CloseAll {
    pub close: Close,
}

/// Close this socket, whatever its session is waiting for. Nothing is written to it after the answer.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct CloseSocket {
    /// The session that it is about.
    pub session: SessionId,
    pub close: Close,
}

/// Write these to the socket.
#[derive(Clone, Debug, Message)]
#[rtype(result = "()")]
pub struct Tell {
    /// The frames, ready to be written.
    pub frames: Encoded,
}
