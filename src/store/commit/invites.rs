//! Invitations in the transaction that makes an account: read under a lock, so that one that was taken
//! back makes none after that, and used up together with the account or not at all.

use chrono::{DateTime, Utc};
use sea_orm::{DbBackend, Value};

use crate::domain::ledger::Ledger;
use crate::domain::{Change, InviteHash};
use crate::store::StoreError;
use crate::store::commit::Batch;
use crate::store::commit::rows::{execute, query};
use crate::store::statements::StatementRunner;

fn brought(batch: &Batch) -> impl Iterator<Item = InviteHash> {
    batch.changes.iter().filter_map(|change| match change {
        Change::Register(account) => account.invite,
        _ => None,
    })
}

/// How often those that the batches bring are still good, only where an account is asked for by one.
pub(super) async fn read(
    db: &dyn StatementRunner,
    batches: &[Batch],
    ledgers: &mut [Ledger],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    // SQLite has one writer, and that is us.
    let lock = match db.backend() {
        DbBackend::Postgres => " FOR UPDATE",
        _ => "",
    };
    let sql = format!(
        "SELECT max_uses - uses AS uses_left FROM invites \
         WHERE hash = $1 AND revoked_at IS NULL AND expires_at > $2{lock}"
    );
    for (batch, ledger) in batches.iter().zip(ledgers) {
        for invite in brought(batch) {
            if ledger.invites.contains_key(&invite) {
                continue;
            }
            let values: [Value; 2] = [invite.0.to_vec().into(), now.into()];
            if let Some(row) = query(db, &sql, values).await?.first() {
                ledger.invites.insert(invite, row.get("uses_left")?);
            }
        }
    }
    Ok(())
}

/// One account was made with it.
pub(super) async fn use_up(db: &dyn StatementRunner, invite: InviteHash) -> Result<(), StoreError> {
    let sql = "UPDATE invites SET uses = uses + 1 WHERE hash = $1";
    execute(db, sql, [invite.0.to_vec().into()]).await?;
    Ok(())
}
