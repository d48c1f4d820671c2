//! General by time.

use chrono::{DateTime, Utc};
use entity::messages;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, QueryFilter, QueryOrder, QuerySelect};

use crate::store::messages::row::{Columns, MessageRow};
use crate::store::messages::with_senders;
use crate::store::{Store, StoreError};

/// A span of General's history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// By time.
    pub messages: Vec<MessageRow>,
    /// Is this all, or is there more than was asked for?
    pub is_whole: bool,
}

/// How much of General one call may bring into memory.
#[derive(Clone, Copy, Debug)]
pub struct SpanBounds {
    /// Messages.
    pub messages: usize,
    /// Bytes of text in them; the last step may go beyond by [`STEP`] messages.
    pub bytes: usize,
}

/// Messages that are read at once, so that a span of long ones ends soon after its bound.
pub const STEP: usize = 500;

/// What was said in General between two instants, both inclusive, by time.
pub async fn in_general(
    store: &Store,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    bounds: SpanBounds,
) -> Result<Span, StoreError> {
    let mut span = Span::default();
    let mut bytes = 0;
    while !span.is_whole && span.messages.len() < bounds.messages && bytes < bounds.bytes {
        let wanted = STEP.min(bounds.messages - span.messages.len());
        let last = span.messages.last().map(|last| (last.message.created_at, last.message.n));
        // One more tells whether there is more.
        let mut step = general_step(store, from, to, last, wanted + 1).await?;
        span.is_whole = step.len() <= wanted;
        step.truncate(wanted);
        bytes += step.iter().map(MessageRow::bytes).sum::<usize>();
        span.messages.append(&mut step);
    }
    Ok(span)
}

async fn general_step(
    store: &Store,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    last: Option<(DateTime<Utc>, i64)>,
    limit: usize,
) -> Result<Vec<MessageRow>, StoreError> {
    let (at, n) = (messages::Column::CreatedAt, messages::Column::N);
    let mut step = with_senders()
        // Word for word the condition of the partial index; a parameter would hide it.
        .filter(Expr::cust("messages.conversation_id = 1"))
        .filter(at.gte(from))
        .filter(at.lte(to));
    if let Some((last_at, last_n)) = last {
        // The first half alone would do, but only it gives the index a place to start from.
        let after = Condition::any()
            .add(at.gt(last_at))
            .add(Condition::all().add(at.eq(last_at)).add(n.gt(last_n)));
        step = step.filter(at.gte(last_at)).filter(after);
    }
    let rows = step
        .order_by_asc(at)
        .order_by_asc(n)
        .limit(limit as u64)
        .into_model::<Columns>()
        .all(store.readers())
        .await?;
    Ok(rows.into_iter().map(MessageRow::from).collect())
}
