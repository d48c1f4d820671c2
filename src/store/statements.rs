//! What statements are given to, whatever is behind it: SeaORM's connections, or the one that writes to SQLite on
//! a thread of its own. What a row has is read by the names of its columns, and by the type that is wanted: a
//! column of another type is an error.

use std::future::{Future, ready};
use std::pin::Pin;

use chrono::{DateTime, NaiveDateTime, Utc};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, QueryResult, Statement, TryGetable, Value};

use crate::store::input_rows::InputRows;
use crate::store::sqlite_writer::{SqliteRow, SqliteValue};

/// What a statement answers, later.
pub(in crate::store) type StatementFuture<'a, T> =
    Pin<Box<dyn Future<Output = Result<T, DbErr>> + Send + 'a>>;

/// What statements are given to.
pub(in crate::store) trait StatementRunner: Sync {
    /// In which dialect.
    fn backend(&self) -> DbBackend;

    /// All rows of a query.
    fn rows<'a>(&'a self, sql: &'a str, values: Vec<Value>) -> StatementFuture<'a, Vec<DbRow>>;

    /// Runs a statement; how many rows it has changed.
    fn run<'a>(&'a self, sql: &'a str, values: Vec<Value>) -> StatementFuture<'a, u64>;

    /// Is a statement run once for each row that it is given, since that costs less than to write and read a list?
    fn takes_rows(&self) -> bool {
        false
    }

    /// All rows of a query that is run for each of `input`, whose values are its first parameters.
    fn rows_of<'a>(
        &'a self,
        _sql: &'a str,
        _input: &'a InputRows<'a>,
        _beside: Vec<Value>,
    ) -> StatementFuture<'a, Vec<DbRow>> {
        Box::pin(ready(Err(not_taken())))
    }

    /// Runs a statement for each of `input` in the same way; the ids of what it has inserted last.
    fn run_of<'a>(
        &'a self,
        _sql: &'a str,
        _input: &'a InputRows<'a>,
        _beside: Vec<Value>,
    ) -> StatementFuture<'a, Vec<i64>> {
        Box::pin(ready(Err(not_taken())))
    }
}

fn not_taken() -> DbErr {
    DbErr::Custom("rows are given as JSON here".into())
}

impl<T: ConnectionTrait> StatementRunner for T {
    fn backend(&self) -> DbBackend {
        self.get_database_backend()
    }

    fn rows<'a>(&'a self, sql: &'a str, values: Vec<Value>) -> StatementFuture<'a, Vec<DbRow>> {
        Box::pin(async move {
            let statement = Statement::from_sql_and_values(self.backend(), sql, values);
            let rows = self.query_all_raw(statement).await?;
            Ok(rows.into_iter().map(DbRow::Orm).collect())
        })
    }

    fn run<'a>(&'a self, sql: &'a str, values: Vec<Value>) -> StatementFuture<'a, u64> {
        Box::pin(async move {
            let statement = Statement::from_sql_and_values(self.backend(), sql, values);
            Ok(self.execute_raw(statement).await?.rows_affected())
        })
    }
}

/// A row of an answer.
#[derive(Debug)]
pub(in crate::store) enum DbRow {
    /// Through SeaORM.
    Orm(QueryResult),
    /// From the thread that writes to SQLite.
    Sqlite(SqliteRow),
}

impl DbRow {
    /// What is in a column.
    pub(in crate::store) fn get<T: FromColumn>(&self, column: &str) -> Result<T, DbErr> {
        match self {
            Self::Orm(row) => row.try_get("", column),
            Self::Sqlite(row) => {
                let value = row.value(column);
                let value = value.ok_or_else(|| DbErr::Type(format!("there is no {column}")))?;
                T::from_sqlite(value).ok_or_else(|| {
                    DbErr::Type(format!("{column} is {}, which was not meant", value.data_type()))
                })
            }
        }
    }
}

/// What can be read from a column of both stores.
pub(in crate::store) trait FromColumn: TryGetable {
    /// What SQLite has there; `None` if it is of another type.
    fn from_sqlite(value: &SqliteValue) -> Option<Self>;
}

impl FromColumn for i64 {
    fn from_sqlite(value: &SqliteValue) -> Option<Self> {
        match value {
            SqliteValue::Integer(number) => Some(*number),
            _ => None,
        }
    }
}

impl FromColumn for bool {
    fn from_sqlite(value: &SqliteValue) -> Option<Self> {
        i64::from_sqlite(value).map(|number| number != 0)
    }
}

impl FromColumn for String {
    fn from_sqlite(value: &SqliteValue) -> Option<Self> {
        match value {
            SqliteValue::Text(text) => Some(text.clone()),
            _ => None,
        }
    }
}

impl FromColumn for DateTime<Utc> {
    /// As the server writes it, or as SQLite's `CURRENT_TIMESTAMP` does.
    fn from_sqlite(value: &SqliteValue) -> Option<Self> {
        let SqliteValue::Text(text) = value else {
            return None;
        };
        let exact = DateTime::parse_from_rfc3339(text).map(|at| at.to_utc());
        let plain = || NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f");
        exact.or_else(|_| plain().map(|at| at.and_utc())).ok()
    }
}

impl<T: FromColumn> FromColumn for Option<T> {
    fn from_sqlite(value: &SqliteValue) -> Option<Self> {
        match value {
            SqliteValue::Null => Some(None),
            value => T::from_sqlite(value).map(Some),
        }
    }
}
