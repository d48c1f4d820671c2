//! Opening a store, and what it must be before it may be trusted with a promise.
//!
//! - `files`: those of SQLite.
//! - `postgres`: its two pools. `inspect`: what it is asked first. `session`: what each of its sessions
//!   is set to.

mod files;
mod inspect;
mod postgres;
mod session;

use std::fs::File;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sea_orm::sqlx::{ConnectOptions as _, Connection as _};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database as SeaOrm, DatabaseConnection, DbErr, Statement,
};

use url::Url;

use crate::config::database_url::{check_postgres_options, check_sqlite_options};
use crate::config::{ConfigError, Database, Observer};
use crate::store::sqlite_settings::{BUSY_TIMEOUT, SETTINGS};
use crate::store::sqlite_writer::{SqliteFile, StatementsSeen};
use crate::store::{Store, StoreError};

/// The first SQLite without the WAL-reset corruption of 3.7.0–3.51.2.
const OLDEST_SQLITE: (u32, u32, u32) = (3, 51, 3);
/// Where the data is when nothing says otherwise.
const DEFAULT_FILE: &str = "./data/vestnik.db";
/// Concurrent readers of SQLite; each is a thread.
const SQLITE_READERS: u32 = 4;
/// Connections to Postgres of a command that runs beside a server.
const FEW: u32 = 4;
/// What the sessions of a copy are called, which knows its own by it.
pub(in crate::store) const COPYING: &str = "vestnik copy";

/// Why a store cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// What the administrator set makes no sense.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The database does not answer or refuses.
    #[error("cannot open the database: {0}")]
    Database(#[from] DbErr),
    /// The same, further on.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The data folder cannot be written.
    #[error("cannot write {path}: {error}")]
    Folder {
        /// The file that could not be written.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// There is no such file.
    #[error(
        "there is no database at {0}; check DATABASE_URL, or start the server, which makes one"
    )]
    Missing(PathBuf),
    /// Postgres cannot be reached.
    #[error(
        "cannot reach the database: Postgres does not let us in ({0}); check that it runs, and DATABASE_URL or DB_HOST, \
         DB_PORT, DB_USER, DB_PASSWORD and DB_NAME"
    )]
    Unreachable(String),
    /// Statements of one connection go to several sessions of Postgres.
    #[error(
        "cannot use the database: a pooler stands before Postgres that gives each transaction or statement \
         another session (PgBouncer: pool_mode = transaction or statement). Set pool_mode = session for this \
         database, or connect to Postgres itself. If it is only LISTEN that a pooler does not let through, set \
         VESTNIK_BUS=postgres://… to Postgres itself for that alone"
    )]
    Pooled,
    /// Another server has this file open.
    #[error("{0} is in use by another server; one file serves one server")]
    InUse(PathBuf),
    /// The database does not keep the promises that it must.
    #[error("the database cannot be trusted with messages: {0}")]
    Unsafe(String),
}

/// Opens what `config` names, and checks that it is durable. A SQLite file is made if need be.
pub async fn open(config: &Database) -> Result<Store, OpenError> {
    match chosen(config)? {
        ChosenDatabase::Sqlite(path) => open_sqlite(&path, &config.observer).await,
        ChosenDatabase::Postgres(url) => {
            postgres::open(config, &url, config.db_connections.max(FEW), None).await
        }
    }
}

/// Opens it for a moment beside a server that may be running on it: no lock is asked for, and none is
/// held. A SQLite file is made if need be.
pub async fn open_beside(config: &Database) -> Result<Store, OpenError> {
    match chosen(config)? {
        ChosenDatabase::Sqlite(path) => {
            files::make(&path)?;
            open_file(&path, None, &config.observer).await
        }
        ChosenDatabase::Postgres(url) => postgres::open(config, &url, FEW, None).await,
    }
}

/// The same for what must be there already.
pub async fn open_existing_beside(config: &Database) -> Result<Store, OpenError> {
    match chosen(config)? {
        ChosenDatabase::Sqlite(path) if !path.exists() => Err(OpenError::Missing(path)),
        _ => open_beside(config).await,
    }
}

/// What must be there already, as its only server.
pub async fn open_existing(config: &Database) -> Result<Store, OpenError> {
    match chosen(config)? {
        ChosenDatabase::Sqlite(path) if !path.exists() => Err(OpenError::Missing(path)),
        _ => open(config).await,
    }
}

/// What a copy is made of, or into, as its only user; to be copied it must be there.
pub async fn open_for_copy(config: &Database, must_exist: bool) -> Result<Store, OpenError> {
    match chosen(config)? {
        ChosenDatabase::Sqlite(path) if must_exist && !path.exists() => {
            Err(OpenError::Missing(path))
        }
        ChosenDatabase::Sqlite(path) => open_sqlite(&path, &config.observer).await,
        ChosenDatabase::Postgres(url) => postgres::open(config, &url, FEW, Some(COPYING)).await,
    }
}

