//! What Postgres does to our connections while the server runs, in words: one line a minute for each kind of
//! trouble, with what may be done about it. Each request that fails of it has a line of its own besides.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use sea_orm::sqlx::postgres::PgConnectOptions;
use sea_orm::sqlx::{Connection as _, Error as SqlxError, PgConnection};
use sea_orm::{ConnAcquireErr, DbErr, RuntimeErr};

use crate::store::error::is_gone;

/// Seconds between two lines about the same.
const BETWEEN_LINES: i64 = 60;
/// How long Postgres may take to say why it gives us no connection.
const SAYS_WITHIN: Duration = Duration::from_secs(4);

/// Says what is the matter. Of SQLite there is nothing to say here.
#[derive(Clone, Debug, Default)]
pub(in crate::store) struct Trouble(Option<Arc<Inner>>);

#[derive(Debug)]
struct Inner {
    options: PgConnectOptions,
    ended: Paced,
    none: Paced,
}

/// When something was said last, in seconds.
#[derive(Debug)]
pub(in crate::store) struct Paced(AtomicI64);

impl Default for Paced {
    fn default() -> Self {
        Self(AtomicI64::new(i64::MIN))
    }
}

impl Paced {
    /// Is it time to say it (again)?
    pub(in crate::store) fn is_due(&self) -> bool {
        let now = chrono::Utc::now().timestamp();
        let last = self.0.load(Ordering::Relaxed);
        let is_due = now.saturating_sub(last) >= BETWEEN_LINES;
        is_due && self.0.compare_exchange(last, now, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}

impl Trouble {
    /// With the Postgres behind `options`.
    pub(in crate::store) fn with(options: PgConnectOptions) -> Self {
        Self(Some(Arc::new(Inner {
            options,
            ended: Paced::default(),
            none: Paced::default(),
        })))
    }

    /// How the Postgres is reached.
    pub(in crate::store) fn options(&self) -> Option<PgConnectOptions> {
        self.0.as_ref().map(|inner| inner.options.clone())
    }

    /// This came of asking for a connection, or of using one.
    pub(in crate::store) fn see(&self, error: &DbErr) {
        let Some(inner) = &self.0 else {
            return;
        };
        if is_gone(error) {
            if inner.ended.is_due() {
                log::warn!(
                    "Postgres has ended connections ({error}): it was stopped, or somebody ended them; others \
                     are opened as they are needed"
                );
            }
        } else if is_none(error) && inner.none.is_due() {
            let inner = Arc::clone(inner);
            let refused = refusal(error);
            actix_rt::spawn(async move {
                let why = match refused {
                    Some(why) => why,
                    None => why_none(&inner.options).await,
                };
                log::error!("Postgres gives us no connection: {why}");
            });
        }
    }
}

/// Was there no connection to be had?
fn is_none(error: &DbErr) -> bool {
    matches!(error, DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)) || refusal(error).is_some()
}

/// What Postgres said to one who came, and what may be done about it.
fn refusal(error: &DbErr) -> Option<String> {
    let DbErr::Conn(RuntimeErr::SqlxError(error)) = error else {
        return None;
    };
    said(error)
}

fn said(error: &SqlxError) -> Option<String> {
    let SqlxError::Database(database) = error else {
        return None;
    };
    let code = database.code()?;
    let remedy = remedy(&code)?;
    Some(format!("{} ({code}); {remedy}", database.message()))
}

/// What an administrator does about it, by the codes of Postgres.
fn remedy(code: &str) -> Option<&'static str> {
    match code {
        "53300" => Some(
            "raise max_connections of Postgres, or the CONNECTION LIMIT of the role or the database, or set \
             VESTNIK_DB_CONNECTIONS to fewer, and look who else is connected: SELECT * FROM pg_stat_activity",
        ),
        "28000" | "28P01" => {
            Some("the role or its password was changed; set it anew and start again")
        }
        "3D000" => {
            Some("the database was dropped or renamed; set DATABASE_URL or DB_NAME and start again")
        }
        "42501" => Some("GRANT CONNECT on the database to the role"),
        "55000" => {
            Some("the database takes no connections: ALTER DATABASE … ALLOW_CONNECTIONS true")
        }
        "57P03" => Some("it starts, stops or recovers; wait for it"),
        _ => None,
    }
}

/// Asks at another door, since a pool says only that it has waited.
async fn why_none(options: &PgConnectOptions) -> String {
    match tokio::time::timeout(SAYS_WITHIN, PgConnection::connect_with(options)).await {
        Err(_) => "it does not answer".into(),
        Ok(Err(error)) => said(&error).unwrap_or_else(|| error.to_string()),
        Ok(Ok(connection)) => {
            drop(connection.close().await);
            "all of ours are in use; if this goes on, look what they do (SELECT * FROM pg_stat_activity) or \
             raise VESTNIK_DB_CONNECTIONS"
                .into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_is_said_once_a_minute() {
        let paced = Paced::default();
        assert!(paced.is_due());
        assert!(!paced.is_due());
        paced.0.fetch_sub(BETWEEN_LINES, Ordering::Relaxed);
        assert!(paced.is_due());
    }

    #[test]
    fn one_who_got_no_connection_is_told_what_to_do_about_it() {
        assert!(is_none(&DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)));
        assert!(!is_none(&DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed)));
        assert!(!is_none(&DbErr::Custom("no".into())));
        for code in ["53300", "28P01", "28000", "3D000", "57P03"] {
            assert!(remedy(code).is_some(), "{code}");
        }
        assert_eq!(remedy("23505"), None);
    }
}
