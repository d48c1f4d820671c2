//! The messages that the changes of a batch are about, read into the ledgers; only where there are any.

use std::collections::HashSet;

use serde::Serialize;

use crate::domain::ledger::{Ledger, TargetMessage};
use crate::domain::{Change, ConversationId, Emoji, MessageId, UserId};
use crate::store::StoreError;
use crate::store::commit::Batch;
use crate::store::commit::find_ledger::find_ledger;
use crate::store::commit::rows::{
    InConversation, Type, for_each, for_each_if_any, query, rows_from_json, to_json,
};
use crate::store::messages::{COLUMNS, MessageColumns, MessageRow};
use crate::store::statements::StatementRunner;

#[derive(Serialize, PartialEq, Eq, Hash)]
struct TargetRow {
    conversation_id: i64,
    message_id: i64,
}

const NAMED: [(&str, Type); 2] = [
    ("conversation_id", Type::Number),
    ("message_id", Type::Number),
];

/// Reads what the batches name into their ledgers.
pub(super) async fn read_targets(
    db: &dyn StatementRunner,
    batches: &[Batch],
    ledgers: &mut [Ledger],
) -> Result<(), StoreError> {
    let named = named(batches, |_| true);
    if named.is_empty() {
        return Ok(());
    }
    let backend = db.backend();
    // With a plus, no index of whole conversations is thought of.
    let named_by_id = "m.id = v.message_id AND +m.conversation_id = v.conversation_id";
    let sql = format!(
        "SELECT {COLUMNS} FROM {} {} {}",
        rows_from_json(backend, &NAMED),
        for_each(backend, "messages", "m", named_by_id),
        for_each_if_any(backend, "users", "u", "u.id = m.sender_id"),
    );
    for row in query(db, &sql, [to_json(&named)?]).await? {
        let row = MessageRow::from(MessageColumns::of(&row)?);
        let target = TargetMessage {
            message: row.message,
            pinned: false,
            reactions: Vec::new(),
            versions: 0,
        };
        if let Some(ledger) = find_ledger(ledgers, row.conversation) {
            ledger.targets.insert(target.message.id, target);
        }
    }
    read_reactions(db, batches, ledgers).await?;
    read_versions(db, batches, ledgers).await?;
    read_pins(db, batches, ledgers).await
}

fn named(batches: &[Batch], asked: impl Fn(&Change) -> bool) -> Vec<TargetRow> {
    let named: HashSet<_> = batches
        .iter()
        .flat_map(|batch| {
            let asking = batch.changes.iter().filter(|change| asked(change));
            asking.filter_map(Change::target).map(|message| TargetRow {
                conversation_id: batch.conversation.0,
                message_id: message.0,
            })
        })
        .collect();
    named.into_iter().collect()
}

async fn read_reactions(
    db: &dyn StatementRunner,
    batches: &[Batch],
    ledgers: &mut [Ledger],
) -> Result<(), StoreError> {
    let asked = |change: &Change| matches!(change, Change::React { .. } | Change::Edit { .. });
    let named = named(batches, asked);
    if named.is_empty() {
        return Ok(());
    }
    let backend = db.backend();
    let there = "r.message_id = v.message_id AND +r.conversation_id = v.conversation_id \
                 AND r.removed_at IS NULL";
    let sql = format!(
        "SELECT r.conversation_id, r.message_id, r.user_id, r.emoji FROM {} {} ORDER BY r.seq",
        rows_from_json(backend, &NAMED),
        for_each(backend, "reactions", "r", there),
    );
    for row in query(db, &sql, [to_json(&named)?]).await? {
        let conversation = ConversationId(row.get("conversation_id")?);
        let message = MessageId(row.get("message_id")?);
        let emoji: String = row.get("emoji")?;
        let target =
            find_ledger(ledgers, conversation).and_then(|ledger| ledger.targets.get_mut(&message));
        if let (Some(target), Ok(emoji)) = (target, Emoji::of_reaction(&emoji)) {
            target.reactions.push((UserId(row.get("user_id")?), emoji));
        }
    }
    Ok(())
}

async fn read_versions(
    db: &dyn StatementRunner,
    batches: &[Batch],
    ledgers: &mut [Ledger],
) -> Result<(), StoreError> {
    let named = named(batches, |change| matches!(change, Change::Edit { .. }));
    if named.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "SELECT v.conversation_id, v.message_id, \
                (SELECT COUNT(*) FROM message_versions mv WHERE mv.message_id = v.message_id) \
                AS versions \
         FROM {}",
        rows_from_json(db.backend(), &NAMED)
    );
    for row in query(db, &sql, [to_json(&named)?]).await? {
        let conversation = ConversationId(row.get("conversation_id")?);
        let message = MessageId(row.get("message_id")?);
        let versions: i64 = row.get("versions")?;
        if let Some(target) =
            find_ledger(ledgers, conversation).and_then(|ledger| ledger.targets.get_mut(&message))
        {
            target.versions = usize::try_from(versions).unwrap_or(usize::MAX);
        }
    }
    Ok(())
}

/// A deletion asks for the pins too, since it takes one away; and an edit, which says all.
async fn read_pins(
    db: &dyn StatementRunner,
    batches: &[Batch],
    ledgers: &mut [Ledger],
) -> Result<(), StoreError> {
    let asked = |change: &Change| {
        matches!(change, Change::Pin { .. } | Change::Delete { .. } | Change::Edit { .. })
    };
    let which: Vec<_> = batches
        .iter()
        .filter(|batch| batch.changes.iter().any(asked))
        .map(|batch| InConversation {
            conversation_id: batch.conversation.0,
        })
        .collect();
    if which.is_empty() {
        return Ok(());
    }
    let backend = db.backend();
    let there = "p.conversation_id = v.conversation_id AND p.removed_at IS NULL";
    let sql = format!(
        "SELECT p.conversation_id, p.message_id FROM {} {}",
        rows_from_json(backend, &[("conversation_id", Type::Number)]),
        for_each(backend, "pins", "p", there),
    );
    for row in query(db, &sql, [to_json(&which)?]).await? {
        let conversation = ConversationId(row.get("conversation_id")?);
        let message = MessageId(row.get("message_id")?);
        if let Some(ledger) = find_ledger(ledgers, conversation) {
            ledger.pin_count += 1;
            if let Some(target) = ledger.targets.get_mut(&message) {
                target.pinned = true;
            }
        }
    }
    Ok(())
}
