//! What a hint carries of a conversation's changes, so that the others need not read them.
//!
//! It never says who is a member: whoever joined, left, or has another role is read from the store, and so
//! is everything in the same run.

use std::sync::Arc;

use chrono::DateTime;
use serde::{Deserialize, Serialize};

use crate::domain::event::{Annotations, Message, Pin, Reaction};
use crate::domain::files::Attachment;
use crate::domain::mentions::Mentions;
use crate::domain::{ChatName, ClientMsgId, Emoji, Event, Fact, MessageId, MessageText, UserId};

/// A change as a hint carries it, in its place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct CarriedEvent {
    seq: i64,
    /// Microseconds since 1970.
    at: i64,
    #[serde(flatten)]
    fact: CarriedFact,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum CarriedFact {
    Posted(CarriedMessage),
    Edited(CarriedMessage),
    Deleted(CarriedMessage),
    Reacted {
        message: i64,
        n: i64,
        user: i64,
        username: String,
        emoji: String,
        on: bool,
    },
    Pinned {
        message: i64,
        n: i64,
        user: Option<i64>,
        username: String,
        on: bool,
    },
    Renamed {
        name: String,
    },
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct CarriedMessage {
    id: i64,
    n: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    sender: Option<i64>,
    username: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    mentions_all: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    mentions: Vec<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_to: Option<i64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attachments: Vec<Attachment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sequence: Option<i64>,
    created_at: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    edited_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deleted_at: Option<i64>,
    read_rev: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    annotations: Option<CarriedAnnotations>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct CarriedAnnotations {
    reactions: Vec<(String, Vec<i64>)>,
    pinned: bool,
}

type Instant = DateTime<chrono::Utc>;

fn micros(at: Instant) -> i64 {
    at.timestamp_micros()
}

fn instant(micros: i64) -> Option<Instant> {
    DateTime::from_timestamp_micros(micros)
}

/// A run of changes as a hint carries it; nothing if one of them is about who is a member.
pub(crate) fn carried<'a>(events: impl IntoIterator<Item = &'a Event>) -> Vec<CarriedEvent> {
    let carried: Option<Vec<_>> = events.into_iter().map(CarriedEvent::of).collect();
    carried.unwrap_or_default()
}

impl CarriedEvent {
    fn of(event: &Event) -> Option<Self> {
        let fact = match &event.fact {
            Fact::Posted(message) => CarriedFact::Posted(CarriedMessage::of(message)),
            Fact::Edited(message) => CarriedFact::Edited(CarriedMessage::of(message)),
            Fact::Deleted(message) => CarriedFact::Deleted(CarriedMessage::of(message)),
            Fact::Reacted(reaction) => CarriedFact::Reacted {
                message: reaction.message.0,
                n: reaction.n,
                user: reaction.user.0,
                username: reaction.username.to_string(),
                emoji: reaction.emoji.as_str().to_owned(),
                on: reaction.on,
            },
            Fact::Pinned(pin) => CarriedFact::Pinned {
                message: pin.message.0,
                n: pin.n,
                user: pin.user.map(|user| user.0),
                username: pin.username.to_string(),
                on: pin.on,
            },
            Fact::Renamed { name } => CarriedFact::Renamed {
                name: name.as_str().to_owned(),
            },
            Fact::Joined { .. }
            | Fact::Left { .. }
            | Fact::RoleChanged { .. }
            | Fact::ChatDeleted => return None,
        };
        Some(Self {
            seq: event.seq,
            at: micros(event.at),
            fact,
        })
    }

    /// Its place.
    pub(crate) fn seq(&self) -> i64 {
        self.seq
    }

    /// What happened; `None` if it makes no sense here.
    pub(crate) fn event(&self) -> Option<Event> {
        let fact = match &self.fact {
            CarriedFact::Posted(message) => Fact::Posted(message.message()?),
            CarriedFact::Edited(message) => Fact::Edited(message.message()?),
            CarriedFact::Deleted(message) => Fact::Deleted(message.message()?),
            CarriedFact::Reacted {
                message,
                n,
                user,
                username,
                emoji,
                on,
            } => Fact::Reacted(Reaction {
                message: MessageId(*message),
                n: *n,
                user: UserId(*user),
                username: username.as_str().into(),
                emoji: Emoji::parse(emoji).ok()?,
                on: *on,
            }),
            CarriedFact::Pinned {
                message,
                n,
                user,
                username,
                on,
            } => Fact::Pinned(Pin {
                message: MessageId(*message),
                n: *n,
                user: user.map(UserId),
                username: username.as_str().into(),
                on: *on,
            }),
            CarriedFact::Renamed { name } => Fact::Renamed {
                name: ChatName::given(name),
            },
        };
        Some(Event {
            seq: self.seq,
            at: instant(self.at)?,
            fact,
        })
    }
}

impl CarriedMessage {
    fn of(message: &Message) -> Self {
        let annotations = message.annotations.as_ref().map(|annotations| CarriedAnnotations {
            reactions: annotations
                .reactions
                .iter()
                .map(|(emoji, users)| {
                    (emoji.as_str().to_owned(), users.iter().map(|user| user.0).collect())
                })
                .collect(),
            pinned: annotations.pinned,
        });
        Self {
            id: message.id.0,
            n: message.n,
            sender: message.sender.map(|user| user.0),
            username: message.username.to_string(),
            text: message.text.as_ref().map(|text| text.as_str().to_owned()),
            mentions_all: message.mentions.all,
            mentions: message.mentions.users.iter().map(|user| user.0).collect(),
            reply_to: message.reply_to.map(|message| message.0),
            attachments: message.attachments.to_vec(),
            key: message.client_msg_id.as_ref().map(|key| key.as_str().to_owned()),
            sequence: message.sequence,
            created_at: micros(message.created_at),
            edited_at: message.edited_at.map(micros),
            deleted_at: message.deleted_at.map(micros),
            read_rev: message.read_rev,
            annotations,
        }
    }

    fn message(&self) -> Option<Message> {
        let text = self.text.as_deref().map(MessageText::parse_caption).transpose().ok()?;
        let key = self.key.as_deref().map(ClientMsgId::parse).transpose().ok()?;
        let annotations = self.annotations.as_ref().map(CarriedAnnotations::annotations);
        Some(Message {
            id: MessageId(self.id),
            n: self.n,
            sender: self.sender.map(UserId),
            username: Arc::from(self.username.as_str()),
            text,
            mentions: Mentions {
                all: self.mentions_all,
                users: self.mentions.iter().copied().map(UserId).collect(),
            },
            reply_to: self.reply_to.map(MessageId),
            attachments: self.attachments.iter().cloned().collect(),
            client_msg_id: key,
            sequence: self.sequence,
            created_at: instant(self.created_at)?,
            edited_at: within(self.edited_at)?,
            deleted_at: within(self.deleted_at)?,
            read_rev: self.read_rev,
            annotations: annotations.map_or(Some(None), |annotations| annotations.map(Some))?,
        })
    }
}

/// An instant, if there is to be one.
fn within(micros: Option<i64>) -> Option<Option<Instant>> {
    match micros {
        None => Some(None),
        Some(micros) => instant(micros).map(Some),
    }
}

impl CarriedAnnotations {
    fn annotations(&self) -> Option<Annotations> {
        let reaction = |(emoji, users): &(String, Vec<i64>)| {
            let users = users.iter().copied().map(UserId).collect();
            Some((Emoji::parse(emoji).ok()?, users))
        };
        Some(Annotations {
            reactions: self.reactions.iter().map(reaction).collect::<Option<_>>()?,
            pinned: self.pinned,
        })
    }
}

#[cfg(test)]
mod tests;
