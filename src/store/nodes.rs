//! The servers on one Postgres: each has a row, which it renews, and which counts as long as it was renewed
//! lately by the database's clock.

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement, Value};

use crate::domain::cluster::NodeId;
use crate::store::epoch::{nameless, random};
use crate::store::{Store, StoreError};

/// For how long a row counts, in seconds.
pub(crate) const LEASE_SECONDS: i64 = 10;
/// How long the row of a server that did not say goodbye is kept, in seconds.
const KEPT_SECONDS: i64 = 86_400;

#[derive(Clone, Debug, FromQueryResult)]
pub(crate) struct Node {
    /// Which start of which server.
    pub id: i64,
    /// What its administrator calls it.
    pub name: String,
    /// Of this program.
    pub version: String,
    /// How it is set in what all must have the same, as it was given to [`join`].
    pub settings: Option<String>,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// Is there a session by which it hears the others? A process that has died has none. Of one that does not
    /// hear them by Postgres nothing is known, and it is believed to be there.
    pub is_listening: bool,
    /// Seconds since it was seen last.
    pub seen_ago: i64,
}

impl Node {
    /// Does it count?
    pub(crate) fn lives(&self) -> bool {
        self.seen_ago < LEASE_SECONDS
    }
}

fn ask(store: &Store, sql: &str, values: impl IntoIterator<Item = Value>) -> Statement {
    Statement::from_sql_and_values(store.backend(), sql, values)
}

/// A name for a session, which no other has.
pub(crate) fn session_name() -> Result<String, StoreError> {
    Ok(format!("vestnik {}", random()?))
}

/// When a server's row was renewed last, by the database's clock.
#[derive(Clone, Copy, Debug)]
pub(in crate::store) struct Renewal {
    node: NodeId,
    seen_at: DateTime<Utc>,
}

/// Is this renewal not there any more?
pub(in crate::store) async fn has_lost(
    store: &Store,
    renewal: Renewal,
) -> Result<bool, StoreError> {
    let there = "SELECT 1 FROM nodes WHERE id = $1 AND seen_at >= $2";
    let values = [renewal.node.0.into(), renewal.seen_at.into()];
    Ok(store.readers().query_one_raw(ask(store, there, values)).await?.is_none())
}

/// Lists a server that begins now, and hears the others by a session of the name `listens_as`, or, if that is empty,
/// not by Postgres. `settings` is kept for those who [`list`] it.
pub(crate) async fn join(
    store: &Store,
    name: &str,
    version: &str,
    listens_as: &str,
    settings: &str,
) -> Result<NodeId, StoreError> {
    let forget =
        "DELETE FROM nodes WHERE seen_at < now() - CAST($1 AS BIGINT) * interval '1 second'";
    let writing = store.write().await?;
    writing.execute_raw(ask(store, forget, [KEPT_SECONDS.into()])).await?;
    let join = "INSERT INTO nodes (name, version, listens_as, settings, started_at, seen_at) \
                VALUES ($1, $2, $3, $4, now(), now()) RETURNING id";
    let values = [name, version, listens_as, settings].map(Value::from);
    let row = writing.query_one_raw(ask(store, join, values)).await?;
    let row = row.ok_or_else(|| StoreError::Rejected("a node was given no number".into()))?;
    Ok(NodeId(row.try_get("", "id")?))
}

/// Says that a server is there still; those that are, itself among them. `None` if it was taken for
/// gone meanwhile, and must join anew.
pub(crate) async fn renew(store: &Store, node: NodeId) -> Result<Option<Vec<Node>>, StoreError> {
    let renew = "UPDATE nodes SET seen_at = now() \
                 WHERE id = $1 AND seen_at > now() - CAST($2 AS BIGINT) * interval '1 second' \
                 RETURNING seen_at";
    let writing = store.write().await?;
    let renewed = writing
        .query_one_raw(ask(store, renew, [node.0.into(), LEASE_SECONDS.into()]))
        .await?;
    drop(writing);
    let Some(renewed) = renewed else {
        return Ok(None);
    };
    let seen_at = renewed.try_get("", "seen_at")?;
    store.lineage.has_renewed(Renewal { node, seen_at });
    Ok(Some(list(store).await?.into_iter().filter(Node::lives).collect()))
}

/// A server has ended in order.
pub(crate) async fn leave(store: &Store, node: NodeId) -> Result<(), StoreError> {
    let writing = store.write().await?;
    writing
        .execute_raw(ask(store, "DELETE FROM nodes WHERE id = $1", [node.0.into()]))
        .await?;
    Ok(())
}

/// All servers that there are, and those that have gone without a word since yesterday.
pub(crate) async fn list(store: &Store) -> Result<Vec<Node>, StoreError> {
    let list = "SELECT id, name, version, settings, started_at, \
                       listens_as = '' OR EXISTS (SELECT 1 FROM pg_stat_activity \
                               WHERE application_name = nodes.listens_as) AS is_listening, \
                       CAST(extract(epoch FROM now() - seen_at) AS BIGINT) AS seen_ago \
                FROM nodes ORDER BY id";
    let rows = store.readers().query_all_raw(ask(store, list, [])).await?;
    let nodes = rows.iter().map(|row| Node::from_query_result(row, ""));
    Ok(nodes.collect::<Result<_, _>>()?)
}

/// How many servers there are now, and how many sessions Postgres has for all of them.
pub(crate) async fn sessions(store: &Store) -> Result<(i64, i64), StoreError> {
    let sql = "SELECT (SELECT COUNT(*) FROM nodes \
                       WHERE seen_at > now() - CAST($1 AS BIGINT) * interval '1 second') AS servers, \
                      CAST(current_setting('max_connections') AS BIGINT) \
                      - CAST(current_setting('superuser_reserved_connections') AS BIGINT) AS sessions";
    let row = store.readers().query_one_raw(ask(store, sql, [LEASE_SECONDS.into()])).await?;
    let row = row.ok_or_else(|| StoreError::Rejected("Postgres does not say".into()))?;
    Ok((row.try_get("", "servers")?, row.try_get("", "sessions")?))
}

/// What all servers on this database know, and nobody who may not read it.
pub(crate) async fn secret(store: &Store) -> Result<String, StoreError> {
    let mine = random()?;
    let make = "UPDATE meta SET bus_key = $1 WHERE bus_key IS NULL";
    let writing = store.write().await?;
    writing.execute_raw(ask(store, make, [mine.into()])).await?;
    let row = writing.query_one_raw(ask(store, "SELECT bus_key FROM meta", [])).await?;
    let row = row.ok_or_else(nameless)?;
    Ok(row.try_get("", "bus_key")?)
}