/// The file of SQLite, if it is one.
pub fn file(config: &Database) -> Result<Option<PathBuf>, ConfigError> {
    Ok(match chosen(config)? {
        ChosenDatabase::Sqlite(path) => Some(path),
        ChosenDatabase::Postgres(_) => None,
    })
}

enum ChosenDatabase {
    Sqlite(PathBuf),
    Postgres(String),
}

fn chosen(config: &Database) -> Result<ChosenDatabase, ConfigError> {
    match config.database_url.as_deref().filter(|url| !url.is_empty()) {
        Some(url) if url.starts_with("postgres://") || url.starts_with("postgresql://") => {
            // It is parsed again below, by what does not say what is wrong without repeating it.
            match Url::parse(url) {
                Ok(read) => {
                    check_postgres_options(&read).map(|()| ChosenDatabase::Postgres(url.to_owned()))
                }
                Err(error) => Err(ConfigError::PostgresUrl(error.to_string())),
            }
        }
        Some(url) => match url.strip_prefix("sqlite:") {
            Some(rest) => {
                let path = rest.strip_prefix("//").unwrap_or(rest);
                let (path, options) = path.split_once('?').unwrap_or((path, ""));
                match path {
                    "" | ":memory:" => Err(ConfigError::SqliteUrl),
                    // SQLite itself would read it as a URL, with options of its own.
                    path if path.starts_with("file:") => Err(ConfigError::SqliteUrl),
                    path => {
                        check_sqlite_options(options).map(|()| ChosenDatabase::Sqlite(path.into()))
                    }
                }
            }
            None => Err(ConfigError::DatabaseUrl),
        },
        None => match config.db_host.as_deref().map(str::trim).filter(|host| !host.is_empty()) {
            Some(host) if !is_host(host) => Err(ConfigError::DbHost),
            // The parts are set on the options below, so that no password needs escaping.
            Some(_) => Ok(ChosenDatabase::Postgres("postgres://localhost".into())),
            None => Ok(ChosenDatabase::Sqlite(DEFAULT_FILE.into())),
        },
    }
}

/// Is it the folder of a socket, an address of either kind, or what may be a name?
fn is_host(text: &str) -> bool {
    text.starts_with('/') || text.parse::<IpAddr>().is_ok() || !text.contains(['/', ':', '@', ' '])
}

async fn open_sqlite(path: &Path, observer: &Observer) -> Result<Store, OpenError> {
    files::make(path)?;
    let in_use = files::lock(path).await?;
    open_file(path, Some(Arc::new(in_use)), observer).await
}

async fn open_file(
    path: &Path,
    in_use: Option<Arc<File>>,
    observer: &Observer,
) -> Result<Store, OpenError> {
    let url = format!("sqlite://{}", path.display());
    let writer = SeaOrm::connect(sqlite(&url, path, false)).await?;
    check_sqlite(&writer).await?;
    // After the writer, which makes the file and its WAL.
    let readers = SeaOrm::connect(sqlite(&url, path, true)).await?;
    let store = Store::new(writer, readers, 1, in_use, observer);
    let batches = SqliteFile {
        path: path.to_owned(),
        seen: StatementsSeen {
            count: store.statements().clone(),
            observer: observer.clone(),
        },
    };
    Ok(store.with_sqlite_writer(batches))
}

/// A file that nobody writes to, without making anything beside it.
pub(in crate::store) async fn open_copy(
    path: &Path,
    observer: &Observer,
) -> Result<Store, OpenError> {
    let path = path.to_owned();
    let mut options = ConnectOptions::new(format!("sqlite://{}", path.display()));
    options.max_connections(2).sqlx_logging(false).map_sqlx_sqlite_opts(move |_| {
        let options = SqliteConnectOptions::new().filename(&path).read_only(true);
        options.disable_statement_logging()
    });
    let readers = SeaOrm::connect(options).await?;
    Ok(Store::new(readers.clone(), readers, 1, None, observer))
}

fn sqlite(url: &str, path: &Path, read_only: bool) -> ConnectOptions {
    let path = path.to_owned();
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(if read_only { SQLITE_READERS } else { 1 })
        .min_connections(1)
        .acquire_timeout(Duration::from_secs(5))
        .test_before_acquire(false)
        .sqlx_logging(false)
        .map_sqlx_sqlite_opts(move |_| {
            let options = SqliteConnectOptions::new()
                .filename(&path)
                .create_if_missing(!read_only)
                .read_only(read_only)
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full)
                .foreign_keys(true)
                .busy_timeout(BUSY_TIMEOUT);
            let set = |options: SqliteConnectOptions, (name, value)| options.pragma(name, value);
            SETTINGS.into_iter().fold(options, set).disable_statement_logging()
        })
        // A full disk or a failed sync ends the transaction inside SQLite, and a connection that
        // does not know it would nest all that follows in a transaction that never ends.
        .map_sqlx_sqlite_pool_opts(|pool| {
            pool.before_acquire(|connection, _| {
                Box::pin(async move { Ok(!connection.is_in_transaction()) })
            })
        });
    options
}

