//! What hangs on messages: reactions and pins, as they are now.

use std::collections::HashMap;

use entity::{pins, reactions};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::domain::event::{Extra, Extras};
use crate::domain::{ConversationId, Emoji, MessageId, UserId};
use crate::store::{Store, StoreError};

/// What hangs on each of these messages. Every one of them is in the answer.
pub async fn extras(
    store: &Store,
    messages: impl IntoIterator<Item = MessageId>,
) -> Result<Extras, StoreError> {
    let mut extras: Extras = messages.into_iter().map(|id| (id, Extra::default())).collect();
    if extras.is_empty() {
        return Ok(extras);
    }
    let ids: Vec<i64> = extras.keys().map(|id| id.0).collect();
    let reactions = reactions::Entity::find()
        .filter(reactions::Column::MessageId.is_in(ids.iter().copied()))
        .filter(reactions::Column::RemovedAt.is_null())
        .order_by_asc(reactions::Column::Seq)
        .all(store.readers());
    let pins = pins::Entity::find()
        .filter(pins::Column::MessageId.is_in(ids.iter().copied()))
        .all(store.readers());
    let (reactions, pins) = tokio::try_join!(reactions, pins)?;
    for row in reactions {
        let Ok(emoji) = Emoji::parse(&row.emoji) else {
            continue;
        };
        if let Some(extra) = extras.get_mut(&MessageId(row.message_id)) {
            extra.add(emoji, UserId(row.user_id));
        }
    }
    // One row a message, so those that were taken back are left out here: asked for those that are
    // there, a database may go through all of them.
    for row in pins.into_iter().filter(|row| row.removed_at.is_none()) {
        if let Some(extra) = extras.get_mut(&MessageId(row.message_id)) {
            extra.pinned = true;
        }
    }
    Ok(extras)
}

/// The pinned messages of a conversation, the last that was pinned first. They are bounded by
/// [`MAX_PINS`](crate::domain::ledger::MAX_PINS).
pub async fn pinned(
    store: &Store,
    conversation: ConversationId,
) -> Result<Vec<MessageId>, StoreError> {
    let ids: Vec<i64> = pins::Entity::find()
        .select_only()
        .column(pins::Column::MessageId)
        .filter(pins::Column::ConversationId.eq(conversation.0))
        .filter(pins::Column::RemovedAt.is_null())
        .order_by_desc(pins::Column::Seq)
        .into_tuple()
        .all(store.readers())
        .await?;
    Ok(ids.into_iter().map(MessageId).collect())
}

/// Messages by id, those of one conversation, in the order of `ids`.
pub(super) fn in_order<T>(ids: &[MessageId], mut rows: HashMap<MessageId, T>) -> Vec<T> {
    ids.iter().filter_map(|id| rows.remove(id)).collect()
}
