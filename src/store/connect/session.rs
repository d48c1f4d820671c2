//! What each session of Postgres is set to, before anything else is said in it. A pooler in between
//! may drop what is asked for at connecting, and a database or a role may have settings of its own: so
//! each setting is set by a statement and read back, and a session that is not as it must be is not used.

use sea_orm::sqlx::postgres::PgRow;
use sea_orm::sqlx::{AssertSqlSafe, Error, PgConnection, Row, raw_sql};

/// What the server relies on, each as Postgres says it back.
const SETTINGS: &[(&str, &str)] = &[
    // What texts and times mean.
    ("client_encoding", "UTF8"),
    ("standard_conforming_strings", "on"),
    ("TimeZone", "UTC"),
    ("default_transaction_isolation", "read committed"),
    // Nothing waits for ever. A node that died with a row locked must not hold up the others.
    ("statement_timeout", "10s"),
    ("lock_timeout", "4s"),
    ("idle_in_transaction_session_timeout", "5s"),
    // Every statement is a few look-ups by an index. Without statistics, or with a plan that was made
    // while a table was small, Postgres would rather read the whole table.
    ("enable_seqscan", "off"),
    ("enable_hashjoin", "off"),
    ("enable_mergejoin", "off"),
    ("enable_material", "off"),
    // Every statement is written so that it can be planned in one way only: its plan is kept, since making
    // it would take longer than carrying it out.
    ("plan_cache_mode", "auto"),
    ("jit", "off"),
    ("max_parallel_workers_per_gather", "0"),
];

/// What counts as synced to the disk here; what is stronger stays.
const SYNCED: [&str; 3] = ["on", "remote_write", "remote_apply"];

/// The statements that set a session up and read back what it is set to, as one message.
fn set_up_sql() -> String {
    let list = |each: fn((&str, &str)) -> String| {
        SETTINGS.iter().copied().map(each).collect::<Vec<_>>().join(", ")
    };
    let synced = SYNCED.map(|value| format!("'{value}'")).join(", ");
    let set = list(|(name, value)| format!("set_config('{name}', '{value}', false)"));
    let read = list(|(name, _)| format!("current_setting('{name}')"));
    // The last of these is only of use where there is a network in between, and cannot be read back
    // where there is none.
    format!(
        "SELECT {set}, set_config('synchronous_commit', \
           CASE WHEN current_setting('synchronous_commit') IN ({synced}) \
                THEN current_setting('synchronous_commit') ELSE 'on' END, false), \
           set_config('tcp_user_timeout', '10s', false); \
         SELECT {read}, current_setting('synchronous_commit')"
    )
}

/// Sets a new session up, and makes sure of it.
pub(super) async fn set_up(connection: &mut PgConnection) -> Result<(), Error> {
    let rows = raw_sql(AssertSqlSafe(set_up_sql())).fetch_all(connection).await?;
    let row = rows.last().ok_or(Error::RowNotFound)?;
    check(row)
}

fn check(row: &PgRow) -> Result<(), Error> {
    let mut count = 0;
    for (place, (name, wanted)) in SETTINGS.iter().copied().enumerate() {
        let is: String = row.try_get(place)?;
        if is != wanted {
            return Err(refused(name, &is, wanted));
        }
        count = place + 1;
    }
    let synced: String = row.try_get(count)?;
    check_synced(&synced)
}

/// Does a session that says this of itself sync what it commits?
fn check_synced(is: &str) -> Result<(), Error> {
    if SYNCED.contains(&is) {
        return Ok(());
    }
    Err(refused("synchronous_commit", is, "on"))
}

fn refused(name: &str, is: &str, wanted: &str) -> Error {
    Error::Configuration(
        format!("the session has {name} = {is} although it was set to {wanted}").into(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_that_answers_before_the_disk_is_none_of_ours() {
        for is in ["on", "remote_write", "remote_apply"] {
            assert!(check_synced(is).is_ok(), "{is}");
        }
        for is in ["off", "local", ""] {
            let said = check_synced(is).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(said.contains("synchronous_commit"), "{is}: {said}");
        }
    }

    #[test]
    fn each_setting_is_set_and_read_back() {
        let sql = set_up_sql();
        for (name, value) in SETTINGS {
            assert!(sql.contains(&format!("set_config('{name}', '{value}', false)")), "{sql}");
            assert!(sql.contains(&format!("current_setting('{name}')")), "{sql}");
        }
    }
}
