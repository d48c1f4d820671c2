//! How an account ends. A deactivated one keeps its name and may come back; what was personal of an
//! erased one is gone for good. What either said stays, under the name of nobody.

use chrono::{DateTime, SubsecRound, Utc};
use entity::users;
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};

use crate::domain::names::DELETED_USER;
use crate::domain::{Refusal, Right, TokenId, UserId};
use crate::store::accounts::administrators::{LastAdmin, is_last};
use crate::store::accounts::freed_names;
use crate::store::commit::rows::execute;
use crate::store::rights::{Locked, require};
use crate::store::{Store, StoreError, Transaction, endings, finish, tokens};

/// What stands in the unique columns of an erased account: neither a name nor an address, so that
/// nobody can ever have it.
pub(super) fn erased_key(user: UserId) -> String {
    format!("erased:{user}")
}

/// Deactivates an active account, by a right that still holds, and ends its tokens, whose ids come back. `user_not_found` if there
/// is none such, `last_admin` if it is the last administrator's, who stays. What it said, and where
/// it is a member, stays.
pub(crate) async fn deactivate(
    store: &Store,
    right: Right,
    user: UserId,
    last_admin: LastAdmin,
) -> Result<Result<Vec<TokenId>, Refusal>, StoreError> {
    let transaction = store.begin().await?;
    let found = may_end(&transaction, (right, store.now()), user, last_admin).await?;
    let active = found.and_then(|row| match row.deactivated_at {
        None => Ok(row),
        Some(_) => Err(Refusal::UserNotFound),
    });
    let gone = users::ActiveModel {
        deactivated_at: Set(Some(store.now().trunc_subsecs(6))),
        ..Default::default()
    };
    end(transaction, active, gone).await
}

/// Erases, by a right that still holds, what is personal of an account, active or not, with its devices, and ends its tokens, whose
/// ids come back. Its address is free again, and its name when it has rested. `user_not_found` if there is none such or it
/// is erased already, `last_admin` if it is the last administrator's, who stays.
pub(crate) async fn erase(
    store: &Store,
    right: Right,
    user: UserId,
    last_admin: LastAdmin,
) -> Result<Result<Vec<TokenId>, Refusal>, StoreError> {
    let transaction = store.begin().await?;
    let found = may_end(&transaction, (right, store.now()), user, last_admin).await?;
    let since = found.as_ref().ok().and_then(|row| row.deactivated_at);
    let since = since.unwrap_or_else(|| store.now().trunc_subsecs(6));
    if let Ok(row) = &found {
        freed_names::rest(&transaction, row, store.now()).await?;
    }
    let erased = users::ActiveModel {
        username: Set(DELETED_USER.to_owned()),
        username_key: Set(erased_key(user)),
        email: Set(String::new()),
        email_key: Set(erased_key(user)),
        display_name: Set(None),
        search_key: Set(None),
        written_look: Set(None),
        folded_look: Set(None),
        // The hash of no password.
        password_hash: Set(String::new()),
        is_admin: Set(false),
        deactivated_at: Set(Some(since)),
        ..Default::default()
    };
    end(transaction, found, erased).await
}

/// Takes a deactivation back: its password opens it again. `user_not_found` if there is no such
/// account, or it is erased. One that is active stays so.
pub(crate) async fn activate(
    store: &Store,
    user: UserId,
) -> Result<Result<(), Refusal>, StoreError> {
    let activated = users::Entity::update_many()
        .set(users::ActiveModel {
            deactivated_at: Set(None),
            ..Default::default()
        })
        .filter(users::Column::Id.eq(user.0))
        .filter(users::Column::UsernameKey.ne(erased_key(user)))
        .exec(&store.write().await?)
        .await
        .map_err(StoreError::of_single)?;
    Ok(match activated.rows_affected {
        0 => Err(Refusal::UserNotFound),
        _ => Ok(()),
    })
}

/// The account, locked, unless it must stay.
async fn may_end(
    db: &impl ConnectionTrait,
    right: (Right, DateTime<Utc>),
    user: UserId,
    last_admin: LastAdmin,
) -> Result<Result<users::Model, Refusal>, StoreError> {
    if let Err(refusal) = require(db, right, &[user], Locked::Administrators).await? {
        return Ok(Err(refusal));
    }
    if last_admin == LastAdmin::Stays && is_last(db, user).await? {
        return Ok(Err(Refusal::LastAdmin));
    }
    let row = users::Entity::find_by_id(user.0).lock_exclusive().one(db).await?;
    let row = row.filter(|row| row.username_key != erased_key(user));
    Ok(row.ok_or(Refusal::UserNotFound))
}

async fn end(
    transaction: Transaction,
    found: Result<users::Model, Refusal>,
    change: users::ActiveModel,
) -> Result<Result<Vec<TokenId>, Refusal>, StoreError> {
    let row = match found {
        Ok(row) => row,
        Err(refusal) => {
            transaction.rollback().await?;
            return Ok(Err(refusal));
        }
    };
    users::Entity::update_many()
        .set(change)
        .filter(users::Column::Id.eq(row.id))
        .exec(&transaction)
        .await?;
    let unsent = "DELETE FROM uploads WHERE user_id = $1 AND message_id IS NULL";
    execute(&transaction, unsent, [row.id.into()]).await?;
    let ended = tokens::delete_all(&transaction, UserId(row.id), None).await?;
    endings::note(&transaction, &[], Some(UserId(row.id))).await?;
    finish(transaction).await?;
    Ok(Ok(ended))
}
