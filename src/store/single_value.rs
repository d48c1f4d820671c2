//! Statements that answer one value.

use sea_orm::{ConnectionTrait, Statement, TryGetable, Value};

use crate::store::StoreError;

/// The first value of the first row; `None` if there is no row.
pub(in crate::store) async fn scalar<T: TryGetable>(
    db: &impl ConnectionTrait,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<Option<T>, StoreError> {
    let asked = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    let row = db.query_one_raw(asked).await?;
    Ok(row.map(|row| row.try_get_by_index(0)).transpose()?)
}
