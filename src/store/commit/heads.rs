//! The two counters of each conversation in a batch. Moving them is what locks them.

use std::collections::HashMap;

use sea_orm::DbBackend;

use crate::domain::ledger::Ledger;
use crate::domain::{Change, ConversationId, Kind};
use crate::store::StoreError;
use crate::store::commit::Batch;
use crate::store::commit::rows::{Type, among, query_each, source};
use crate::store::input_rows::InputRows;
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

/// How far the head is moved for all changes of a batch: its `seq`, and its `n`.
fn needed(batch: &Batch) -> (i64, i64) {
    let posts = batch.changes.iter().filter(|change| matches!(change, Change::Post(_)));
    (batch.changes.len() as i64, posts.count() as i64)
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
    let moves = InputRows::new(
        &MOVE,
        batches.iter().map(|batch| {
            let (seq, n) = needed(batch);
            [batch.conversation.0.into(), seq.into(), n.into()]
        }),
    );
    let backend = db.backend();
    if backend == DbBackend::Postgres && when_locked == WhenLocked::Wait && batches.len() > 1 {
        let sql = format!(
            "SELECT c.id FROM conversations c WHERE {} ORDER BY c.id FOR UPDATE",
            among(backend, "c.id", "conversation_id", &source(db, &moves))
        );
        query_each(db, &sql, &moves, []).await?;
    }
    let rows = match db.takes_rows() {
        true => query_each(db, MOVE_ONE, &moves, []).await?,
        false => query_each(db, &move_sql(db, &moves, when_locked), &moves, []).await?,
    };
    let mut heads = HashMap::with_capacity(rows.len());
    for row in rows {
        let id: i64 = row.get("id")?;
        let kind: String = row.get("type")?;
        let (seq, n): (i64, i64) = (row.get("head_seq")?, row.get("head_n")?);
        let kind = Kind::parse(&kind)
            .ok_or_else(|| StoreError::Rejected(format!("conversation {id} is a {kind:?}")))?;
        let moved = batches.iter().find(|batch| batch.conversation.0 == id).map(needed);
        let (seq_moved, n_moved) = moved.unwrap_or_default();
        heads.insert(
            ConversationId(id),
            LockedHead {
                kind,
                seq_before: seq - seq_moved,
                n_before: n - n_moved,
                seq,
                n,
            },
        );
    }
    Ok(heads)
}

const MOVE_ONE: &str = "UPDATE conversations SET head_seq = head_seq + $2, head_n = head_n + $3 \
                        WHERE id = $1 AND deleted_at IS NULL RETURNING id, type, head_seq, head_n";
const SET_ONE: &str = "UPDATE conversations SET head_seq = $2, head_n = $3 WHERE id = $1";

/// Those that are free are locked in id order, as they are for [`WhenLocked::Wait`], and not so that whoever refers to
/// the conversation by a foreign key is in the way.
fn move_sql(db: &dyn StatementRunner, moves: &InputRows<'_>, when_locked: WhenLocked) -> String {
    let (backend, rows) = (db.backend(), source(db, moves));
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
    let is_wrong = |ledger: &&Ledger| {
        let head = heads.get(&ledger.conversation);
        head.is_some_and(|head| (head.seq, head.n) != (ledger.head_seq, ledger.head_n))
    };
    let wrong = InputRows::new(
        &MOVE,
        ledgers.iter().filter(is_wrong).map(|ledger| {
            let (seq, n) = (ledger.head_seq, ledger.head_n);
            [ledger.conversation.0.into(), seq.into(), n.into()]
        }),
    );
    if wrong.is_empty() {
        return Ok(());
    }
    if db.takes_rows() {
        db.run_of(SET_ONE, &wrong, Vec::new()).await?;
        return Ok(());
    }
    let rows = source(db, &wrong);
    let sql = format!(
        "UPDATE conversations SET head_seq = v.seq, head_n = v.n FROM {rows} \
         WHERE conversations.id = v.conversation_id AND {}",
        among(db.backend(), "conversations.id", "conversation_id", &rows)
    );
    query_each(db, &sql, &wrong, []).await?;
    Ok(())
}