async fn check_sqlite(writer: &DatabaseConnection) -> Result<(), OpenError> {
    let version: String = one(writer, "SELECT sqlite_version()").await?;
    let mut parts = version.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    let mut part = || parts.next().unwrap_or(0);
    if (part(), part(), part()) < OLDEST_SQLITE {
        return Err(OpenError::Unsafe(format!(
            "SQLite {version} can corrupt its write-ahead log; 3.51.3 or later is needed"
        )));
    }
    let journal: String = one(writer, "PRAGMA journal_mode").await?;
    let synchronous: i64 = one(writer, "PRAGMA synchronous").await?;
    if journal != "wal" || synchronous != 2 {
        return Err(OpenError::Unsafe(format!(
            "journal_mode is {journal} and synchronous is {synchronous}, not wal and 2 (FULL)"
        )));
    }
    Ok(())
}

async fn one<T: sea_orm::TryGetable>(db: &DatabaseConnection, sql: &str) -> Result<T, OpenError> {
    let statement = Statement::from_string(db.get_database_backend(), sql);
    let row = db.query_one_raw(statement).await?;
    let row = row.ok_or_else(|| OpenError::Unsafe(format!("{sql} answers nothing")))?;
    row.try_get_by_index(0).map_err(OpenError::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database(url: Option<&str>, host: Option<&str>) -> Database {
        Database {
            database_url: url.map(Into::into),
            db_host: host.map(Into::into),
            db_port: 5432,
            db_user: None,
            db_password: None,
            db_name: None,
            db_connections: 4,
            ..Database::default()
        }
    }

    fn sqlite_path(url: Option<&str>) -> Option<PathBuf> {
        match chosen(&database(url, None)) {
            Ok(ChosenDatabase::Sqlite(path)) => Some(path),
            _ => None,
        }
    }

    #[test]
    fn nothing_means_sqlite_in_the_data_folder() {
        assert_eq!(sqlite_path(None), Some(DEFAULT_FILE.into()));
        assert_eq!(sqlite_path(Some("")), Some(DEFAULT_FILE.into()));
    }

    #[test]
    fn sqlite_urls_name_files() {
        assert_eq!(sqlite_path(Some("sqlite:///var/v.db?mode=rwc")), Some("/var/v.db".into()));
        assert_eq!(sqlite_path(Some("sqlite://v.db")), Some("v.db".into()));
        assert_eq!(sqlite_path(Some("sqlite:v.db")), Some("v.db".into()));
        assert_eq!(sqlite_path(Some("sqlite://v.db?mode=ro")), None);
    }

    #[test]
    fn a_host_or_a_url_means_postgres() {
        assert!(matches!(chosen(&database(None, Some("db"))), Ok(ChosenDatabase::Postgres(_))));
        assert!(matches!(
            chosen(&database(Some("postgres://h/n"), None)),
            Ok(ChosenDatabase::Postgres(_))
        ));
        assert!(chosen(&database(Some("mysql://h/n"), None)).is_err());
        for host in ["db.example", "10.0.0.1", "::1", "/run/postgresql", " db "] {
            assert!(chosen(&database(None, Some(host))).is_ok(), "{host}");
        }
        for wrong in [
            "db:5432",
            "db.example/name",
            "postgres://db",
            "user@db",
            "[::1]:5432",
            "a b",
        ] {
            let chosen = chosen(&database(None, Some(wrong)));
            assert!(matches!(chosen, Err(ConfigError::DbHost)), "{wrong}");
        }
    }

    #[test]
    fn a_url_that_cannot_be_read_is_not_said_to_begin_wrongly_and_is_not_repeated() {
        for wrong in [
            "postgres://u:p#ss@h/n",
            "postgres://h:abc/n",
            "postgres://u:p/ss@h/n",
        ] {
            let said = match chosen(&database(Some(wrong), None)) {
                Err(error) => error.to_string(),
                Ok(_) => String::new(),
            };
            assert!(said.contains("%23") && said.contains("DB_PASSWORD"), "{wrong}: {said}");
            assert!(!said.contains("ss@") && !said.contains("must begin"), "{said}");
        }
        for nothing in [
            "sqlite://",
            "sqlite:",
            "sqlite::memory:",
            "sqlite://:memory:?cache=shared",
            "sqlite:file:v.db?mode=ro",
        ] {
            let chosen = chosen(&database(Some(nothing), None));
            assert!(matches!(chosen, Err(ConfigError::SqliteUrl)), "{nothing}");
        }
    }
}
