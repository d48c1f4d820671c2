//! The epoch: the name of this database's history, by which a client knows whether its positions
//! mean anything here.
//!
//! A backup carries the epoch along. Once an older one is restored, the same numbers come to name
//! other changes than those that clients have seen, so the old name must end. The administrator says
//! so ([`Store::renew_epoch`]); a Postgres that was promoted, recovered to a point in time, or filled
//! from a dump of another one says so itself ([`Store::notice_fork`]).

use entity::meta;
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect, UpdateMany};

use crate::store::{Store, StoreError, finish};

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
    /// another one. The servers that run on it begin anew. The schema may be an earlier version's.
    pub async fn renew_epoch(&self) -> Result<(), StoreError> {
        match self.rename(meta::Entity::update_many()).await? {
            true => Ok(()),
            false => Err(nameless()),
        }
    }

    /// The same, unless it is called otherwise than this already: of several servers that find something
    /// missing, one renews it.
    pub async fn renew_epoch_of(&self, known: &str) -> Result<(), StoreError> {
        let of_this = meta::Entity::update_many().filter(meta::Column::Epoch.eq(known));
        self.rename(of_this).await.map(drop)
    }

    async fn rename(&self, which: UpdateMany<meta::Entity>) -> Result<bool, StoreError> {
        let transaction = self.begin().await?;
        let renewed = meta::ActiveModel {
            epoch: Set(random()?),
            ..Default::default()
        };
        let renewed = which.set(renewed).exec(&transaction).await?;
        finish(transaction).await?;
        Ok(renewed.rows_affected > 0)
    }

    /// Remembers that this history of Postgres has all that was in the one before, for the next start.
    pub async fn adopt(&self, cluster: &str) -> Result<(), StoreError> {
        let adopted = meta::ActiveModel {
            cluster: Set(Some(cluster.to_owned())),
            ..Default::default()
        };
        meta::Entity::update_many()
            .set(adopted)
            .exec(&self.write().await?)
            .await
            .map_err(StoreError::of_single)?;
        Ok(())
    }

    /// Renews the epoch if Postgres has another history than at the last start, and says whether it
    /// did. What has none to tell of, SQLite above all, is taken to be as it was.
    pub async fn notice_fork(&self) -> Result<bool, StoreError> {
        let Some(cluster) = self.read_cluster(&self.writer).await? else {
            if !self.is_sqlite() {
                log::info!("a failover or restore will not be noticed, as Postgres does not tell");
            }
            return Ok(false);
        };
        self.lineage.know(Some(cluster.clone()));
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
}

/// There is no row that says what this database is.
pub(in crate::store) fn nameless() -> StoreError {
    StoreError::Rejected("the database has no identity".into())
}

/// As the migration makes them: 128 random bits in hexadecimal.
pub(in crate::store) fn random() -> Result<String, StoreError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| StoreError::Unavailable(error.to_string()))?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}
