//! Names that were given up. Each rests for a while before somebody else may have it, so that nobody is taken for
//! who had it yesterday. Kept is a digest of its key, since what was erased is nowhere in clear.

use chrono::{DateTime, TimeDelta, Utc};
use entity::users;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter};
use sha2::{Digest, Sha256};

use crate::domain::names::likeness::is_mistaken_for;
use crate::domain::{Refusal, Right, UserId, Username};
use crate::store::StoreError;
use crate::store::commit::rows::{execute, query};

/// How long a name rests.
pub(in crate::store) const REST: TimeDelta = TimeDelta::days(30);

/// What is kept of a name.
pub(in crate::store) fn digest(key: &str) -> String {
    let digest = Sha256::digest(key.as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Since when a name must have been free.
pub(in crate::store) fn rested_before(now: DateTime<Utc>) -> DateTime<Utc> {
    now - REST
}

/// This account gives up its name.
pub(super) async fn rest(
    db: &impl ConnectionTrait,
    user: UserId,
    key: &str,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let forget = "DELETE FROM freed_names WHERE freed_at < $1";
    execute(db, forget, [rested_before(now).into()]).await?;
    let sql = "INSERT INTO freed_names (digest, user_id, freed_at) VALUES ($1, $2, $3) \
               ON CONFLICT (digest) DO UPDATE SET user_id = excluded.user_id, \
                   freed_at = excluded.freed_at";
    execute(db, sql, [digest(key).into(), user.0.into(), now.into()]).await?;
    Ok(())
}

/// An account takes another name, and its own begins to rest. `username_taken` for a name that looks like somebody
/// else's, or rests and is not the operator's to give.
pub(super) async fn rename(
    db: &impl ConnectionTrait,
    (right, now): (Right, DateTime<Utc>),
    user: UserId,
    username: &Username,
) -> Result<Result<(), Refusal>, StoreError> {
    let is_resting =
        !matches!(right, Right::Operator) && rests_for_others(db, user, username, now).await?;
    if is_resting || is_alike(db, user, username).await? {
        return Ok(Err(Refusal::UsernameTaken));
    }
    let row = users::Entity::find_by_id(user.0).one(db).await?;
    if let Some(row) = row.filter(|row| row.username_key != username.key()) {
        rest(db, user, &row.username_key, now).await?;
    }
    Ok(Ok(()))
}

/// Did somebody else give the name up lately? Who did may have it back.
async fn rests_for_others(
    db: &impl ConnectionTrait,
    user: UserId,
    username: &Username,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let sql =
        "SELECT user_id FROM freed_names WHERE digest = $1 AND freed_at > $2 AND user_id <> $3";
    let values = [
        digest(&username.key()).into(),
        rested_before(now).into(),
        user.0.into(),
    ];
    Ok(!query(db, sql, values).await?.is_empty())
}

/// Could the name pass for somebody else's?
async fn is_alike(
    db: &impl ConnectionTrait,
    user: UserId,
    username: &Username,
) -> Result<bool, StoreError> {
    let look = username.look();
    let alike = users::Column::WrittenLook.eq(look.written);
    let rows = users::Entity::find()
        .filter(alike.or(users::Column::FoldedLook.eq(look.folded)))
        .filter(users::Column::Id.ne(user.0))
        .all(db)
        .await?;
    let is_mistaken = |row: &users::Model| is_mistaken_for(&row.username, username.as_str());
    Ok(rows.iter().any(is_mistaken))
}
