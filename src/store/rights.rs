//! Which of many tokens and accounts still open something. What another process has ended, the
//! command line or another node, is seen here only.

use serde::Serialize;

use crate::domain::{TokenId, UserId};
use crate::store::commit::rows::{Type, fold, query, unfold};
use crate::store::{Store, StoreError};

/// How many are asked about at once, so that no query runs long.
const AT_ONCE: usize = 1_000;

#[derive(Serialize)]
struct Which {
    id: i64,
}

/// Those of `tokens` that are there no longer, or whose account is not active.
pub async fn ended_tokens(store: &Store, tokens: &[TokenId]) -> Result<Vec<TokenId>, StoreError> {
    let ids: Vec<i64> = tokens.iter().map(|token| token.0).collect();
    let among = "JOIN tokens t ON t.id = v.id \
                 JOIN users u ON u.id = t.user_id AND u.deactivated_at IS NULL";
    Ok(missing(store, &ids, among).await?.into_iter().map(TokenId).collect())
}

/// Those of `users` that are not active.
pub async fn ended_users(store: &Store, users: &[UserId]) -> Result<Vec<UserId>, StoreError> {
    let ids: Vec<i64> = users.iter().map(|user| user.0).collect();
    let among = "JOIN users u ON u.id = v.id AND u.deactivated_at IS NULL";
    Ok(missing(store, &ids, among).await?.into_iter().map(UserId).collect())
}

async fn missing(store: &Store, ids: &[i64], among: &str) -> Result<Vec<i64>, StoreError> {
    let db = store.readers();
    let rows = unfold(store.backend(), &[("id", Type::Number)]);
    let sql = format!("SELECT v.id FROM {rows} {among}");
    let mut missing = Vec::new();
    for ids in ids.chunks(AT_ONCE) {
        let which: Vec<_> = ids.iter().map(|id| Which { id: *id }).collect();
        let found = query(db, &sql, [fold(&which)?]).await?;
        let found = found
            .iter()
            .map(|row| row.try_get::<i64>("", "id"))
            .collect::<Result<std::collections::HashSet<_>, _>>()?;
        missing.extend(ids.iter().copied().filter(|id| !found.contains(id)));
    }
    Ok(missing)
}
