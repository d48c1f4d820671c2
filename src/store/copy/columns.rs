//! The columns of a table, asked of the database: one that a migration adds is copied without a word here.

use sea_orm::{ConnectionTrait, QueryResult, Statement, Value};

use crate::store::Store;
use crate::store::copy::CopyError;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ColumnKind {
    Number,
    Text,
    Flag,
    Bytes,
    Instant,
}

impl ColumnKind {
    /// The kind of a type, by the name that either store has for it; `None` for a type that no migration makes.
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "integer" | "bigint" => Self::Number,
            "text" => Self::Text,
            "boolean" => Self::Flag,
            "blob" | "bytea" => Self::Bytes,
            "timestamp_with_timezone_text" | "timestamp with time zone" => Self::Instant,
            _ => return None,
        })
    }

    /// The value that a row has in a column of this kind, as the other store takes it: instants in microseconds.
    pub(super) fn read(self, row: &QueryResult, column: &str) -> Result<Value, sea_orm::DbErr> {
        use chrono::{DateTime, SubsecRound, Utc};
        Ok(match self {
            Self::Number => row.try_get::<Option<i64>>("", column)?.into(),
            Self::Text => row.try_get::<Option<String>>("", column)?.into(),
            Self::Flag => row.try_get::<Option<bool>>("", column)?.into(),
            Self::Bytes => row.try_get::<Option<Vec<u8>>>("", column)?.into(),
            // Postgres knows no less than microseconds.
            Self::Instant => {
                let instant = row.try_get::<Option<DateTime<Utc>>>("", column)?;
                instant.map(|instant| instant.trunc_subsecs(6)).into()
            }
        })
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) kind: ColumnKind,
}

const OF_SQLITE: &str = "SELECT name, lower(type) AS kind FROM pragma_table_info($1) ORDER BY name";
const OF_POSTGRES: &str = "SELECT column_name::text AS name, data_type::text AS kind \
    FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = $1 \
    ORDER BY column_name::text COLLATE \"C\"";

/// The columns of a table, sorted by name. An error for a column whose type is not among [`ColumnKind`].
pub(super) async fn of(store: &Store, table: &'static str) -> Result<Vec<Column>, CopyError> {
    let sql = if store.is_sqlite() {
        OF_SQLITE
    } else {
        OF_POSTGRES
    };
    let asked = Statement::from_sql_and_values(store.backend(), sql, [table.into()]);
    let mut columns = Vec::new();
    for row in store.readers().query_all_raw(asked).await? {
        let (name, kind): (String, String) = (row.try_get("", "name")?, row.try_get("", "kind")?);
        let Some(kind) = ColumnKind::named(&kind) else {
            return Err(CopyError::Type(table, name, kind));
        };
        columns.push(Column { name, kind });
    }
    Ok(columns)
}

/// Names as a list for a statement, each in quotation marks, since some are SQL's own words.
pub(super) fn quoted<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<_> = names.into_iter().map(|name| format!("\"{name}\"")).collect();
    names.join(", ")
}
