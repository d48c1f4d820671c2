//! General by time.

use chrono::{DateTime, Utc};
use entity::messages;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect,
    Select,
};

use crate::store::messages::row::{Columns, MessageRow};
use crate::store::messages::with_senders;
use crate::store::{Store, StoreError};

/// Where a message of General stands in time.
pub type Place = (DateTime<Utc>, i64);

/// A span of General's history, as far as one answer goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// The last message of it; `None` for an empty one.
    pub last: Option<Place>,
    /// Is this all, or is there more than was asked for?
    pub is_whole: bool,
}

/// How much of General one answer may be.
#[derive(Clone, Copy, Debug)]
pub struct SpanBounds {
    /// Messages.
    pub messages: usize,
    /// Bytes of text in them.
    pub bytes: usize,
}

#[derive(FromQueryResult)]
struct Size {
    created_at: DateTime<Utc>,
    n: i64,
    bytes: i64,
}

/// How far an answer goes that tells what was said in General between two instants, both inclusive,
/// by time. No text is read for it.
pub async fn span_of_general(
    store: &Store,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    bounds: SpanBounds,
) -> Result<Span, StoreError> {
    let (at, n) = (messages::Column::CreatedAt, messages::Column::N);
    // One more tells whether there is more.
    let sizes = in_general(from, to)
        .select_only()
        .columns([at, n])
        .column_as(Expr::cust("CAST(OCTET_LENGTH(messages.content) AS BIGINT)"), "bytes")
        .order_by_asc(at)
        .order_by_asc(n)
        .limit(bounds.messages as u64 + 1)
        .into_model::<Size>()
        .all(store.readers())
        .await?;
    let mut total = 0;
    let fits = |size: &&Size| {
        let before = total;
        total += usize::try_from(size.bytes).unwrap_or(0);
        before < bounds.bytes
    };
    let fitting = sizes.iter().take(bounds.messages).take_while(fits).count();
    Ok(Span {
        last: fitting
            .checked_sub(1)
            .and_then(|last| sizes.get(last))
            .map(|s| (s.created_at, s.n)),
        is_whole: fitting == sizes.len(),
    })
}

fn in_general(from: DateTime<Utc>, to: DateTime<Utc>) -> Select<messages::Entity> {
    messages::Entity::find()
        // Word for word the condition of the partial index; a parameter would hide it.
        .filter(Expr::cust("messages.conversation_id = 1"))
        .filter(messages::Column::CreatedAt.gte(from))
        .filter(messages::Column::CreatedAt.lte(to))
}

/// The next messages of General between two instants, by time, after `last`, at most `limit`.
pub async fn general_step(
    store: &Store,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    last: Option<Place>,
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
