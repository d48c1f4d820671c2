//! What the accounts that a batch asks for need to know: which names and addresses somebody has, which names look
//! like one of theirs, and which rest.

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::domain::Change;
use crate::domain::ledger::Ledger;
use crate::store::StoreError;
use crate::store::accounts::{freed_names, is_any_in};
use crate::store::commit::Batch;
use crate::store::commit::find_ledger::find_ledger;
use crate::store::commit::rows::{Type, for_each, query, rows_from_json, to_json};
use crate::store::statements::StatementRunner;

#[derive(Serialize)]
struct WantedNames {
    username_key: String,
    email_key: String,
    written_look: String,
    folded_look: String,
    key_digest: String,
    written_digest: String,
    folded_digest: String,
}

const WANTED: [(&str, Type); 7] = [
    ("username_key", Type::Text),
    ("email_key", Type::Text),
    ("written_look", Type::Text),
    ("folded_look", Type::Text),
    ("key_digest", Type::Text),
    ("written_digest", Type::Text),
    ("folded_digest", Type::Text),
];

/// Reads it into the ledgers, only where an account is asked for.
pub(super) async fn read(
    db: &dyn StatementRunner,
    batches: &[Batch],
    ledgers: &mut [Ledger],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    for batch in batches {
        let wanted: Vec<_> = batch.changes.iter().filter_map(wanted).collect();
        let Some(ledger) = find_ledger(ledgers, batch.conversation) else {
            continue;
        };
        if wanted.is_empty() {
            continue;
        }
        read_taken(db, &wanted, ledger).await?;
        read_resting(db, &wanted, ledger, now).await?;
        ledger.no_accounts = !is_any_in(db).await?;
    }
    Ok(())
}

fn wanted(change: &Change) -> Option<WantedNames> {
    let Change::Register(account) = change else {
        return None;
    };
    let (username_key, skeletons) = (account.username.key(), account.username.skeletons());
    let digests = freed_names::Digests::of(&username_key, &skeletons);
    Some(WantedNames {
        key_digest: digests.key,
        written_digest: digests.written,
        folded_digest: digests.folded,
        username_key,
        email_key: account.email.key(),
        written_look: skeletons.written,
        folded_look: skeletons.folded,
    })
}

async fn read_taken(
    db: &dyn StatementRunner,
    wanted: &[WantedNames],
    ledger: &mut Ledger,
) -> Result<(), StoreError> {
    let backend = db.backend();
    let rows = rows_from_json(backend, &WANTED);
    let having = |column: &str| {
        let users = for_each(backend, "users", "u", &format!("u.{column} = v.{column}"));
        format!("SELECT u.username, u.username_key, u.email_key FROM {rows} {users}")
    };
    let sql = ["username_key", "email_key", "written_look", "folded_look"].map(having);
    for row in query(db, &sql.join(" UNION "), [to_json(wanted)?]).await? {
        let key: String = row.get("username_key")?;
        if wanted.iter().any(|wanted| wanted.username_key == key) {
            ledger.taken.insert(key);
        }
        let key: String = row.get("email_key")?;
        if wanted.iter().any(|wanted| wanted.email_key == key) {
            ledger.taken.insert(key);
        }
        ledger.alike.push(row.get("username")?);
    }
    Ok(())
}

async fn read_resting(
    db: &dyn StatementRunner,
    wanted: &[WantedNames],
    ledger: &mut Ledger,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let backend = db.backend();
    let rows = rows_from_json(backend, &WANTED);
    let resting = |digest: &str| {
        let resting = format!("f.digest = v.{digest} AND f.freed_at > $2");
        format!(
            "SELECT v.username_key FROM {rows} {}",
            for_each(backend, "freed_names", "f", &resting)
        )
    };
    let sql = ["key_digest", "written_digest", "folded_digest"].map(resting);
    let since = freed_names::rested_before(now);
    for row in query(db, &sql.join(" UNION "), [to_json(wanted)?, since.into()]).await? {
        ledger.resting.insert(row.get("username_key")?);
    }
    Ok(())
}
