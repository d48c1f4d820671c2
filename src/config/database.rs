//! Where the data is.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use sea_orm::Statement;
use sea_orm::sqlx::postgres::PgSslMode;

use crate::config::parse::{number, path};

/// Where the data is: Postgres if `DATABASE_URL` or `DB_HOST` says so, else SQLite.
#[derive(Args, Clone, Debug, Default)]
pub struct Database {
    /// postgres://user:password@host/name or sqlite:///path/to.db
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL", global = true)]
    pub database_url: Option<String>,

    /// Postgres host (or DATABASE_URL)
    #[arg(long, env = "DB_HOST", global = true)]
    pub db_host: Option<String>,

    /// Postgres port
    #[arg(long, env = "DB_PORT", value_parser = number::<u16>(1, 65_535), default_value = "5432", global = true)]
    pub db_port: u16,

    /// Postgres user
    #[arg(long, env = "DB_USER", global = true)]
    pub db_user: Option<String>,

    /// Postgres password
    #[arg(long, env = "DB_PASSWORD", hide_env_values = true, global = true)]
    pub db_password: Option<String>,

    /// Postgres database
    #[arg(long, env = "DB_NAME", global = true)]
    pub db_name: Option<String>,

    /// Whether the connection to Postgres is encrypted, and how its certificate is verified. With DB_HOST;
    /// in DATABASE_URL it is `?sslmode=`
    #[arg(long, env = "DB_SSLMODE", value_enum, global = true)]
    pub db_sslmode: Option<SslMode>,

    /// PEM file with the certificates by which Postgres's must be signed; without it, those that
    /// browsers trust
    #[arg(long, env = "DB_SSLROOTCERT", value_parser = path, value_name = "FILE", global = true)]
    pub db_sslrootcert: Option<PathBuf>,

    /// Connections to Postgres at once; half of them, 12 at most, are reserved for writing
    #[arg(long, env = "VESTNIK_DB_CONNECTIONS", value_parser = number::<u32>(4, 10_000), default_value = "24", global = true)]
    pub db_connections: u32,

    /// Told each statement that the database is given; for tests, since no flag sets it
    #[arg(skip)]
    pub observer: Observer,
}

impl Database {
    /// Is it Postgres, as far as these settings say?
    pub fn is_postgres(&self) -> bool {
        let set = |value: &Option<String>| value.clone().filter(|value| !value.trim().is_empty());
        match set(&self.database_url) {
            Some(url) => !url.starts_with("sqlite:"),
            None => set(&self.db_host).is_some(),
        }
    }
}

/// As Postgres's own programs understand it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SslMode {
    /// Never encrypted.
    Disable,
    /// The same as `disable`.
    Allow,
    /// Encrypted if Postgres can; the default.
    Prefer,
    /// Encrypted, with any certificate.
    Require,
    /// Encrypted, with a certificate that is signed by a trusted one.
    VerifyCa,
    /// The same, and the certificate is for the host of the URL.
    VerifyFull,
}

impl From<SslMode> for PgSslMode {
    fn from(mode: SslMode) -> Self {
        match mode {
            SslMode::Disable => Self::Disable,
            SslMode::Allow => Self::Allow,
            SslMode::Prefer => Self::Prefer,
            SslMode::Require => Self::Require,
            SslMode::VerifyCa => Self::VerifyCa,
            SslMode::VerifyFull => Self::VerifyFull,
        }
    }
}

/// What sees each statement with its values; by default nothing does.
#[derive(Clone, Default)]
pub struct Observer(Option<Arc<See>>);

type See = dyn Fn(&Statement, bool) + Send + Sync;

impl Observer {
    /// Calls `see` for each statement, on whatever thread it is run, and says whether it was run on a
    /// connection for writing.
    pub fn new(see: impl Fn(&Statement, bool) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(see)))
    }

    /// A statement was run.
    pub fn see(&self, statement: &Statement, is_writing: bool) {
        if let Some(see) = &self.0 {
            see(statement, is_writing);
        }
    }

    /// The same of a statement that is made only if somebody sees it.
    pub fn see_made(&self, statement: impl FnOnce() -> Statement, is_writing: bool) {
        if self.0.is_some() {
            self.see(&statement(), is_writing);
        }
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Observer({})", self.0.is_some())
    }
}
