//! Names that were given up. Each rests for a while before somebody else may have it, so that nobody is taken for
//! who had it yesterday. Kept are digests, since what was erased is nowhere in clear.

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use entity::users;
use sea_orm::{ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, ExprTrait, QueryFilter};
use sha2::{Digest, Sha256};

use crate::domain::names::likeness::{Skeletons, is_newly_mistaken_for};
use crate::domain::{ConversationId, Refusal, Right, UserId, Username};
use crate::store::StoreError;
use crate::store::commit::rows::{execute, query};

/// How long a name rests.
pub(in crate::store) const REST: TimeDelta = TimeDelta::days(30);

/// What is kept of a name: digests of its key, and of what it looks like, so that no other one that looks like it is
/// had meanwhile.
pub(in crate::store) struct Digests {
    /// Of the key.
    pub(in crate::store) key: String,
    /// Of what it looks like as it is written.
    pub(in crate::store) written: String,
    /// Of what its key looks like.
    pub(in crate::store) folded: String,
}

impl Digests {
    pub(in crate::store) fn of(key: &str, skeletons: &Skeletons) -> Self {
        Self {
            key: digest("", key),
            written: digest("written\0", &skeletons.written),
            folded: digest("folded\0", &skeletons.folded),
        }
    }
}

fn digest(of: &str, text: &str) -> String {
    let digest = Sha256::digest([of, text].concat());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Since when a name must have been free.
pub(in crate::store) fn rested_before(now: DateTime<Utc>) -> DateTime<Utc> {
    now - REST
}

/// This account gives up its name.
pub(super) async fn rest(
    db: &impl ConnectionTrait,
    row: &users::Model,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let forget = "DELETE FROM freed_names WHERE freed_at < $1";
    execute(db, forget, [rested_before(now).into()]).await?;
    let sql = "INSERT INTO freed_names (digest, user_id, freed_at) VALUES ($1, $2, $3) \
               ON CONFLICT (digest) DO UPDATE SET user_id = excluded.user_id, \
                   freed_at = excluded.freed_at";
    let now = now.trunc_subsecs(6);
    let digests = Digests::of(&row.username_key, &Skeletons::of(&row.username));
    for digest in [digests.key, digests.written, digests.folded] {
        execute(db, sql, [digest.into(), row.id.into(), now.into()]).await?;
    }
    Ok(())
}

/// Waits until nobody else takes a name, and keeps them from it until the end of the transaction: of two names that look
/// alike the second is refused, also when both are asked for at once. Whoever registers locks General's head.
pub(super) async fn alone(db: &impl ConnectionTrait) -> Result<(), StoreError> {
    // Whoever writes to SQLite is alone.
    if db.get_database_backend() == DbBackend::Postgres {
        let lock = "SELECT id FROM conversations WHERE id = $1 FOR UPDATE";
        query(db, lock, [ConversationId::GENERAL.0.into()]).await?;
    }
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
    let Some(row) = users::Entity::find_by_id(user.0).one(db).await? else {
        return Ok(Ok(()));
    };
    let is_resting =
        !matches!(right, Right::Operator) && rests_for_others(db, user, username, now).await?;
    if is_resting || is_alike(db, &row, username).await? {
        return Ok(Err(Refusal::UsernameTaken));
    }
    if row.username_key != username.key() {
        rest(db, &row, now).await?;
    }
    Ok(Ok(()))
}

/// Did somebody else give the name up lately, or one that looks like it? Who did may have it back.
async fn rests_for_others(
    db: &impl ConnectionTrait,
    user: UserId,
    username: &Username,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let digests = Digests::of(&username.key(), &username.skeletons());
    let sql = "SELECT digest, user_id FROM freed_names \
               WHERE digest IN ($1, $2, $3) AND freed_at > $4";
    let values = [
        digests.key.as_str().into(),
        digests.written.into(),
        digests.folded.into(),
        rested_before(now).into(),
    ];
    let (mut is_own, mut is_anothers) = (false, false);
    for row in query(db, sql, values).await? {
        let (digest, of): (String, i64) = (row.get("digest")?, row.get("user_id")?);
        is_own |= of == user.0 && digest == digests.key;
        is_anothers |= of != user.0;
    }
    Ok(is_anothers && !is_own)
}

/// Could the new name of this account pass for somebody else's?
async fn is_alike(
    db: &impl ConnectionTrait,
    account: &users::Model,
    username: &Username,
) -> Result<bool, StoreError> {
    let skeletons = username.skeletons();
    let alike = users::Column::WrittenLook.eq(skeletons.written);
    let rows = users::Entity::find()
        .filter(alike.or(users::Column::FoldedLook.eq(skeletons.folded)))
        .filter(users::Column::Id.ne(account.id))
        .all(db)
        .await?;
    let is_mistaken = |row: &users::Model| {
        is_newly_mistaken_for(username.as_str(), &account.username, &row.username)
    };
    Ok(rows.iter().any(is_mistaken))
}
