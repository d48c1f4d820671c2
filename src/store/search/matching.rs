//! What the index has, the newest first. Whether it may be seen is asked in the statement itself, so that nothing of
//! other people's chats is counted, ordered or answered.

use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, Value};

use crate::domain::{ConversationId, MessageId, UserId};
use crate::store::StoreError;
use crate::store::commit::rows::{for_each, query};
use crate::store::search::candidates::{Candidate, Condition};
use crate::store::search::conditions::Conditions;
use crate::store::single_value::scalar;
use crate::store::statements::DbRow;

/// Postgres cannot read what fits by age: it reads what fits among the last so many messages, then among more.
const FIRST_WINDOW: i64 = 20_000;
const WINDOW_GROWS: i64 = 8;

/// The chats of the user `$3`.
fn own(backend: DbBackend) -> String {
    let there = "c.id = mine.conversation_id AND c.deleted_at IS NULL";
    format!(
        "SELECT mine.conversation_id FROM members AS mine {} \
         WHERE mine.user_id = $3 AND mine.left_at IS NULL",
        for_each(backend, "conversations", "c", there)
    )
}

/// What is read of a message: for telling which is better, its beginning is enough.
const READ: &str =
    "m.id, m.conversation_id, m.n, SUBSTR(m.content, 1, 2000) AS content, m.created_at";

/// The newest `limit` messages before `before` that fit and that the index has as they are.
pub(super) async fn matching(
    snapshot: &DatabaseTransaction,
    reader: UserId,
    conditions: &Conditions,
    of_rows: &[Condition],
    before: MessageId,
    limit: usize,
) -> Result<Vec<Candidate>, StoreError> {
    match snapshot.get_database_backend() {
        DbBackend::Sqlite => {
            let values = vec![
                conditions.for_sqlite().into(),
                before.0.into(),
                reader.0.into(),
            ];
            in_sqlite(snapshot, values, of_rows, limit).await
        }
        _ => {
            let newest = scalar(snapshot, "SELECT MAX(message_id) FROM search_entries", []).await?;
            let newest: i64 = newest.flatten().unwrap_or(0);
            let (mut upto, mut window) = (before.0.min(newest.saturating_add(1)), FIRST_WINDOW);
            let mut found = Vec::new();
            while upto > 0 && found.len() < limit {
                let from = upto.saturating_sub(window).max(0);
                let values = vec![
                    conditions.for_postgres().into(),
                    upto.into(),
                    reader.0.into(),
                    from.into(),
                ];
                found.extend(in_postgres(snapshot, values, of_rows, limit - found.len()).await?);
                (upto, window) = (from, window.saturating_mul(WINDOW_GROWS));
            }
            Ok(found)
        }
    }
}

/// The index is read by age, and what is not in one of the reader's chats is passed over before anything is read of it.
async fn in_sqlite(
    snapshot: &DatabaseTransaction,
    mut values: Vec<Value>,
    of_rows: &[Condition],
    limit: usize,
) -> Result<Vec<Candidate>, StoreError> {
    let (of_rows, own) = (Condition::all(of_rows, &mut values), own(DbBackend::Sqlite));
    let sql = format!(
        "SELECT {READ} FROM search_words AS found \
         CROSS JOIN search_entries AS e ON e.message_id = found.rowid \
         CROSS JOIN messages AS m ON m.id = e.message_id \
         WHERE found.search_words MATCH $1 AND found.rowid < $2 AND e.conversation_id IN ({own}) \
           AND m.seq = e.seq AND m.deleted_at IS NULL{of_rows} \
         ORDER BY found.rowid DESC LIMIT {limit}"
    );
    read(snapshot, &sql, values).await
}

async fn in_postgres(
    snapshot: &DatabaseTransaction,
    mut values: Vec<Value>,
    of_rows: &[Condition],
    limit: usize,
) -> Result<Vec<Candidate>, StoreError> {
    let (of_rows, own) = (Condition::all(of_rows, &mut values), own(DbBackend::Postgres));
    // What has an OFFSET is carried out as it stands: the index first, then the rows one after the other.
    let sql = format!(
        "SELECT {READ} FROM \
           (SELECT e.message_id, e.seq FROM search_entries AS e \
            WHERE e.tokens @@ $1::tsquery AND e.message_id < $2 AND e.message_id >= $4 \
              AND e.conversation_id = ANY(ARRAY({own})) \
            ORDER BY e.message_id DESC OFFSET 0) AS e \
         CROSS JOIN LATERAL (SELECT m.* FROM messages AS m WHERE m.id = e.message_id OFFSET 0) AS m \
         WHERE m.seq = e.seq AND m.deleted_at IS NULL{of_rows} \
         ORDER BY e.message_id DESC LIMIT {limit}"
    );
    read(snapshot, &sql, values).await
}

async fn read(
    snapshot: &DatabaseTransaction,
    sql: &str,
    values: Vec<Value>,
) -> Result<Vec<Candidate>, StoreError> {
    let candidate = |row: DbRow| {
        Ok(Candidate {
            id: MessageId(row.get("id")?),
            conversation: ConversationId(row.get("conversation_id")?),
            n: row.get("n")?,
            text: row.get("content")?,
            at: row.get("created_at")?,
        })
    };
    query(snapshot, sql, values).await?.into_iter().map(candidate).collect()
}
