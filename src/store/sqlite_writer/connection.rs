//! The connection itself. It stays on its thread, so a statement that is given to it has run when the call is over:
//! a transaction that awaits nothing but its statements never waits.

use std::future::ready;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt;
use prometheus_client::metrics::counter::Counter;
use rusqlite::types::FromSql;
use rusqlite::{CachedStatement, Connection, OpenFlags, Row};
use sea_orm::{DbBackend, DbErr, Statement, Value};

use crate::config::Observer;
use crate::store::StoreError;
use crate::store::input_rows::{InputRows, InputValue};
use crate::store::sqlite_settings::{BUSY_TIMEOUT, SETTINGS};
use crate::store::sqlite_writer::SqliteFile;
use crate::store::sqlite_writer::values::{
    SqliteRow, SqliteValue, input_to_sqlite, refused, to_sqlite,
};
use crate::store::statements::{DbRow, StatementFuture, StatementRunner};
use crate::store::transact::{Transacted, TransactionEnd};

/// How many statements are kept ready; the texts of all that are run here are fewer.
const STATEMENTS_KEPT: usize = 128;

/// What makes it durable, and holds rows together.
const DURABLE: [(&str, &str); 3] = [
    ("journal_mode", "wal"),
    ("synchronous", "full"),
    ("foreign_keys", "on"),
];

/// Who counts the statements and looks at them.
#[derive(Clone, Debug)]
pub(in crate::store) struct StatementsSeen {
    pub(in crate::store) count: Counter,
    pub(in crate::store) observer: Observer,
}

/// An open connection that writes.
pub(super) struct WritingConnection {
    // Its thread is the only one that asks for it; a lock that is free costs nothing.
    connection: Mutex<Connection>,
    seen: StatementsSeen,
}

