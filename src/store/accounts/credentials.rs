//! What passwords are checked against.

use entity::users;
use sea_orm::{ColumnTrait, QueryFilter};

use crate::domain::{TypedName, UserId};
use crate::store::accounts::{active, named};
use crate::store::{Store, StoreError};

/// What a password is checked against.
#[derive(Clone)]
pub struct Credentials {
    pub user: UserId,
    /// PHC string of the hash.
    pub password_hash: String,
}

impl From<users::Model> for Credentials {
    fn from(row: users::Model) -> Self {
        Self {
            user: UserId(row.id),
            password_hash: row.password_hash,
        }
    }
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Credentials({})", self.user)
    }
}

/// The credentials of the active account with this name in any case; `None` if there is
/// none.
pub(crate) async fn credentials(
    store: &Store,
    username: &TypedName,
) -> Result<Option<Credentials>, StoreError> {
    let row = named(active(), store, username).await?;
    Ok(row.map(Credentials::from))
}

/// The credentials of this account, if it is active.
pub(crate) async fn credentials_of(
    store: &Store,
    user: UserId,
) -> Result<Option<Credentials>, StoreError> {
    let row = active().filter(users::Column::Id.eq(user.0)).one(store.readers()).await?;
    Ok(row.map(Credentials::from))
}
