//! The messages among what changed, for those who resume or begin afresh.

use entity::messages;
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::domain::{ConversationId, Event};
use crate::store::messages::row::{MessageColumns, MessageRow, with_senders};
use crate::store::position_ranges::{Range, within};
use crate::store::{Store, StoreError};

/// The newest messages of a conversation that were there at `upto`, as they are now, in the order of
/// `n`, at most `limit`. One that has changed since is found at its first place: left out, it would be
/// a hole.
pub(in crate::store) async fn newest(
    store: &Store,
    conversation: ConversationId,
    upto: i64,
    limit: u64,
) -> Result<Vec<Event>, StoreError> {
    let rows = with_senders()
        .filter(messages::Column::ConversationId.eq(conversation.0))
        .filter(messages::Column::PostedSeq.lte(upto))
        // Each message has taken a `seq` too, so its number is no higher; and numbers have an index.
        .filter(messages::Column::N.lte(upto))
        .order_by_desc(messages::Column::N)
        .limit(limit)
        .into_model::<MessageColumns>()
        .all(store.readers())
        .await?;
    Ok(rows
        .into_iter()
        .rev()
        .map(MessageRow::from)
        .map(|row| row.into_posted_by(upto))
        .collect())
}

/// The messages whose last change is in one of these ranges, in the order of those changes, at most
/// `limit`.
pub(in crate::store) async fn changed(
    store: &Store,
    ranges: &[Range],
    limit: u64,
) -> Result<Vec<MessageRow>, StoreError> {
    let rows = with_senders()
        .filter(within(ranges, messages::Column::ConversationId, messages::Column::Seq))
        .order_by_asc(messages::Column::Seq)
        .limit(limit)
        .into_model::<MessageColumns>()
        .all(store.readers())
        .await?;
    Ok(rows.into_iter().map(MessageRow::from).collect())
}

/// The messages whose numbers are in one of these ranges, by those numbers; here a range is one of
/// `n`.
pub(in crate::store) async fn numbered(
    store: &Store,
    ranges: &[Range],
) -> Result<Vec<MessageRow>, StoreError> {
    let rows = with_senders()
        .filter(within(ranges, messages::Column::ConversationId, messages::Column::N))
        .order_by_asc(messages::Column::N)
        .into_model::<MessageColumns>()
        .all(store.readers())
        .await?;
    Ok(rows.into_iter().map(MessageRow::from).collect())
}
