//! A step of a copy is one transaction of the target: its rows, and how far the copy has come.

use sea_orm::{ConnectionTrait, Statement, Value};

use crate::faults::FaultPoint;
use crate::store::copy::columns::quoted;
use crate::store::copy::marker::{Marked, Marker, advance};
use crate::store::copy::reading::{RowValues, key, named, parameters};
use crate::store::copy::{COPIED, CopyError, Plan};
use crate::store::{Store, StoreError, Transaction, finish};

/// Takes away what is in the target, the rows that migrations make or what an earlier copy has left, and
/// begins one.
pub(super) async fn empty(
    target: &Store,
    before: Option<Marked>,
    first: Marker,
) -> Result<Marked, CopyError> {
    let transaction = target.begin().await?;
    match target.is_sqlite() {
        true => {
            for table in COPIED.iter().rev() {
                let sql = format!("DELETE FROM \"{}\"", table.name);
                transaction.execute_unprepared(&sql).await?;
            }
        }
        false => {
            let tables = quoted(COPIED.iter().map(|table| table.name));
            let sql = format!("SET LOCAL statement_timeout = 0; TRUNCATE {tables}");
            transaction.execute_unprepared(&sql).await?;
        }
    }
    let marked = advance(&transaction, before.as_ref(), first).await?;
    finish(transaction).await?;
    Ok(marked)
}

/// Stores the rows of a step and the marker behind them in one transaction, and answers that marker. If the target
/// refuses a row, the error names it.
pub(super) async fn store(
    target: &Store,
    plan: &Plan,
    rows: &[RowValues],
    at: Marked,
    next: Marker,
) -> Result<Marked, CopyError> {
    if !target.is_sqlite() {
        refuse_nuls(plan, rows)?;
    }
    let transaction = target.begin().await?;
    match insert(&transaction, plan, rows).await {
        Ok(()) => {}
        Err(StoreError::Unavailable(why)) => return Err(StoreError::Unavailable(why).into()),
        Err(error) => {
            drop(transaction);
            return Err(blame(target, plan, rows, error).await);
        }
    }
    let marked = advance(&transaction, Some(&at), next).await?;
    target.faults.pass(FaultPoint::BeforeCommit);
    finish(transaction).await?;
    Ok(marked)
}

async fn insert(
    transaction: &Transaction,
    plan: &Plan,
    rows: &[RowValues],
) -> Result<(), StoreError> {
    let width = plan.columns.len();
    let places: Vec<_> = (0..rows.len())
        .map(|row| format!("({})", parameters(row * width + 1, width)))
        .collect();
    let columns = quoted(plan.columns.iter().map(|column| column.name.as_str()));
    let (table, places) = (plan.table.name, places.join(", "));
    let sql = format!("INSERT INTO \"{table}\" ({columns}) VALUES {places}");
    let values = rows.iter().flatten().cloned();
    let backend = transaction.get_database_backend();
    transaction
        .execute_raw(Statement::from_sql_and_values(backend, sql, values))
        .await?;
    Ok(())
}

/// An error for a text with a NUL in it, which Postgres cannot have.
fn refuse_nuls(plan: &Plan, rows: &[RowValues]) -> Result<(), CopyError> {
    let has_nul = |value: &Value| matches!(value, Value::String(Some(text)) if text.contains('\0'));
    for row in rows {
        let Some(place) = row.iter().position(has_nul) else {
            continue;
        };
        let why = format!(
            "{} has a NUL character in it, which Postgres cannot keep",
            plan.columns[place].name
        );
        let key = named(plan.table, &key(plan.table, &plan.columns, row));
        return Err(CopyError::row(plan.table.name, key, why));
    }
    Ok(())
}

/// Finds out which row of a step the target does not take, one after the other; nothing of it is kept.
async fn blame(target: &Store, plan: &Plan, rows: &[RowValues], error: StoreError) -> CopyError {
    let Ok(transaction) = target.begin().await else {
        return error.into();
    };
    for row in rows {
        if let Err(why) = insert(&transaction, plan, std::slice::from_ref(row)).await {
            let key = named(plan.table, &key(plan.table, &plan.columns, row));
            return CopyError::row(plan.table.name, key, why);
        }
    }
    error.into()
}
