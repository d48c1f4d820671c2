//! The only SQL. One schema, two stores: SQLite inside the process by default, Postgres when one
//! machine is not enough.
//!
//! - [`connect`]: opening a store, and what it must be before it may be trusted.
//! - [`commit`]: the writer's transaction: a batch of changes of many conversations, at once.
//! - [`changes`]: what changed after a position, for those who resume.
//! - [`accounts`], [`tokens`], [`tickets`], [`invites`], [`conversations`], [`messages`]: everything else, by table.
//! - [`rights`]: which sockets may still be there.
//! - `epoch`: the name of the history that all positions belong to.
//!
//! Reads go to a pool of their own. On SQLite there is one writing connection and it begins with
//! `IMMEDIATE`, so two writers queue instead of failing.

pub mod accounts;
pub mod changes;
pub mod commit;
pub mod connect;
pub mod conversations;
mod epoch;
mod error;
pub mod invites;
pub mod messages;
pub mod migrate;
mod naming;
pub mod rights;
pub mod tickets;
pub mod tokens;
pub mod verify;

use std::fs::File;
use std::sync::Arc;

use prometheus_client::metrics::counter::Counter;

pub use error::StoreError;

use crate::faults::Faults;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, SqliteTransactionMode,
    TransactionOptions, TransactionTrait,
};

/// An open store. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    writer: DatabaseConnection,
    readers: DatabaseConnection,
    faults: Faults,
    statements: Counter,
    /// Held as long as any clone lives: one server a SQLite file.
    in_use: Option<Arc<File>>,
}

impl Store {
    fn new(
        mut writer: DatabaseConnection,
        mut readers: DatabaseConnection,
        in_use: Option<Arc<File>>,
    ) -> Self {
        let statements = Counter::default();
        for connection in [&mut writer, &mut readers] {
            let statements = statements.clone();
            connection.set_metric_callback(move |_| {
                statements.inc();
            });
        }
        Self {
            writer,
            readers,
            faults: Faults::default(),
            statements,
            in_use,
        }
    }

    /// The same, where something goes wrong.
    pub fn with_faults(mut self, faults: Faults) -> Self {
        self.faults = faults;
        self
    }

    /// How many statements the database was given, in transactions and outside; without `BEGIN` and
    /// `COMMIT`.
    pub fn statements(&self) -> &Counter {
        &self.statements
    }

    /// Where changes go.
    pub fn writer(&self) -> &DatabaseConnection {
        &self.writer
    }

    /// Where reads go.
    pub fn readers(&self) -> &DatabaseConnection {
        &self.readers
    }

    /// Which of the two it is.
    pub fn backend(&self) -> DbBackend {
        self.writer.get_database_backend()
    }

    /// Is it SQLite?
    pub fn is_sqlite(&self) -> bool {
        self.backend() == DbBackend::Sqlite
    }

    /// Begins a writing transaction.
    pub async fn begin(&self) -> Result<DatabaseTransaction, StoreError> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..Default::default()
        };
        Ok(self.writer.begin_with_options(options).await?)
    }

    /// Does it answer? For `/api/ready`.
    pub async fn ping(&self) -> Result<(), StoreError> {
        Ok(self.readers.ping().await?)
    }

    /// Closes every connection. SQLite folds its log into the file first, so that a stopped server
    /// leaves one file to copy.
    pub async fn close(&self) -> Result<(), StoreError> {
        self.readers.close_by_ref().await?;
        // Beside a server it is that server's, or of whoever closes the file last.
        if self.is_sqlite() && self.in_use.is_some() {
            self.writer.execute_unprepared("PRAGMA wal_checkpoint(TRUNCATE)").await?;
        }
        Ok(self.writer.close_by_ref().await?)
    }
}

/// Commits a transaction that only its caller can repeat. If the connection breaks meanwhile, the
/// outcome is unknown, and the caller is told so.
async fn finish(transaction: DatabaseTransaction) -> Result<(), StoreError> {
    match transaction.commit().await.map_err(StoreError::from) {
        Err(StoreError::Unavailable(text)) => Err(StoreError::OutcomeUnknown(text)),
        result => result,
    }
}
