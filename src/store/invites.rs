//! Invitations. A code is a secret like a token's, and only its hash is kept. Using one up belongs to
//! the transaction that makes the account ([`commit`](crate::store::commit)).

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use entity::invites;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, ExprTrait, Func};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::domain::{InviteHash, InviteId, InviteTerms, Refusal, Right, UserId};
use crate::store::rights::{Locked, require};
use crate::store::{Store, StoreError, finish};

/// How long one that is no longer good stays on the list.
const REMEMBERED: TimeDelta = TimeDelta::days(30);

/// An invitation, without its code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invite {
    pub id: InviteId,
    /// Who made it; nobody in particular under `--trust`.
    pub created_by: Option<UserId>,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    /// How many accounts it makes.
    pub max_uses: i64,
    /// How many it has made.
    pub uses: i64,
    /// When it was taken back.
    pub revoked_at: Option<DateTime<Utc>>,
}

impl From<invites::Model> for Invite {
    fn from(row: invites::Model) -> Self {
        Self {
            id: InviteId(row.id),
            created_by: row.created_by.map(UserId),
            created_at: row.created_at,
            expires_at: row.expires_at,
            max_uses: row.max_uses,
            uses: row.uses,
            revoked_at: row.revoked_at,
        }
    }
}

/// Makes an invitation whose code has this hash, by a right that still holds.
pub(crate) async fn insert(
    store: &Store,
    right: Right,
    hash: InviteHash,
    terms: InviteTerms,
) -> Result<Result<Invite, Refusal>, StoreError> {
    let transaction = store.begin().await?;
    if let Err(refusal) = require(&transaction, (right, store.now()), &[], Locked::People).await? {
        transaction.rollback().await?;
        return Ok(Err(refusal));
    }
    let now = store.now().trunc_subsecs(6);
    let row = invites::ActiveModel {
        hash: Set(hash.0.to_vec()),
        created_by: Set(right.device().map(|(_, user)| user.0)),
        created_at: Set(now),
        expires_at: Set(now + TimeDelta::hours(terms.hours())),
        max_uses: Set(terms.uses()),
        ..Default::default()
    };
    let row = invites::Entity::insert(row).exec_with_returning(&transaction).await?;
    finish(transaction).await?;
    Ok(Ok(row.into()))
}

/// Is this one good now? Only to refuse early: the transaction asks again.
pub(crate) async fn is_good(store: &Store, hash: InviteHash) -> Result<bool, StoreError> {
    let row = invites::Entity::find()
        .filter(invites::Column::Hash.eq(hash.0.to_vec()))
        .filter(invites::Column::RevokedAt.is_null())
        .filter(invites::Column::ExpiresAt.gt(store.now()))
        .filter(Expr::col(invites::Column::Uses).lt(Expr::col(invites::Column::MaxUses)))
        .one(store.readers())
        .await?;
    Ok(row.is_some())
}

/// Invitations by id, from the one after `after`.
pub(crate) async fn page(
    store: &Store,
    after: InviteId,
    limit: u64,
) -> Result<Vec<Invite>, StoreError> {
    let rows = invites::Entity::find()
        .filter(invites::Column::Id.gt(after.0))
        .order_by_asc(invites::Column::Id)
        .limit(limit)
        .all(store.readers())
        .await?;
    Ok(rows.into_iter().map(Invite::from).collect())
}

/// Takes an invitation back, from this instant on and by a right that still holds; `invite_not_found`
/// if there is none such. One that is taken back already keeps its time.
pub(crate) async fn revoke(
    store: &Store,
    right: Right,
    invite: InviteId,
) -> Result<Result<(), Refusal>, StoreError> {
    let transaction = store.begin().await?;
    if let Err(refusal) = require(&transaction, (right, store.now()), &[], Locked::People).await? {
        transaction.rollback().await?;
        return Ok(Err(refusal));
    }
    let now = store.now().trunc_subsecs(6);
    let first = Func::coalesce([Expr::col(invites::Column::RevokedAt), Expr::val(now)]);
    let revoked = invites::Entity::update_many()
        .col_expr(invites::Column::RevokedAt, first.into())
        .filter(invites::Column::Id.eq(invite.0))
        .exec(&transaction)
        .await?;
    finish(transaction).await?;
    Ok(match revoked.rows_affected {
        0 => Err(Refusal::InviteNotFound),
        _ => Ok(()),
    })
}

/// Forgets what has long been no good.
pub(super) async fn delete_old(store: &Store, now: DateTime<Utc>) -> Result<(), StoreError> {
    let long_ago = now - REMEMBERED;
    let is_old = Condition::any()
        .add(invites::Column::ExpiresAt.lte(long_ago))
        .add(invites::Column::RevokedAt.lte(long_ago));
    invites::Entity::delete_many()
        .filter(is_old)
        .exec(&store.write().await?)
        .await
        .map_err(StoreError::of_single)?;
    Ok(())
}
