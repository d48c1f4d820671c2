//! The ids that the target gives next: none that the source has given already, those of rows that are gone
//! among them.

use sea_orm::{ConnectionTrait, Statement, Value};

use crate::store::copy::{COPIED, CopyError};
use crate::store::single_value::scalar;
use crate::store::{Store, finish};

const OF_SQLITE: &str = "SELECT COALESCE(MAX(seq), 0) FROM sqlite_sequence WHERE name = $1";
const OF_POSTGRES: &str = "SELECT COALESCE(pg_sequence_last_value(CAST(pg_get_serial_sequence($1, 'id') AS regclass)), 0)";
const SET_IN_POSTGRES: &str = "SELECT setval(pg_get_serial_sequence($1, 'id'), $2)";

/// Sets the target's counters to the last id that the source has given, or that is in the target if that is larger.
pub(super) async fn carry_over(source: &Store, target: &Store) -> Result<(), CopyError> {
    for table in COPIED.iter().filter(|table| table.is_counted()) {
        let of_source = if source.is_sqlite() {
            OF_SQLITE
        } else {
            OF_POSTGRES
        };
        let given = scalar(source.readers(), of_source, [table.name.into()]).await?.unwrap_or(0);
        let largest = format!("SELECT COALESCE(MAX(id), 0) FROM \"{}\"", table.name);
        let last = given.max(scalar(target.readers(), &largest, []).await?.unwrap_or(0));
        if last > 0 {
            set(target, table.name, last).await?;
        }
    }
    Ok(())
}

async fn set(target: &Store, table: &str, last: i64) -> Result<(), CopyError> {
    let statements: &[(&str, Vec<Value>)] = match target.is_sqlite() {
        true => &[
            ("DELETE FROM sqlite_sequence WHERE name = $1", vec![table.into()]),
            (
                "INSERT INTO sqlite_sequence (name, seq) VALUES ($1, $2)",
                vec![table.into(), last.into()],
            ),
        ],
        false => &[(SET_IN_POSTGRES, vec![table.into(), last.into()])],
    };
    let transaction = target.begin().await?;
    for (sql, values) in statements {
        let values = values.iter().cloned();
        let statement = Statement::from_sql_and_values(target.backend(), *sql, values);
        transaction.execute_raw(statement).await?;
    }
    Ok(finish(transaction).await?)
}
