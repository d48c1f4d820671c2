//! Opening Postgres.

use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use sea_orm::sqlx::Connection as _;
use sea_orm::sqlx::postgres::{PgConnectOptions, PgSslMode};
use sea_orm::{ConnectOptions, Database as SeaOrm};

use crate::config::database_url::names_trusted;
use crate::config::{ConfigError, Database};
use crate::store::Store;
use crate::store::connect::OpenError;
use crate::store::connect::inspect::inspect;
use crate::store::connect::session::set_up;
use crate::store::connection_trouble::{Paced, Trouble};
use crate::store::lineage::Lineage;
use crate::store::read_connections::ConnectionDoubt;

/// Connections to Postgres that only those who write have, so that however many read, as after a
/// restart, they need not stand in line behind them. Writers and read commands have five at most, and each writer one
/// more for chats whose heads it waits for; the others are for what is written outside of them: sign-ins, tickets,
/// new chats.
const WRITING: u32 = 12;

/// Opens Postgres with at most so many connections, which are called so if need be.
pub(super) async fn open(
    config: &Database,
    url: &str,
    connections: u32,
    name: Option<&str>,
) -> Result<Store, OpenError> {
    let mut options = options(config, url)?;
    if let Some(name) = name {
        options = options.application_name(name);
    }
    let connections = inspect(&options, connections).await?;
    let writing = WRITING.min(connections / 2).max(1);
    let (doubt, lineage) = (ConnectionDoubt::default(), Lineage::default());
    let connect = async |purpose, connections| {
        let pool = pool(url, &options, (purpose, connections), &doubt, &lineage);
        let pool = SeaOrm::connect(pool).await;
        pool.map_err(|error| OpenError::Unreachable(error.to_string()))
    };
    let writer = connect(Use::Writing, writing).await?;
    let readers = connect(Use::Reading, (connections - writing).max(1)).await?;
    let trouble = Trouble::with(options);
    let store = Store::new(writer, readers, writing as usize, None, &config.observer);
    Ok(store.with_doubt(doubt, trouble, lineage))
}

/// Which of the two pools a session belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    Writing,
    Reading,
}

fn pool(
    url: &str,
    options: &PgConnectOptions,
    (purpose, connections): (Use, u32),
    doubt: &ConnectionDoubt,
    lineage: &Lineage,
) -> ConnectOptions {
    let (options, doubt, lineage) = (options.clone(), doubt.clone(), lineage.clone());
    let said = Arc::new(Paced::default());
    let mut pool = ConnectOptions::new(url);
    pool.max_connections(connections)
        .min_connections(1)
        .connect_timeout(Duration::from_secs(4))
        .acquire_timeout(Duration::from_secs(4))
        // A ping before each use costs a round trip; only long idle connections are asked, and
        // those that may have ended with another one.
        .test_before_acquire_if_idle_for(Duration::from_secs(30))
        .map_sqlx_postgres_before_acquire(move |connection, meta| {
            let is_doubtful = doubt.is_of(meta.idle_for);
            Box::pin(async move { Ok(!is_doubtful || connection.ping().await.is_ok()) })
        })
        .sqlx_logging(false)
        .map_sqlx_postgres_opts(move |_| options.clone())
        .map_sqlx_postgres_pool_opts(move |pool| {
            let (said, lineage) = (said.clone(), lineage.clone());
            pool.after_connect(move |connection, _| {
                let (said, lineage) = (said.clone(), lineage.clone());
                Box::pin(async move {
                    let mut done = set_up(connection).await;
                    if done.is_ok() && purpose == Use::Writing {
                        done = lineage.check(connection).await;
                    }
                    done.inspect_err(|error| {
                        // The pool tries again, many times a second.
                        if said.is_due() {
                            log::error!("a connection to Postgres is not used: {error}");
                        }
                    })
                })
            })
        });
    pool
}

fn options(config: &Database, url: &str) -> Result<PgConnectOptions, OpenError> {
    let options = PgConnectOptions::from_str(url);
    // It may repeat the password.
    let why = "one of its parts behind ? makes no sense".to_owned();
    let mut options = options.map_err(|_| OpenError::Config(ConfigError::PostgresUrl(why)))?;
    let names_trusted = match config.database_url.as_deref().is_none_or(str::is_empty) {
        true => {
            options = with_parts(options, config)?;
            trusted_file(config).is_some()
        }
        false => names_trusted(url),
    };
    // The mode may come from the environment too.
    let is_verified = matches!(options.get_ssl_mode(), PgSslMode::VerifyCa | PgSslMode::VerifyFull);
    if names_trusted && !is_verified {
        return Err(OpenError::Config(ConfigError::TrustWithoutVerifying));
    }
    if options.get_application_name().is_none() {
        options = options.application_name("vestnik");
    }
    // None of ours for the startup: poolers refuse or forget them.
    Ok(options.extra_float_digits(None))
}

fn trusted_file(parts: &Database) -> Option<&PathBuf> {
    parts.db_sslrootcert.as_ref().filter(|file| !file.as_os_str().is_empty())
}

fn with_parts(
    mut options: PgConnectOptions,
    parts: &Database,
) -> Result<PgConnectOptions, OpenError> {
    let set = |value: &Option<String>| value.clone().filter(|value| !value.is_empty());
    options = options.port(parts.db_port);
    if let Some(host) = set(&parts.db_host) {
        options = options.host(host.trim());
    }
    if let Some(user) = set(&parts.db_user) {
        options = options.username(&user);
    }
    if let Some(password) = set(&parts.db_password) {
        options = options.password(&password);
    }
    if let Some(name) = set(&parts.db_name).or_else(|| set(&parts.db_user)) {
        options = options.database(&name);
    }
    if let Some(mode) = parts.db_sslmode {
        options = options.ssl_mode(PgSslMode::from(mode));
    }
    if let Some(file) = trusted_file(parts) {
        options = options.ssl_root_cert(file);
    }
    Ok(options)
}
