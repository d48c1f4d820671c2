//! Signed-in devices. A secret is 256 random bits that only the client holds; the store keeps its
//! hash. With that much entropy a fast hash is right, and looking it up by equality tells nobody
//! anything.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use entity::{tokens, users};
use sea_orm::ActiveValue::Set;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, JoinType, QueryFilter, QueryOrder,
    QuerySelect, Select,
};
use sha2::{Digest, Sha256};

use crate::domain::{Refusal, Right, TokenId, UserId};
use crate::store::accounts::Credentials;
use crate::store::rights::{Locked, require};
use crate::store::{Store, StoreError, endings, finish};

/// How exactly `last_used_at` is kept; noting every request would be a write for every read.
pub const LAST_USED_PRECISION: TimeDelta = TimeDelta::seconds(60);

/// Devices of one user; beyond, the one that was used longest ago is signed out.
pub const DEVICES: usize = 100;

/// A secret that nobody can guess: 256 random bits, 43 characters that need no escaping anywhere.
#[expect(
    clippy::expect_used,
    reason = "without the system's random numbers no secret may be made at all"
)]
pub fn new_secret() -> String {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).expect("the system gives random numbers");
    URL_SAFE_NO_PAD.encode(bytes)
}

/// What is kept of a secret.
pub fn hash_secret(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

/// A signed-in device: on whose behalf a request comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// The token that it was given when it signed in.
    pub token: TokenId,
    /// Whose device it is.
    pub user: UserId,
    /// The owner's username.
    pub username: String,
    /// May manage accounts.
    pub is_admin: bool,
    /// When the token expires.
    pub expires_at: DateTime<Utc>,
    /// Last use, to [`LAST_USED_PRECISION`].
    pub last_used_at: DateTime<Utc>,
}

#[derive(FromQueryResult)]
struct DeviceRow {
    id: i64,
    user_id: i64,
    username: String,
    is_admin: bool,
    expires_at: DateTime<Utc>,
    last_used_at: DateTime<Utc>,
}

impl From<DeviceRow> for Device {
    fn from(row: DeviceRow) -> Self {
        Self {
            token: TokenId(row.id),
            user: UserId(row.user_id),
            username: row.username,
            is_admin: row.is_admin,
            expires_at: row.expires_at,
            last_used_at: row.last_used_at,
        }
    }
}

/// Tokens that open something now: not expired, of accounts that are active.
pub(super) fn valid(now: DateTime<Utc>) -> Select<tokens::Entity> {
    let owner = tokens::Entity::belongs_to(users::Entity)
        .from(tokens::Column::UserId)
        .to(users::Column::Id);
    tokens::Entity::find()
        .select_only()
        .columns([
            tokens::Column::Id,
            tokens::Column::UserId,
            tokens::Column::ExpiresAt,
            tokens::Column::LastUsedAt,
        ])
        .columns([users::Column::Username, users::Column::IsAdmin])
        .join(JoinType::InnerJoin, owner.into())
        .filter(users::Column::DeactivatedAt.is_null())
        .filter(tokens::Column::ExpiresAt.gt(now))
}

/// The one device among these.
pub(super) async fn device(
    store: &Store,
    tokens: Select<tokens::Entity>,
) -> Result<Option<Device>, StoreError> {
    let row = tokens.into_model::<DeviceRow>().one(store.readers()).await?;
    Ok(row.map(Device::from))
}

/// The device that holds the secret with this hash.
pub async fn find(
    store: &Store,
    hash: &[u8],
    now: DateTime<Utc>,
) -> Result<Option<Device>, StoreError> {
    device(store, valid(now).filter(tokens::Column::Hash.eq(hash))).await
}

/// A new device of `owner`, whose password was just checked: its token, and those that were used longest
/// ago and end, since a user has so many. `None` if meanwhile the password was changed or the account
/// deactivated. `hash` is the secret's SHA-256.
pub async fn insert(
    store: &Store,
    owner: &Credentials,
    hash: &[u8],
    user_agent: Option<String>,
    expires_at: DateTime<Utc>,
) -> Result<Option<(TokenId, Vec<TokenId>)>, StoreError> {
    let transaction = store.begin().await?;
    // Locked, so that a change of the password comes before this token or ends it.
    let is_current = users::Entity::find_by_id(owner.user.0)
        .filter(users::Column::PasswordHash.eq(&owner.password_hash))
        .filter(users::Column::DeactivatedAt.is_null())
        .lock_shared()
        .one(&transaction)
        .await?;
    if is_current.is_none() {
        transaction.rollback().await?;
        return Ok(None);
    }
    let now = store.now().trunc_subsecs(6);
    let row = tokens::ActiveModel {
        user_id: Set(owner.user.0),
        hash: Set(hash.to_vec()),
        user_agent: Set(user_agent),
        created_at: Set(now),
        last_used_at: Set(now),
        expires_at: Set(expires_at.trunc_subsecs(6)),
        ..Default::default()
    };
    let inserted = tokens::Entity::insert(row).exec(&transaction).await?;
    let ended = delete_surplus(&transaction, owner.user).await?;
    finish(transaction).await?;
    Ok(Some((TokenId(inserted.last_insert_id), ended)))
}

