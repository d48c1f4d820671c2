//! The schema, at start and by `vestnik migrate`.

use migration::{MigrationStatus, Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr, TransactionTrait};

use crate::store::{Store, StoreError};

/// What Postgres' advisory lock is taken on: "vestnik" in ASCII.
const LOCK: i64 = 0x0076_6573_746E_696B;

/// Brings the schema up to date, all steps or, with `steps`, so many. Two servers that start
/// together do it one after the other; the second finds nothing to do.
pub async fn up(store: &Store, steps: Option<u32>) -> Result<(), StoreError> {
    let transaction = exclusive(store).await?;
    Migrator::up(&transaction, steps).await?;
    Ok(transaction.commit().await?)
}

/// Takes the last `steps` migrations back, all of them without a number. What they held is gone.
pub async fn down(store: &Store, steps: Option<u32>) -> Result<(), StoreError> {
    let transaction = exclusive(store).await?;
    Migrator::down(&transaction, steps).await?;
    Ok(transaction.commit().await?)
}

/// Each migration's name, oldest first, and whether it has been applied.
pub async fn status(store: &Store) -> Result<Vec<(String, bool)>, StoreError> {
    let transaction = exclusive(store).await?;
    let applied = Migrator::get_migration_with_status(&transaction).await?;
    transaction.commit().await?;
    Ok(applied
        .into_iter()
        .map(|migration| {
            let is_applied = migration.status() == MigrationStatus::Applied;
            (migration.name().to_owned(), is_applied)
        })
        .collect())
}

/// On SQLite the transaction itself, behind the file's lock, excludes everybody else.
async fn exclusive(store: &Store) -> Result<DatabaseTransaction, DbErr> {
    if store.is_sqlite() {
        return store.writer().begin().await;
    }
    let transaction = store.writer().begin().await?;
    transaction
        .execute_unprepared(&format!(
            "SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0; \
             SELECT pg_advisory_xact_lock({LOCK})"
        ))
        .await?;
    Ok(transaction)
}
