//! The statements that move read positions.

use std::collections::HashSet;

use chrono::{DateTime, SubsecRound, Utc};
use sea_orm::{DbBackend, DbErr, QueryResult};
use serde::Serialize;

use crate::domain::read_commands::{ReadCommands, Reader};
use crate::domain::{ConversationId, TokenId, UserId};
use crate::store::commit::rows::{Type, query, rows_from_json, to_json};
use crate::store::conversations::reading::{KEY, MemberKey, whose};
use crate::store::{Store, StoreError, finish, rights};

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
    moves: &[ReadStateRow],
    mutes: &[ReadStateRow],
    devices: &[TokenId],
    now: DateTime<Utc>,
) -> Result<Result<HashSet<MemberKey>, HashSet<TokenId>>, StoreError> {
    let rows = rows(store.backend());
    let read = format!(
        "UPDATE members SET read_rev = v.read_rev, read_n = v.read_n, \
                active_at = CASE WHEN v.reads = 1 THEN $2 ELSE members.active_at END \
         FROM {rows} \
         WHERE members.conversation_id = v.conversation_id AND members.user_id = v.user_id \
           AND members.left_at IS NULL AND (members.read_rev < v.read_rev \
             OR members.read_rev = v.read_rev AND members.read_n < v.read_n) \
         RETURNING members.conversation_id, members.user_id"
    );
    let mute = format!(
        "UPDATE members SET muted = (v.muted = 1) FROM {rows} \
         WHERE members.conversation_id = v.conversation_id AND members.user_id = v.user_id \
           AND members.left_at IS NULL \
         RETURNING members.conversation_id, members.user_id"
    );
    let transaction = store.begin_first().await?;
    let signed_out = rights::signed_out(&transaction, devices, now).await?;
    if !signed_out.is_empty() {
        transaction.rollback().await?;
        return Ok(Err(signed_out));
    }
    let mut passed_over = HashSet::new();
    if !moves.is_empty() {
        let values = [to_json(moves)?, now.trunc_subsecs(6).into()];
        passed_over.extend(without(moves, query(&transaction, &read, values).await?)?);
    }
    if !mutes.is_empty() {
        passed_over.extend(without(mutes, query(&transaction, &mute, [to_json(mutes)?]).await?)?);
    }
    finish(transaction).await?;
    Ok(Ok(passed_over))
}

/// Whose rows are not among those that were written.
fn without(rows: &[ReadStateRow], written: Vec<QueryResult>) -> Result<HashSet<MemberKey>, DbErr> {
    let mut missing: HashSet<MemberKey> = rows.iter().map(ReadStateRow::whose).collect();
    for row in &written {
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
