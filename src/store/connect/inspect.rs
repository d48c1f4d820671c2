//! What Postgres is asked before a server relies on it: whether it can keep every text, whether a
//! session is one and the same from one statement to the next, and how many sessions there are for us.

use sea_orm::sqlx::postgres::{PgConnectOptions, PgRow, PgSslMode};
use sea_orm::sqlx::{AssertSqlSafe, Connection, Error, PgConnection, Row, raw_sql};

use crate::store::connect::OpenError;
use crate::store::connect::session;

/// The oldest version of Postgres that is supported.
const OLDEST: u32 = 13;
/// Sessions that are left where there are fewer than wanted: two for what servers tell each other, and one
/// for `vestnik user`, `psql` and backups.
const LEFT_TO_OTHERS: i64 = 3;
/// Without so many a server cannot write and read.
const FEWEST: i64 = 2;

const ABOUT: &str = "SELECT current_setting('server_version_num'), current_setting('server_version'), \
    current_setting('server_encoding'), current_setting('fsync'), current_database()::text, \
    COALESCE((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false)::text";

const PID: &str = "SELECT pg_backend_pid()::text";

/// How many more sessions Postgres would give us now: of those that it has in all, that our role may
/// have and that the database may have, whatever is least. Which rows are sessions of clients can be
/// seen of everybody's by `datid`.
const SLOTS: &str = "\
    WITH of AS (SELECT a.usesysid, a.datid FROM pg_stat_activity a WHERE a.datid IS NOT NULL) \
    SELECT LEAST( \
        current_setting('max_connections')::bigint - (SELECT COUNT(*) FROM of) - CASE WHEN r.rolsuper THEN 0 \
          ELSE current_setting('superuser_reserved_connections')::bigint \
             + COALESCE(current_setting('reserved_connections', true), '0')::bigint END, \
        CASE WHEN NOT r.rolsuper AND r.rolconnlimit >= 0 \
          THEN r.rolconnlimit - (SELECT COUNT(*) FROM of WHERE usesysid = r.oid) END, \
        CASE WHEN NOT r.rolsuper AND d.datconnlimit >= 0 \
          THEN d.datconnlimit - (SELECT COUNT(*) FROM of WHERE datid = d.oid) END)::text \
    FROM pg_roles r, pg_database d WHERE r.rolname = session_user AND d.datname = current_database()";

/// Looks at the Postgres behind `options`; the number of connections that may be opened, at most
/// `wanted`.
pub(super) async fn inspect(options: &PgConnectOptions, wanted: u32) -> Result<u32, OpenError> {
    let mut one = PgConnection::connect_with(options).await.map_err(unreachable)?;
    let about = first(&mut one, ABOUT).await?;
    check_version(&text(&about, 0)?, &text(&about, 1)?)?;
    check_encoding(&text(&about, 2)?, &text(&about, 4)?)?;
    warn(&text(&about, 3)?, &text(&about, 5)?, options);
    let mut open = 1;
    match PgConnection::connect_with(options).await {
        Ok(mut other) => {
            open += 1;
            check_sessions(&mut one, &mut other).await?;
            drop(other.close().await);
        }
        // There is one session for us, which has to be enough to say so.
        Err(error) => log::debug!("no second session: {error}"),
    }
    session::set_up(&mut one)
        .await
        .map_err(|error| OpenError::Unsafe(error.to_string()))?;
    let free: i64 = text(&first(&mut one, SLOTS).await?, 0)?.parse().unwrap_or(i64::MAX);
    drop(one.close().await);
    slots(free.saturating_add(open), wanted)
}

fn unreachable(error: Error) -> OpenError {
    OpenError::Unreachable(error.to_string())
}

/// In the simple protocol, since prepared statements are the first that poolers break.
async fn first(connection: &mut PgConnection, sql: &'static str) -> Result<PgRow, OpenError> {
    let rows = raw_sql(AssertSqlSafe(sql)).fetch_all(connection).await.map_err(unreachable)?;
    rows.into_iter().next().ok_or_else(|| unreachable(Error::RowNotFound))
}

fn text(row: &PgRow, place: usize) -> Result<String, OpenError> {
    row.try_get(place).map_err(unreachable)
}

fn check_version(number: &str, name: &str) -> Result<(), OpenError> {
    let major = number.parse::<u32>().map_or(0, |number| number / 10_000);
    if major >= OLDEST {
        return Ok(());
    }
    Err(OpenError::Unsafe(format!(
        "Postgres {name} is too old; upgrade it to {OLDEST} or later"
    )))
}

