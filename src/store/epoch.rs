//! The epoch: the name of this database's history, by which a client knows whether its positions
//! mean anything here.
//!
//! A backup carries the epoch along. Once an older one is restored, the same numbers come to name
//! other changes than those that clients have seen, so the old name must end. The administrator says
//! so ([`Store::renew_epoch`]); a Postgres that was promoted, recovered to a point in time, or filled
//! from a dump of another one says so itself ([`Store::notice_fork`]).

use entity::meta;
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, Statement};

use crate::store::{Store, StoreError, finish};

/// Which cluster it is, and its timeline: every promotion and every recovery to a point in time begins
/// a new one (PostgreSQL documentation, "Timelines").
const CLUSTER: &str = "SELECT system_identifier || '/' || \
                       substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) FROM pg_control_system()";

impl Store {
    /// The identity of this database's history; it is another one after a restore.
    pub async fn epoch(&self) -> Result<String, StoreError> {
        let row = meta::Entity::find()
            .select_only()
            .column(meta::Column::Epoch)
            .into_tuple::<String>()
            .one(&self.readers)
            .await?;
        row.ok_or_else(nameless)
    }

    /// Gives the history a new, random name: from now on every position that a client has is from
    /// another one. A running server does not notice. The schema may be an earlier version's.
    pub async fn renew_epoch(&self) -> Result<(), StoreError> {
        let transaction = self.begin().await?;
        let renewed = meta::ActiveModel {
            epoch: Set(random()?),
            ..Default::default()
        };
        let renewed = meta::Entity::update_many().set(renewed).exec(&transaction).await?;
        if renewed.rows_affected == 0 {
            return Err(nameless());
        }
        finish(transaction).await
    }

    /// Renews the epoch if Postgres has another history than at the last start, and says whether it
    /// did. What has none to tell of, SQLite above all, is taken to be as it was.
    pub async fn notice_fork(&self) -> Result<bool, StoreError> {
        let Some(cluster) = self.cluster().await? else {
            return Ok(false);
        };
        let transaction = self.begin().await?;
        // Locked: of two servers that start together, one renews it.
        let row = meta::Entity::find().lock_exclusive().one(&transaction).await?;
        let row = row.ok_or_else(nameless)?;
        if row.cluster.as_ref() == Some(&cluster) {
            transaction.rollback().await?;
            return Ok(false);
        }
        // A database that has never said it may be a new one, or of an earlier version.
        let is_forked = row.cluster.is_some();
        let mut update = meta::ActiveModel {
            cluster: Set(Some(cluster)),
            ..Default::default()
        };
        if is_forked {
            update.epoch = Set(random()?);
        }
        let update = meta::Entity::update_many().set(update);
        update.filter(meta::Column::Id.eq(row.id)).exec(&transaction).await?;
        finish(transaction).await?;
        Ok(is_forked)
    }

    /// [`CLUSTER`], if this database knows such a thing and tells.
    async fn cluster(&self) -> Result<Option<String>, StoreError> {
        if self.is_sqlite() {
            return Ok(None);
        }
        let asked = Statement::from_string(self.backend(), CLUSTER);
        match self.writer.query_one_raw(asked).await.map_err(StoreError::from) {
            Ok(row) => Ok(row.map(|row| row.try_get_by_index(0)).transpose()?),
            Err(StoreError::Rejected(why)) => {
                log::info!("a failover or restore will not be noticed, as {why}");
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

fn nameless() -> StoreError {
    StoreError::Rejected("the database has no identity".into())
}

/// As the migration makes them: 128 random bits in hexadecimal.
pub(in crate::store) fn random() -> Result<String, StoreError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| StoreError::Unavailable(error.to_string()))?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}
