//! Single messages: by id, by their client's key, and what they said before.

use chrono::{DateTime, Utc};
use entity::{message_versions, messages};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::domain::{ClientMsgId, ConversationId, Event, Fact, MessageId, MessageText, UserId};
use crate::store::messages::annotations::AnnotatedMessages;
use crate::store::messages::row::{MessageColumns, MessageRow, rows_by_id, with_senders};
use crate::store::{Guarded, Store, StoreError};

/// One message of a conversation, if it is there, and what hangs on it.
pub(crate) async fn by_id(
    store: &Store,
    conversation: ConversationId,
    message: MessageId,
) -> Result<Guarded<AnnotatedMessages>, StoreError> {
    let rows = rows_by_id(store, conversation, &[message]).await?;
    Ok(Guarded::new(conversation, AnnotatedMessages::with_extras(store, rows).await?))
}

/// In which conversation a message is, which only its members are to know.
pub(crate) async fn conversation_of(
    store: &Store,
    message: MessageId,
) -> Result<Option<Guarded<ConversationId>>, StoreError> {
    let id: Option<i64> = messages::Entity::find_by_id(message.0)
        .select_only()
        .column(messages::Column::ConversationId)
        .into_tuple()
        .one(store.readers())
        .await?;
    Ok(id.map(ConversationId).map(|id| Guarded::new(id, id)))
}

/// What is stored under a client's key in a conversation: the event as it was when the message was posted.
/// The text is `None` once it is deleted.
pub(crate) async fn by_key(
    store: &Store,
    conversation: ConversationId,
    sender: UserId,
    key: &ClientMsgId,
) -> Result<Option<Event>, StoreError> {
    let row = with_senders()
        .filter(messages::Column::ConversationId.eq(conversation.0))
        .filter(messages::Column::SenderId.eq(sender.0))
        .filter(messages::Column::ClientMsgId.eq(key.as_str()))
        .into_model::<MessageColumns>()
        .one(store.readers())
        .await?;
    let Some(row) = row.map(MessageRow::from) else {
        return Ok(None);
    };
    let first = match row.message.edited_at {
        Some(_) => former(store, row.message.id, 0, 1).await?.into_iter().next(),
        None => None,
    };
    let first = first.and_then(|version| MessageText::parse_caption(&version.content).ok());
    Ok(Some(row.into_first(first)))
}

impl MessageRow {
    /// The event as it was when the message was posted, if `first` is what it said then; of a
    /// deleted one that is not known any more.
    pub(in crate::store) fn into_first(self, first: Option<MessageText>) -> Event {
        let mut message = self.message;
        if message.text.is_some() {
            message.text = first.or(message.text);
        }
        Event {
            seq: self.posted_seq,
            at: message.created_at,
            fact: Fact::Posted(message),
        }
    }
}

/// What a message said before it was edited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Version {
    /// Of the change that wrote it.
    pub seq: i64,
    /// What was said.
    pub content: String,
    /// When that was written.
    pub created_at: DateTime<Utc>,
}

/// What a message of a conversation says now, if it is there, and what it said before: the former
/// versions that were written after the change `after`, oldest first, at most `limit`. What is edited
/// while it is read is in both rather than in none.
pub(crate) async fn versions(
    store: &Store,
    conversation: ConversationId,
    message: MessageId,
    after: i64,
    limit: u64,
) -> Result<Guarded<(Vec<Version>, Option<MessageRow>)>, StoreError> {
    let former = former(store, message, after, limit).await?;
    let now = rows_by_id(store, conversation, &[message]).await?.pop();
    Ok(Guarded::new(conversation, (former, now)))
}

async fn former(
    store: &Store,
    message: MessageId,
    after: i64,
    limit: u64,
) -> Result<Vec<Version>, StoreError> {
    let rows = message_versions::Entity::find()
        .filter(message_versions::Column::MessageId.eq(message.0))
        .filter(message_versions::Column::Seq.gt(after))
        .order_by_asc(message_versions::Column::Seq)
        .limit(limit)
        .all(store.readers())
        .await?;
    let version = |row: message_versions::Model| Version {
        seq: row.seq,
        content: row.content,
        created_at: row.created_at,
    };
    Ok(rows.into_iter().map(version).collect())
}
