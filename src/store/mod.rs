//! The only SQL. One schema, two stores: SQLite inside the process by default, Postgres when one
//! machine is not enough.
//!
//! - [`connect`]: opening a store, and what it must be before it may be trusted.
//! - [`commit`]: the writer's transaction: a batch of changes of many conversations, at once.
//! - [`changes`]: what changed after a position, for those who resume.
//! - [`accounts`], [`tokens`], [`tickets`], [`invites`], [`conversations`], [`messages`]: everything else, by table.
//! - [`search`]: the index of words, and what it finds.
//! - [`follower_positions`]: how far those have come who must miss nothing.
//! - [`files`]: the bytes of what messages carry, in a folder, and the rows that know of them.
//! - [`rights`]: who may still do what, and which sockets may be there. [`endings`]: what has ended lately.
//!   [`expiry`]: forgetting.
//! - [`Guarded`]: what was read of a conversation, closed to whoever is not a member of it.
//! - [`copy`]: all of one database into another. [`backup`]: all of a SQLite file into another file.
//! - [`nodes`]: the servers on this database; [`listen_notify`]: how they tell each other something.
//! - `clock`: what time it is, for all servers.
//! - `epoch`: the name of the history that all positions belong to. `lineage`: whether it is still the one that
//!   was there at the start.
//!
//! - `transact`: transactions that are run whole. `statements`: what statements are given to. `sqlite_writer`: the
//!   thread that writes batches to a SQLite file.
//!
//! Reads go to a pool of their own ([`Readers`]). On SQLite there is one writing connection and it begins with
//! `IMMEDIATE`, so two writers queue instead of failing.

pub(crate) mod accounts;
pub(crate) mod backup;
pub(crate) mod changes;
mod clock;
pub(crate) mod commit;
pub mod connect;
mod connection_trouble;
pub(crate) mod conversations;
pub mod copy;
pub(crate) mod endings;
mod epoch;
mod error;
pub(crate) mod expiry;
pub(crate) mod files;
pub(crate) mod follower_positions;
mod gate;
mod guarded;
mod input_rows;
pub(crate) mod invites;
mod lineage;
pub(crate) mod listen_notify;
mod long_reads;
pub(crate) mod messages;
pub mod migrate;
pub(crate) mod nodes;
mod position_ranges;
mod read_connections;
pub(crate) mod rights;
pub mod search;
mod shown_names;
mod single_value;
mod sqlite_settings;
mod sqlite_writer;
mod statements;
pub(crate) mod tickets;
pub mod tokens;
mod transact;
pub(crate) mod verify;

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use prometheus_client::metrics::counter::Counter;

pub use error::StoreError;
pub use gate::{OTHERS_WAITING, Transaction, Writing};
pub use guarded::Guarded;
pub use lineage::History;
pub use read_connections::Readers;

use crate::config::Observer;
use crate::domain::write_turns::{Lane, TurnBounds};
use crate::faults::Faults;
use crate::store::clock::Clock;
use crate::store::connection_trouble::Trouble;
use crate::store::error::is_gone;
use crate::store::files::folder::Folder;
use crate::store::gate::Gate;
use crate::store::lineage::Lineage;
use crate::store::long_reads::begin_long_read;
use crate::store::read_connections::ConnectionDoubt;
use crate::store::sqlite_writer::{SqliteFile, SqliteWriter};
use sea_orm::{
    AccessMode, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend,
    IsolationLevel, SqliteTransactionMode, TransactionOptions, TransactionTrait,
};

/// An open store. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    writer: DatabaseConnection,
    /// Where batches are written to a SQLite file.
    sqlite_writer: Option<SqliteWriter>,
    readers: Readers,
    gate: Gate,
    faults: Faults,
    statements: Counter,
    lineage: Lineage,
    clock: Clock,
    files: Folder,
    /// Held as long as any clone lives: one server a SQLite file.
    in_use: Option<Arc<File>>,
}

impl Store {
    fn new(
        mut writer: DatabaseConnection,
        mut readers: DatabaseConnection,
        writing: usize,
        in_use: Option<Arc<File>>,
        observer: &Observer,
    ) -> Self {
        let statements = Counter::default();
        for (connection, is_writing) in [(&mut writer, true), (&mut readers, false)] {
            let (statements, observer) = (statements.clone(), observer.clone());
            connection.set_metric_callback(move |run| {
                statements.inc();
                observer.see(run.statement, is_writing);
            });
        }
        let readers = Readers {
            pool: readers,
            doubt: ConnectionDoubt::default(),
            trouble: Trouble::default(),
        };
        Self {
            gate: Gate::new(turns(&writer, writing)),
            writer,
            sqlite_writer: None,
            readers,
            faults: Faults::default(),
            statements,
            lineage: Lineage::default(),
            clock: Clock::default(),
            files: Folder::default(),
            in_use,
        }
    }

    /// The same, where these say which of its connections are in doubt, and why there are none.
    fn with_doubt(mut self, doubt: ConnectionDoubt, trouble: Trouble, lineage: Lineage) -> Self {
        self.lineage = lineage;
        self.readers.doubt = doubt;
        self.readers.trouble = trouble;
        self
    }

