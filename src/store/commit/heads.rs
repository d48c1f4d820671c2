//! The two counters of each conversation in a batch. Moving them is what locks them.

use std::collections::HashMap;

use sea_orm::DbBackend;
use serde::Serialize;

use crate::domain::ledger::Ledger;
use crate::domain::{Change, ConversationId, Kind};
use crate::store::StoreError;
use crate::store::commit::Batch;
use crate::store::commit::rows::{Type, among, execute, query, rows_from_json, to_json};
use crate::store::statements::StatementRunner;

/// A conversation as the batch found it, under the lock.
#[derive(Clone, Copy, Debug)]
pub(super) struct LockedHead {
    pub(super) kind: Kind,
    pub(super) seq_before: i64,
    pub(super) n_before: i64,
    /// Where the batch has put it, as if every change were accepted.
    seq: i64,
    n: i64,
}

#[derive(Serialize)]
struct HeadMove {
    conversation_id: i64,
    seq: i64,
    n: i64,
}

/// What becomes of a head that another transaction has locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WhenLocked {
    /// It is waited for.
    Wait,
    /// On Postgres it is left out.
    Skip,
}

/// Moves heads by as much as the batch may need, and locks the rows by doing so. Conversations
/// that do not exist, and those that are left out, are absent from the answer.
pub(super) async fn move_heads(
    db: &dyn StatementRunner,
    batches: &[Batch],
    when_locked: WhenLocked,
) -> Result<HashMap<ConversationId, LockedHead>, StoreError> {
    let moves: Vec<_> = batches
        .iter()
        .map(|batch| HeadMove {
            conversation_id: batch.conversation.0,
            seq: batch.changes.len() as i64,
            n: batch.changes.iter().filter(|c| matches!(c, Change::Post(_))).count() as i64,
        })
        .collect();
    let backend = db.backend();
    let parameter = to_json(&moves)?;
    if backend == DbBackend::Postgres && when_locked == WhenLocked::Wait && batches.len() > 1 {
        let sql = format!(
            "SELECT c.id FROM conversations c WHERE {} ORDER BY c.id FOR UPDATE",
            among(backend, "c.id", "conversation_id", &rows_from_json(backend, &MOVE))
        );
        query(db, &sql, [parameter.clone()]).await?;
    }
    let mut heads = HashMap::new();
    for row in query(db, &move_sql(backend, when_locked), [parameter]).await? {
        let id: i64 = row.get("id")?;
        let kind: String = row.get("type")?;
        let (seq, n): (i64, i64) = (row.get("head_seq")?, row.get("head_n")?);
        let kind = Kind::parse(&kind)
            .ok_or_else(|| StoreError::Rejected(format!("conversation {id} is a {kind:?}")))?;
        let moved = moves.iter().find(|moved| moved.conversation_id == id);
        heads.insert(
            ConversationId(id),
            LockedHead {
                kind,
                seq_before: seq - moved.map_or(0, |moved| moved.seq),
                n_before: n - moved.map_or(0, |moved| moved.n),
                seq,
                n,
            },
        );
    }
    Ok(heads)
}

/// Those that are free are locked in id order, as they are for [`WhenLocked::Wait`], and not so that whoever refers to
/// the conversation by a foreign key is in the way.
fn move_sql(backend: DbBackend, when_locked: WhenLocked) -> String {
    let rows = rows_from_json(backend, &MOVE);
    let among = |key| among(backend, key, "conversation_id", &rows);
    let (before, moved) = match when_locked {
        WhenLocked::Skip if backend == DbBackend::Postgres => {
            let free = format!(
                "WITH free AS MATERIALIZED \
                   (SELECT v.conversation_id, v.seq, v.n FROM {rows} \
                    JOIN conversations c ON c.id = v.conversation_id AND {} \
                    ORDER BY c.id FOR NO KEY UPDATE OF c SKIP LOCKED) ",
                among("c.id")
            );
            (free, "free AS v")
        }
        _ => (String::new(), rows.as_str()),
    };
    format!(
        "{before}UPDATE conversations SET head_seq = head_seq + v.seq, head_n = head_n + v.n FROM {moved} \
         WHERE conversations.id = v.conversation_id AND conversations.deleted_at IS NULL AND {} \
         RETURNING id, type, head_seq, head_n",
        among("conversations.id")
    )
}

const MOVE: [(&str, Type); 3] = [
    ("conversation_id", Type::Number),
    ("seq", Type::Number),
    ("n", Type::Number),
];

/// Takes back the numbers of what was not accepted.
pub(super) async fn correct_heads(
    db: &dyn StatementRunner,
    heads: &HashMap<ConversationId, LockedHead>,
    ledgers: &[Ledger],
) -> Result<(), StoreError> {
    let wrong: Vec<_> = ledgers
        .iter()
        .filter(|ledger| {
            let head = heads.get(&ledger.conversation);
            head.is_some_and(|head| (head.seq, head.n) != (ledger.head_seq, ledger.head_n))
        })
        .map(|ledger| HeadMove {
            conversation_id: ledger.conversation.0,
            seq: ledger.head_seq,
            n: ledger.head_n,
        })
        .collect();
    if wrong.is_empty() {
        return Ok(());
    }
    let backend = db.backend();
    let rows = rows_from_json(backend, &MOVE);
    let sql = format!(
        "UPDATE conversations SET head_seq = v.seq, head_n = v.n FROM {rows} \
         WHERE conversations.id = v.conversation_id AND {}",
        among(backend, "conversations.id", "conversation_id", &rows)
    );
    execute(db, &sql, [to_json(&wrong)?]).await?;
    Ok(())
}
