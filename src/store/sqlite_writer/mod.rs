//! The thread that writes batches to a SQLite file. A batch is handed over whole: through a connection of a pool each
//! statement and each row of an answer would be a message between two threads, and most of the time of a batch
//! would be spent in waking one and the other.
//!
//! What is written elsewhere, one thing at a time, goes through the pool's writing connection; whose turn it is
//! says the gate.
//!
//! `connection`: the open file. `values`: what goes in and comes out.

mod connection;
mod values;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use sea_orm::DbErr;
use tokio::sync::oneshot;

pub(in crate::store) use connection::StatementsSeen;
pub(in crate::store) use values::{SqliteRow, SqliteValue};

use crate::store::StoreError;
use crate::store::sqlite_writer::connection::WritingConnection;
use crate::store::statements::StatementRunner;
use crate::store::transact::{Transacted, TransactionEnd};

/// Jobs that may wait. The gate lets one in after the other, so that there is rarely even one.
const JOBS_WAITING: usize = 8;

/// Something to do with the connection, or without it if it cannot be opened.
type Job = Box<dyn FnOnce(Result<&WritingConnection, DbErr>) + Send>;

/// How the file is opened.
#[derive(Clone, Debug)]
pub(in crate::store) struct SqliteFile {
    /// Which must be there.
    pub(in crate::store) path: PathBuf,
    /// Who counts the statements.
    pub(in crate::store) seen: StatementsSeen,
}

/// A handle on the thread, which is there from the first batch on. Cheap to clone.
#[derive(Clone, Debug)]
pub(in crate::store) struct SqliteWriter {
    file: SqliteFile,
    thread: Arc<Mutex<Option<Running>>>,
}

#[derive(Debug)]
struct Running {
    jobs: SyncSender<Job>,
    ended: oneshot::Receiver<()>,
}

impl SqliteWriter {
    pub(in crate::store) fn new(file: SqliteFile) -> Self {
        Self {
            file,
            thread: Arc::default(),
        }
    }

    /// Runs a transaction whole. What `held` is, is dropped when it is over, also if nobody waits for it any more.
    /// A panic in it goes on here.
    pub(in crate::store) async fn transact<T, W>(
        &self,
        held: impl Send + 'static,
        work: W,
    ) -> Result<Transacted<T>, StoreError>
    where
        T: Send + 'static,
        W: AsyncFnOnce(&dyn StatementRunner) -> Result<TransactionEnd<T>, StoreError>
            + Send
            + 'static,
    {
        let (tell, told) = oneshot::channel();
        self.give(Box::new(move |connection| {
            let transact = || connection?.transact(work);
            let done = catch_unwind(AssertUnwindSafe(transact));
            drop(held);
            // Nobody may wait for it any more.
            let _ = tell.send(done);
        }))?;
        match told.await {
            Ok(Ok(done)) => done,
            Ok(Err(panic)) => resume_unwind(panic),
            Err(_) => Err(StoreError::OutcomeUnknown("the thread that writes has ended".into())),
        }
    }

