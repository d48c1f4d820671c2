//! What a hint carries of a conversation's changes, so that the others need not read them.
//!
//! It never says who is a member: whoever joined, left, or has another role is read from the store, and so
//! is everything in the same run.

use std::sync::Arc;

use chrono::DateTime;
use serde::{Deserialize, Serialize};

use crate::domain::event::{Annotations, Message, Pin, Reaction};
use crate::domain::mentions::Mentions;
use crate::domain::{ChatName, ClientMsgId, Emoji, Event, Fact, MessageId, MessageText, UserId};

/// A change, in its place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Told {
    seq: i64,
    /// Microseconds since 1970.
    at: i64,
    #[serde(flatten)]
    fact: ToldFact,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ToldFact {
    Posted(ToldMessage),
    Edited(ToldMessage),
    Deleted(ToldMessage),
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
struct ToldMessage {
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
    annotations: Option<ToldAnnotations>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct ToldAnnotations {
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

/// A run of changes as it is told; nothing if one of them is about who is a member.
pub fn told<'a>(events: impl IntoIterator<Item = &'a Event>) -> Vec<Told> {
    let told: Option<Vec<_>> = events.into_iter().map(Told::of).collect();
    told.unwrap_or_default()
}

impl Told {
    fn of(event: &Event) -> Option<Self> {
        let fact = match &event.fact {
            Fact::Posted(message) => ToldFact::Posted(ToldMessage::of(message)),
            Fact::Edited(message) => ToldFact::Edited(ToldMessage::of(message)),
            Fact::Deleted(message) => ToldFact::Deleted(ToldMessage::of(message)),
            Fact::Reacted(reaction) => ToldFact::Reacted {
                message: reaction.message.0,
                n: reaction.n,
                user: reaction.user.0,
                username: reaction.username.to_string(),
                emoji: reaction.emoji.as_str().to_owned(),
                on: reaction.on,
            },
            Fact::Pinned(pin) => ToldFact::Pinned {
                message: pin.message.0,
                n: pin.n,
                user: pin.user.map(|user| user.0),
                username: pin.username.to_string(),
                on: pin.on,
            },
            Fact::Renamed { name } => ToldFact::Renamed {
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
    pub fn seq(&self) -> i64 {
        self.seq
    }

    /// What happened; `None` if it makes no sense here.
    pub fn event(&self) -> Option<Event> {
        let fact = match &self.fact {
            ToldFact::Posted(message) => Fact::Posted(message.message()?),
            ToldFact::Edited(message) => Fact::Edited(message.message()?),
            ToldFact::Deleted(message) => Fact::Deleted(message.message()?),
            ToldFact::Reacted {
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
            ToldFact::Pinned {
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
            ToldFact::Renamed { name } => Fact::Renamed {
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

impl ToldMessage {
    fn of(message: &Message) -> Self {
        let annotations = message.annotations.as_ref().map(|annotations| ToldAnnotations {
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
        let text = self.text.as_deref().map(MessageText::parse).transpose().ok()?;
        let key = self.key.as_deref().map(ClientMsgId::parse).transpose().ok()?;
        let annotations = self.annotations.as_ref().map(ToldAnnotations::annotations);
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

impl ToldAnnotations {
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
mod tests {
    use chrono::Utc;
    use proptest::prelude::*;

    use super::*;
    use crate::domain::Role;

    fn at(micros: i64) -> DateTime<Utc> {
        instant(micros).unwrap()
    }

    fn message() -> impl Strategy<Value = Message> {
        let text = proptest::option::of(
            "\\PC{1,40}".prop_filter("no text", |text| MessageText::parse(text).is_ok()),
        );
        let whose = (any::<i64>(), any::<i64>(), proptest::option::of(any::<i64>()), "\\PC{0,10}");
        let about = (
            any::<bool>(),
            proptest::collection::vec(any::<i64>(), 0..4),
            proptest::option::of("[!-~]{1,64}"),
        );
        let times =
            (0..4_000_000_000_000_000_i64, proptest::option::of(0..4_000_000_000_000_000_i64));
        let annotations =
            proptest::option::of((any::<bool>(), proptest::collection::vec(any::<i64>(), 0..3)));
        (text, whose, about, times, annotations).prop_map(
            |(
                text,
                (id, n, sender, username),
                (all, users, key),
                (created, edited),
                annotations,
            )| Message {
                id: MessageId(id),
                n,
                sender: sender.map(UserId),
                username: username.as_str().into(),
                text: text.map(|text| MessageText::parse(&text).unwrap()),
                mentions: Mentions {
                    all,
                    users: users.into_iter().map(UserId).collect(),
                },
                reply_to: sender.map(MessageId),
                client_msg_id: key.map(|key| ClientMsgId::parse(&key).unwrap()),
                sequence: edited,
                created_at: at(created),
                edited_at: edited.map(at),
                deleted_at: edited.map(at),
                read_rev: n,
                annotations: annotations.map(|(pinned, users)| Annotations {
                    reactions: vec![(
                        Emoji::parse("👍").unwrap(),
                        users.into_iter().map(UserId).collect(),
                    )],
                    pinned,
                }),
            },
        )
    }

    fn fact() -> impl Strategy<Value = Fact> {
        let reacted = |(message, user): (i64, i64)| {
            Fact::Reacted(Reaction {
                message: MessageId(message),
                n: user,
                user: UserId(user),
                username: "anna".into(),
                emoji: Emoji::parse("👍").unwrap(),
                on: message > 0,
            })
        };
        let pinned = |(message, user): (i64, Option<i64>)| {
            Fact::Pinned(Pin {
                message: MessageId(message),
                n: message,
                user: user.map(UserId),
                username: "anna".into(),
                on: message > 0,
            })
        };
        prop_oneof![
            message().prop_map(Fact::Posted),
            message().prop_map(Fact::Edited),
            message().prop_map(Fact::Deleted),
            any::<(i64, i64)>().prop_map(reacted),
            any::<(i64, Option<i64>)>().prop_map(pinned),
            "\\PC{0,20}".prop_map(|name| Fact::Renamed {
                name: ChatName::given(&name)
            }),
        ]
    }

    proptest! {
        #[test]
        fn what_is_told_is_what_happened(seq in any::<i64>(), micros in 0..4_000_000_000_000_000_i64, fact in fact()) {
            let event = Event { seq, at: at(micros), fact };
            let text = serde_json::to_string(&told([&event])).unwrap();
            let heard: Vec<Told> = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(heard[0].event(), Some(event));
        }
    }

    #[test]
    fn nothing_is_told_of_a_run_in_which_somebody_comes_or_goes() {
        let event = |seq, fact| Event {
            seq,
            at: at(0),
            fact,
        };
        let (user, username) = (UserId(1), Arc::from("anna"));
        let name = ChatName::given("a name");
        let renamed = event(1, Fact::Renamed { name });
        for fact in [
            Fact::Left {
                user,
                username: Arc::clone(&username),
            },
            Fact::Joined {
                user,
                username: Arc::clone(&username),
                display_name: None,
                role: Role::Member,
            },
            Fact::RoleChanged {
                user,
                username,
                display_name: None,
                role: Role::Admin,
            },
            Fact::ChatDeleted,
        ] {
            assert_eq!(told([&renamed, &event(2, fact)]), []);
        }
        assert_eq!(told([&renamed]).len(), 1);
    }
}