async fn delete_surplus(
    db: &impl ConnectionTrait,
    user: UserId,
) -> Result<Vec<TokenId>, StoreError> {
    let ids: Vec<i64> = tokens::Entity::find()
        .select_only()
        .column(tokens::Column::Id)
        .filter(tokens::Column::UserId.eq(user.0))
        .order_by_desc(tokens::Column::LastUsedAt)
        .order_by_desc(tokens::Column::Id)
        .into_tuple()
        .all(db)
        .await?;
    let surplus = ids.get(DEVICES..).unwrap_or_default();
    if surplus.is_empty() {
        return Ok(Vec::new());
    }
    tokens::Entity::delete_many()
        .filter(tokens::Column::Id.is_in(surplus.iter().copied()))
        .exec(db)
        .await?;
    Ok(surplus.iter().copied().map(TokenId).collect())
}

/// A device as its owner sees it in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenInfo {
    /// The token that it has.
    pub id: TokenId,
    /// What signed in, as it called itself.
    pub user_agent: Option<String>,
    /// When it signed in.
    pub created_at: DateTime<Utc>,
    /// Last use, to [`LAST_USED_PRECISION`].
    pub last_used_at: DateTime<Utc>,
    /// When the token expires.
    pub expires_at: DateTime<Utc>,
}

impl From<tokens::Model> for TokenInfo {
    fn from(row: tokens::Model) -> Self {
        Self {
            id: TokenId(row.id),
            user_agent: row.user_agent,
            created_at: row.created_at,
            last_used_at: row.last_used_at,
            expires_at: row.expires_at,
        }
    }
}

/// The devices of a user by id, from the one after `after`.
pub async fn list(
    store: &Store,
    user: UserId,
    after: TokenId,
    limit: u64,
) -> Result<Vec<TokenInfo>, StoreError> {
    let rows = tokens::Entity::find()
        .filter(tokens::Column::UserId.eq(user.0))
        .filter(tokens::Column::Id.gt(after.0))
        .filter(tokens::Column::ExpiresAt.gt(store.now()))
        .order_by_asc(tokens::Column::Id)
        .limit(limit)
        .all(store.readers())
        .await?;
    Ok(rows.into_iter().map(TokenInfo::from).collect())
}

/// Ends one token of a user, with its tickets, by a right that still holds; `false` if there is none
/// such.
pub async fn delete(
    store: &Store,
    right: Right,
    user: UserId,
    token: TokenId,
) -> Result<Result<bool, Refusal>, StoreError> {
    let transaction = store.begin().await?;
    if let Err(refusal) =
        require(&transaction, (right, store.now()), &[user], Locked::People).await?
    {
        transaction.rollback().await?;
        return Ok(Err(refusal));
    }
    let deleted = tokens::Entity::delete_many()
        .filter(tokens::Column::Id.eq(token.0))
        .filter(tokens::Column::UserId.eq(user.0))
        .exec(&transaction)
        .await?;
    let is_ended = deleted.rows_affected > 0;
    if is_ended {
        endings::note(&transaction, &[token], None).await?;
    }
    finish(transaction).await?;
    Ok(Ok(is_ended))
}

/// Ends all tokens of a user but `keep`; the ids of those that ended.
pub async fn delete_all(
    db: &impl ConnectionTrait,
    user: UserId,
    keep: Option<TokenId>,
) -> Result<Vec<TokenId>, StoreError> {
    let mut delete = tokens::Entity::delete_many().filter(tokens::Column::UserId.eq(user.0));
    if let Some(keep) = keep {
        delete = delete.filter(tokens::Column::Id.ne(keep.0));
    }
    let deleted = delete.exec_with_returning(db).await?;
    let ended: Vec<_> = deleted.into_iter().map(|row| TokenId(row.id)).collect();
    endings::note(db, &ended, None).await?;
    Ok(ended)
}

/// Notes that a token was used. Of many requests in the same minute one writes.
pub async fn touch(store: &Store, token: TokenId, now: DateTime<Utc>) -> Result<(), StoreError> {
    tokens::Entity::update_many()
        .set(tokens::ActiveModel {
            last_used_at: Set(now.trunc_subsecs(6)),
            ..Default::default()
        })
        .filter(tokens::Column::Id.eq(token.0))
        .filter(tokens::Column::LastUsedAt.lte(now - LAST_USED_PRECISION))
        .exec(&store.write().await?)
        .await
        .map_err(StoreError::of_single)?;
    Ok(())
}

/// When somebody signed in last, of those whose tokens are there.
pub(super) async fn last_sign_in(store: &Store) -> Result<Option<DateTime<Utc>>, StoreError> {
    let last = tokens::Entity::find().order_by_desc(tokens::Column::Id);
    Ok(last.one(store.readers()).await?.map(|row| row.created_at))
}

/// Forgets those that had expired at this time.
pub(super) async fn delete_expired(store: &Store, then: DateTime<Utc>) -> Result<(), StoreError> {
    tokens::Entity::delete_many()
        .filter(tokens::Column::ExpiresAt.lte(then))
        .exec(&store.write().await?)
        .await
        .map_err(StoreError::of_single)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_long_distinct_and_need_no_escaping() {
        let (one, other) = (new_secret(), new_secret());
        assert_ne!(one, other);
        assert_eq!(one.len(), 43);
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        assert!(one.chars().all(plain), "{one}");
        assert_ne!(hash_secret(&one), hash_secret(&other));
    }
}
