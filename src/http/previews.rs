//! What a list of chats shows of each: the other one of a private chat, and what was said last.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::store::conversations::{Details, Last, Person};
use crate::wire::instant::serialize_instant;
use crate::wire::message::AttachmentBody;

/// Somebody, as others see them.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Peer {
    id: i64,
    username: String,
    /// Shown instead of the username.
    display_name: Option<String>,
}

impl From<Person> for Peer {
    fn from(person: Person) -> Self {
        Self {
            id: person.user.0,
            username: person.username,
            display_name: person.display_name,
        }
    }
}

/// What was said last.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct LastMessage {
    n: i64,
    /// `null` for nobody in particular.
    user_id: Option<i64>,
    username: String,
    /// Its first 200 characters; empty once it is deleted.
    content: String,
    /// The files that it carries.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attachments: Vec<AttachmentBody>,
    deleted: bool,
    #[serde(serialize_with = "serialize_instant")]
    created_at: DateTime<Utc>,
}

impl From<Last> for LastMessage {
    fn from(last: Last) -> Self {
        Self {
            n: last.n,
            user_id: last.user.map(|user| user.0),
            username: last.username,
            content: last.content,
            attachments: last.attachments.iter().map(AttachmentBody::from).collect(),
            deleted: last.is_deleted,
            created_at: last.created_at,
        }
    }
}

/// Both, as far as there are any.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub(crate) struct Preview {
    /// The other one, in a private chat.
    #[serde(skip_serializing_if = "Option::is_none")]
    peer: Option<Peer>,
    /// What was said last, if anything was.
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<LastMessage>,
}

impl From<Details> for Preview {
    fn from(details: Details) -> Self {
        Self {
            peer: details.peer.map(Peer::from),
            last: details.last.map(LastMessage::from),
        }
    }
}
