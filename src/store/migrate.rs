//! The schema, at start and by `vestnik migrate`.

use migration::{BREAKING, MigrationStatus, Migrator, MigratorTrait};
use sea_orm::ConnectionTrait;

use crate::store::accounts::name_keys;
use crate::store::nodes::{self, Node};
use crate::store::{Store, StoreError, Transaction};

/// What Postgres' advisory lock is taken on: "vestnik" in ASCII.
const LOCK: i64 = 0x0076_6573_746E_696B;

/// Brings the schema up to date, all steps or, with `steps`, so many. Two servers that start
/// together do it one after the other; the second finds nothing to do.
pub async fn up(store: &Store, steps: Option<u32>) -> Result<(), StoreError> {
    let transaction = exclusive(store).await?;
    refuse_beside_others(store, &transaction).await?;
    Migrator::up(&*transaction, steps).await?;
    let steps = Migrator::get_migration_with_status(&*transaction).await?;
    if steps.iter().all(|step| step.status() == MigrationStatus::Applied) {
        name_keys::make_anew(&transaction).await?;
    }
    Ok(transaction.commit().await?)
}

/// What older servers could not live with is not done while they run.
async fn refuse_beside_others(store: &Store, transaction: &Transaction) -> Result<(), StoreError> {
    let steps = Migrator::get_migration_with_status(&**transaction).await?;
    let pending: Vec<_> = steps
        .iter()
        .filter(|step| step.status() == MigrationStatus::Pending)
        .map(|step| step.name())
        .collect();
    let breaking: Vec<_> = pending.into_iter().filter(|name| BREAKING.contains(name)).collect();
    if breaking.is_empty() || store.is_sqlite() {
        return Ok(());
    }
    match hindrance(&breaking, &nodes::list(store).await?) {
        Some(why) => Err(StoreError::Rejected(why)),
        None => Ok(()),
    }
}

/// Why these steps cannot be taken now, if anything is in the way.
fn hindrance(breaking: &[&str], nodes: &[Node]) -> Option<String> {
    let living: Vec<_> = nodes
        .iter()
        .filter(|node| node.lives())
        .map(|node| format!("{} ({})", node.name, node.version))
        .collect();
    (!living.is_empty()).then(|| {
        format!(
            "{} would change the database so that servers of an earlier version cannot run on it, and there are \
             some: {}. Stop all servers, start one of this version, then the others",
            breaking.join(", "),
            living.join(", ")
        )
    })
}

/// Takes the last `steps` migrations back, all of them without a number. What they held is gone.
pub async fn down(store: &Store, steps: Option<u32>) -> Result<(), StoreError> {
    let transaction = exclusive(store).await?;
    Migrator::down(&*transaction, steps).await?;
    Ok(transaction.commit().await?)
}

/// How much of the schema is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schema {
    /// Nothing: a fresh database.
    None,
    /// What this version needs.
    Current,
    /// Of an earlier version.
    Old,
}

/// How much of the schema is there?
pub async fn schema(store: &Store) -> Result<Schema, StoreError> {
    let steps = status(store).await?;
    let applied = steps.iter().filter(|(_, is_applied)| *is_applied).count();
    Ok(match applied {
        0 => Schema::None,
        all if all == steps.len() => Schema::Current,
        _ => Schema::Old,
    })
}

/// Each migration's name, oldest first, and whether it has been applied. Nothing is left in an empty database.
pub async fn status(store: &Store) -> Result<Vec<(String, bool)>, StoreError> {
    let transaction = exclusive(store).await?;
    // It makes the list of migrations where there is none.
    let applied = Migrator::get_migration_with_status(&*transaction).await?;
    transaction.rollback().await?;
    Ok(applied
        .into_iter()
        .map(|migration| {
            let is_applied = migration.status() == MigrationStatus::Applied;
            (migration.name().to_owned(), is_applied)
        })
        .collect())
}

/// On SQLite the transaction itself, which is the only one that writes, excludes everybody else.
async fn exclusive(store: &Store) -> Result<Transaction, StoreError> {
    let transaction = store.begin().await?;
    if store.is_sqlite() {
        return Ok(transaction);
    }
    transaction
        .execute_unprepared(&format!(
            "SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0; \
             SELECT pg_advisory_xact_lock({LOCK})"
        ))
        .await?;
    Ok(transaction)
}

#[cfg(test)]
mod tests {
    use chrono::Utc;

    use super::*;

    #[test]
    fn a_step_that_breaks_older_servers_waits_until_there_are_none() {
        let node = |name: &str, seen_ago| Node {
            id: 1,
            name: name.to_owned(),
            version: "0.1.0".to_owned(),
            settings: None,
            started_at: Utc::now(),
            is_listening: true,
            seen_ago,
        };
        assert_eq!(hindrance(&["m1"], &[]), None);
        assert_eq!(hindrance(&["m1"], &[node("gone", nodes::LEASE_SECONDS)]), None);
        let why = hindrance(&["m1"], &[node("gone", 60), node("here", 1)]).unwrap();
        assert!(
            why.contains("m1") && why.contains("here (0.1.0)") && !why.contains("gone"),
            "{why}"
        );
    }
}
