//! What has durably happened to a conversation, past tense. Every event has taken one `seq`.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::domain::files::Attachment;
use crate::domain::mentions::Mentions;
use crate::domain::{ChatName, ClientMsgId, Emoji, MessageId, MessageText, Refusal, Role, UserId};

/// A message as it is stored.
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
    /// Whom it mentions.
    pub mentions: Mentions,
    /// The message of the same conversation that it answers.
    pub reply_to: Option<MessageId>,
    /// The files that it carries; none once it is deleted.
    pub attachments: Arc<[Attachment]>,
    /// The client's key.
    pub client_msg_id: Option<ClientMsgId>,
    /// Chat Gopher's own number.
    pub sequence: Option<i64>,
    /// When it was said, microseconds, UTC.
    pub created_at: DateTime<Utc>,
    /// When it was last edited.
    pub edited_at: Option<DateTime<Utc>>,
    /// When it was deleted.
    pub deleted_at: Option<DateTime<Utc>>,
    /// The revision of the sender's read position, which it moved; known only when it has just been
    /// stored.
    pub read_rev: i64,
    /// What hangs on it; known only when it has just been edited. Whoever did not have the message
    /// while a reaction was told has all of it now.
    pub annotations: Option<Annotations>,
}

impl Message {
    /// Bytes of what was said in it and of what its files are called, as JSON has them.
    pub fn json_bytes(&self) -> usize {
        let text = self.text.as_ref().map_or(0, MessageText::json_bytes);
        let files = self.attachments.iter().map(|file| ATTACHMENT_BYTES + file.name.len());
        text + files.sum::<usize>()
    }
}

/// What is told of a file beside its name, in bytes, about.
const ATTACHMENT_BYTES: usize = 200;

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// A message was stored.
    Posted(Message),
    /// A message says something else now.
    Edited(Message),
    /// A message was deleted; its number stays. Its reactions and its pin went with it.
    Deleted(Message),
    /// A reaction was added to a message, or taken back.
    Reacted(Reaction),
    /// A message was pinned, or is no longer.
    Pinned(Pin),
    /// A member joined.
    Joined {
        /// The member.
        user: UserId,
        /// Their name.
        username: Arc<str>,
        /// What they want to be called, if they said so.
        display_name: Option<Arc<str>>,
        /// As what.
        role: Role,
    },
    /// A member left or was removed.
    Left {
        /// The member.
        user: UserId,
        /// Their name.
        username: Arc<str>,
    },
    /// A member has another role.
    RoleChanged {
        /// The member.
        user: UserId,
        /// Their name.
        username: Arc<str>,
        /// What they want to be called, if they said so.
        display_name: Option<Arc<str>>,
        /// The new role.
        role: Role,
    },
    /// The conversation has another name.
    Renamed {
        /// The new name.
        name: ChatName,
    },
    /// The conversation was deleted; nothing follows.
    ChatDeleted,
}

/// A reaction that was added or taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reaction {
    /// To which message.
    pub message: MessageId,
    /// That message's number.
    pub n: i64,
    /// Who reacted.
    pub user: UserId,
    /// Their name.
    pub username: Arc<str>,
    /// The reaction itself.
    pub emoji: Emoji,
    /// Is it there now?
    pub on: bool,
}

/// A message that was pinned or unpinned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    /// The message that it is about.
    pub message: MessageId,
    /// Its number.
    pub n: i64,
    /// By whom; `None` for the server's operator.
    pub user: Option<UserId>,
    /// Their name.
    pub username: Arc<str>,
    /// Is it pinned now?
    pub on: bool,
}

/// What hangs on a message, as it is now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Annotations {
    /// Who reacted how, in the order in which the emoji first came.
    pub reactions: Vec<(Emoji, Vec<UserId>)>,
    /// Is it pinned?
    pub pinned: bool,
}

impl Annotations {
    /// One more reaction.
    pub fn add(&mut self, emoji: Emoji, user: UserId) {
        match self.reactions.iter_mut().find(|(known, _)| *known == emoji) {
            Some((_, users)) => users.push(user),
            None => self.reactions.push((emoji, vec![user])),
        }
    }
}

/// What hangs on each of several messages.
pub type AnnotationsByMessage = HashMap<MessageId, Annotations>;

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
    /// The message that was posted in it, if it is one.
    pub fn message(&self) -> Option<&Message> {
        match &self.fact {
            Fact::Posted(message) => Some(message),
            _ => None,
        }
    }

    /// The message that it carries whole.
    pub fn row(&self) -> Option<MessageId> {
        match &self.fact {
            Fact::Posted(message) | Fact::Edited(message) | Fact::Deleted(message) => {
                Some(message.id)
            }
            _ => None,
        }
    }

    /// The message that it is about, and that message's number.
    pub fn subject(&self) -> Option<(MessageId, i64)> {
        match &self.fact {
            Fact::Posted(message) | Fact::Edited(message) | Fact::Deleted(message) => {
                Some((message.id, message.n))
            }
            Fact::Reacted(reaction) => Some((reaction.message, reaction.n)),
            Fact::Pinned(pin) => Some((pin.message, pin.n)),
            _ => None,
        }
    }

    /// Bytes of text in it, as JSON has them.
    pub fn bytes(&self) -> usize {
        match &self.fact {
            Fact::Posted(message) | Fact::Edited(message) => message.json_bytes(),
            _ => 0,
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
    /// It was so already: nothing to store, and no number taken. Holds for this `seq`.
    Unchanged(i64),
    /// Never stored.
    Refused(Refusal),
}
