//! Where the data is.

use clap::Args;

/// Where the data is: Postgres if `DATABASE_URL` or `DB_HOST` says so, else SQLite.
#[derive(Args, Clone, Debug)]
pub struct Database {
    /// postgres://user:password@host/name or sqlite:///path/to.db
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL", global = true)]
    pub database_url: Option<String>,

    /// Postgres host (or DATABASE_URL)
    #[arg(long, env = "DB_HOST", global = true)]
    pub db_host: Option<String>,

    /// Postgres port
    #[arg(long, env = "DB_PORT", default_value_t = 5432, global = true)]
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

    /// Connections to Postgres at once; half of them, 8 at most, are kept for writing
    #[arg(long, env = "VESTNIK_DB_CONNECTIONS", default_value_t = 24, global = true)]
    pub db_connections: u32,
}
