//! Which history the database has that is behind our connections. A Postgres that was promoted, or recovered
//! to a point in time, is on another timeline and may not have all that was committed on the one before. So
//! nothing is written to another history until somebody has looked at what is in it
//! ([`Store::history`], [`Store::accept`]).

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sea_orm::sqlx::{self, PgConnection};
use sea_orm::{ConnectionTrait, Statement};

use crate::domain::ConversationId;
use crate::store::changes::are_behind;
use crate::store::epoch::nameless;
use crate::store::nodes::{self, Renewal};
use crate::store::single_value::scalar;
use crate::store::{Store, StoreError};

/// Which cluster it is, and its timeline: every promotion and every recovery to a point in time begins
/// a new one (PostgreSQL documentation, "Timelines").
const CLUSTER: &str = "SELECT system_identifier || '/' || \
                       substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) FROM pg_control_system()";

/// The history that was found to be ours. Nothing as long as nobody has asked, and on SQLite.
#[derive(Clone, Debug, Default)]
pub(in crate::store) struct Lineage(Arc<Mutex<OwnHistory>>);

#[derive(Debug, Default)]
struct OwnHistory {
    cluster: Option<String>,
    renewal: Option<Renewal>,
}

impl Lineage {
    fn lock(&self) -> MutexGuard<'_, OwnHistory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn cluster(&self) -> Option<String> {
        self.lock().cluster.clone()
    }

    /// The history of this cluster is ours.
    pub(in crate::store) fn know(&self, cluster: Option<String>) {
        self.lock().cluster = cluster;
    }

    /// This server has renewed its row.
    pub(in crate::store) fn has_renewed(&self, renewal: Renewal) {
        self.lock().renewal = Some(renewal);
    }

    /// May be written by this connection?
    pub(in crate::store) async fn check(
        &self,
        connection: &mut PgConnection,
    ) -> Result<(), sqlx::Error> {
        let Some(known) = self.cluster() else {
            return Ok(());
        };
        let cluster: String = sqlx::query_scalar(CLUSTER).fetch_one(connection).await?;
        if cluster == known {
            return Ok(());
        }
        let why = "this Postgres was promoted or restored; what it has is being looked at";
        Err(sqlx::Error::Configuration(why.into()))
    }
}

/// What a database says of its history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    /// The name of the history, which clients are told.
    pub epoch: String,
    /// Postgres's own identity and timeline, if it tells.
    pub cluster: Option<String>,
}

impl Store {
    /// The history that the database has now.
    pub async fn history(&self) -> Result<History, StoreError> {
        let cluster = match self.lineage.cluster() {
            Some(_) => format!("({CLUSTER})"),
            None => "NULL".to_owned(),
        };
        let sql = format!("SELECT epoch, CAST({cluster} AS TEXT) AS cluster FROM meta");
        let asked = Statement::from_string(self.backend(), sql);
        let row = self.readers().query_one_raw(asked).await?.ok_or_else(nameless)?;
        Ok(History {
            epoch: row.try_get("", "epoch")?,
            cluster: row.try_get("", "cluster")?,
        })
    }

    /// Is something missing in this history that was committed in the one before: this server's row as it was
    /// last renewed, or the last changes of these conversations?
    pub async fn has_lost(&self, heads: &[(ConversationId, i64)]) -> Result<bool, StoreError> {
        let renewal = self.lineage.lock().renewal;
        let has_lost = match renewal {
            Some(renewal) => nodes::has_lost(self, renewal).await?,
            None => false,
        };
        Ok(has_lost || are_behind(self, heads).await?)
    }

    /// It may be written from now on.
    pub fn accept(&self, history: &History) {
        self.lineage.know(history.cluster.clone());
    }

    /// [`CLUSTER`], if this database knows such a thing and tells.
    pub(in crate::store) async fn read_cluster(
        &self,
        db: &impl ConnectionTrait,
    ) -> Result<Option<String>, StoreError> {
        if self.is_sqlite() {
            return Ok(None);
        }
        match scalar(db, CLUSTER, []).await {
            Err(StoreError::Rejected(why)) => {
                log::debug!("Postgres does not say which history it has: {why}");
                Ok(None)
            }
            answer => answer,
        }
    }
}
