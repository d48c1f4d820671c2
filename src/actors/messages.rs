//! The whole vocabulary of the actors. Commands are imperatives, facts are past tense, questions
//! are `Describe`; reading this page tells the story of a message:
//!
//! ```text
//! session ── PostMessage ─▶ conversation ── Submit ─▶ writer
//!                           conversation ◀─ BatchCommitted / BatchFailed ── writer
//! relay ◀── Deliver ──────  conversation ◀─ Delivered ── relay
//! ```

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use actix::{Addr, Message};
use chrono::{DateTime, Utc};
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use crate::actors::engine::Failure;
use crate::actors::{ConversationActor, Relay, Session};
use crate::domain::change::Post;
use crate::domain::event::Settled;
use crate::domain::mentions::Mentions;
use crate::domain::unread::{ReadMark, Tally};
use crate::domain::{
    Change, ChatName, ConversationId, DisplayName, Email, InviteId, InviteTerms, Kind, Mark,
    Password, Refusal, Role, TokenId, UserId, Username,
};
use crate::store::accounts::Account;
use crate::store::accounts::administrators::LastAdmin;
use crate::store::conversations::{Chat, Listing, Pair};
use crate::store::invites::Invite;
use crate::wire::server::Counters;
use crate::wire::{Close, Encoded};

/// A socket, unique on its node while it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId(pub u64);

/// A worker thread's relay, unique on its node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RelayId(pub u64);

/// Where a relay is.
#[derive(Clone, Debug)]
pub struct RelayAt {
    /// Which.
    pub id: RelayId,
    /// Its mailbox.
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
    /// Which socket.
    pub session: SessionId,
    /// Where it is.
    pub relay: RelayId,
    /// Its key, if it wants an `ack`.
    pub client_msg_id: Option<crate::domain::ClientMsgId>,
    /// One of the sends that this socket may have unanswered; given back with the answer.
    pub permit: OwnedSemaphorePermit,
}

// ---- to a conversation ------------------------------------------------------------------------

/// Store this message and deliver it.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct PostMessage {
    /// The message.
    pub post: Post,
    /// Who is told.
    pub reply_to: ReplyTo,
}

/// Change a message, members, the name, or end the conversation.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Amend {
    /// The change.
    pub change: Change,
    /// Who is told.
    pub reply_to: ReplyTo,
}

/// Deliver to this socket from now on.
#[derive(Debug, Message)]
#[rtype(result = "Result<Opened, NotOpened>")]
pub struct OpenConversation {
    /// Which socket.
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
    /// Who.
    pub user: UserId,
    /// Their name.
    pub username: Arc<str>,
}

/// These users have come or gone.
#[derive(Clone, Debug, Message)]
#[rtype(result = "()")]
pub struct PresenceChanged {
    /// Who.
    pub users: Arc<HashSet<UserId>>,
}

/// Deliver to this socket no longer.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct CloseConversation {
    /// Which socket.
    pub session: SessionId,
}

/// The store's head was this when it was read: if it is ahead of you, another process wrote to it;
/// retire, so that a successor reads what is there. `true` if so.
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
    /// Which.
    pub relay: RelayId,
}

// ---- to the writer ----------------------------------------------------------------------------

/// Commit these changes of one conversation, in this order.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Submit {
    /// Which conversation.
    pub conversation: ConversationId,
    /// What.
    pub changes: Arc<Vec<Change>>,
    /// Who is told.
    pub from: Addr<ConversationActor>,
}

// ---- to the marks -----------------------------------------------------------------------------

/// Put a member's mark somewhere.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct PutMark {
    /// Whose.
    pub user: UserId,
    /// Where.
    pub conversation: ConversationId,
    /// What is asked.
    pub mark: Mark,
    /// Who is told when it is stored.
    pub reply: oneshot::Sender<Marked>,
}

/// The answer to [`PutMark`]: where they stand then; `None` for one who is no member.
pub type Marked = Result<Option<Counters>, Failure>;

// ---- to the writer and the marks --------------------------------------------------------------

/// Say when everything that was submitted has been decided.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Flush {
    /// Told then.
    pub done: oneshot::Sender<()>,
}

// ---- to a relay -------------------------------------------------------------------------------

/// A conversation, in one run of its actor.
#[derive(Clone, Debug)]
pub struct Incarnation {
    /// Which.
    pub conversation: ConversationId,
    /// The actor.
    pub actor: Addr<ConversationActor>,
}

