//! Many rows as one parameter.
//!
//! A list of rows travels as one JSON text and is made into rows by the database, so a statement has the
//! same text for one row and for five hundred: it is prepared once, and no limit on the number of
//! parameters is near.

use sea_orm::{ConnectionTrait, DbBackend, DbErr, ExecResult, QueryResult, Statement, Value};
use serde::Serialize;

/// The type of a column in a list of rows.
#[derive(Clone, Copy, Debug)]
pub(in crate::store) enum Type {
    Number,
    Text,
}

/// A row that names a conversation.
#[derive(Serialize)]
pub(in crate::store) struct InConversation {
    pub(in crate::store) conversation_id: i64,
}

/// The `FROM` item that makes parameter `$1` into rows named `v` with these columns.
pub(in crate::store) fn rows_from_json(backend: DbBackend, columns: &[(&str, Type)]) -> String {
    if backend == DbBackend::Sqlite {
        let columns: Vec<_> = columns
            .iter()
            .map(|(name, _)| format!("value ->> '{name}' AS {name}"))
            .collect();
        return format!("(SELECT {} FROM json_each($1)) AS v", columns.join(", "));
    }
    let columns: Vec<_> = columns
        .iter()
        .map(|(name, kind)| match kind {
            Type::Number => format!("{name} bigint"),
            Type::Text => format!("{name} text"),
        })
        .collect();
    format!("json_to_recordset($1::json) AS v({})", columns.join(", "))
}

/// A part of a `FROM`: the rows of `table`, named `name`, that fit to each row of what stands before
/// it. They are looked up one row after the other, and neither store may turn that round: what is
/// believed of the size of a table is believed for long after it has grown.
pub(in crate::store) fn for_each(
    backend: DbBackend,
    table: &str,
    name: &str,
    condition: &str,
) -> String {
    match backend {
        DbBackend::Sqlite => format!("CROSS JOIN {table} AS {name} ON {condition}"),
        // What has an OFFSET is not merged into the query around it.
        _ => format!(
            "CROSS JOIN LATERAL (SELECT {name}.* FROM {table} AS {name} WHERE {condition} OFFSET 0) AS {name}"
        ),
    }
}

/// The same, with one row of nothing where none fits.
pub(in crate::store) fn for_each_if_any(
    backend: DbBackend,
    table: &str,
    name: &str,
    condition: &str,
) -> String {
    match backend {
        DbBackend::Sqlite => format!("LEFT JOIN {table} AS {name} ON {condition}"),
        _ => format!(
            "LEFT JOIN LATERAL (SELECT {name}.* FROM {table} AS {name} WHERE {condition} OFFSET 0) AS {name} \
             ON TRUE"
        ),
    }
}

/// A condition for an `UPDATE … FROM` by the rows of [`rows_from_json`]: `key` is one of those in `column` of `rows`.
/// It adds nothing to the join but that Postgres reads no more than these, whatever it begins with.
pub(in crate::store) fn among(backend: DbBackend, key: &str, column: &str, rows: &str) -> String {
    match backend {
        DbBackend::Sqlite => "TRUE".to_owned(),
        _ => format!("{key} = ANY(ARRAY(SELECT v.{column} FROM {rows}))"),
    }
}

/// The parameter of [`rows_from_json`].
pub(in crate::store) fn to_json<T: Serialize>(rows: &[T]) -> Result<Value, DbErr> {
    serde_json::to_string(rows)
        .map(Value::from)
        .map_err(|error| DbErr::Custom(format!("rows cannot be written as JSON: {error}")))
}

/// Runs a query.
pub(in crate::store) async fn query(
    db: &impl ConnectionTrait,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<Vec<QueryResult>, DbErr> {
    db.query_all_raw(statement(db, sql, values)).await
}

/// Runs a statement.
pub(in crate::store) async fn execute(
    db: &impl ConnectionTrait,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<ExecResult, DbErr> {
    db.execute_raw(statement(db, sql, values)).await
}

fn statement(
    db: &impl ConnectionTrait,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Statement {
    Statement::from_sql_and_values(db.get_database_backend(), sql, values)
}
