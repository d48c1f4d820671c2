//! The statements that move read positions.

use std::collections::HashSet;

use chrono::{DateTime, SubsecRound, Utc};
use sea_orm::{DbBackend, DbErr};
use serde::Serialize;

use crate::domain::read_commands::{ReadCommands, Reader};
use crate::domain::{ConversationId, TokenId, UserId};
use crate::store::commit::rows::{Type, query, rows_from_json, to_json};
use crate::store::conversations::reading::{KEY, MemberKey, whose};
use crate::store::statements::{DbRow, StatementRunner};
use crate::store::transact::TransactionEnd;
use crate::store::{Store, StoreError, rights};

/// Where a member is to stand.
#[derive(Serialize)]
pub(super) struct ReadStateRow {
    conversation_id: i64,
    user_id: i64,
    read_rev: i64,
    read_n: i64,
    reads: i64,
    muted: i64,
}

const ROW: [(&str, Type); 6] = [
    KEY[0],
    KEY[1],
    ("read_rev", Type::Number),
    ("read_n", Type::Number),
    ("reads", Type::Number),
    ("muted", Type::Number),
];

impl ReadStateRow {
    pub(super) fn new(
        (conversation, user): MemberKey,
        asked: ReadCommands,
        reader: Reader,
    ) -> Self {
        Self {
            conversation_id: conversation.0,
            user_id: user.0,
            read_rev: reader.position.revision,
            read_n: reader.position.n,
            reads: asked.reads().into(),
            muted: reader.muted.into(),
        }
    }

    fn whose(&self) -> MemberKey {
        (ConversationId(self.conversation_id), UserId(self.user_id))
    }
}

/// Writes both lists; whose rows were not to be had. Or nothing, if some of these devices are signed out;
/// which.
pub(super) async fn write(
    store: &Store,
    moves: Vec<ReadStateRow>,
    mutes: Vec<ReadStateRow>,
    devices: &[TokenId],
    now: DateTime<Utc>,
) -> Result<Result<HashSet<MemberKey>, HashSet<TokenId>>, StoreError> {
    let devices = devices.to_vec();
    let written = store.transact_first(async move |db: &dyn StatementRunner| {
        let signed_out = rights::signed_out(db, &devices, now).await?;
        if !signed_out.is_empty() {
            return Ok(TransactionEnd::TakeBack(Err(signed_out)));
        }
        let mut passed_over = HashSet::new();
        if !moves.is_empty() {
            let values = [to_json(&moves)?, now.trunc_subsecs(6).into()];
            let rows = query(db, &read_sql(db.backend()), values).await?;
            passed_over.extend(without(&moves, &rows)?);
        }
        if !mutes.is_empty() {
            let rows = query(db, &mute_sql(db.backend()), [to_json(&mutes)?]).await?;
            passed_over.extend(without(&mutes, &rows)?);
        }
        Ok(TransactionEnd::Commit(Ok(passed_over)))
    });
    written.await?.known()
}

fn read_sql(backend: DbBackend) -> String {
    format!(
        "UPDATE members SET read_rev = v.read_rev, read_n = v.read_n, \
                active_at = CASE WHEN v.reads = 1 THEN $2 ELSE members.active_at END \
         FROM {} \
         WHERE members.conversation_id = v.conversation_id AND members.user_id = v.user_id \
           AND members.left_at IS NULL AND (members.read_rev < v.read_rev \
             OR members.read_rev = v.read_rev AND members.read_n < v.read_n) \
         RETURNING members.conversation_id, members.user_id",
        rows(backend)
    )
}

fn mute_sql(backend: DbBackend) -> String {
    format!(
        "UPDATE members SET muted = (v.muted = 1) FROM {} \
         WHERE members.conversation_id = v.conversation_id AND members.user_id = v.user_id \
           AND members.left_at IS NULL \
         RETURNING members.conversation_id, members.user_id",
        rows(backend)
    )
}

/// Whose rows are not among those that were written.
fn without(rows: &[ReadStateRow], written: &[DbRow]) -> Result<HashSet<MemberKey>, DbErr> {
    let mut missing: HashSet<MemberKey> = rows.iter().map(ReadStateRow::whose).collect();
    for row in written {
        missing.remove(&whose(row)?);
    }
    Ok(missing)
}

/// The rows to be written. On Postgres, where several transactions write at once, those that are
/// free: who waits for no row waits for nobody in a circle, in whatever order rows are held.
fn rows(backend: DbBackend) -> String {
    let rows = rows_from_json(backend, &ROW);
    if backend != DbBackend::Postgres {
        return rows;
    }
    format!(
        "(SELECT v.* FROM {rows} CROSS JOIN LATERAL (SELECT m.user_id FROM members m \
            WHERE m.conversation_id = v.conversation_id AND m.user_id = v.user_id \
            FOR NO KEY UPDATE SKIP LOCKED) AS m OFFSET 0) AS v"
    )
}
