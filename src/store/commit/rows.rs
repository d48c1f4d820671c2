//! Many rows as one parameter.
//!
//! A list of rows travels as one JSON text and is made into rows by the database, so a statement has the
//! same text for one row and for five hundred: it is prepared once, and no limit on the number of
//! parameters is near.

use sea_orm::{DbBackend, DbErr, Value};
use serde::Serialize;

use crate::store::input_rows::InputRows;
pub(in crate::store) use crate::store::input_rows::Type;
use crate::store::statements::{DbRow, StatementRunner};

/// A row that names a conversation.
#[derive(Serialize)]
pub(in crate::store) struct InConversation {
    pub(in crate::store) conversation_id: i64,
}

/// The `FROM` item that makes parameter `$1` into rows named `v` with these columns. Every batch is read and written
/// with some, so the text is put together in one piece.
pub(in crate::store) fn rows_from_json(backend: DbBackend, columns: &[(&str, Type)]) -> String {
    let length: usize = columns.iter().map(|(name, _)| 2 * name.len() + 20).sum();
    let mut sql = String::with_capacity(length + 40);
    let is_sqlite = backend == DbBackend::Sqlite;
    sql.push_str(if is_sqlite {
        "(SELECT "
    } else {
        "json_to_recordset($1::json) AS v("
    });
    for (place, (name, kind)) in columns.iter().enumerate() {
        let parts = match (is_sqlite, kind) {
            (true, _) => ["value ->> '", name, "' AS ", name],
            (false, Type::Number) => [name, " bigint", "", ""],
            (false, Type::Text) => [name, " text", "", ""],
        };
        sql.push_str(if place > 0 { ", " } else { "" });
        sql.extend(parts);
    }
    sql.push_str(if is_sqlite {
        " FROM json_each($1)) AS v"
    } else {
        ")"
    });
    sql
}

/// The `FROM` item that is `rows`, named `v`, in a statement that is run by [`query_each`].
pub(in crate::store) fn source(db: &dyn StatementRunner, rows: &InputRows<'_>) -> String {
    if !db.takes_rows() {
        return rows_from_json(db.backend(), rows.columns());
    }
    let mut sql = String::from("(SELECT ");
    for (place, (name, _)) in rows.columns().iter().enumerate() {
        let comma = if place > 0 { ", " } else { "" };
        sql.push_str(&format!("{comma}${} AS {name}", place + 1));
    }
    sql.push_str(") AS v");
    sql
}

/// How the value that is given at `place` besides the rows is named in such a statement.
pub(in crate::store) fn beside(
    db: &dyn StatementRunner,
    rows: &InputRows<'_>,
    place: usize,
) -> String {
    let before = if db.takes_rows() {
        rows.columns().len()
    } else {
        1
    };
    format!("${}", before + place + 1)
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
    serde_json::to_string(rows).map(Value::from).map_err(unwritten)
}

fn unwritten(error: serde_json::Error) -> DbErr {
    DbErr::Custom(format!("rows cannot be written as JSON: {error}"))
}

/// Runs a query.
pub(in crate::store) async fn query(
    db: &dyn StatementRunner,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<Vec<DbRow>, DbErr> {
    db.rows(sql, values.into_iter().collect()).await
}

/// Runs a query for all of `rows`, its [`source`]; once for each, or once for all.
pub(in crate::store) async fn query_each(
    db: &dyn StatementRunner,
    sql: &str,
    rows: &InputRows<'_>,
    beside: impl IntoIterator<Item = Value>,
) -> Result<Vec<DbRow>, DbErr> {
    let beside = beside.into_iter();
    if db.takes_rows() {
        return db.rows_of(sql, rows, beside.collect()).await;
    }
    let rows = serde_json::to_string(rows).map_err(unwritten)?;
    db.rows(sql, std::iter::once(rows.into()).chain(beside).collect()).await
}

/// Runs a statement; how many rows it has changed.
pub(in crate::store) async fn execute(
    db: &dyn StatementRunner,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<u64, DbErr> {
    db.run(sql, values.into_iter().collect()).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_rows_is_one_parameter_in_both_dialects() {
        let columns = [("conversation_id", Type::Number), ("key", Type::Text)];
        let text = |backend| rows_from_json(backend, &columns);
        assert_eq!(
            text(DbBackend::Sqlite),
            "(SELECT value ->> 'conversation_id' AS conversation_id, value ->> 'key' AS key \
             FROM json_each($1)) AS v"
        );
        assert_eq!(
            text(DbBackend::Postgres),
            "json_to_recordset($1::json) AS v(conversation_id bigint, key text)"
        );
    }

    #[test]
    fn the_text_of_a_list_of_rows_is_written_in_one_piece() {
        let name = "a_name_of_a_column";
        for columns in [
            [(name, Type::Number); 1].as_slice(),
            &[(name, Type::Text); 12],
        ] {
            for backend in [DbBackend::Sqlite, DbBackend::Postgres] {
                let sql = rows_from_json(backend, columns);
                let most = columns.len() * (2 * name.len() + 20) + 40;
                assert!(sql.len() <= most && sql.capacity() == most, "{}", sql.capacity());
            }
        }
    }
}
