//! Pages of what was said in a conversation, by `n`.

use entity::messages;
use sea_orm::{ColumnTrait, Order, QueryFilter, QueryOrder, QuerySelect};

use crate::domain::ConversationId;
use crate::store::messages::annotations::AnnotatedMessages;
use crate::store::messages::row::{MessageColumns, MessageRow, with_senders};
use crate::store::{Guarded, Store, StoreError};

/// Which page of a conversation's history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Page {
    /// The messages just before this `n`.
    Before(i64),
    /// The messages just after this `n`.
    After(i64),
    /// This `n` in their middle, of one less than are asked for.
    Around(i64),
    /// The last ones.
    Newest,
}

/// Rows that are read first: as many as a page has if nobody says how many, and one that tells of more. As long as they are few bytes it goes on with twice as many, so that of
/// long messages not many more are read than fit a page.
const ROWS_AT_FIRST: u64 = 51;

/// A page of a conversation.
#[derive(Clone, Debug, Default)]
pub(crate) struct Paged {
    /// By ascending `n`.
    pub messages: AnnotatedMessages,
    /// It ended for its bytes, and there may be more.
    pub is_cut: bool,
}

#[derive(Default)]
struct Rows {
    rows: Vec<MessageRow>,
    is_cut: bool,
}

/// One page of a conversation, at most `limit` messages, always by ascending `n`. It ends with the
/// message with which it has so many bytes of text, as JSON has them.
pub(crate) async fn page(
    store: &Store,
    conversation: ConversationId,
    page: Page,
    limit: u64,
    bytes: usize,
) -> Result<Guarded<Paged>, StoreError> {
    let Rows { rows, is_cut } = rows(store, conversation, page, limit, bytes).await?;
    let messages = AnnotatedMessages::with_extras(store, rows).await?;
    Ok(Guarded::new(conversation, Paged { messages, is_cut }))
}

async fn rows(
    store: &Store,
    conversation: ConversationId,
    page: Page,
    limit: u64,
    bytes: usize,
) -> Result<Rows, StoreError> {
    let Page::Around(n) = page else {
        return steps(store, conversation, page, limit, bytes).await;
    };
    // The last row only tells whether there is more.
    let half = limit.saturating_sub(1) / 2;
    let mut paged = steps(store, conversation, Page::Before(n), half, bytes / 2).await?;
    // Around a number beyond the last there is nothing.
    paged.rows.retain(|row| row.message.n >= n.saturating_sub(half as i64));
    let (after, left) = (Page::After(n.saturating_sub(1)), limit - paged.rows.len() as u64);
    let rest = steps(store, conversation, after, left, bytes / 2).await?;
    paged.rows.extend(rest.rows);
    paged.is_cut = rest.is_cut;
    Ok(paged)
}

/// Reads on from `page`, backwards from the newest and from before a number, in steps until there are enough.
async fn steps(
    store: &Store,
    conversation: ConversationId,
    mut page: Page,
    limit: u64,
    bytes: usize,
) -> Result<Rows, StoreError> {
    let is_backwards = matches!(page, Page::Before(_) | Page::Newest);
    let (mut paged, mut left, mut wanted, mut total) = (Rows::default(), limit, ROWS_AT_FIRST, 0);
    while left > 0 {
        let asked = wanted.min(left);
        let mut rows = step(store, conversation, page, asked).await?;
        let is_last = (rows.len() as u64) < asked;
        left -= rows.len() as u64;
        // What is behind the one with which they are enough is not looked at: it would be work for nothing.
        let enough = rows.iter().position(|row| {
            total += row.json_bytes();
            total > bytes
        });
        let fitting = enough.map_or(rows.len(), |place| place + 1);
        let is_cut = fitting < rows.len() || (left > 0 && !is_last);
        rows.truncate(fitting);
        paged.rows.extend(rows);
        if enough.is_some() {
            paged.is_cut = is_cut;
            break;
        }
        match paged.rows.last() {
            Some(last) if !is_last && is_backwards => page = Page::Before(last.message.n),
            Some(last) if !is_last => page = Page::After(last.message.n),
            _ => break,
        }
        wanted *= 2;
    }
    if is_backwards {
        paged.rows.reverse();
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
        .into_model::<MessageColumns>()
        .all(store.readers())
        .await?;
    Ok(rows.into_iter().map(MessageRow::from).collect())
}