/// Hand these to the sockets of one conversation, in this order; the actor is told when it is done.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Deliver {
    /// Of whom.
    pub incarnation: Incarnation,
    /// What.
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
    /// To this socket alone.
    One(SessionId, Encoded),
}

/// Hand this to the sockets that have the conversation open and can take it at once.
#[derive(Clone, Debug, Message)]
#[rtype(result = "()")]
pub struct Ephemeral {
    /// Of whom.
    pub incarnation: Incarnation,
    /// What.
    pub frames: Encoded,
    /// Not to this user's.
    pub except: Option<UserId>,
    /// Only to sockets that have asked for the conversation by `open`; otherwise also to those that are
    /// bound to it.
    pub attentive: bool,
}

/// A conversation has moved on, for those who have it in the background.
#[derive(Clone, Debug, Message)]
#[rtype(result = "()")]
pub struct Advanced {
    /// Which.
    pub conversation: ConversationId,
    /// Its last `seq`.
    pub seq: i64,
    /// Its last `n`.
    pub n: i64,
    /// Who has written, and thereby read, up to where.
    pub read: Vec<(UserId, ReadMark)>,
    /// Whom messages mention, by their `n`: new ones, and those that say something else now.
    pub mentions: Vec<(i64, Mentions)>,
    /// Who has joined, after which `n`.
    pub joined: Vec<(UserId, i64)>,
    /// Who has left.
    pub left: Vec<UserId>,
    /// Is it gone altogether?
    pub dissolved: bool,
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
            dissolved: false,
        }
    }
}

/// A user has put their read mark somewhere, on one of their sockets or over REST.
#[derive(Clone, Debug, Message)]
#[rtype(result = "()")]
pub struct MarkedRead {
    /// Who.
    pub user: UserId,
    /// Where, and how they stand there now.
    pub look: Look,
}

/// Where a user stands in a conversation, as it was read from the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// Which conversation.
    pub conversation: ConversationId,
    /// Its last `seq` and `n`.
    pub head: (i64, i64),
    /// What they have read.
    pub tally: Tally,
}

impl Look {
    /// Where they stood then, as the wire says it.
    pub fn counters(&self) -> Counters {
        Counters::of(self.conversation, self.head, &self.tally)
    }
}

impl From<&Listing> for Look {
    fn from(listing: &Listing) -> Self {
        Self {
            conversation: listing.chat.id,
            head: (listing.chat.head_seq, listing.chat.head_n),
            tally: listing.tally.clone(),
        }
    }
}

/// This socket is about to look where its user stands; remember what happens meanwhile. One that is
/// bound to a chat does not look, but hears where its user puts their marks.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct ExpectWatch {
    /// Which socket.
    pub session: SessionId,
    /// Whose.
    pub user: UserId,
    /// Is it bound to a chat?
    pub bound: bool,
}

/// Tell this socket how its user's chats stand while it has them not open.
#[derive(Clone, Debug, Message)]
#[rtype(result = "()")]
pub struct Watch {
    /// Which socket.
    pub session: SessionId,
    /// The chats, as they stood when they were read.
    pub chats: Vec<Look>,
}

/// The socket is gone.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct Unwatch {
    /// Which.
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
    /// With what.
    pub close: Close,
}

/// Close this socket, whatever its session is waiting for.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub struct CloseSocket {
    /// Which.
    pub session: SessionId,
    /// With what.
    pub close: Close,
}

// ---- to a session -----------------------------------------------------------------------------

/// Write these to the socket.
#[derive(Clone, Debug, Message)]
#[rtype(result = "()")]
pub struct Tell {
    /// What.
    pub frames: Encoded,
}

// ---- to the registry --------------------------------------------------------------------------

/// Where is this conversation's actor? Start it if it is not running.
#[derive(Debug, Message)]
#[rtype(result = "Result<Addr<ConversationActor>, Failure>")]
pub struct Locate {
    /// Which.
    pub conversation: ConversationId,
}

/// Make an account.
#[derive(Debug, Message)]
#[rtype(result = "Result<Account, Failure>")]
pub struct SignUp {
    /// The unique name.
    pub username: Username,
    /// The unique address.
    pub email: Email,
    /// In clear, to be hashed.
    pub password: Password,
    /// The code of an invitation, as it was typed.
    pub invite: Option<String>,
}

