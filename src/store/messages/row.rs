//! A message as its row has it.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use entity::{messages, users};
use sea_orm::{
    ColumnTrait, DbErr, EntityTrait, FromQueryResult, JoinType, QueryFilter, QuerySelect,
    RelationDef, Select,
};

use crate::domain::event::Message;
use crate::domain::files::Attachment;
use crate::domain::mentions::Mentions;
use crate::domain::{ClientMsgId, ConversationId, Event, Fact, MessageId, MessageText, UserId};
use crate::store::shown_names::shown;
use crate::store::statements::DbRow;
use crate::store::{Store, StoreError};

/// The columns that [`MessageColumns`] reads, for a statement in which `m` is `messages` and `u` is `users`.
pub(in crate::store) const COLUMNS: &str = "m.id, m.conversation_id, m.n, m.seq, m.posted_seq, \
    m.sender_id, m.client_msg_id, m.content, m.sequence, m.reply_to, m.mentions, m.attachments, m.created_at, \
    m.edited_at, m.deleted_at, u.username, u.deactivated_at";

#[derive(FromQueryResult)]
pub(in crate::store) struct MessageColumns {
    id: i64,
    conversation_id: i64,
    n: i64,
    seq: i64,
    posted_seq: i64,
    sender_id: Option<i64>,
    client_msg_id: Option<String>,
    content: String,
    sequence: Option<i64>,
    reply_to: Option<i64>,
    mentions: Option<String>,
    attachments: Option<String>,
    created_at: DateTime<Utc>,
    edited_at: Option<DateTime<Utc>>,
    deleted_at: Option<DateTime<Utc>>,
    username: Option<String>,
    deactivated_at: Option<DateTime<Utc>>,
}

impl MessageColumns {
    /// Of a row that has [`COLUMNS`].
    pub(in crate::store) fn of(row: &DbRow) -> Result<Self, DbErr> {
        Ok(Self {
            id: row.get("id")?,
            conversation_id: row.get("conversation_id")?,
            n: row.get("n")?,
            seq: row.get("seq")?,
            posted_seq: row.get("posted_seq")?,
            sender_id: row.get("sender_id")?,
            client_msg_id: row.get("client_msg_id")?,
            content: row.get("content")?,
            sequence: row.get("sequence")?,
            reply_to: row.get("reply_to")?,
            mentions: row.get("mentions")?,
            attachments: row.get("attachments")?,
            created_at: row.get("created_at")?,
            edited_at: row.get("edited_at")?,
            deleted_at: row.get("deleted_at")?,
            username: row.get("username")?,
            deactivated_at: row.get("deactivated_at")?,
        })
    }
}

/// Messages with the names of their senders, which [`MessageColumns`] reads.
pub(super) fn with_senders() -> Select<messages::Entity> {
    let sender: RelationDef = messages::Entity::belongs_to(users::Entity)
        .from(messages::Column::SenderId)
        .to(users::Column::Id)
        .into();
    messages::Entity::find()
        .columns([users::Column::Username, users::Column::DeactivatedAt])
        .join(JoinType::LeftJoin, sender)
}

/// These messages of one conversation, in the order of `ids`; those that are not there are left out.
pub(super) async fn rows_by_id(
    store: &Store,
    conversation: ConversationId,
    ids: &[MessageId],
) -> Result<Vec<MessageRow>, StoreError> {
    let rows = with_senders()
        .filter(messages::Column::Id.is_in(ids.iter().map(|id| id.0)))
        .filter(messages::Column::ConversationId.eq(conversation.0))
        .into_model::<MessageColumns>()
        .all(store.readers())
        .await?;
    let rows = rows.into_iter().map(MessageRow::from).map(|row| (row.message.id, row));
    let mut rows: HashMap<_, _> = rows.collect();
    Ok(ids.iter().filter_map(|id| rows.remove(id)).collect())
}

