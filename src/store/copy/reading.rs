//! The rows of a table in steps, by key: neither many rows nor long texts take much memory.

use sea_orm::{ConnectionTrait, DbErr, QueryResult, Statement, Value};
use serde::{Deserialize, Serialize};

use crate::store::Store;
use crate::store::copy::columns::{Column, quoted};
use crate::store::copy::{CopyError, Table};

/// Rows of a step at most, and of the first.
const MOST_ROWS: usize = 512;
const FIRST_ROWS: usize = 64;
/// Bytes of a step above which the next one has fewer rows.
const MUCH: usize = 1 << 20;

/// The value of one column of a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum KeyPart {
    Number(i64),
    Text(String),
}

impl From<&KeyPart> for Value {
    fn from(part: &KeyPart) -> Self {
        match part {
            KeyPart::Number(number) => (*number).into(),
            KeyPart::Text(text) => text.clone().into(),
        }
    }
}

/// The values of the columns that say which row it is.
pub(super) type RowKey = Vec<KeyPart>;

/// The values of a row, in the order of the columns.
pub(super) type RowValues = Vec<Value>;

/// Reads the rows of a table in steps, in the order of their keys.
pub(super) struct RowReader<'a> {
    store: &'a Store,
    table: &'static Table,
    columns: &'a [Column],
    after: Option<RowKey>,
    size: usize,
}

impl<'a> RowReader<'a> {
    /// Begins behind this row, or with the first.
    pub(super) fn new(
        store: &'a Store,
        table: &'static Table,
        columns: &'a [Column],
        after: Option<RowKey>,
    ) -> Self {
        Self {
            store,
            table,
            columns,
            after,
            size: FIRST_ROWS,
        }
    }

    /// The key of the row that was read last; `None` before the first.
    pub(super) fn after(&self) -> Option<&RowKey> {
        self.after.as_ref()
    }

    /// The next rows, as many as make a step; an empty list behind the last.
    pub(super) async fn next(&mut self) -> Result<Vec<RowValues>, CopyError> {
        let sql = self.sql();
        let values = self.after.iter().flatten().map(Value::from);
        let asked = Statement::from_sql_and_values(self.store.backend(), sql, values);
        let mut rows = Vec::new();
        let mut bytes = 0;
        for found in self.store.readers().query_all_raw(asked).await? {
            let mut row = RowValues::with_capacity(self.columns.len());
            for column in self.columns {
                let value = column.kind.read(&found, &column.name);
                let value = value.map_err(|error| self.unreadable(&found, column, &error))?;
                bytes += size_of(&value);
                row.push(value);
            }
            self.after = Some(key(self.table, self.columns, &row));
            rows.push(row);
        }
        self.size = next_size(self.size, bytes);
        Ok(rows)
    }

    /// The error for a row with a value that is not of its column's kind; it names the row.
    fn unreadable(&self, found: &QueryResult, column: &Column, error: &DbErr) -> CopyError {
        let parts = key_names(self.table).map(|name| {
            let column = self.columns.iter().find(|column| column.name == name)?;
            part(&column.kind.read(found, name).ok()?)
        });
        let key = match (parts.collect::<Option<RowKey>>(), &self.after) {
            (Some(key), _) => named(self.table, &key),
            (None, Some(after)) => format!("the next key behind {}", named(self.table, after)),
            (None, None) => "the first key".into(),
        };
        CopyError::row(self.table.name, key, format!("{}: {error}", column.name))
    }

    fn sql(&self) -> String {
        let table = self.table;
        let columns = quoted(self.columns.iter().map(|column| column.name.as_str()));
        let key = quoted(table.key.iter().copied());
        let last = table.nullable_key.map(|name| format!(", COALESCE(\"{name}\", 0)"));
        let last = last.unwrap_or_default();
        let behind = self.after.as_ref().map(|after| match table.nullable_key {
            None => format!("WHERE ({key}) > ({})", parameters(1, after.len())),
            // The first condition is one for the index.
            Some(_) => format!(
                "WHERE ({key}) >= ({}) AND ({key}{last}) > ({})",
                parameters(1, table.key.len()),
                parameters(1, after.len())
            ),
        });
        let (name, behind, size) = (table.name, behind.unwrap_or_default(), self.size);
        format!("SELECT {columns} FROM \"{name}\" {behind} ORDER BY {key}{last} LIMIT {size}")
    }
}

/// `$2, $3`: so many from that one on.
pub(super) fn parameters(first: usize, count: usize) -> String {
    let parameters: Vec<_> = (first..first + count).map(|place| format!("${place}")).collect();
    parameters.join(", ")
}

fn key_names(table: &Table) -> impl Iterator<Item = &'static str> {
    table.key.iter().copied().chain(table.nullable_key)
}

/// The key of a row, out of its values.
pub(super) fn key(table: &Table, columns: &[Column], row: &RowValues) -> RowKey {
    let value = |name: &str| {
        let place = columns.iter().position(|column| column.name == name);
        place.and_then(|place| row.get(place))
    };
    key_names(table)
        .map(|name| value(name).and_then(part).unwrap_or(KeyPart::Number(0)))
        .collect()
}

fn part(value: &Value) -> Option<KeyPart> {
    match value {
        Value::BigInt(number) => number.map(KeyPart::Number),
        Value::String(text) => text.clone().map(KeyPart::Text),
        _ => None,
    }
}

impl std::fmt::Display for KeyPart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => write!(f, "{text:?}"),
        }
    }
}

/// A key as a person reads it: `message_id = 4, seq = 9`.
pub(super) fn named(table: &Table, key: &RowKey) -> String {
    let parts: Vec<_> = key_names(table)
        .zip(key)
        .map(|(name, part)| format!("{name} = {part}"))
        .collect();
    parts.join(", ")
}

/// About how many bytes of memory a value takes.
fn size_of(value: &Value) -> usize {
    match value {
        Value::String(Some(text)) => text.len(),
        Value::Bytes(Some(bytes)) => bytes.len(),
        _ => 8,
    }
}

/// How many rows to read in the next step, after one of `rows` rows that had `bytes` bytes.
fn next_size(rows: usize, bytes: usize) -> usize {
    match bytes {
        much if much > MUCH => (rows / 2).max(1),
        little if little < MUCH / 2 => (rows * 2).min(MOST_ROWS),
        _ => rows,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_rows_are_read_few_at_a_time() {
        let mut size = FIRST_ROWS;
        for _ in 0..8 {
            size = next_size(size, size * 200);
        }
        assert_eq!(size, MOST_ROWS);
        for _ in 0..8 {
            size = next_size(size, size * 16_384);
        }
        assert!(size * 16_384 <= MUCH, "{size}");
        for _ in 0..20 {
            size = next_size(size, size << 30);
        }
        assert_eq!(size, 1);
    }
}
