//! What hangs on messages: reactions and pins, as they are now.

use chrono::{DateTime, Utc};
use entity::pins;
use sea_orm::{ColumnTrait, DbBackend, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::Serialize;

use crate::domain::event::{Annotations, AnnotationsByMessage};
use crate::domain::{ConversationId, Emoji, MessageId, UserId};
use crate::store::commit::rows::{Type, for_each, query, rows_from_json, to_json};
use crate::store::messages::row::{MessageRow, rows_by_id};
use crate::store::statements::DbRow;
use crate::store::{Guarded, Store, StoreError};

/// Messages, and what hangs on them.
#[derive(Clone, Debug, Default)]
pub(crate) struct AnnotatedMessages {
    /// In the order in which they were asked for.
    pub rows: Vec<MessageRow>,
    /// Of each of them.
    pub annotations: AnnotationsByMessage,
}

impl AnnotatedMessages {
    pub(super) async fn with_extras(
        store: &Store,
        rows: Vec<MessageRow>,
    ) -> Result<Self, StoreError> {
        let annotations = annotations(store, rows.iter().map(|row| row.message.id)).await?;
        Ok(Self { rows, annotations })
    }
}

/// What hangs on each of these messages now. Every one of them is in the answer.
pub(in crate::store) async fn annotations(
    store: &Store,
    messages: impl IntoIterator<Item = MessageId>,
) -> Result<AnnotationsByMessage, StoreError> {
    annotations_by(store, messages, i64::MAX).await
}

/// The same of what has changed last up to `upto`: nothing in the answer is younger.
pub(in crate::store) async fn annotations_by(
    store: &Store,
    messages: impl IntoIterator<Item = MessageId>,
    upto: i64,
) -> Result<AnnotationsByMessage, StoreError> {
    let mut annotations: AnnotationsByMessage =
        messages.into_iter().map(|id| (id, Annotations::default())).collect();
    if annotations.is_empty() {
        return Ok(annotations);
    }
    let ids: Vec<_> = annotations.keys().map(|id| OfMessage { id: id.0 }).collect();
    let rows = query(store.readers(), &all_sql(store.backend()), [to_json(&ids)?]).await?;
    let rows = rows.iter().map(Row::of);
    let mut rows = rows.collect::<Result<Vec<_>, _>>()?;
    rows.sort_unstable_by_key(|row| row.seq);
    for row in rows.into_iter().filter(|row| row.removed_at.is_none() && row.seq <= upto) {
        let Some(annotations) = annotations.get_mut(&MessageId(row.message_id)) else {
            continue;
        };
        match (row.emoji, row.user_id) {
            (None, _) => annotations.pinned = true,
            (Some(emoji), Some(user)) => {
                if let Ok(emoji) = Emoji::of_reaction(&emoji) {
                    annotations.add(emoji, UserId(user));
                }
            }
            (Some(_), None) => {}
        }
    }
    Ok(annotations)
}

#[derive(Serialize)]
struct OfMessage {
    id: i64,
}

/// A reaction, or a pin, which has no emoji.
struct Row {
    message_id: i64,
    user_id: Option<i64>,
    emoji: Option<String>,
    seq: i64,
    removed_at: Option<DateTime<Utc>>,
}

impl Row {
    fn of(row: &DbRow) -> Result<Self, DbErr> {
        Ok(Self {
            message_id: row.get("message_id")?,
            user_id: row.get("user_id")?,
            emoji: row.get("emoji")?,
            seq: row.get("seq")?,
            removed_at: row.get("removed_at")?,
        })
    }
}

/// The statement that reads everything that hangs on the messages of its parameter, in one go.
fn all_sql(backend: DbBackend) -> String {
    let rows = rows_from_json(backend, &[("id", Type::Number)]);
    // A message has few reactions, and one row of a pin: of pins those that were taken back are read too, since a
    // database that is asked for those that are there may go through all of them.
    let there = "x.message_id = v.id AND x.removed_at IS NULL";
    let reactions = for_each(backend, "reactions", "x", there);
    let pins = for_each(backend, "pins", "x", "x.message_id = v.id");
    format!(
        "SELECT x.message_id, x.user_id, x.emoji, x.seq, x.removed_at FROM {rows} {reactions} \
         UNION ALL \
         SELECT x.message_id, x.user_id, NULL, x.seq, x.removed_at FROM {rows} {pins}"
    )
}

/// The pinned messages of a conversation behind `after`, the last that was pinned first; all of them
/// without it, or where it is pinned no longer. They are bounded by
/// [`MAX_PINS`](crate::domain::ledger::MAX_PINS).
pub(crate) async fn pinned(
    store: &Store,
    conversation: ConversationId,
    after: Option<MessageId>,
) -> Result<Guarded<AnnotatedMessages>, StoreError> {
    let ids: Vec<i64> = pins::Entity::find()
        .select_only()
        .column(pins::Column::MessageId)
        .filter(pins::Column::ConversationId.eq(conversation.0))
        .filter(pins::Column::RemovedAt.is_null())
        .order_by_desc(pins::Column::Seq)
        .into_tuple()
        .all(store.readers())
        .await?;
    let mut ids: Vec<_> = ids.into_iter().map(MessageId).collect();
    if let Some(place) = ids.iter().position(|id| Some(*id) == after) {
        ids.drain(..=place);
    }
    let rows = rows_by_id(store, conversation, &ids).await?;
    Ok(Guarded::new(conversation, AnnotatedMessages::with_extras(store, rows).await?))
}
