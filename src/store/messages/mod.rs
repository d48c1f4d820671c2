//! Reading what was said. One conversation's history is a range of its `n`; only General can also be
//! asked for a span of time ([`span_of_general`]), as Chat Gopher's clients do.

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
pub use general::{Place, Span, SpanBounds, general_step, span_of_general};
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

/// Rows that are read first. As long as they are few bytes it goes on with twice as many, so that of
/// long messages not many more are read than fit a page.
const ROWS_AT_FIRST: u64 = 32;

/// A page of a conversation.
#[derive(Clone, Debug, Default)]
pub struct Paged {
    /// By ascending `n`.
    pub rows: Vec<MessageRow>,
    /// It ended for its bytes, and there may be more.
    pub is_cut: bool,
}

/// One page of a conversation, at most `limit` messages, always by ascending `n`. It ends with the
/// message with which it has so many bytes of text, as JSON has them.
pub async fn page(
    store: &Store,
    conversation: ConversationId,
    page: Page,
    limit: u64,
    bytes: usize,
) -> Result<Paged, StoreError> {
    match page {
        Page::Before(_) | Page::Newest => {
            newest_first(store, conversation, page, limit, bytes).await
        }
        Page::After(_) => oldest_first(store, conversation, page, limit, bytes).await,
        Page::Around(n) => {
            // The last row only tells whether there is more.
            let half = limit.saturating_sub(1) / 2;
            let before = Page::Before(n);
            let mut paged = newest_first(store, conversation, before, half, bytes / 2).await?;
            // Around a number beyond the last there is nothing.
            paged.rows.retain(|row| row.message.n >= n.saturating_sub(half as i64));
            let (after, left) = (Page::After(n.saturating_sub(1)), limit - paged.rows.len() as u64);
            let rest = oldest_first(store, conversation, after, left, bytes / 2).await?;
            paged.rows.extend(rest.rows);
            paged.is_cut = rest.is_cut;
            Ok(paged)
        }
    }
}

async fn newest_first(
    store: &Store,
    conversation: ConversationId,
    page: Page,
    limit: u64,
    bytes: usize,
) -> Result<Paged, StoreError> {
    let next = |last: &MessageRow| Page::Before(last.message.n);
    let mut paged = steps(store, conversation, page, limit, bytes, next).await?;
    paged.rows.reverse();
    Ok(paged)
}

async fn oldest_first(
    store: &Store,
    conversation: ConversationId,
    page: Page,
    limit: u64,
    bytes: usize,
) -> Result<Paged, StoreError> {
    let next = |last: &MessageRow| Page::After(last.message.n);
    steps(store, conversation, page, limit, bytes, next).await
}

async fn steps(
    store: &Store,
    conversation: ConversationId,
    mut page: Page,
    limit: u64,
    bytes: usize,
    next: impl Fn(&MessageRow) -> Page,
) -> Result<Paged, StoreError> {
    let (mut paged, mut left, mut wanted, mut total) = (Paged::default(), limit, ROWS_AT_FIRST, 0);
    while left > 0 {
        let asked = wanted.min(left);
        let rows = step(store, conversation, page, asked).await?;
        let is_last = (rows.len() as u64) < asked;
        left -= rows.len() as u64;
        total += rows.iter().map(MessageRow::json_bytes).sum::<usize>();
        paged.rows.extend(rows);
        match paged.rows.last() {
            Some(last) if !is_last => page = next(last),
            _ => break,
        }
        if total > bytes {
            paged.is_cut = left > 0;
            break;
        }
        wanted *= 2;
    }
    Ok(paged)
}

async fn step(
    store: &Store,
    conversation: ConversationId,
    page: Page,
    limit: u64,
) -> Result<Vec<MessageRow>, StoreError> {
    let messages = with_senders().filter(messages::Column::ConversationId.eq(conversation.0));
    let (messages, order) = match page {
        Page::Before(n) => (messages.filter(messages::Column::N.lt(n)), Order::Desc),
        Page::After(n) | Page::Around(n) => {
            (messages.filter(messages::Column::N.gt(n)), Order::Asc)
        }
        Page::Newest => (messages, Order::Desc),
    };
    let rows = messages
        .order_by(messages::Column::N, order)
        .limit(limit)
        .into_model::<Columns>()
        .all(store.readers())
        .await?;
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
        // Each message has taken a `seq` too, so its number is no higher; and numbers have an index.
        .filter(messages::Column::N.lte(upto))
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
