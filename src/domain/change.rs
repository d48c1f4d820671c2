//! What can be asked of a conversation ([`Change`], imperative) and what has durably happened to it
//! ([`Event`], past tense). Every event has taken one `seq` of its conversation.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::domain::{
    ChatName, ClientMsgId, Email, MessageId, MessageText, Refusal, Role, UserId, Username,
};

/// On whose authority something is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Authority {
    /// This user's role in the conversation decides.
    User(UserId),
    /// The server itself, or anybody at all under `--trust`.
    Operator,
}

/// A new message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Post {
    /// `None` only under `--trust`, where a poster may be nobody.
    pub sender: Option<UserId>,
    /// What is said.
    pub text: MessageText,
    /// The client's key; with it the post may be repeated for ever.
    pub client_msg_id: Option<ClientMsgId>,
    /// Chat Gopher's own number, kept and returned as it came.
    pub sequence: Option<i64>,
}

/// An account to be made, its password hashed already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAccount {
    /// The unique name.
    pub username: Username,
    /// The unique address.
    pub email: Email,
    /// PHC string of the hash.
    pub password_hash: String,
}

/// A durable change that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Say something.
    Post(Post),
    /// Make `user` a member.
    Join {
        /// Who asks.
        by: Authority,
        /// Who joins.
        user: UserId,
        /// As what.
        role: Role,
    },
    /// End `user`'s membership: a removal, or a departure if they ask it themselves.
    Leave {
        /// Who asks.
        by: Authority,
        /// Who leaves.
        user: UserId,
    },
    /// Give `user` another role.
    SetRole {
        /// Who asks.
        by: Authority,
        /// Whose role.
        user: UserId,
        /// The new one.
        role: Role,
    },
    /// Give the conversation another name.
    Rename {
        /// Who asks.
        by: Authority,
        /// The new one.
        name: ChatName,
    },
    /// Delete the conversation.
    Dissolve {
        /// Who asks.
        by: Authority,
    },
    /// Make an account, which thereby joins General. The first account is the administrator and
    /// General's owner.
    Enroll(NewAccount),
}

impl Change {
    /// Its share of a queue's byte bound.
    pub fn bytes(&self) -> usize {
        match self {
            Self::Post(post) => post.text.bytes() + 128,
            _ => 256,
        }
    }

    /// Can asking again be recognised, so that a repeat is answered like the first time?
    pub fn is_keyed(&self) -> bool {
        matches!(
            self,
            Self::Post(Post {
                client_msg_id: Some(_),
                sender: Some(_),
                ..
            })
        )
    }
}

/// A message as it was stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its identity.
    pub id: MessageId,
    /// Its number among the messages of its conversation: 1, 2, 3 …
    pub n: i64,
    /// Who said it.
    pub sender: Option<UserId>,
    /// The sender's name when it was said.
    pub username: Arc<str>,
    /// What was said; `None` once it is deleted.
    pub text: Option<MessageText>,
    /// The client's key.
    pub client_msg_id: Option<ClientMsgId>,
    /// Chat Gopher's own number.
    pub sequence: Option<i64>,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// A message was stored.
    Posted(Message),
    /// A member joined.
    Joined {
        /// Who.
        user: UserId,
        /// Their name.
        username: Arc<str>,
        /// As what.
        role: Role,
    },
    /// A member left or was removed.
    Left {
        /// Who.
        user: UserId,
        /// Their name.
        username: Arc<str>,
    },
    /// A member has another role.
    RoleChanged {
        /// Who.
        user: UserId,
        /// Their name.
        username: Arc<str>,
        /// The new role.
        role: Role,
    },
    /// The conversation has another name.
    Renamed {
        /// The new name.
        name: ChatName,
    },
    /// The conversation was deleted; nothing follows.
    Dissolved,
}

/// One durable change of a conversation, in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// 1, 2, 3 … without a gap, the same for every reader.
    pub seq: i64,
    /// When the transaction was written, microseconds, UTC.
    pub at: DateTime<Utc>,
    /// What happened.
    pub fact: Fact,
}

impl Event {
    /// The message in it, if it is one.
    pub fn message(&self) -> Option<&Message> {
        match &self.fact {
            Fact::Posted(message) => Some(message),
            _ => None,
        }
    }
}

/// The answer to a change whose fate is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settled {
    /// Stored now, by this very request.
    Stored(Arc<Event>),
    /// Stored before, under the same key; this is the first answer again.
    Repeated(Arc<Event>),
    /// Never stored.
    Refused(Refusal),
}
