//! What has ended lately: written in the transaction that ends it, and read by those servers and processes
//! that did not end it.

use entity::endings;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ConnectionTrait, DbBackend, EntityTrait, QueryFilter, QuerySelect};

use crate::domain::{TokenId, UserId};
use crate::mistakes::Mistake;
use crate::store::{Store, StoreError};

/// Rows in one statement.
const AT_ONCE: usize = 500;

/// A token or an account that has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Ending {
    pub id: i64,
    pub token: Option<TokenId>,
    pub user: Option<UserId>,
}

/// Notes that these tokens of whomever, and this account, end with this transaction.
pub(in crate::store) async fn note(
    db: &impl ConnectionTrait,
    tokens: &[TokenId],
    user: Option<UserId>,
) -> Result<(), StoreError> {
    if Mistake::EndsHereOnly.is_made() {
        return Ok(());
    }
    let row = |token: Option<TokenId>, user: Option<UserId>| endings::ActiveModel {
        token_id: Set(token.map(|token| token.0)),
        user_id: Set(user.map(|user| user.0)),
        ..Default::default()
    };
    let of_tokens = tokens.iter().map(|token| row(Some(*token), None));
    let rows: Vec<_> = of_tokens.chain(user.map(|user| row(None, Some(user)))).collect();
    for rows in rows.chunks(AT_ONCE) {
        endings::Entity::insert_many(rows.to_vec()).exec_without_returning(db).await?;
    }
    Ok(())
}

/// What has ended within the last half minute, which is longer than a transaction can take: a row may
/// come to be seen after others that were written later.
pub(crate) async fn recent(store: &Store) -> Result<Vec<Ending>, StoreError> {
    let rows: Vec<(i64, Option<i64>, Option<i64>)> = endings::Entity::find()
        .select_only()
        .columns([
            endings::Column::Id,
            endings::Column::TokenId,
            endings::Column::UserId,
        ])
        .filter(Expr::col(endings::Column::EndedAt).gt(Expr::cust(ago(store, Ago::HalfMinute))))
        .into_tuple()
        .all(store.readers())
        .await?;
    let ending = |(id, token, user): (i64, Option<i64>, Option<i64>)| Ending {
        id,
        token: token.map(TokenId),
        user: user.map(UserId),
    };
    Ok(rows.into_iter().map(ending).collect())
}

/// Forgets what everybody has seen.
pub(in crate::store) async fn forget(store: &Store) -> Result<(), StoreError> {
    endings::Entity::delete_many()
        .filter(Expr::col(endings::Column::EndedAt).lt(Expr::cust(ago(store, Ago::Hour))))
        .exec(&store.write().await?)
        .await
        .map_err(StoreError::of_single)?;
    Ok(())
}

enum Ago {
    HalfMinute,
    Hour,
}

/// An instant by the database's clock, as its columns have it.
fn ago(store: &Store, ago: Ago) -> &'static str {
    match (store.backend(), ago) {
        (DbBackend::Sqlite, Ago::HalfMinute) => {
            "strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now', '-30 seconds')"
        }
        (DbBackend::Sqlite, Ago::Hour) => "strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now', '-1 hour')",
        (_, Ago::HalfMinute) => "now() - interval '30 seconds'",
        (_, Ago::Hour) => "now() - interval '1 hour'",
    }
}
