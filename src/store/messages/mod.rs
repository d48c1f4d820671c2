//! Reading what was said. One conversation's history is a range of its `n`; only General can also be
//! asked for a span of time ([`in_general`]), as Chat Gopher's clients do.

mod extras;
mod general;
mod row;
mod single;

use entity::{messages, users};
use sea_orm::{
    ColumnTrait, EntityTrait, JoinType, Order, QueryFilter, QueryOrder, QuerySelect, RelationDef,
    Select,
};

use crate::domain::{ConversationId, Event};
use crate::store::changes::{Range, within};
use crate::store::messages::row::Columns;
use crate::store::{Store, StoreError};

pub use extras::{extras, pinned};
pub use general::{STEP, Span, SpanBounds, in_general};
pub use row::MessageRow;
pub(in crate::store) use row::{COLUMNS, Columns as MessageColumns, write_mentions};
pub use single::{Version, by_id, by_key, conversation_of, versions};

fn with_senders() -> Select<messages::Entity> {
    let sender: RelationDef = messages::Entity::belongs_to(users::Entity)
        .from(messages::Column::SenderId)
        .to(users::Column::Id)
        .into();
    messages::Entity::find()
        .columns([users::Column::Username, users::Column::DeactivatedAt])
        .join(JoinType::LeftJoin, sender)
}

/// Which page of a conversation's history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// The messages just before this `n`.
    Before(i64),
    /// The messages just after this `n`.
    After(i64),
    /// This `n` in their middle, of one less than are asked for.
    Around(i64),
    /// The last ones.
    Newest,
}

/// One page of a conversation, at most `limit` messages, always by ascending `n`.
pub async fn page(
    store: &Store,
    conversation: ConversationId,
    page: Page,
    limit: u64,
) -> Result<Vec<MessageRow>, StoreError> {
    let messages = with_senders().filter(messages::Column::ConversationId.eq(conversation.0));
    let (messages, order) = match page {
        Page::Before(n) => (messages.filter(messages::Column::N.lt(n)), Order::Desc),
        Page::After(n) => (messages.filter(messages::Column::N.gt(n)), Order::Asc),
        Page::Around(n) => {
            // Numbers have no gap, so the half before it is a matter of arithmetic; the last row
            // only tells whether there is more.
            let first = n.saturating_sub((limit.saturating_sub(1) / 2) as i64);
            (messages.filter(messages::Column::N.gte(first)), Order::Asc)
        }
        Page::Newest => (messages, Order::Desc),
    };
    let mut rows = messages
        .order_by(messages::Column::N, order.clone())
        .limit(limit)
        .into_model::<Columns>()
        .all(store.readers())
        .await?;
    if order == Order::Desc {
        rows.reverse();
    }
    Ok(rows.into_iter().map(MessageRow::from).collect())
}

/// The newest messages of a conversation that were there at `upto`, as they are now, in the order of
/// `n`, at most `limit`. One that has changed since is found at its first place: left out, it would be
/// a hole.
pub async fn newest(
    store: &Store,
    conversation: ConversationId,
    upto: i64,
    limit: u64,
) -> Result<Vec<Event>, StoreError> {
    let rows = with_senders()
        .filter(messages::Column::ConversationId.eq(conversation.0))
        .filter(messages::Column::PostedSeq.lte(upto))
        .order_by_desc(messages::Column::N)
        .limit(limit)
        .into_model::<Columns>()
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
pub async fn changed(
    store: &Store,
    ranges: &[Range],
    limit: u64,
) -> Result<Vec<MessageRow>, StoreError> {
    let rows = with_senders()
        .filter(within(ranges, messages::Column::ConversationId, messages::Column::Seq))
        .order_by_asc(messages::Column::Seq)
        .limit(limit)
        .into_model::<Columns>()
        .all(store.readers())
        .await?;
    Ok(rows.into_iter().map(MessageRow::from).collect())
}

/// The messages whose numbers are in one of these ranges, by those numbers; here a range is one of
/// `n`.
pub async fn numbered(store: &Store, ranges: &[Range]) -> Result<Vec<MessageRow>, StoreError> {
    let rows = with_senders()
        .filter(within(ranges, messages::Column::ConversationId, messages::Column::N))
        .order_by_asc(messages::Column::N)
        .into_model::<Columns>()
        .all(store.readers())
        .await?;
    Ok(rows.into_iter().map(MessageRow::from).collect())
}