/// A message and its places among the changes of its conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MessageRow {
    /// The conversation in which it was said.
    pub conversation: ConversationId,
    /// Of its last change.
    pub seq: i64,
    /// Of its first.
    pub posted_seq: i64,
    /// As it is now.
    pub message: Message,
}

impl From<MessageColumns> for MessageRow {
    fn from(row: MessageColumns) -> Self {
        let username = shown(row.username, row.deactivated_at).into();
        let key = row.client_msg_id.as_deref().map(ClientMsgId::parse);
        let is_deleted = row.deleted_at.is_some();
        Self {
            conversation: ConversationId(row.conversation_id),
            seq: row.seq,
            posted_seq: row.posted_seq,
            message: Message {
                id: MessageId(row.id),
                n: row.n,
                sender: row.sender_id.map(UserId),
                username,
                text: MessageText::parse_caption(&row.content).ok().filter(|_| !is_deleted),
                mentions: row.mentions.as_deref().map(parse_mentions).unwrap_or_default(),
                reply_to: row.reply_to.map(MessageId),
                attachments: row.attachments.as_deref().map(parse_attachments).unwrap_or_default(),
                client_msg_id: key.and_then(Result::ok),
                sequence: row.sequence,
                created_at: row.created_at,
                edited_at: row.edited_at,
                deleted_at: row.deleted_at,
                read_rev: 0,
                annotations: None,
            },
        }
    }
}

/// In the column, 0 is everybody.
const EVERYBODY: i64 = 0;

/// What the column says.
pub(in crate::store) fn write_mentions(mentions: &Mentions) -> Option<String> {
    if mentions.is_empty() {
        return None;
    }
    let all = mentions.all.then_some(EVERYBODY);
    let ids: Vec<_> = all.into_iter().chain(mentions.users.iter().map(|user| user.0)).collect();
    serde_json::to_string(&ids).ok()
}

fn parse_mentions(column: &str) -> Mentions {
    let ids: Vec<i64> = serde_json::from_str(column).unwrap_or_default();
    Mentions {
        all: ids.contains(&EVERYBODY),
        users: ids.into_iter().filter(|id| *id != EVERYBODY).map(UserId).collect(),
    }
}

/// What the column says of the files that a message carries.
pub(in crate::store) fn write_attachments(attachments: &[Attachment]) -> Option<String> {
    match attachments {
        [] => None,
        _ => serde_json::to_string(attachments).ok(),
    }
}

/// The files that a message carries, as its column has them.
pub(in crate::store) fn parse_attachments(column: &str) -> Arc<[Attachment]> {
    let attachments: Vec<Attachment> = serde_json::from_str(column).unwrap_or_default();
    attachments.into()
}

impl MessageRow {
    /// Bytes of text in it, as JSON has them.
    pub(crate) fn json_bytes(&self) -> usize {
        self.message.json_bytes()
    }

    /// The message as it stands, in its last place: posted, for one who does not know it yet.
    pub(crate) fn into_posted(self) -> Event {
        Event {
            seq: self.seq,
            at: self.message.created_at,
            fact: Fact::Posted(self.message),
        }
    }

    /// The same in the last place that is not behind `upto`, where it was there already.
    pub(crate) fn into_posted_by(self, upto: i64) -> Event {
        let seq = if self.seq > upto {
            self.posted_seq
        } else {
            self.seq
        };
        Event {
            seq,
            ..self.into_posted()
        }
    }

    /// The same for one who knows everything up to `after`: for them a message that is older was
    /// edited or deleted.
    pub(crate) fn into_change(self, after: i64) -> Event {
        let Message {
            created_at,
            edited_at,
            deleted_at,
            ..
        } = self.message;
        if self.posted_seq > after {
            return self.into_posted();
        }
        let (at, fact) = match deleted_at {
            Some(at) => (at, Fact::Deleted(self.message)),
            None => (edited_at.unwrap_or(created_at), Fact::Edited(self.message)),
        };
        Event {
            seq: self.seq,
            at,
            fact,
        }
    }
}
