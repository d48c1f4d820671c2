//! Reactions and pins as changes: each has a row that remembers the `seq` of its last change.

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Statement, Value};

use crate::domain::event::{Pin, Reaction};
use crate::domain::{ConversationId, Emoji, Event, Fact, MessageId, UserId};
use crate::store::position_ranges::Range;
use crate::store::shown_names::shown;
use crate::store::{Store, StoreError};

#[derive(FromQueryResult)]
struct AnnotationColumns {
    conversation_id: i64,
    message_id: i64,
    n: i64,
    user_id: Option<i64>,
    emoji: Option<String>,
    seq: i64,
    created_at: DateTime<Utc>,
    removed_at: Option<DateTime<Utc>>,
    username: Option<String>,
    deactivated_at: Option<DateTime<Utc>>,
}

/// The reactions and pins whose last change is in one of these ranges, at most `limit` of each.
pub(super) async fn changed(
    store: &Store,
    ranges: &[Range],
    limit: u64,
) -> Result<Vec<(ConversationId, Event)>, StoreError> {
    let of_reactions = sql("reactions", "x.emoji", ranges.len());
    let of_pins = sql("pins", "NULL", ranges.len());
    let reactions = read(store, &of_reactions, ranges, limit);
    let (reactions, pins) = tokio::try_join!(reactions, read(store, &of_pins, ranges, limit))?;
    Ok(reactions.into_iter().chain(pins).collect())
}

fn sql(table: &str, emoji: &str, ranges: usize) -> String {
    let range = |index: usize| {
        let (chat, after, upto) = (3 * index + 2, 3 * index + 3, 3 * index + 4);
        format!("x.conversation_id = ${chat} AND x.seq > ${after} AND x.seq <= ${upto}")
    };
    let ranges: Vec<_> = (0..ranges).map(range).collect();
    format!(
        "SELECT x.conversation_id, x.message_id, m.n, x.user_id, {emoji} AS emoji, x.seq, \
                x.created_at, x.removed_at, u.username, u.deactivated_at \
         FROM {table} x JOIN messages m ON m.id = x.message_id \
         LEFT JOIN users u ON u.id = x.user_id \
         WHERE {} ORDER BY x.seq LIMIT $1",
        ranges.join(" OR ")
    )
}

async fn read(
    store: &Store,
    sql: &str,
    ranges: &[Range],
    limit: u64,
) -> Result<Vec<(ConversationId, Event)>, StoreError> {
    let limit: Value = i64::try_from(limit).unwrap_or(i64::MAX).into();
    let places = ranges.iter().flat_map(|range| {
        [
            range.conversation.0.into(),
            range.after.into(),
            range.upto.into(),
        ]
    });
    let values: Vec<Value> = std::iter::once(limit).chain(places).collect();
    let statement = Statement::from_sql_and_values(store.backend(), sql, values);
    let rows = store.readers().query_all_raw(statement).await?;
    let events = rows.iter().map(|row| {
        let row = AnnotationColumns::from_query_result(row, "")?;
        let conversation = ConversationId(row.conversation_id);
        Ok(event(row).map(|event| (conversation, event)))
    });
    Ok(events.collect::<Result<Vec<_>, DbErr>>()?.into_iter().flatten().collect())
}

/// `None` for a reaction that is none of ours.
fn event(row: AnnotationColumns) -> Option<Event> {
    let username = shown(row.username, row.deactivated_at).into();
    let (message, n) = (MessageId(row.message_id), row.n);
    let (user, on) = (row.user_id.map(UserId), row.removed_at.is_none());
    let fact = match (row.emoji, user) {
        (Some(emoji), Some(user)) => Fact::Reacted(Reaction {
            message,
            n,
            user,
            username,
            emoji: Emoji::of_reaction(&emoji).ok()?,
            on,
        }),
        _ => Fact::Pinned(Pin {
            message,
            n,
            user,
            username,
            on,
        }),
    };
    Some(Event {
        seq: row.seq,
        at: row.removed_at.unwrap_or(row.created_at),
        fact,
    })
}