impl WritingConnection {
    /// Opens the file and sets the connection up.
    pub(super) fn open(file: &SqliteFile) -> Result<Self, DbErr> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&file.path, flags).map_err(refused)?;
        connection.busy_timeout(BUSY_TIMEOUT).map_err(refused)?;
        for (name, value) in DURABLE.into_iter().chain(SETTINGS) {
            connection.execute_batch(&format!("PRAGMA {name} = {value}")).map_err(refused)?;
        }
        check(&connection)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
        Ok(Self {
            connection: Mutex::new(connection),
            seen: file.seen.clone(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn control(&self, sql: &str) -> Result<(), DbErr> {
        let connection = self.lock();
        let mut statement = connection.prepare_cached(sql).map_err(refused)?;
        statement.execute([]).map_err(refused)?;
        Ok(())
    }

    /// Ends a transaction that is open, be it that something failed or panicked in it. A full disk or a failed sync
    /// may have ended it inside SQLite.
    fn end_open_transaction(&self) {
        let is_open = !self.lock().is_autocommit();
        if is_open && let Err(error) = self.control("ROLLBACK") {
            log::warn!("a transaction could not be taken back: {error}");
        }
    }

    /// Runs a transaction from its beginning to its end.
    pub(super) fn transact<T>(
        &self,
        work: impl AsyncFnOnce(&dyn StatementRunner) -> Result<TransactionEnd<T>, StoreError>,
    ) -> Result<Transacted<T>, StoreError> {
        self.end_open_transaction();
        self.control("BEGIN IMMEDIATE")?;
        let ended = work(self).now_or_never();
        let ended = ended.unwrap_or_else(|| {
            Err(StoreError::Rejected("a transaction waits for something else".into()))
        });
        let done = match ended {
            Ok(TransactionEnd::Commit(value)) => match self.control("COMMIT") {
                Ok(()) => Ok(Transacted::Committed(value)),
                Err(error) => Ok(Transacted::Unknown(value, error)),
            },
            Ok(TransactionEnd::TakeBack(value)) => Ok(Transacted::TakenBack(value)),
            Err(error) => Err(error),
        };
        self.end_open_transaction();
        done
    }

    /// Prepares a statement and binds its values, `?` in their order and `$1` by their number.
    fn prepared<'a>(
        &self,
        connection: &'a Connection,
        sql: &str,
        values: Vec<Value>,
    ) -> Result<CachedStatement<'a>, DbErr> {
        let mut statement = connection.prepare_cached(sql).map_err(refused)?;
        for place in 1..=statement.parameter_count() {
            let number = number(&statement, place) - 1;
            bind(&mut statement, place, values.get(number))?;
        }
        self.see(sql, || values);
        Ok(statement)
    }

    fn see(&self, sql: &str, values: impl FnOnce() -> Vec<Value>) {
        self.seen.count.inc();
        let statement = || Statement::from_sql_and_values(DbBackend::Sqlite, sql, values());
        self.seen.observer.see_made(statement, true);
    }

    fn rows_now(&self, sql: &str, values: Vec<Value>) -> Result<Vec<DbRow>, DbErr> {
        let connection = self.lock();
        let mut statement = self.prepared(&connection, sql, values)?;
        let (columns, mut found) = (columns_of(&statement), Vec::new());
        read(&mut statement, &columns, &mut found)?;
        Ok(found)
    }

    /// Runs a statement once for each row, and `done` after each; it counts as one statement.
    fn each_now(
        &self,
        sql: &str,
        input: &InputRows<'_>,
        beside: &[Value],
        mut done: impl FnMut(&Connection, &mut CachedStatement<'_>) -> Result<(), DbErr>,
    ) -> Result<(), DbErr> {
        let connection = self.lock();
        let mut statement = connection.prepare_cached(sql).map_err(refused)?;
        let width = input.columns().len();
        // Where each parameter is: among the values of a row, or beside them.
        let mut of_rows = Vec::with_capacity(width);
        for place in 1..=statement.parameter_count() {
            let number = number(&statement, place) - 1;
            match number.checked_sub(width) {
                None => of_rows.push((place, number)),
                Some(number) => bind(&mut statement, place, beside.get(number))?,
            }
        }
        for values in input.rows() {
            for (place, number) in &of_rows {
                let value = input_to_sqlite(&values[*number]);
                statement.raw_bind_parameter(*place, value).map_err(refused)?;
            }
            done(&connection, &mut statement)?;
        }
        self.see(sql, || first_values(input, beside));
        Ok(())
    }

    fn rows_of_now(
        &self,
        sql: &str,
        input: &InputRows<'_>,
        beside: &[Value],
    ) -> Result<Vec<DbRow>, DbErr> {
        let (mut columns, mut found) = (None, Vec::new());
        self.each_now(sql, input, beside, |_, statement| {
            let columns = columns.get_or_insert_with(|| columns_of(statement));
            read(statement, columns, &mut found)
        })?;
        Ok(found)
    }

    fn run_of_now(
        &self,
        sql: &str,
        input: &InputRows<'_>,
        beside: &[Value],
    ) -> Result<Vec<i64>, DbErr> {
        let mut ids = Vec::with_capacity(input.rows().len());
        self.each_now(sql, input, beside, |connection, statement| {
            statement.raw_execute().map_err(refused)?;
            ids.push(connection.last_insert_rowid());
            Ok(())
        })?;
        Ok(ids)
    }

    fn run_now(&self, sql: &str, values: Vec<Value>) -> Result<u64, DbErr> {
        let connection = self.lock();
        let changed = self.prepared(&connection, sql, values)?.raw_execute().map_err(refused)?;
        Ok(changed as u64)
    }
}

/// Is it as it was told to be?
fn check(connection: &Connection) -> Result<(), DbErr> {
    let number = |name: &str| -> Result<i64, DbErr> { pragma(connection, name) };
    let journal: String = pragma(connection, "journal_mode")?;
    let (synchronous, foreign_keys) = (number("synchronous")?, number("foreign_keys")?);
    if (journal.as_str(), synchronous, foreign_keys) == ("wal", 2, 1) {
        return Ok(());
    }
    Err(DbErr::Custom(format!(
        "SQLite has journal_mode {journal}, synchronous {synchronous} and foreign_keys {foreign_keys}, \
         not wal, 2 (FULL) and 1"
    )))
}

fn pragma<T: FromSql>(connection: &Connection, name: &str) -> Result<T, DbErr> {
    connection.pragma_query_value(None, name, |row| row.get(0)).map_err(refused)
}

/// Which value a parameter is, from 1.
fn number(statement: &CachedStatement<'_>, place: usize) -> usize {
    let name = statement.parameter_name(place);
    name.and_then(|name| name[1..].parse().ok()).unwrap_or(place)
}

fn bind(
    statement: &mut CachedStatement<'_>,
    place: usize,
    value: Option<&Value>,
) -> Result<(), DbErr> {
    let value = value.ok_or_else(|| DbErr::Type(format!("there is no ${place}")))?;
    statement.raw_bind_parameter(place, to_sqlite(value)?).map_err(refused)
}

fn columns_of(statement: &CachedStatement<'_>) -> Arc<[String]> {
    statement.column_names().into_iter().map(str::to_owned).collect()
}

fn read(
    statement: &mut CachedStatement<'_>,
    columns: &Arc<[String]>,
    found: &mut Vec<DbRow>,
) -> Result<(), DbErr> {
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next().map_err(refused)? {
        let values = values_of(row, columns.len()).map_err(refused)?;
        let columns = columns.clone();
        found.push(DbRow::Sqlite(SqliteRow { columns, values }));
    }
    Ok(())
}

/// The parameters of the first run.
fn first_values(input: &InputRows<'_>, beside: &[Value]) -> Vec<Value> {
    let first = input.rows().next().unwrap_or_default().iter().map(|value| match value {
        InputValue::Null => None::<i64>.into(),
        InputValue::Number(number) => (*number).into(),
        InputValue::Text(text) => (*text).into(),
        InputValue::OwnText(text) => text.as_str().into(),
    });
    first.chain(beside.iter().cloned()).collect()
}

fn values_of(row: &Row<'_>, columns: usize) -> Result<Vec<SqliteValue>, rusqlite::Error> {
    (0..columns).map(|place| row.get(place)).collect()
}

impl StatementRunner for WritingConnection {
    fn backend(&self) -> DbBackend {
        DbBackend::Sqlite
    }

    fn rows<'a>(&'a self, sql: &'a str, values: Vec<Value>) -> StatementFuture<'a, Vec<DbRow>> {
        Box::pin(ready(self.rows_now(sql, values)))
    }

    fn run<'a>(&'a self, sql: &'a str, values: Vec<Value>) -> StatementFuture<'a, u64> {
        Box::pin(ready(self.run_now(sql, values)))
    }

    fn takes_rows(&self) -> bool {
        true
    }

    fn rows_of<'a>(
        &'a self,
        sql: &'a str,
        input: &'a InputRows<'a>,
        beside: Vec<Value>,
    ) -> StatementFuture<'a, Vec<DbRow>> {
        Box::pin(ready(self.rows_of_now(sql, input, &beside)))
    }

    fn run_of<'a>(
        &'a self,
        sql: &'a str,
        input: &'a InputRows<'a>,
        beside: Vec<Value>,
    ) -> StatementFuture<'a, Vec<i64>> {
        Box::pin(ready(self.run_of_now(sql, input, &beside)))
    }
}
