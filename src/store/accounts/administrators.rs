//! Who manages accounts. There is always somebody: the last active administrator stays one.

use entity::users;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select,
};

use crate::domain::{Refusal, UserId};
use crate::store::{Store, StoreError, finish};

/// What may become of the last active administrator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LastAdmin {
    /// They stay: without them nobody could make another one.
    Stays,
    /// They may go: under `--trust` everybody manages.
    MayGo,
}

/// Makes an active account an administrator's, or one like the others; `user_not_found` if there is
/// no such active account, `last_admin` if nobody else is one.
pub(crate) async fn set(
    store: &Store,
    user: UserId,
    is_admin: bool,
) -> Result<Result<(), Refusal>, StoreError> {
    let transaction = store.begin().await?;
    if !is_admin && is_last(&transaction, user).await? {
        transaction.rollback().await?;
        return Ok(Err(Refusal::LastAdmin));
    }
    let updated = users::Entity::update_many()
        .set(users::ActiveModel {
            is_admin: Set(is_admin),
            ..Default::default()
        })
        .filter(users::Column::Id.eq(user.0))
        .filter(users::Column::DeactivatedAt.is_null())
        .exec(&transaction)
        .await?;
    finish(transaction).await?;
    Ok(match updated.rows_affected {
        0 => Err(Refusal::UserNotFound),
        _ => Ok(()),
    })
}

/// The active administrators, by id.
pub(in crate::store) async fn ids(db: &impl ConnectionTrait) -> Result<Vec<i64>, StoreError> {
    Ok(active().into_tuple().all(db).await?)
}

/// Is this the only active administrator? All of them are locked, so that two do not go at once.
pub(super) async fn is_last(db: &impl ConnectionTrait, user: UserId) -> Result<bool, StoreError> {
    let administrators: Vec<i64> = active().lock_exclusive().into_tuple().all(db).await?;
    Ok(administrators == [user.0])
}

fn active() -> Select<users::Entity> {
    users::Entity::find()
        .select_only()
        .column(users::Column::Id)
        // Not as a parameter: their index is of those alone.
        .filter(Expr::cust("is_admin"))
        .filter(users::Column::DeactivatedAt.is_null())
        .order_by_asc(users::Column::Id)
}
