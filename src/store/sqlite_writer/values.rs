//! Values on their way to SQLite and back, and what it says when it refuses: all as they are through SeaORM, since
//! both write to and read from the same columns.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::sync::Arc;

use chrono::SecondsFormat;
use rusqlite::ffi;
use rusqlite::types::{ToSqlOutput, ValueRef};
use sea_orm::sqlx::Error as SqlxError;
use sea_orm::sqlx::error::{DatabaseError, ErrorKind};
use sea_orm::{DbErr, RuntimeErr, Value};

pub(in crate::store) use rusqlite::types::Value as SqliteValue;

use crate::store::input_rows::InputValue;

/// The value as SQLite gets it.
pub(super) fn to_sqlite(value: &Value) -> Result<ToSqlOutput<'_>, DbErr> {
    use ToSqlOutput::{Borrowed, Owned};
    Ok(match value {
        Value::Bool(is) => {
            Owned(is.map_or(SqliteValue::Null, |is| SqliteValue::Integer(is.into())))
        }
        Value::Int(number) => integer(number.map(i64::from)),
        Value::BigInt(number) => integer(*number),
        Value::String(Some(text)) => Borrowed(ValueRef::Text(text.as_bytes())),
        Value::Bytes(Some(bytes)) => Borrowed(ValueRef::Blob(bytes)),
        Value::ChronoDateTimeUtc(Some(at)) => {
            Owned(SqliteValue::Text(at.to_rfc3339_opts(SecondsFormat::AutoSi, false)))
        }
        Value::String(None) | Value::Bytes(None) | Value::ChronoDateTimeUtc(None) => {
            Owned(SqliteValue::Null)
        }
        other => return Err(DbErr::Type(format!("{other:?} is not written to SQLite here"))),
    })
}

/// The same of a value of a list of rows.
pub(super) fn input_to_sqlite<'a>(value: &'a InputValue<'a>) -> ToSqlOutput<'a> {
    match value {
        InputValue::Null => ToSqlOutput::Owned(SqliteValue::Null),
        InputValue::Number(number) => ToSqlOutput::Owned(SqliteValue::Integer(*number)),
        InputValue::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
        InputValue::OwnText(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
    }
}

fn integer(number: Option<i64>) -> ToSqlOutput<'static> {
    ToSqlOutput::Owned(number.map_or(SqliteValue::Null, SqliteValue::Integer))
}

/// A row of an answer.
#[derive(Debug)]
pub(in crate::store) struct SqliteRow {
    pub(super) columns: Arc<[String]>,
    pub(super) values: Vec<SqliteValue>,
}

impl SqliteRow {
    /// What is in the column of this name.
    pub(in crate::store) fn value(&self, column: &str) -> Option<&SqliteValue> {
        let place = self.columns.iter().position(|name| name == column)?;
        self.values.get(place)
    }
}

/// What SQLite has said, as SeaORM has it from its own connections.
pub(super) fn refused(error: rusqlite::Error) -> DbErr {
    match error {
        rusqlite::Error::SqliteFailure(failure, text) => {
            let message = text.unwrap_or_else(|| failure.to_string());
            let refusal = SqliteRefusal {
                code: failure.extended_code,
                message,
            };
            DbErr::Exec(RuntimeErr::SqlxError(Arc::new(SqlxError::Database(Box::new(refusal)))))
        }
        other => DbErr::Exec(RuntimeErr::Internal(other.to_string())),
    }
}

/// A refusal, by SQLite's extended code.
#[derive(Debug)]
struct SqliteRefusal {
    code: i32,
    message: String,
}

impl fmt::Display for SqliteRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "(code: {}) {}", self.code, self.message)
    }
}

impl Error for SqliteRefusal {}

impl DatabaseError for SqliteRefusal {
    fn message(&self) -> &str {
        &self.message
    }

    fn code(&self) -> Option<Cow<'_, str>> {
        Some(self.code.to_string().into())
    }

    fn as_error(&self) -> &(dyn Error + Send + Sync + 'static) {
        self
    }

    fn as_error_mut(&mut self) -> &mut (dyn Error + Send + Sync + 'static) {
        self
    }

    fn into_error(self: Box<Self>) -> Box<dyn Error + Send + Sync + 'static> {
        self
    }

    fn kind(&self) -> ErrorKind {
        match self.code {
            ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY => {
                ErrorKind::UniqueViolation
            }
            ffi::SQLITE_CONSTRAINT_FOREIGNKEY => ErrorKind::ForeignKeyViolation,
            ffi::SQLITE_CONSTRAINT_NOTNULL => ErrorKind::NotNullViolation,
            ffi::SQLITE_CONSTRAINT_CHECK => ErrorKind::CheckViolation,
            _ => ErrorKind::Other,
        }
    }
}
