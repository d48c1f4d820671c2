//! Which rights still hold: that of one who writes, asked inside the transaction that writes; and those
//! of many tokens and accounts by which sockets are open. What another process has ended, the command
//! line or another node, is seen here only.

use std::collections::{BTreeSet, HashSet};

use chrono::{DateTime, Utc};
use entity::{tokens, users};
use sea_orm::sea_query::LockType;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};
use serde::Serialize;

use crate::domain::{Refusal, Right, TokenId, UserId};
use crate::store::accounts::administrators;
use crate::store::commit::rows::{Type, for_each, query, rows_from_json, to_json};
use crate::store::statements::StatementRunner;
use crate::store::{Store, StoreError};

/// How many are asked about at once, so that no query runs long.
const AT_ONCE: usize = 1_000;

/// Whose rows stay as they are until the end of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Locked {
    /// The caller's, and those of these accounts.
    People,
    /// Those of all administrators too: it matters who is the last.
    Administrators,
}

/// Locks whoever asks and whomever it is about, in the order of their ids, so that nobody waits in a
/// circle; and asks whether the right holds now that nobody can end it meanwhile.
pub(super) async fn require(
    db: &impl ConnectionTrait,
    (right, now): (Right, DateTime<Utc>),
    about: &[UserId],
    locked: Locked,
) -> Result<Result<(), Refusal>, StoreError> {
    let device = right.device();
    let people = about.iter().copied().chain(device.map(|(_, user)| user));
    lock(db, people.map(|user| user.0).collect(), locked).await?;
    let Some((token, user)) = device else {
        return Ok(Ok(()));
    };
    let token = tokens::Entity::find_by_id(token.0)
        .filter(tokens::Column::UserId.eq(user.0))
        .filter(tokens::Column::ExpiresAt.gt(now))
        .lock_shared()
        .one(db)
        .await?;
    let account = users::Entity::find_by_id(user.0)
        .filter(users::Column::DeactivatedAt.is_null())
        .one(db)
        .await?;
    Ok(match (token, account) {
        (Some(_), Some(account)) if right.holds(account.is_admin) => Ok(()),
        (Some(_), Some(_)) => Err(Refusal::NotAdministrator),
        _ => Err(Refusal::SignedOut),
    })
}

async fn lock(
    db: &impl ConnectionTrait,
    mut people: Vec<i64>,
    locked: Locked,
) -> Result<(), StoreError> {
    if locked == Locked::Administrators {
        // By their own index first: asked for together with the others, all accounts would be read.
        people.extend(administrators::ids(db).await?);
    }
    let _: Vec<i64> = users::Entity::find()
        .select_only()
        .column(users::Column::Id)
        .filter(users::Column::Id.is_in(people))
        .order_by_asc(users::Column::Id)
        .lock(LockType::NoKeyUpdate)
        .into_tuple()
        .all(db)
        .await?;
    Ok(())
}

#[derive(Serialize)]
struct IdRow {
    id: i64,
}

/// A part of a `FROM`: the device named `t` that fits, and is not expired by the parameter `now`; one row of nothing where
/// it is signed out. Nobody can sign it out until the transaction has ended, so that whoever is told that a
/// device is signed out finds nothing stored by it afterwards. One that is just being signed out is none any
/// more: waiting for that could be waiting in a circle.
pub(super) fn while_signed_in(backend: DbBackend, condition: &str, now: &str) -> String {
    let token = format!("{condition} AND t.expires_at > {now}");
    match backend {
        DbBackend::Sqlite => format!("LEFT JOIN tokens AS t ON {token}"),
        _ => format!(
            "LEFT JOIN LATERAL (SELECT t.id FROM tokens AS t WHERE {token} OFFSET 0 \
             FOR KEY SHARE SKIP LOCKED) AS t ON TRUE"
        ),
    }
}

/// Those of `devices` that are signed out, asked in the transaction that does what they ask.
pub(super) async fn signed_out(
    db: &dyn StatementRunner,
    devices: &[TokenId],
    now: DateTime<Utc>,
) -> Result<HashSet<TokenId>, StoreError> {
    if devices.is_empty() {
        return Ok(HashSet::new());
    }
    let backend = db.backend();
    let sql = format!(
        "SELECT v.id, t.id AS token_id FROM {} {}",
        rows_from_json(backend, &[("id", Type::Number)]),
        while_signed_in(backend, "t.id = v.id", "$2"),
    );
    let which: BTreeSet<_> = devices.iter().map(|device| device.0).collect();
    let which: Vec<_> = which.into_iter().map(|id| IdRow { id }).collect();
    let mut signed_out = HashSet::new();
    for row in query(db, &sql, [to_json(&which)?, now.into()]).await? {
        if row.get::<Option<i64>>("token_id")?.is_none() {
            signed_out.insert(TokenId(row.get("id")?));
        }
    }
    Ok(signed_out)
}

/// Those of `tokens` that are there no longer, or whose account is not active.
pub(crate) async fn ended_tokens(
    store: &Store,
    tokens: &[TokenId],
) -> Result<Vec<TokenId>, StoreError> {
    let ids: Vec<i64> = tokens.iter().map(|token| token.0).collect();
    let backend = store.backend();
    let owner = "u.id = t.user_id AND u.deactivated_at IS NULL";
    let among = [
        for_each(backend, "tokens", "t", "t.id = v.id"),
        for_each(backend, "users", "u", owner),
    ];
    Ok(missing(store, &ids, &among.join(" ")).await?.into_iter().map(TokenId).collect())
}

/// Those of `users` that are not active.
pub(crate) async fn ended_users(
    store: &Store,
    users: &[UserId],
) -> Result<Vec<UserId>, StoreError> {
    let ids: Vec<i64> = users.iter().map(|user| user.0).collect();
    let active = "u.id = v.id AND u.deactivated_at IS NULL";
    let among = for_each(store.backend(), "users", "u", active);
    Ok(missing(store, &ids, &among).await?.into_iter().map(UserId).collect())
}

async fn missing(store: &Store, ids: &[i64], among: &str) -> Result<Vec<i64>, StoreError> {
    let db = store.readers();
    let rows = rows_from_json(store.backend(), &[("id", Type::Number)]);
    let sql = format!("SELECT v.id FROM {rows} {among}");
    let mut missing = Vec::new();
    for ids in ids.chunks(AT_ONCE) {
        let which: Vec<_> = ids.iter().map(|id| IdRow { id: *id }).collect();
        let found = query(db, &sql, [to_json(&which)?]).await?;
        let found = found
            .iter()
            .map(|row| row.get::<i64>("id"))
            .collect::<Result<HashSet<_>, _>>()?;
        missing.extend(ids.iter().copied().filter(|id| !found.contains(id)));
    }
    Ok(missing)
}
