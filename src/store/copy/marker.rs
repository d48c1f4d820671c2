//! How far a copy has come, as it stands in the target's `meta` until the copy is finished.

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, Statement, Value};
use serde::{Deserialize, Serialize};

use crate::store::copy::CopyError;
use crate::store::copy::reading::RowKey;
use crate::store::epoch::nameless;
use crate::store::{Store, StoreError, Transaction, finish as commit};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Marker {
    /// The epoch of the source.
    pub(super) epoch: String,
    /// What the source had when the copy began; nothing if the copy has turned out to be wrong.
    pub(super) source: String,
    /// The table that is being copied; those before it are there.
    pub(super) table: String,
    /// The last row of it that is there.
    pub(super) after: Option<RowKey>,
    /// How many rows of it are there.
    pub(super) rows: u64,
}

/// A marker, and how it is written in the target: of two copies only one finds it as it was.
#[derive(Clone, Debug)]
pub(super) struct Marked {
    pub(super) marker: Marker,
    written: String,
}

impl Marked {
    fn new(marker: Marker) -> Result<Self, CopyError> {
        let written = serde_json::to_string(&marker);
        let written = written.map_err(|error| StoreError::Rejected(error.to_string()))?;
        Ok(Self { marker, written })
    }
}

/// The marker of a database; `None` if no copy is being made into it.
pub(super) async fn read(store: &Store) -> Result<Option<Marked>, StoreError> {
    let asked = Statement::from_string(store.backend(), "SELECT copying FROM meta");
    let row = store.readers().query_one_raw(asked).await?;
    let row = row.ok_or_else(nameless)?;
    let Some(written) = row.try_get::<Option<String>>("", "copying")? else {
        return Ok(None);
    };
    let marker = serde_json::from_str(&written);
    let marker = marker.map_err(|error| {
        StoreError::Rejected(format!("meta.copying of the copy cannot be read: {error}"))
    })?;
    Ok(Some(Marked { marker, written }))
}

async fn change(
    transaction: &Transaction,
    before: Option<&Marked>,
    sql: String,
    values: Vec<Value>,
) -> Result<(), CopyError> {
    let place = values.len() + 1;
    let found = match before {
        None => " WHERE copying IS NULL".to_owned(),
        Some(_) => format!(" WHERE copying = ${place}"),
    };
    let values = values.into_iter().chain(before.map(|before| before.written.clone().into()));
    let backend = transaction.get_database_backend();
    let change = Statement::from_sql_and_values(backend, sql + &found, values);
    match transaction.execute_raw(change).await?.rows_affected() {
        0 => Err(CopyError::Raced),
        _ => Ok(()),
    }
}

/// Writes `next` in a transaction of the target. [`CopyError::Raced`] if the marker is not `before` any more.
pub(super) async fn advance(
    transaction: &Transaction,
    before: Option<&Marked>,
    next: Marker,
) -> Result<Marked, CopyError> {
    let next = Marked::new(next)?;
    let sql = "UPDATE meta SET copying = $1".to_owned();
    change(transaction, before, sql, vec![next.written.clone().into()]).await?;
    Ok(next)
}

/// The copy has turned out to be wrong: the next one begins anew.
pub(super) async fn spoil(target: &Store, at: Marked) -> Result<(), CopyError> {
    let transaction = target.begin().await?;
    let spoilt = Marker {
        source: String::new(),
        ..at.marker.clone()
    };
    advance(&transaction, Some(&at), spoilt).await?;
    Ok(commit(transaction).await?)
}

/// The copy is whole: it takes on the identity of the source, and servers may start.
pub(super) async fn finish(source: &Store, target: &Store, at: Marked) -> Result<(), CopyError> {
    let asked = Statement::from_string(source.backend(), "SELECT created_at FROM meta");
    let row = source.readers().query_one_raw(asked).await?;
    let row = row.ok_or_else(nameless)?;
    let created_at: DateTime<Utc> = row.try_get("", "created_at")?;
    let transaction = target.begin().await?;
    let sql = "UPDATE meta SET epoch = $1, created_at = $2, cluster = NULL, bus_key = NULL, copying = NULL";
    let values = vec![at.marker.epoch.clone().into(), created_at.into()];
    change(&transaction, Some(&at), sql.to_owned(), values).await?;
    Ok(commit(transaction).await?)
}