/// Check a password and make a token.
#[derive(Debug, Message)]
#[rtype(result = "Result<SignedIn, Failure>")]
pub struct SignIn {
    /// As typed; a name that cannot exist fails like a wrong password.
    pub username: String,
    /// As typed; `None` for what can be nobody's.
    pub password: Option<Password>,
    /// What signs in, as it calls itself.
    pub user_agent: Option<String>,
    /// From where, for the limits.
    pub peer: IpAddr,
}

/// The answer to [`SignIn`].
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The secret; only its hash is kept.
    pub token: String,
    /// Whose.
    pub user: UserId,
    /// Until when.
    pub expires_at: DateTime<Utc>,
}

/// Change an account; `None` leaves a part as it is.
#[derive(Debug, Message)]
#[rtype(result = "Result<Account, Failure>")]
pub struct UpdateUser {
    /// Which.
    pub user: UserId,
    /// The new name.
    pub username: Option<Username>,
    /// The new address.
    pub email: Option<Email>,
    /// The new name to be shown; `Some(None)` takes it away.
    pub display_name: Option<Option<DisplayName>>,
    /// The new password; ends all tokens but `keep`.
    pub password: Option<Password>,
    /// The token that asks.
    pub keep: Option<TokenId>,
}

/// Deactivate an account.
#[derive(Debug, Message)]
#[rtype(result = "Result<(), Failure>")]
pub struct DeleteUser {
    /// Which.
    pub user: UserId,
    /// If it is the last administrator's.
    pub last_admin: LastAdmin,
}

/// Erase what is personal of an account, for good.
#[derive(Debug, Message)]
#[rtype(result = "Result<(), Failure>")]
pub struct EraseUser {
    /// Which.
    pub user: UserId,
    /// If it is the last administrator's.
    pub last_admin: LastAdmin,
}

/// Make an invitation.
#[derive(Debug, Message)]
#[rtype(result = "Result<Invited, Failure>")]
pub struct CreateInvite {
    /// Who makes it; `None` under `--trust`.
    pub by: Option<UserId>,
    /// How long and how often it is good.
    pub terms: InviteTerms,
}

/// The answer to [`CreateInvite`].
#[derive(Clone, Debug)]
pub struct Invited {
    /// The secret; only its hash is kept.
    pub code: String,
    /// What is kept.
    pub invite: Invite,
}

/// Take an invitation back.
#[derive(Debug, Message)]
#[rtype(result = "Result<(), Failure>")]
pub struct RevokeInvite {
    /// Which.
    pub invite: InviteId,
}

/// Make a conversation.
#[derive(Debug, Message)]
#[rtype(result = "Result<Chat, Failure>")]
pub struct CreateChat {
    /// `Private` or `Group`.
    pub kind: Kind,
    /// May be empty.
    pub name: ChatName,
    /// Its owner; `None` under `--trust` leaves it empty.
    pub by: Option<UserId>,
}

/// Find the private conversation of two people, or make it.
#[derive(Debug, Message)]
#[rtype(result = "Result<Chat, Failure>")]
pub struct StartPrivate {
    /// Who asks.
    pub by: UserId,
    /// The two.
    pub pair: Pair,
}

/// End a token.
#[derive(Debug, Message)]
#[rtype(result = "Result<bool, Failure>")]
pub struct RevokeToken {
    /// Whose it must be.
    pub user: UserId,
    /// Which.
    pub token: TokenId,
}

/// Make a one-time ticket for a socket.
#[derive(Debug, Message)]
#[rtype(result = "Result<String, Failure>")]
pub struct IssueTicket {
    /// On whose behalf.
    pub token: TokenId,
}

/// Write these to every socket of a user.
#[derive(Clone, Debug, Message)]
#[rtype(result = "()")]
pub struct TellUser {
    /// Whose.
    pub user: UserId,
    /// What.
    pub frames: Encoded,
}

/// A socket is there; from now on it hears of revocations.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct SessionStarted {
    /// Which.
    pub session: SessionId,
    /// Whose; `None` for nobody in particular.
    pub user: Option<UserId>,
    /// By which token it came.
    pub token: Option<TokenId>,
    /// Where it is.
    pub addr: Addr<Session>,
    /// The relay of its thread, which closes it without waiting for what it is doing.
    pub relay: Addr<Relay>,
}

/// A socket is gone.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct SessionEnded {
    /// Which.
    pub session: SessionId,
}
