//! The only SQL. One schema, two stores: SQLite inside the process by default, Postgres when one
//! machine is not enough.
//!
//! - [`connect`]: opening a store, and what it must be before it may be trusted.
//! - [`commit`]: the writer's transaction: a batch of changes of many conversations, at once.
//! - [`changes`]: what changed after a position, for those who resume.
//! - [`accounts`], [`tokens`], [`invites`], [`conversations`], [`messages`]: everything else, by table.
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
pub mod invites;
pub mod messages;
pub mod migrate;
pub mod rights;
pub mod tokens;
pub mod verify;

use std::fs::File;
use std::sync::Arc;

use prometheus_client::metrics::counter::Counter;

use crate::faults::Faults;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, RuntimeErr,
    SqliteTransactionMode, TransactionOptions, TransactionTrait,
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

/// Why the store did not do what it was asked.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// Certainly not stored; the same may work in a moment.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// The connection broke while it committed: stored or not, nobody knows yet.
    #[error("it is not known whether the database committed: {0}")]
    OutcomeUnknown(String),
    /// Certainly not stored, because the database has this unique value already.
    #[error("the database has this already: {0}")]
    Conflict(String),
    /// Certainly not stored, and trying again would not help.
    #[error("the database refused: {0}")]
    Rejected(String),
}

impl From<DbErr> for StoreError {
    fn from(error: DbErr) -> Self {
        let text = error.to_string();
        if matches!(error.sql_err(), Some(sea_orm::SqlErr::UniqueConstraintViolation(_))) {
            return Self::Conflict(text);
        }
        match &error {
            DbErr::Conn(_) | DbErr::ConnectionAcquire(_) => Self::Unavailable(text),
            DbErr::Exec(runtime) | DbErr::Query(runtime) if is_passing(runtime) => {
                Self::Unavailable(text)
            }
            _ => Self::Rejected(text),
        }
    }
}

/// Is this the connection's or the machine's trouble rather than the statement's?
fn is_passing(error: &RuntimeErr) -> bool {
    use sea_orm::sqlx::Error;
    let RuntimeErr::SqlxError(error) = error else {
        return false;
    };
    match error.as_ref() {
        Error::Io(_) | Error::Tls(_) | Error::Protocol(_) => true,
        Error::PoolTimedOut | Error::PoolClosed | Error::WorkerCrashed => true,
        Error::Database(database) => {
            let code = database.code();
            // Postgres: connection trouble, shutdown, deadlock or serialisation, lock or statement
            // time-out, out of resources. SQLite: BUSY, LOCKED, IOERR, FULL, with their kin.
            code.as_deref().is_some_and(|code| {
                let sqlite = code.parse::<u32>().map(|code| code & 0xFF);
                ["08", "40", "53", "55P03", "57"].iter().any(|class| code.starts_with(class))
                    && code.len() == 5
                    || code.len() != 5 && matches!(sqlite, Ok(5 | 6 | 10 | 13))
            })
        }
        _ => false,
    }
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
