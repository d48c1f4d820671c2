//! What happened to a chat, as a frame: the same live and in a replay. Each has taken one `seq`.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::event::{AnnotationsByMessage, Message, Pin, Reaction};
use crate::domain::{ConversationId, Event, Fact, Role};
use crate::wire::instant::instant;
use crate::wire::message::MessageBody;

/// A durable change of a chat.
#[derive(Serialize, ToSchema)]
#[schema(as = Change)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum ChangeFrame<'a> {
    /// Something was said. In a replay, a message that the client does not know yet, as it is now.
    Message(MessageBody<'a>),
    /// A message says something else now.
    Edited(MessageBody<'a>),
    /// A message was deleted, and its reactions and its pin with it; its number stays.
    Deleted(MessageBody<'a>),
    /// A reaction was added to a message, or taken back.
    Reaction {
        chat_id: i64,
        seq: i64,
        /// Of the message.
        id: i64,
        /// Of the message.
        n: i64,
        /// Who has reacted.
        user_id: i64,
        username: &'a str,
        emoji: &'a str,
        /// Is it there now?
        on: bool,
        #[schema(format = "date-time")]
        created_at: String,
    },
    /// A message was pinned, or is no longer.
    Pin {
        chat_id: i64,
        seq: i64,
        /// Of the message.
        id: i64,
        /// Of the message.
        n: i64,
        /// By whom; `null` for nobody in particular.
        #[schema(required)]
        user_id: Option<i64>,
        username: &'a str,
        /// Is it pinned now?
        on: bool,
        #[schema(format = "date-time")]
        created_at: String,
    },
    /// A member came, went, or has another role.
    Member {
        chat_id: i64,
        seq: i64,
        #[schema(inline)]
        change: MemberChange,
        user_id: i64,
        username: &'a str,
        /// What they want to be called, if they said so; absent for one who left.
        #[serde(skip_serializing_if = "Option::is_none")]
        display_name: Option<&'a str>,
        /// From now on; absent for one who left.
        #[serde(skip_serializing_if = "Option::is_none")]
        role: Option<Role>,
        #[schema(format = "date-time")]
        created_at: String,
    },
    /// The chat has another name, or is gone.
    Chat {
        chat_id: i64,
        seq: i64,
        #[schema(inline)]
        change: ChatChange,
        /// From now on; absent for a chat that is gone.
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<&'a str>,
        #[schema(format = "date-time")]
        created_at: String,
    },
}

/// Changes as they are in an `opened`, in a `changes`, and in an answer over REST.
#[derive(Serialize, ToSchema)]
#[schema(as = Changes)]
#[serde(transparent)]
pub struct ChangeFrames<'a>(Vec<ChangeFrame<'a>>);

impl<'a> ChangeFrames<'a> {
    /// The events of a conversation, with what hangs on the messages among them.
    pub fn new(
        conversation: ConversationId,
        events: impl IntoIterator<Item = &'a Event>,
        annotations: &'a AnnotationsByMessage,
    ) -> Self {
        let frame = |event| ChangeFrame::new(conversation, event, Some(annotations));
        Self(events.into_iter().map(frame).collect())
    }
}

/// What happened to a member.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum MemberChange {
    Joined,
    Role,
    /// Left, or was removed.
    Left,
}

/// What happened to the chat itself.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum ChatChange {
    Renamed,
    /// Nothing follows.
    Deleted,
}

impl<'a> ChangeFrame<'a> {
    /// The frame of an event; with what hangs on its message, if that was looked up.
    pub(super) fn new(
        conversation: ConversationId,
        event: &'a Event,
        annotations: Option<&'a AnnotationsByMessage>,
    ) -> Self {
        let (chat_id, seq, created_at) = (conversation.0, event.seq, instant(&event.at));
        let message = |message: &'a Message| {
            let annotations = annotations.and_then(|annotations| annotations.get(&message.id));
            let annotations = annotations.or(message.annotations.as_ref());
            MessageBody::new(conversation, seq, message, annotations)
        };
        let member = |change, user: i64, (username, display_name), role| Self::Member {
            chat_id,
            seq,
            change,
            user_id: user,
            username,
            display_name,
            role,
            created_at: created_at.clone(),
        };
        let chat = |change, name| Self::Chat {
            chat_id,
            seq,
            change,
            name,
            created_at: created_at.clone(),
        };
        match &event.fact {
            Fact::Posted(posted) => Self::Message(message(posted)),
            Fact::Edited(edited) => Self::Edited(message(edited)),
            Fact::Deleted(deleted) => Self::Deleted(message(deleted)),
            Fact::Reacted(reaction) => Self::reaction(chat_id, event, reaction),
            Fact::Pinned(pin) => Self::pin(chat_id, event, pin),
            Fact::Joined {
                user,
                username,
                display_name,
                role,
            } => {
                let names = (&**username, display_name.as_deref());
                member(MemberChange::Joined, user.0, names, Some(*role))
            }
            Fact::RoleChanged {
                user,
                username,
                display_name,
                role,
            } => {
                let names = (&**username, display_name.as_deref());
                member(MemberChange::Role, user.0, names, Some(*role))
            }
            Fact::Left { user, username } => {
                member(MemberChange::Left, user.0, (username, None), None)
            }
            Fact::Renamed { name } => chat(ChatChange::Renamed, Some(name.as_str())),
            Fact::ChatDeleted => chat(ChatChange::Deleted, None),
        }
    }

    fn reaction(chat_id: i64, event: &Event, reaction: &'a Reaction) -> Self {
        Self::Reaction {
            chat_id,
            seq: event.seq,
            id: reaction.message.0,
            n: reaction.n,
            user_id: reaction.user.0,
            username: &reaction.username,
            emoji: reaction.emoji.as_str(),
            on: reaction.on,
            created_at: instant(&event.at),
        }
    }

    fn pin(chat_id: i64, event: &Event, pin: &'a Pin) -> Self {
        Self::Pin {
            chat_id,
            seq: event.seq,
            id: pin.message.0,
            n: pin.n,
            user_id: pin.user.map(|user| user.0),
            username: &pin.username,
            on: pin.on,
            created_at: instant(&event.at),
        }
    }
}
