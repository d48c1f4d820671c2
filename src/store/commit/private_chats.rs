//! Whom the private conversations of a batch are for, where somebody asks to join; and who still has them
//! in view, where they may be abandoned.

use std::collections::BTreeSet;

use crate::domain::ledger::Ledger;
use crate::domain::{Change, ConversationId, Kind, PrivatePair, UserId};
use crate::store::StoreError;
use crate::store::commit::Batch;
use crate::store::commit::find_ledger::find_ledger;
use crate::store::commit::rows::{
    InConversation, Type, for_each, for_each_if_any, query, rows_from_json, to_json,
};
use crate::store::statements::StatementRunner;

/// Reads who ever was a member, and for whom it was made, into the ledgers.
pub(super) async fn read_parties(
    db: &dyn StatementRunner,
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
        .map(|(batch, _)| InConversation {
            conversation_id: batch.conversation.0,
        })
        .collect();
    if which.is_empty() {
        return Ok(());
    }
    let backend = db.backend();
    let sql = format!(
        "SELECT c.id AS conversation_id, c.pair, m.user_id FROM {} {} {}",
        rows_from_json(backend, &[("conversation_id", Type::Number)]),
        for_each(backend, "conversations", "c", "c.id = v.conversation_id"),
        for_each_if_any(backend, "members", "m", "m.conversation_id = c.id"),
    );
    for row in query(db, &sql, [to_json(&which)?]).await? {
        let pair: Option<String> = row.get("pair")?;
        // Absent if there never was a member.
        let member: Option<i64> = row.get("user_id")?;
        if let Some(ledger) = find_ledger(ledgers, ConversationId(row.get("conversation_id")?)) {
            let pair = pair.as_deref().and_then(PrivatePair::parse);
            ledger.parties.extend(pair.into_iter().flat_map(PrivatePair::people));
            ledger.parties.extend(member.map(UserId));
        }
    }
    read_pairs(db, batches, ledgers).await
}

/// Which private conversations there are already of those who would be two after a join.
async fn read_pairs(
    db: &dyn StatementRunner,
    batches: &[Batch],
    ledgers: &mut [Ledger],
) -> Result<(), StoreError> {
    let sql = "SELECT id FROM conversations WHERE pair = $1";
    for (batch, ledger) in batches.iter().zip(ledgers) {
        if ledger.kind != Kind::Private {
            continue;
        }
        let joining: Vec<_> = batch
            .changes
            .iter()
            .filter_map(|change| match change {
                Change::Join { user, .. } => Some(*user),
                _ => None,
            })
            .collect();
        let present = ledger.parties.iter().chain(&joining);
        let pairs =
            present.flat_map(|one| joining.iter().filter_map(|two| PrivatePair::new(*one, *two)));
        let keys: BTreeSet<String> = pairs.map(PrivatePair::key).collect();
        for key in keys {
            let rows = query(db, sql, [key.clone().into()]).await?;
            let id = rows.first().map(|row| row.get("id")).transpose()?;
            let theirs = PrivatePair::parse(&key).zip(id.map(ConversationId));
            ledger.private_chats.extend(theirs);
        }
    }
    Ok(())
}

/// Up to where all members have hidden a private conversation; only where it may be abandoned.
pub(super) async fn read_hidden(
    db: &dyn StatementRunner,
    batches: &[Batch],
    ledgers: &mut [Ledger],
) -> Result<(), StoreError> {
    let sql = "SELECT MIN(m.hidden_n) AS hidden_n FROM members m JOIN users u ON u.id = m.user_id \
               WHERE m.conversation_id = $1 AND m.left_at IS NULL \
                 AND u.username_key NOT LIKE 'erased:%'";
    for (batch, ledger) in batches.iter().zip(ledgers) {
        if ledger.kind != Kind::Private || !batch.changes.contains(&Change::Abandon) {
            continue;
        }
        let rows = query(db, sql, [batch.conversation.0.into()]).await?;
        let hidden_n = match rows.first() {
            Some(row) => row.get::<Option<i64>>("hidden_n")?,
            None => None,
        };
        ledger.hidden_n = hidden_n.unwrap_or(i64::MAX);
    }
    Ok(())
}
