//! Which conversations have moved on.

use serde::Serialize;

use crate::domain::ConversationId;
use crate::store::commit::rows::{Type, for_each, query, rows_from_json, to_json};
use crate::store::{Store, StoreError};

/// Conversations that are asked about at once, so that no query runs long.
const AT_ONCE: usize = 5_000;

#[derive(Serialize)]
struct HeadRow {
    id: i64,
    seq: i64,
}

/// Is any of them not there, or has come less far than this?
pub(crate) async fn are_behind(
    store: &Store,
    known: &[(ConversationId, i64)],
) -> Result<bool, StoreError> {
    let backend = store.backend();
    let rows = rows_from_json(backend, &[("id", Type::Number), ("seq", Type::Number)]);
    let there = for_each(backend, "conversations", "c", "c.id = v.id AND c.head_seq >= v.seq");
    let sql = format!("SELECT c.id FROM {rows} {there}");
    for known in known.chunks(AT_ONCE) {
        let heads: Vec<_> = known.iter().map(head).collect();
        if query(store.readers(), &sql, [to_json(&heads)?]).await?.len() < known.len() {
            return Ok(true);
        }
    }
    Ok(false)
}

fn head((id, seq): &(ConversationId, i64)) -> HeadRow {
    HeadRow {
        id: id.0,
        seq: *seq,
    }
}

/// Those whose last `seq` is a later one than this, and which.
pub(crate) async fn ahead(
    store: &Store,
    known: &[(ConversationId, i64)],
) -> Result<Vec<(ConversationId, i64)>, StoreError> {
    let backend = store.backend();
    let rows = rows_from_json(backend, &[("id", Type::Number), ("seq", Type::Number)]);
    let later = "c.id = v.id AND c.head_seq > v.seq";
    let among = for_each(backend, "conversations", "c", later);
    let sql = format!("SELECT c.id, c.head_seq FROM {rows} {among}");
    let mut ahead = Vec::new();
    for known in known.chunks(AT_ONCE) {
        let heads: Vec<_> = known.iter().map(head).collect();
        for row in query(store.readers(), &sql, [to_json(&heads)?]).await? {
            ahead.push((ConversationId(row.get("id")?), row.get("head_seq")?));
        }
    }
    Ok(ahead)
}
