//! Reactions and pins as changes: each has a row that remembers the `seq` of its last change.

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement, Value};

use crate::domain::event::{Pin, Reaction};
use crate::domain::{ConversationId, Emoji, Event, Fact, MessageId, UserId};
use crate::store::{Store, StoreError};
use crate::wire::server::{DELETED_USER, NOBODY};

#[derive(FromQueryResult)]
struct Columns {
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

/// The reactions and pins of a conversation whose last change is after `after` and not after `upto`,
/// at most `limit` of each.
pub async fn changed(
    store: &Store,
    conversation: ConversationId,
    after: i64,
    upto: i64,
    limit: u64,
) -> Result<Vec<Event>, StoreError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let range = [
        conversation.0.into(),
        after.into(),
        upto.into(),
        limit.into(),
    ];
    let (of_reactions, of_pins) = (sql("reactions", "x.emoji"), sql("pins", "NULL"));
    let reactions = read(store, &of_reactions, range.clone());
    let (reactions, pins) = tokio::try_join!(reactions, read(store, &of_pins, range))?;
    Ok(reactions.into_iter().chain(pins).collect())
}

fn sql(table: &str, emoji: &str) -> String {
    format!(
        "SELECT x.message_id, m.n, x.user_id, {emoji} AS emoji, x.seq, x.created_at, \
                x.removed_at, u.username, u.deactivated_at \
         FROM {table} x JOIN messages m ON m.id = x.message_id \
         LEFT JOIN users u ON u.id = x.user_id \
         WHERE x.conversation_id = $1 AND x.seq > $2 AND x.seq <= $3 ORDER BY x.seq LIMIT $4"
    )
}

async fn read(store: &Store, sql: &str, values: [Value; 4]) -> Result<Vec<Event>, StoreError> {
    let statement = Statement::from_sql_and_values(store.backend(), sql, values);
    let rows = store.readers().query_all_raw(statement).await?;
    let events = rows.iter().map(|row| Columns::from_query_result(row, "").map(event));
    Ok(events.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}

/// `None` for a reaction that is none of ours.
fn event(row: Columns) -> Option<Event> {
    let username = match (row.username, row.deactivated_at) {
        (None, _) => NOBODY.into(),
        (Some(_), Some(_)) => DELETED_USER.into(),
        (Some(username), None) => username.into(),
    };
    let (message, n) = (MessageId(row.message_id), row.n);
    let (user, on) = (row.user_id.map(UserId), row.removed_at.is_none());
    let fact = match (row.emoji, user) {
        (Some(emoji), Some(user)) => Fact::Reacted(Reaction {
            message,
            n,
            user,
            username,
            emoji: Emoji::parse(&emoji).ok()?,
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
