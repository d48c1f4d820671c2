//! General by time.

use chrono::{DateTime, Utc};
use entity::messages;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect,
    Select,
};

use crate::domain::ConversationId;
use crate::store::messages::row::{MessageColumns, MessageRow, with_senders};
use crate::store::{Guarded, Store, StoreError};

/// Where a message of General stands in time.
pub(crate) type TimeKey = (DateTime<Utc>, i64);

/// A span of General's history, as far as one answer goes. Only [`span_of_general`] makes one, so who
/// has it may read what is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    last: Option<TimeKey>,
    is_whole: bool,
}

impl Span {
    /// The last message of it; `None` for an empty one.
    pub(crate) fn last(&self) -> Option<TimeKey> {
        self.last
    }

    /// Is this all, or is there more than was asked for?
    pub(crate) fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// Its next messages by time, after `after`, at most `limit`. There may be some behind its last.
    pub(crate) async fn step(
        &self,
        store: &Store,
        after: Option<TimeKey>,
        limit: usize,
    ) -> Result<Vec<MessageRow>, StoreError> {
        let (at, n) = (messages::Column::CreatedAt, messages::Column::N);
        let mut step = of_general(with_senders(), self.from, self.to);
        if let Some((last_at, last_n)) = after {
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
            .into_model::<MessageColumns>()
            .all(store.readers())
            .await?;
        Ok(rows.into_iter().map(MessageRow::from).collect())
    }
}

/// How much of General one answer may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SpanBounds {
    /// How many messages.
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
pub(crate) async fn span_of_general(
    store: &Store,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    bounds: SpanBounds,
) -> Result<Guarded<Span>, StoreError> {
    let (at, n) = (messages::Column::CreatedAt, messages::Column::N);
    // One more tells whether there is more.
    let sizes = of_general(messages::Entity::find(), from, to)
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
    let last = fitting.checked_sub(1).and_then(|last| sizes.get(last));
    let span = Span {
        from,
        to,
        last: last.map(|size| (size.created_at, size.n)),
        is_whole: fitting == sizes.len(),
    };
    Ok(Guarded::new(ConversationId::GENERAL, span))
}

fn of_general(
    messages: Select<messages::Entity>,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> Select<messages::Entity> {
    messages
        // Word for word the condition of the partial index; a parameter would hide it.
        .filter(Expr::cust("messages.conversation_id = 1"))
        .filter(messages::Column::CreatedAt.gte(from))
        .filter(messages::Column::CreatedAt.lte(to))
}
