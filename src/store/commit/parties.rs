//! Whom the private conversations of a batch are for; only where somebody asks to join.

use sea_orm::{ConnectionTrait, FromQueryResult};
use serde::Serialize;

use crate::domain::ledger::Ledger;
use crate::domain::{Change, ConversationId, Kind, UserId};
use crate::store::StoreError;
use crate::store::commit::Batch;
use crate::store::commit::read::find;
use crate::store::commit::rows::{Type, fold, for_each, for_each_if_any, query, unfold};
use crate::store::conversations::Pair;

#[derive(Serialize)]
struct Which {
    conversation_id: i64,
}

#[derive(FromQueryResult)]
struct Party {
    conversation_id: i64,
    pair: Option<String>,
    /// Absent if there never was a member.
    user_id: Option<i64>,
}

/// Reads who ever was a member, and for whom it was made, into the ledgers.
pub(super) async fn read_parties(
    db: &impl ConnectionTrait,
    batches: &[Batch],
    ledgers: &mut [Ledger],
) -> Result<(), StoreError> {
    let is_asked = |batch: &Batch| {
        let mut changes = batch.changes.iter();
        changes.any(|change| matches!(change, Change::Join { .. }))
    };
    let which: Vec<_> = batches
        .iter()
        .zip(ledgers.iter())
        .filter(|(batch, ledger)| ledger.kind == Kind::Private && is_asked(batch))
        .map(|(batch, _)| Which {
            conversation_id: batch.conversation.0,
        })
        .collect();
    if which.is_empty() {
        return Ok(());
    }
    let backend = db.get_database_backend();
    let sql = format!(
        "SELECT c.id AS conversation_id, c.pair, m.user_id FROM {} {} {}",
        unfold(backend, &[("conversation_id", Type::Number)]),
        for_each(backend, "conversations", "c", "c.id = v.conversation_id"),
        for_each_if_any(backend, "members", "m", "m.conversation_id = c.id"),
    );
    for row in query(db, &sql, [fold(&which)?]).await? {
        let row = Party::from_query_result(&row, "")?;
        if let Some(ledger) = find(ledgers, ConversationId(row.conversation_id)) {
            let pair = row.pair.as_deref().and_then(Pair::parse);
            ledger.parties.extend(pair.into_iter().flat_map(Pair::people));
            ledger.parties.extend(row.user_id.map(UserId));
        }
    }
    Ok(())
}
