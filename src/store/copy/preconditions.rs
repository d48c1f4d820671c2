//! What may be copied, and into what: everything that would make the copy something else than the source is
//! refused before anything is written.

use std::time::{Duration, Instant};

use tokio::time::sleep;

use crate::store::connect::COPYING;
use crate::store::copy::{COPIED, CopyError, marker};
use crate::store::migrate::{self, Schema};
use crate::store::single_value::scalar;
use crate::store::{Store, StoreError, nodes};

/// How long one that is connected is waited for, and how often it is looked.
const ENDS_WITHIN: Duration = Duration::from_secs(2);
const AGAIN: Duration = Duration::from_millis(50);

/// Sessions of servers and of other commands, whatever they are called: those of our role, except those of
/// Postgres's own programs.
const SESSIONS: &str = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() \
    AND (usename = current_user OR application_name LIKE 'vestnik%') \
    AND application_name NOT IN ($1, 'psql', 'pg_dump', 'pg_basebackup')";

/// Refuses a source that cannot be copied, and a target that is in use or has another schema. A target without a
/// schema gets this version's.
pub(super) async fn prepare(source: &Store, target: &Store) -> Result<(), CopyError> {
    if schema(source).await?.is_none_or(|schema| schema != Schema::Current) {
        return Err(CopyError::SourceSchema);
    }
    if marker::read(source).await?.is_some() {
        return Err(CopyError::SourceUnfinished);
    }
    refuse_servers(source).await?;
    match schema(target).await? {
        Some(Schema::Current) => {}
        Some(Schema::None) => migrate::up(target, None).await?,
        Some(Schema::Old) | None => return Err(CopyError::TargetSchema),
    }
    refuse_servers(target).await
}

/// The state of a schema; `None` for one that this version does not know, as a later one makes it.
async fn schema(store: &Store) -> Result<Option<Schema>, StoreError> {
    match migrate::schema(store).await {
        Ok(schema) => Ok(Some(schema)),
        Err(StoreError::Rejected(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// [`CopyError::Servers`] if somebody else uses this Postgres; a process that is just ending is waited for. Servers
/// are kept from a file of SQLite by its lock.
pub(super) async fn refuse_servers(store: &Store) -> Result<(), CopyError> {
    if store.is_sqlite() {
        return Ok(());
    }
    let deadline = Instant::now() + ENDS_WITHIN;
    loop {
        let Some(who) = connected(store).await? else {
            return Ok(());
        };
        if Instant::now() > deadline {
            let to = text(store, "SELECT current_database()::text").await?;
            return Err(CopyError::Servers(who, to));
        }
        sleep(AGAIN).await;
    }
}

/// What else is connected to this Postgres, in words for the administrator; `None` if nothing is.
async fn connected(store: &Store) -> Result<Option<String>, StoreError> {
    let nodes = nodes::list(store).await?;
    if let Some(node) = nodes.iter().find(|node| node.lives()) {
        return Ok(Some(format!("the server {}", node.name)));
    }
    // One that tells the others nothing is in no list, and neither are commands.
    let others: i64 = scalar(store.readers(), SESSIONS, [COPYING.into()]).await?.unwrap_or(0);
    Ok((others > 0).then(|| "another process".to_owned()))
}

async fn text(store: &Store, sql: &str) -> Result<String, StoreError> {
    Ok(scalar(store.readers(), sql, []).await?.unwrap_or_default())
}

/// An error unless the target has only what migrations make: General, in which nothing has happened. One with the
/// source's epoch is a finished copy, or the source itself.
pub(super) async fn require_empty(target: &Store, of_source: &str) -> Result<(), CopyError> {
    if target.epoch().await? == of_source {
        return Err(CopyError::Same);
    }
    for table in &COPIED {
        let something = match table.name {
            "conversations" => " WHERE id <> 1 OR head_seq > 0",
            _ => "",
        };
        let sql = format!("SELECT 1 FROM \"{}\"{something} LIMIT 1", table.name);
        if scalar::<i32>(target.readers(), &sql, []).await?.is_some() {
            return Err(CopyError::NotEmpty(table.name));
        }
    }
    Ok(())
}