    /// The same, where batches are written to this SQLite file on a thread of its own.
    fn with_sqlite_writer(mut self, file: SqliteFile) -> Self {
        self.sqlite_writer = Some(SqliteWriter::new(file));
        self
    }

    /// The same, where something goes wrong.
    pub fn with_faults(mut self, faults: Faults) -> Self {
        self.faults = faults;
        self
    }

    /// The same, where the bytes of files are in this folder.
    pub fn with_files(mut self, folder: &Path) -> Self {
        self.files = Folder::at(folder);
        self
    }

    /// Where the bytes of files are.
    pub(crate) fn files(&self) -> &Folder {
        &self.files
    }

    /// How many statements the database was given, in transactions and outside; without `BEGIN` and
    /// `COMMIT`.
    pub fn statements(&self) -> &Counter {
        &self.statements
    }

    /// Where a change goes that is one statement, when it has its turn. `Busy` if too many wait.
    pub async fn write(&self) -> Result<Writing<'_>, StoreError> {
        let turn = self.gate.enter(Lane::Others).await?;
        Ok(Writing::new(&self.writer, turn))
    }

    /// The connections for writing themselves, for who looks at how they are set up.
    pub fn writer(&self) -> &DatabaseConnection {
        &self.writer
    }

    /// Where reads go.
    pub fn readers(&self) -> &Readers {
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

    /// Where servers on the same Postgres tell each other something; a file has one server.
    pub fn telling(&self) -> Option<listen_notify::NotifyDatabase> {
        self.readers.trouble.options().map(listen_notify::NotifyDatabase)
    }

    /// Begins a writing transaction, when it has its turn. `Busy` if too many wait.
    pub async fn begin(&self) -> Result<Transaction, StoreError> {
        self.begin_in(Lane::Others).await
    }

    /// Begins one before all others who wait: for messages and for read commands, of which many are in one.
    pub async fn begin_first(&self) -> Result<Transaction, StoreError> {
        self.begin_in(Lane::First).await
    }

    async fn begin_in(&self, lane: Lane) -> Result<Transaction, StoreError> {
        let turn = self.gate.enter(lane).await?;
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..Default::default()
        };
        let mut begun = self.writer.begin_with_options(options).await;
        if begun.as_ref().is_err_and(is_gone) {
            // Nothing has been asked for yet, so another connection will do.
            self.readers.doubt.raise();
            begun = self.writer.begin_with_options(options).await;
        }
        let begun = begun.inspect_err(|error| self.readers.trouble.see(error));
        Ok(Transaction::new(begun?, turn))
    }

    /// Begins a transaction that reads one state of the database in several statements.
    async fn begin_read(&self) -> Result<DatabaseTransaction, StoreError> {
        // SQLite reads one state in every transaction.
        let (isolation, access) = match self.is_sqlite() {
            true => (None, None),
            false => (Some(IsolationLevel::RepeatableRead), Some(AccessMode::ReadOnly)),
        };
        let pool = self.readers.pool();
        let mut begun = pool.begin_with_config(isolation, access).await;
        if begun.as_ref().is_err_and(is_gone) {
            self.readers.doubt.raise();
            begun = pool.begin_with_config(isolation, access).await;
        }
        Ok(begun.inspect_err(|error| self.readers.trouble.see(error))?)
    }

    /// Does it answer? For `/api/ready`.
    pub async fn ping(&self) -> Result<(), StoreError> {
        Ok(self.readers.pool().ping().await?)
    }

    /// Closes every connection. SQLite folds its log into the file first, so that a stopped server
    /// leaves one file to copy.
    pub async fn close(&self) -> Result<(), StoreError> {
        self.readers.pool().close_by_ref().await?;
        if let Some(writer) = &self.sqlite_writer {
            writer.close().await;
        }
        // Beside a server it is that server's, or of whoever closes the file last.
        if self.is_sqlite() && self.in_use.is_some() {
            self.writer.execute_unprepared("PRAGMA wal_checkpoint(TRUNCATE)").await?;
        }
        Ok(self.writer.close_by_ref().await?)
    }
}

/// Connections that messages and read commands may have at once but for chats that are waited for: on Postgres there
/// are four writers.
const FIRST_AT_ONCE: usize = 5;
/// Connections that all others may have at once.
const OTHERS_AT_ONCE: usize = 3;

/// How the connections that write are shared. On SQLite there is one.
fn turns(writer: &DatabaseConnection, connections: usize) -> TurnBounds {
    let is_sqlite = writer.get_database_backend() == DbBackend::Sqlite;
    TurnBounds {
        at_once: if is_sqlite { 1 } else { usize::MAX },
        others_at_once: connections.saturating_sub(FIRST_AT_ONCE).clamp(1, OTHERS_AT_ONCE),
        others_waiting: OTHERS_WAITING,
    }
}

/// Commits a transaction that only its caller can repeat. If the connection breaks meanwhile, the
/// outcome is unknown, and the caller is told so.
async fn finish(transaction: Transaction) -> Result<(), StoreError> {
    match transaction.commit().await.map_err(StoreError::from) {
        Err(StoreError::Unavailable(text)) => Err(StoreError::OutcomeUnknown(text)),
        result => result,
    }
}