    /// Ends the thread, and waits until the file is closed.
    pub(in crate::store) async fn close(&self) {
        let running = self.lock().take();
        if let Some(Running { jobs, ended }) = running {
            drop(jobs);
            drop(ended.await);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Running>> {
        self.thread.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn give(&self, job: Job) -> Result<(), StoreError> {
        let mut running = self.lock();
        if running.is_none() {
            *running = Some(start(self.file.clone())?);
        }
        let is_given = running.as_ref().is_some_and(|running| running.jobs.try_send(job).is_ok());
        match is_given {
            true => Ok(()),
            false => Err(StoreError::Unavailable("the thread that writes takes nothing".into())),
        }
    }
}

fn start(file: SqliteFile) -> Result<Running, StoreError> {
    let (jobs, given) = sync_channel(JOBS_WAITING);
    let (tell, ended) = oneshot::channel();
    let serve = move || {
        serve(&file, given);
        let _ = tell.send(());
    };
    let spawned = thread::Builder::new().name("sqlite-writer".into()).spawn(serve);
    spawned.map_err(|error| StoreError::Unavailable(format!("no thread to write: {error}")))?;
    Ok(Running { jobs, ended })
}

/// Does what is asked for, one thing after the other, until nobody can ask any more. What was a transaction when a
/// panic came is taken back by the next one.
fn serve(file: &SqliteFile, jobs: Receiver<Job>) {
    let mut open = None;
    for job in jobs {
        if open.is_none() {
            match WritingConnection::open(file) {
                Ok(connection) => open = Some(connection),
                Err(error) => {
                    job(Err(error));
                    continue;
                }
            }
        }
        if let Some(connection) = &open {
            job(Ok(connection));
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone, Utc};
    use futures_util::FutureExt;
    use sea_orm::{ConnectionTrait, Value};

    use super::*;
    use crate::config::Database;
    use crate::store::commit::rows::{execute, query};
    use crate::store::{Store, connect};

    async fn store(folder: &tempfile::TempDir) -> Store {
        let config = Database {
            database_url: Some(format!("sqlite://{}", folder.path().join("v.db").display())),
            ..Database::default()
        };
        let store = connect::open(&config).await.unwrap();
        let table =
            "CREATE TABLE things (name text UNIQUE, at text, yes boolean, many bigint, bytes blob)";
        store.write().await.unwrap().execute_unprepared(table).await.unwrap();
        store
    }

    fn values(name: &str) -> [Value; 5] {
        let at = Utc.timestamp_micros(1_700_000_000_120_000).unwrap();
        [
            name.into(),
            at.into(),
            true.into(),
            7_i64.into(),
            vec![1_u8, 2].into(),
        ]
    }

    const INSERT: &str =
        "INSERT INTO things (name, at, yes, many, bytes) VALUES ($1, $2, $3, $4, $5)";

    async fn insert(store: &Store, name: &'static str) -> Result<u64, StoreError> {
        let written = store.transact_first(async move |db: &dyn StatementRunner| {
            Ok(TransactionEnd::Commit(execute(db, INSERT, values(name)).await?))
        });
        written.await?.known()
    }

    #[tokio::test]
    async fn what_is_written_here_is_what_is_written_elsewhere() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(&folder).await;
        insert(&store, "here").await.unwrap();
        execute(&store.write().await.unwrap(), INSERT, values("elsewhere"))
            .await
            .unwrap();
        let nothing = "INSERT INTO things (name, at, yes, many, bytes) VALUES (?, ?, ?, ?, ?)";
        let none = || {
            let text = None::<String>.into();
            [
                text,
                None::<chrono::DateTime<Utc>>.into(),
                None::<bool>.into(),
                None::<i64>.into(),
                None::<Vec<u8>>.into(),
            ]
        };
        let written = store.transact_first(async move |db: &dyn StatementRunner| {
            Ok(TransactionEnd::Commit(execute(db, nothing, none()).await?))
        });
        assert_eq!(written.await.unwrap().known().unwrap(), 1);
        execute(&store.write().await.unwrap(), nothing, none()).await.unwrap();
        let different = "SELECT COUNT(*) AS many FROM (SELECT DISTINCT quote(at), quote(yes), quote(many), quote(bytes), \
                         typeof(at), typeof(yes), typeof(many), typeof(bytes) FROM things)";
        let rows = query(store.readers(), different, []).await.unwrap();
        assert_eq!(rows[0].get::<i64>("many").unwrap(), 2, "one of values and one of nothing");
    }

    #[tokio::test]
    async fn what_is_read_has_the_type_that_is_wanted() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(&folder).await;
        insert(&store, "one").await.unwrap();
        let read = store.transact_first(async move |db: &dyn StatementRunner| {
            let rows =
                query(db, "SELECT name, at, yes, many, NULL AS lack FROM things", []).await?;
            Ok(TransactionEnd::TakeBack(rows))
        });
        let rows = read.await.unwrap().known().unwrap();
        let row = &rows[0];
        assert_eq!(row.get::<String>("name").unwrap(), "one");
        let at: chrono::DateTime<Utc> = row.get("at").unwrap();
        assert_eq!(at.timestamp_micros(), 1_700_000_000_120_000);
        assert!(row.get::<bool>("yes").unwrap());
        assert_eq!(row.get::<Option<i64>>("many").unwrap(), Some(7));
        assert_eq!(row.get::<Option<String>>("lack").unwrap(), None);
        for wrong in ["name", "lack", "absent"] {
            assert!(row.get::<i64>(wrong).is_err(), "{wrong}");
        }
        assert!(
            row.get::<Option<chrono::DateTime<Utc>>>("name").is_err(),
            "not silently nothing"
        );
    }

    #[tokio::test]
    async fn what_fails_is_taken_back_and_said_as_elsewhere() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(&folder).await;
        insert(&store, "one").await.unwrap();
        assert!(matches!(insert(&store, "one").await, Err(StoreError::Conflict(_))));
        let elsewhere = execute(&store.write().await.unwrap(), INSERT, values("one")).await;
        let (here, elsewhere) = (insert(&store, "one").await.unwrap_err(), elsewhere.unwrap_err());
        assert_eq!(here.to_string(), StoreError::from(elsewhere).to_string());
        let half = store.transact_first(async move |db: &dyn StatementRunner| {
            execute(db, INSERT, values("half")).await?;
            let failed = execute(db, "INSERT INTO nowhere VALUES (1)", []).await;
            failed.map(TransactionEnd::Commit).map_err(StoreError::from)
        });
        assert!(matches!(half.await, Err(StoreError::Rejected(_))));
        let rows = query(store.readers(), "SELECT name FROM things", []).await.unwrap();
        assert_eq!(rows.len(), 1);
    }

    #[tokio::test]
    async fn a_panic_is_its_askers_and_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(&folder).await;
        let work = async move |db: &dyn StatementRunner| -> Result<TransactionEnd<()>, StoreError> {
            execute(db, INSERT, values("half")).await?;
            panic!("on purpose")
        };
        assert!(AssertUnwindSafe(store.transact_first(work)).catch_unwind().await.is_err());
        insert(&store, "half")
            .await
            .expect("nothing of it is there, and others may go on");
        store.close().await.unwrap();
        assert!(!folder.path().join("v.db-wal").exists(), "the file was closed");
    }
}
