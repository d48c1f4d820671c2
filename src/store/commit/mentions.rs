//! Whom the texts of a batch may mention, for the ledgers; and who is mentioned where, for counting.

use std::collections::HashSet;

use serde::Serialize;

use crate::domain::ledger::Ledger;
use crate::domain::mentions::Mentions;
use crate::domain::{Change, ConversationId, UserId};
use crate::store::StoreError;
use crate::store::commit::Batch;
use crate::store::commit::find_ledger::find_ledger;
use crate::store::commit::rows::{Type, execute, for_each, query, rows_from_json, to_json};
use crate::store::statements::StatementRunner;

#[derive(Serialize, PartialEq, Eq, Hash)]
struct Name<'a> {
    conversation_id: i64,
    username_key: &'a str,
}

/// Reads which of the names in the texts are members.
pub(super) async fn read_names(
    db: &dyn StatementRunner,
    batches: &[Batch],
    ledgers: &mut [Ledger],
) -> Result<(), StoreError> {
    let names: HashSet<_> = batches
        .iter()
        .flat_map(|batch| {
            let texts = batch.changes.iter().filter_map(Change::text);
            let named = texts.flat_map(|text| &text.named().names);
            named.flatten().map(|username_key| Name {
                conversation_id: batch.conversation.0,
                username_key: username_key.as_str(),
            })
        })
        .collect();
    if names.is_empty() {
        return Ok(());
    }
    let names: Vec<_> = names.into_iter().collect();
    let columns = [
        ("conversation_id", Type::Number),
        ("username_key", Type::Text),
    ];
    let backend = db.backend();
    let account = "u.username_key = v.username_key AND u.deactivated_at IS NULL";
    let member = "m.conversation_id = v.conversation_id AND m.user_id = u.id AND m.left_at IS NULL";
    let sql = format!(
        "SELECT v.conversation_id, u.id, u.username_key FROM {} {} {}",
        rows_from_json(backend, &columns),
        for_each(backend, "users", "u", account),
        for_each(backend, "members", "m", member),
    );
    for row in query(db, &sql, [to_json(&names)?]).await? {
        let conversation = ConversationId(row.get("conversation_id")?);
        if let Some(ledger) = find_ledger(ledgers, conversation) {
            let key = row.get("username_key")?;
            ledger.names.insert(key, UserId(row.get("id")?));
        }
    }
    Ok(())
}

#[derive(Serialize)]
struct Mention {
    conversation_id: i64,
    /// Nobody in particular is everybody.
    user_id: Option<i64>,
    n: i64,
}

/// One multi-row insert, if anybody is mentioned at all. Whoever is everybody is not told twice.
pub(super) async fn insert_mentions<'a>(
    db: &dyn StatementRunner,
    mentions: impl IntoIterator<Item = (ConversationId, i64, &'a Mentions)>,
) -> Result<(), StoreError> {
    let rows: Vec<_> = mentions
        .into_iter()
        .flat_map(|(conversation, n, mentions)| {
            let users = match mentions.all {
                true => vec![None],
                false => mentions.users.iter().map(|user| Some(user.0)).collect(),
            };
            users.into_iter().map(move |user_id| Mention {
                conversation_id: conversation.0,
                user_id,
                n,
            })
        })
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    let columns = [
        ("conversation_id", Type::Number),
        ("user_id", Type::Number),
        ("n", Type::Number),
    ];
    let sql = format!(
        "INSERT INTO mentions (conversation_id, user_id, n) \
         SELECT v.conversation_id, v.user_id, v.n FROM {}",
        rows_from_json(db.backend(), &columns)
    );
    execute(db, &sql, [to_json(&rows)?]).await?;
    Ok(())
}
