//! What hangs on messages: reactions and pins, as they are now.

use entity::{pins, reactions};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::domain::event::{Annotations, AnnotationsByMessage};
use crate::domain::{ConversationId, Emoji, MessageId, UserId};
use crate::store::messages::row::{MessageRow, rows_by_id};
use crate::store::{Guarded, Store, StoreError};

/// Messages, and what hangs on them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Messages {
    /// In the order in which they were asked for.
    pub rows: Vec<MessageRow>,
    /// Of each of them.
    pub annotations: AnnotationsByMessage,
}

impl Messages {
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
    let ids: Vec<i64> = annotations.keys().map(|id| id.0).collect();
    let reactions = reactions::Entity::find()
        .filter(reactions::Column::MessageId.is_in(ids.iter().copied()))
        .filter(reactions::Column::RemovedAt.is_null())
        .order_by_asc(reactions::Column::Seq)
        .all(store.readers());
    let pins = pins::Entity::find()
        .filter(pins::Column::MessageId.is_in(ids.iter().copied()))
        .all(store.readers());
    let (reactions, pins) = tokio::try_join!(reactions, pins)?;
    for row in reactions.into_iter().filter(|row| row.seq <= upto) {
        let Ok(emoji) = Emoji::of_reaction(&row.emoji) else {
            continue;
        };
        if let Some(annotations) = annotations.get_mut(&MessageId(row.message_id)) {
            annotations.add(emoji, UserId(row.user_id));
        }
    }
    // One row a message, so those that were taken back are left out here: asked for those that are
    // there, a database may go through all of them.
    let pinned = |row: &pins::Model| row.removed_at.is_none() && row.seq <= upto;
    for row in pins.into_iter().filter(pinned) {
        if let Some(annotations) = annotations.get_mut(&MessageId(row.message_id)) {
            annotations.pinned = true;
        }
    }
    Ok(annotations)
}

/// The pinned messages of a conversation behind `after`, the last that was pinned first; all of them
/// without it, or where it is pinned no longer. They are bounded by
/// [`MAX_PINS`](crate::domain::ledger::MAX_PINS).
pub(crate) async fn pinned(
    store: &Store,
    conversation: ConversationId,
    after: Option<MessageId>,
) -> Result<Guarded<Messages>, StoreError> {
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
    Ok(Guarded::new(conversation, Messages::with_extras(store, rows).await?))
}
