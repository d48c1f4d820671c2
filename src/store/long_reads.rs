//! Reading all of a database at once, which Postgres would end like a query that hangs, and plan like a
//! look-up.

use sea_orm::{ConnectionTrait, DatabaseTransaction, TransactionTrait};

use crate::store::{Store, StoreError};

const LONG_READ: &str = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY; \
    SET LOCAL statement_timeout = 0; SET LOCAL enable_seqscan = on; \
    SET LOCAL enable_hashjoin = on; SET LOCAL enable_mergejoin = on; \
    SET LOCAL enable_material = on";

/// A transaction that sees one state of the database, however long it takes.
pub(in crate::store) async fn begin_long_read(
    store: &Store,
) -> Result<DatabaseTransaction, StoreError> {
    let transaction = store.readers().pool().begin().await?;
    if !store.is_sqlite() {
        transaction.execute_unprepared(LONG_READ).await?;
    }
    Ok(transaction)
}