fn check_encoding(encoding: &str, database: &str) -> Result<(), OpenError> {
    if encoding == "UTF8" {
        return Ok(());
    }
    Err(OpenError::Unsafe(format!(
        "the database {database} is encoded in {encoding}, which cannot keep every text; make another one: \
         CREATE DATABASE {database}_utf8 ENCODING 'UTF8' TEMPLATE template0"
    )))
}

/// Two of our sessions are open. If both are the same session of Postgres, or one of them is now this
/// and now that, something in between hands them from statement to statement.
async fn check_sessions(one: &mut PgConnection, other: &mut PgConnection) -> Result<(), OpenError> {
    let mut seen = Vec::new();
    for _ in 0..3 {
        seen.push((text(&first(one, PID).await?, 0)?, text(&first(other, PID).await?, 0)?));
    }
    let is_direct = seen.iter().all(|pair| pair == &seen[0] && pair.0 != pair.1);
    match is_direct {
        true => Ok(()),
        false => Err(OpenError::Pooled),
    }
}

fn warn(fsync: &str, is_encrypted: &str, options: &PgConnectOptions) {
    if fsync != "on" {
        log::warn!("Postgres runs with fsync={fsync}: a power cut there can lose messages");
    }
    let is_wanted = !matches!(options.get_ssl_mode(), PgSslMode::Disable);
    if is_encrypted != "true" && is_wanted && is_remote(options) {
        log::warn!(
            "the connection to Postgres at {} is not encrypted: set DB_SSLMODE=verify-full with DB_SSLROOTCERT, \
             or DB_SSLMODE=disable if nobody can listen there",
            options.get_host()
        );
    }
}

fn is_remote(options: &PgConnectOptions) -> bool {
    let host = options.get_host();
    let address = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
    let is_here = host == "localhost" || host.starts_with('/');
    options.get_socket().is_none() && !address.map_or(is_here, |address| address.is_loopback())
}

/// How many to take if so many could be had.
fn slots(available: i64, wanted: u32) -> Result<u32, OpenError> {
    if available >= i64::from(wanted) {
        return Ok(wanted);
    }
    if available < FEWEST {
        return Err(OpenError::Unreachable(format!(
            "too many connections (53300): {FEWEST} are needed and {} can be had; raise max_connections, \
             or the CONNECTION LIMIT of the role or the database",
            available.max(0)
        )));
    }
    let taken = (available - LEFT_TO_OTHERS).max(FEWEST);
    log::warn!(
        "Postgres has {available} connections left for us and {wanted} are wanted (VESTNIK_DB_CONNECTIONS): \
         {taken} are taken, for which all wait; more would be too many connections (53300). Raise \
         max_connections, or the CONNECTION LIMIT of the role or the database"
    );
    Ok(u32::try_from(taken).unwrap_or(wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_had_is_not_waited_for() {
        assert_eq!(slots(100, 24).ok(), Some(24));
        assert_eq!(slots(24, 24).ok(), Some(24));
        assert_eq!(slots(7, 24).ok(), Some(4));
        assert_eq!(slots(2, 24).ok(), Some(2));
        assert!(slots(1, 24).is_err());
        assert!(slots(-3, 24).is_err());
    }

    #[test]
    fn only_utf_8_of_a_supported_version_will_do() {
        assert!(check_encoding("UTF8", "v").is_ok());
        for encoding in ["LATIN1", "SQL_ASCII", "WIN1251", "EUC_JP", ""] {
            let error = check_encoding(encoding, "v").unwrap_err().to_string();
            assert!(error.contains("ENCODING 'UTF8'"), "{error}");
        }
        assert!(check_version("130000", "13.0").is_ok());
        assert!(check_version("170002", "17.2").is_ok());
        assert!(check_version("120022", "12.22").is_err());
        assert!(check_version("", "").is_err());
    }

    #[test]
    fn another_machine_is_remote() {
        let remote = |host: &str| is_remote(&PgConnectOptions::new_without_pgpass().host(host));
        for host in ["db.example.com", "10.0.0.5", "postgres", "2001:db8::1"] {
            assert!(remote(host), "{host}");
        }
        for host in ["localhost", "127.0.0.1", "::1", "[::1]", "/run/postgresql"] {
            assert!(!remote(host), "{host}");
        }
    }
}
