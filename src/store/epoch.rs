//! The epoch: the name of this database's history, by which a client knows whether its positions
//! mean anything here.
//!
//! A backup carries the epoch along. Once an older one is restored, the same numbers come to name
//! other changes than those that clients have seen, so [`Store::renew_epoch`] must end the old name.

use entity::meta;
use sea_orm::ActiveValue::Set;
use sea_orm::EntityTrait;

use crate::store::{Store, StoreError, finish};

impl Store {
    /// The identity of this database's history; it is another one after a restore.
    pub async fn epoch(&self) -> Result<String, StoreError> {
        let row = meta::Entity::find().one(&self.readers).await?;
        row.map(|row| row.epoch).ok_or_else(nameless)
    }

    /// Gives the history a new, random name and says it: from now on every position that a client
    /// has is from another history. A running server does not notice.
    pub async fn renew_epoch(&self) -> Result<String, StoreError> {
        let epoch = random()?;
        let transaction = self.begin().await?;
        let renewed = meta::ActiveModel {
            epoch: Set(epoch.clone()),
            ..Default::default()
        };
        let renewed = meta::Entity::update_many().set(renewed).exec(&transaction).await?;
        if renewed.rows_affected == 0 {
            return Err(nameless());
        }
        finish(transaction).await?;
        Ok(epoch)
    }
}

fn nameless() -> StoreError {
    StoreError::Rejected("the database has no identity".into())
}

/// As the migration makes them: 128 random bits in hexadecimal.
fn random() -> Result<String, StoreError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| StoreError::Unavailable(error.to_string()))?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}
