//! One-time tickets, with which signed-in devices open sockets where no header can be set. Like tokens
//! they are secrets of which the store keeps the hash, and they end with their token.

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use entity::tickets;
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, SqlErr};

use crate::domain::TokenId;
use crate::store::tokens::{self, Device};
use crate::store::{Store, StoreError};

/// How long a ticket opens a socket.
pub(crate) const LIFETIME: TimeDelta = TimeDelta::seconds(30);

/// Makes a ticket on behalf of `token`, and forgets those that have expired. `false` if the token
/// was ended meanwhile.
pub(crate) async fn insert(
    store: &Store,
    token: TokenId,
    hash: &[u8],
    expires_at: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let now = store.now().trunc_subsecs(6);
    delete_expired(store, now).await?;
    let row = tickets::ActiveModel {
        token_id: Set(token.0),
        hash: Set(hash.to_vec()),
        created_at: Set(now),
        expires_at: Set(expires_at.trunc_subsecs(6)),
        ..Default::default()
    };
    match tickets::Entity::insert(row).exec(&store.write().await?).await {
        Ok(_) => Ok(true),
        Err(error) => match error.sql_err() {
            Some(SqlErr::ForeignKeyConstraintViolation(_)) => Ok(false),
            _ => Err(StoreError::of_single(error)),
        },
    }
}

/// The device whose ticket has this hash. The row is deleted by the same statement that finds it,
/// so a ticket opens once, even if two nodes are asked at the same time.
pub(crate) async fn redeem(
    store: &Store,
    hash: &[u8],
    now: DateTime<Utc>,
) -> Result<Option<Device>, StoreError> {
    let redeemed = tickets::Entity::delete_many()
        .filter(tickets::Column::Hash.eq(hash))
        .exec_with_returning(&store.write().await?)
        .await
        .map_err(StoreError::of_single)?;
    match redeemed.first().filter(|ticket| ticket.expires_at > now) {
        Some(ticket) => {
            tokens::device(
                store,
                tokens::valid(now).filter(entity::tokens::Column::Id.eq(ticket.token_id)),
            )
            .await
        }
        None => Ok(None),
    }
}

/// Forgets those that have expired.
pub(super) async fn delete_expired(store: &Store, now: DateTime<Utc>) -> Result<(), StoreError> {
    tickets::Entity::delete_many()
        .filter(tickets::Column::ExpiresAt.lte(now))
        .exec(&store.write().await?)
        .await
        .map_err(StoreError::of_single)?;
    Ok(())
}
