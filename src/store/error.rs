//! What can go wrong with a database, by what the caller may do about it.

use sea_orm::sqlx::Error as SqlxError;
use sea_orm::{DbErr, RuntimeErr};

/// Why the store did not do what it was asked.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// Certainly not stored; the same may work in a moment.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// Certainly not stored: too many wait for a connection that writes.
    #[error("too many wait for the database")]
    Busy,
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

/// Of a read, or of a statement inside a transaction: what was not committed is not stored.
impl From<DbErr> for StoreError {
    fn from(error: DbErr) -> Self {
        let text = error.to_string();
        if is_conflict(&error) {
            return Self::Conflict(text);
        }
        match &error {
            DbErr::Conn(_) | DbErr::ConnectionAcquire(_) => Self::Unavailable(text),
            DbErr::Exec(error) | DbErr::Query(error) if is_passing(error) => {
                Self::Unavailable(text)
            }
            _ => Self::Rejected(text),
        }
    }
}

impl StoreError {
    /// Of a statement that commits by itself: if the connection broke meanwhile, the database may
    /// have stored it all the same.
    pub(super) fn of_single(error: DbErr) -> Self {
        match &error {
            DbErr::Exec(broken) | DbErr::Query(broken) if is_broken(broken) => {
                Self::OutcomeUnknown(error.to_string())
            }
            _ => error.into(),
        }
    }
}

/// Is a unique value there already?
fn is_conflict(error: &DbErr) -> bool {
    let (DbErr::Exec(error) | DbErr::Query(error)) = error else {
        return false;
    };
    matches!(sqlx(error), Some(SqlxError::Database(database)) if database.is_unique_violation())
}

fn sqlx(error: &RuntimeErr) -> Option<&SqlxError> {
    match error {
        RuntimeErr::SqlxError(error) => Some(error),
        RuntimeErr::Internal(_) => None,
    }
}

/// Had the connection ended, or did it end, so that another one may be asked?
pub(super) fn is_gone(error: &DbErr) -> bool {
    let (DbErr::Exec(error) | DbErr::Query(error) | DbErr::Conn(error)) = error else {
        return false;
    };
    match sqlx(error) {
        // Postgres was stopped, or crashed, or whatever is in between has.
        Some(SqlxError::Database(database)) => database.code().is_some_and(|code| {
            code.len() == 5 && (code.starts_with("08") || ["57P01", "57P02"].contains(&&*code))
        }),
        _ => is_broken(error),
    }
}

/// Did the connection end between the question and the answer?
fn is_broken(error: &RuntimeErr) -> bool {
    use SqlxError::{Io, Protocol, Tls, WorkerCrashed};
    matches!(sqlx(error), Some(Io(_) | Tls(_) | Protocol(_) | WorkerCrashed))
}

/// Is this the connection's or the machine's trouble rather than the statement's?
fn is_passing(error: &RuntimeErr) -> bool {
    match sqlx(error) {
        Some(SqlxError::PoolTimedOut | SqlxError::PoolClosed) => true,
        Some(SqlxError::Database(database)) => database.code().is_some_and(|code| passes(&code)),
        _ => is_broken(error),
    }
}

/// Does the trouble with this code pass by itself, or once the administrator has seen to it?
fn passes(code: &str) -> bool {
    // The five characters of Postgres; SQLite's numbers have fewer.
    if code.len() == 5 {
        // Connection trouble, deadlock or serialisation, out of resources, shutdown or time-out, the
        // system's own failures; a primary that is none any more, idle for too long inside a
        // transaction, a lock that was not to be had.
        return ["08", "40", "53", "57", "58"].iter().any(|class| code.starts_with(class))
            || ["25006", "25P03", "55P03"].contains(&code);
    }
    // BUSY, LOCKED, NOMEM, READONLY, IOERR, FULL, CANTOPEN; their kin differ in the higher bits.
    let primary = code.parse::<u32>().map(|code| code & 0xFF);
    matches!(primary, Ok(5 | 6 | 7 | 8 | 10 | 13 | 14))
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::Arc;

    use super::*;

    fn exec(error: SqlxError) -> DbErr {
        DbErr::Exec(RuntimeErr::SqlxError(Arc::new(error)))
    }

    fn broken() -> DbErr {
        exec(SqlxError::Io(io::ErrorKind::ConnectionReset.into()))
    }

    #[test]
    fn what_the_administrator_or_time_puts_right_passes() {
        let postgres = [
            "08006", "40001", "40P01", "53100", "53300", "57P01", "57014", "58030",
        ];
        let states = ["25006", "25P03", "55P03"];
        // Plain, and SQLITE_BUSY_SNAPSHOT, READONLY_DBMOVED, IOERR_FSYNC, CANTOPEN_ISDIR.
        let sqlite = [
            "5", "6", "7", "8", "10", "13", "14", "517", "1032", "1034", "526",
        ];
        for code in postgres.iter().chain(&states).chain(&sqlite) {
            assert!(passes(code), "{code}");
        }
    }

    #[test]
    fn what_the_statement_is_to_blame_for_does_not_pass() {
        // No such table, not null, in a failed transaction; SQLITE_ERROR, CORRUPT, CONSTRAINT, NOTADB.
        for code in [
            "42P01", "23502", "25P02", "22P05", "1", "11", "19", "26", "1299", "",
        ] {
            assert!(!passes(code), "{code}");
        }
    }

    #[test]
    fn a_broken_connection_leaves_what_commits_by_itself_unknown() {
        assert!(matches!(StoreError::of_single(broken()), StoreError::OutcomeUnknown(_)));
        assert!(matches!(StoreError::from(broken()), StoreError::Unavailable(_)));
        // Who got no connection has not asked for anything.
        for error in [
            exec(SqlxError::PoolTimedOut),
            DbErr::ConnectionAcquire(sea_orm::ConnAcquireErr::Timeout),
        ] {
            assert!(matches!(StoreError::of_single(error), StoreError::Unavailable(_)));
        }
        let refused = DbErr::Custom("no".into());
        assert!(matches!(StoreError::of_single(refused), StoreError::Rejected(_)));
    }
}
