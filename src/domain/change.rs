//! What can be asked of a conversation, imperative. What came of it is an
//! [`Event`](crate::domain::Event).

use crate::domain::files::UploadId;
use crate::domain::{
    ChatName, ClientMsgId, Email, Emoji, InviteHash, MessageId, NewText, Role, TokenId, UserId,
    Username,
};

/// On whose authority something is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Authority {
    /// This user's role in the conversation decides.
    User(UserId),
    /// The same, as long as the device that they ask with is signed in.
    Device(UserId, TokenId),
    /// The server itself, or anybody at all under `--trust`.
    Operator,
}

impl Authority {
    /// The user, if it is one.
    pub fn user(self) -> Option<UserId> {
        match self {
            Self::User(user) | Self::Device(user, _) => Some(user),
            Self::Operator => None,
        }
    }

    /// The device that must still be signed in when it happens.
    pub fn device(self) -> Option<TokenId> {
        match self {
            Self::Device(_, token) => Some(token),
            Self::User(_) | Self::Operator => None,
        }
    }
}

/// A new message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Post {
    /// Who says it. The operator is nobody in particular: so it is under `--trust` alone.
    pub by: Authority,
    /// What is said.
    pub text: NewText,
    /// The client's key; with it the post may be repeated for ever.
    pub client_msg_id: Option<ClientMsgId>,
    /// The message of the same conversation that it answers.
    pub reply_to: Option<MessageId>,
    /// The files that it carries, in their order.
    pub uploads: Vec<UploadId>,
    /// Chat Gopher's own number, kept and returned as it came.
    pub sequence: Option<i64>,
}

impl Post {
    /// Whose message it will be; `None` for nobody's.
    pub fn sender(&self) -> Option<UserId> {
        self.by.user()
    }
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
    /// The invitation that it uses up; `None` where none is needed.
    pub invite: Option<InviteHash>,
    /// Is it an administrator's, even if it is not the first?
    pub is_admin: bool,
    /// May it have a name that rests? So says who makes it on the machine itself, and `--trust`.
    pub wakes_names: bool,
}

/// A durable change that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Say something.
    Post(Post),
    /// Let one's own message say something else.
    Edit {
        /// Who asks.
        by: Authority,
        /// Which message.
        message: MessageId,
        /// What it says from now on.
        text: NewText,
    },
    /// Delete a message: one's own, or anybody's by who manages the conversation.
    Delete {
        /// Who asks.
        by: Authority,
        /// Which message.
        message: MessageId,
    },
    /// Add a reaction to a message, or take it back.
    React {
        /// Whose reaction.
        user: UserId,
        /// The device that must still be signed in, if it came from one.
        device: Option<TokenId>,
        /// To which message.
        message: MessageId,
        /// The reaction itself.
        emoji: Emoji,
        /// Is it to be there?
        on: bool,
    },
    /// Pin a message, or unpin it.
    Pin {
        /// Who asks.
        by: Authority,
        /// Which message.
        message: MessageId,
        /// Is it to be pinned?
        on: bool,
    },
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
    DeleteChat {
        /// Who asks.
        by: Authority,
    },
    /// Delete a private conversation, unless one of its members still has it in view.
    Abandon,
    /// Make an account, which thereby joins General. The first account is the administrator and
    /// General's owner.
    Register(NewAccount),
}

impl Change {
    /// Its share of a queue's byte bound.
    pub fn bytes(&self) -> usize {
        match self {
            Self::Post(post) => post.text.bytes() + 128 + 64 * post.uploads.len(),
            Self::Edit { text, .. } => text.bytes() + 256,
            _ => 256,
        }
    }

    /// The text that it says, if it says one.
    pub fn text(&self) -> Option<&NewText> {
        match self {
            Self::Post(post) => Some(&post.text),
            Self::Edit { text, .. } => Some(text),
            _ => None,
        }
    }

    /// The messages that must be there for it: the one that it changes, or answers.
    pub fn target(&self) -> Option<MessageId> {
        match self {
            Self::Post(post) => post.reply_to,
            Self::Edit { message, .. }
            | Self::Delete { message, .. }
            | Self::React { message, .. }
            | Self::Pin { message, .. } => Some(*message),
            _ => None,
        }
    }

    /// The users whose standing decides: who asks, and who it is about.
    pub fn users(&self) -> impl Iterator<Item = UserId> {
        let (by, user) = match self {
            Self::Post(post) => (Some(post.by), None),
            Self::React { user, .. } => (None, Some(*user)),
            Self::Edit { by, .. }
            | Self::Delete { by, .. }
            | Self::Pin { by, .. }
            | Self::Rename { by, .. }
            | Self::DeleteChat { by } => (Some(*by), None),
            Self::Join { by, user, .. }
            | Self::Leave { by, user }
            | Self::SetRole { by, user, .. } => (Some(*by), Some(*user)),
            Self::Abandon | Self::Register(_) => (None, None),
        };
        by.and_then(Authority::user).into_iter().chain(user)
    }

    /// The device that it comes from. Once that is signed out nothing happens by it any more.
    pub fn device(&self) -> Option<TokenId> {
        match self {
            Self::Post(post) => post.by.device(),
            Self::React { device, .. } => *device,
            Self::Edit { by, .. }
            | Self::Delete { by, .. }
            | Self::Pin { by, .. }
            | Self::Rename { by, .. }
            | Self::DeleteChat { by }
            | Self::Join { by, .. }
            | Self::Leave { by, .. }
            | Self::SetRole { by, .. } => by.device(),
            Self::Abandon | Self::Register(_) => None,
        }
    }

    /// Can asking again be recognised, so that a repeat is answered like the first time?
    pub fn is_keyed(&self) -> bool {
        matches!(self, Self::Post(post) if post.client_msg_id.is_some() && post.sender().is_some())
    }
}
