//! Accounts. They are made by the writer, in one line with everything else that happens in General
//! ([`commit`](crate::store::commit)); here they are read and changed. [`ending`] deactivates and
//! erases them, [`administrators`] says who manages them.

pub(crate) mod administrators;
mod credentials;
pub(crate) mod ending;
pub(in crate::store) mod freed_names;
pub(in crate::store) mod name_keys;

use chrono::{DateTime, Utc};
use entity::users;
use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::sea_query::{Expr, ExprTrait, LikeExpr};
use sea_orm::{
    ColumnTrait, Condition, DbErr, EntityTrait, Order, QueryFilter, QueryOrder, QuerySelect, Select,
};

pub(crate) use credentials::{Credentials, credentials, credentials_of};

use crate::domain::names::forms::search_words;
use crate::domain::{DisplayName, Email, Refusal, Right, TokenId, TypedName, UserId, Username};
use crate::store::commit::rows::query;
use crate::store::rights::{Locked, require};
use crate::store::statements::StatementRunner;
use crate::store::{Store, StoreError, finish, tokens};

/// An account, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub id: UserId,
    /// As the person wrote it.
    pub username: String,
    /// As the person wrote it.
    pub email: String,
    /// Shown instead of the username.
    pub display_name: Option<String>,
    /// May manage accounts.
    pub is_admin: bool,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Since when nobody can sign in with it; history keeps it.
    pub deactivated_at: Option<DateTime<Utc>>,
    /// Has what was personal of it been erased?
    pub is_erased: bool,
}

impl From<users::Model> for Account {
    fn from(row: users::Model) -> Self {
        Self {
            id: UserId(row.id),
            username: row.username,
            email: row.email,
            display_name: row.display_name,
            is_admin: row.is_admin,
            created_at: row.created_at,
            deactivated_at: row.deactivated_at,
            is_erased: row.username_key == ending::erased_key(UserId(row.id)),
        }
    }
}

fn active() -> Select<users::Entity> {
    users::Entity::find().filter(users::Column::DeactivatedAt.is_null())
}

/// One account, deactivated ones too.
pub(crate) async fn by_id(store: &Store, user: UserId) -> Result<Option<Account>, StoreError> {
    let row = users::Entity::find_by_id(user.0).one(store.readers()).await?;
    Ok(row.map(Account::from))
}

/// The account with this name in any case, deactivated ones too. One that was erased has no name.
pub(crate) async fn by_username(
    store: &Store,
    username: &TypedName,
) -> Result<Option<Account>, StoreError> {
    Ok(named(users::Entity::find(), store, username).await?.map(Account::from))
}

/// The one of some that is meant by a name: it has this key, or kept its former one.
async fn named(
    some: Select<users::Entity>,
    store: &Store,
    username: &TypedName,
) -> Result<Option<users::Model>, StoreError> {
    let keys = username.keys();
    let rows = some
        .filter(users::Column::UsernameKey.is_in(keys.clone()))
        .all(store.readers())
        .await?;
    let place = |row: &users::Model| keys.iter().position(|key| *key == row.username_key);
    Ok(rows.into_iter().min_by_key(place))
}

/// Is there an account, or was there ever? The first one is the administrator's.
pub(crate) async fn is_any(store: &Store) -> Result<bool, StoreError> {
    Ok(is_any_in(store.readers()).await?)
}

pub(in crate::store) async fn is_any_in(db: &dyn StatementRunner) -> Result<bool, DbErr> {
    Ok(!query(db, "SELECT id FROM users LIMIT 1", []).await?.is_empty())
}

/// All accounts by id, deactivated and erased ones too, from the one after `after`.
pub(crate) async fn page_of_all(
    store: &Store,
    after: UserId,
    limit: u64,
) -> Result<Vec<Account>, StoreError> {
    page_of(users::Entity::find(), store, after, limit).await
}

/// As a condition that says nothing to Postgres of how many there are: without statistics it takes the active accounts
/// for a two hundredth of all, and would rather read and sort them than go by their ids.
const IS_ACTIVE: &str = "(CASE WHEN users.deactivated_at IS NULL THEN TRUE ELSE FALSE END)";

/// Active accounts by id, from the one after `after`.
pub(crate) async fn page(
    store: &Store,
    after: UserId,
    limit: u64,
) -> Result<Vec<Account>, StoreError> {
    let active = users::Entity::find().filter(Expr::cust(IS_ACTIVE));
    page_of(active, store, after, limit).await
}

/// Active accounts in whose names each word of this text is found, as people type names
/// ([`search_words`]); those where each begins a word first.
pub(crate) async fn find(
    store: &Store,
    text: &str,
    limit: u64,
) -> Result<Vec<Account>, StoreError> {
    let words = search_words(text);
    if words.is_empty() {
        return Ok(Vec::new());
    }
    let all = |before: &str| {
        let pattern = |word: &String| format!("%{before}{}%", escape(word));
        let is_like = |word| {
            let pattern = LikeExpr::new(pattern(word)).escape('\\');
            Expr::col((users::Entity, users::Column::SearchKey)).like(pattern)
        };
        words.iter().map(is_like).fold(Condition::all(), Condition::add)
    };
    let begins = Expr::case(all(" "), 0).finally(1);
    let rows = active()
        .filter(all(""))
        .order_by(Expr::Case(Box::new(begins)), Order::Asc)
        .order_by_asc(users::Column::UsernameKey)
        .limit(limit)
        .all(store.readers())
        .await?;
    Ok(rows.into_iter().map(Account::from).collect())
}

/// What stands for itself in a pattern of LIKE.
fn escape(text: &str) -> String {
    let special = |c| matches!(c, '%' | '_' | '\\');
    text.chars()
        .flat_map(|c| special(c).then_some('\\').into_iter().chain([c]))
        .collect()
}

async fn page_of(
    some: Select<users::Entity>,
    store: &Store,
    after: UserId,
    limit: u64,
) -> Result<Vec<Account>, StoreError> {
    let rows = some
        .filter(users::Column::Id.gt(after.0))
        .order_by_asc(users::Column::Id)
        .limit(limit)
        .all(store.readers())
        .await?;
    Ok(rows.into_iter().map(Account::from).collect())
}

/// What to change of an account; `None` leaves a part as it is.
#[derive(Clone, Default)]
pub(crate) struct Update {
    /// The new name.
    pub username: Option<Username>,
    /// The new address.
    pub email: Option<Email>,
    /// The new name to be shown; `Some(None)` takes it away.
    pub display_name: Option<Option<DisplayName>>,
    /// PHC string of the new password's hash; it ends every token but `keep`.
    pub password_hash: Option<String>,
    /// The token that asks.
    pub keep: Option<TokenId>,
}

/// Changes an active account by a right that still holds: the account as it is now, and the tokens
/// that a new password has ended, in the same transaction. `user_not_found` if there is no such
/// account. A name or address that somebody else has is a [`StoreError::Conflict`], which
/// [`which_taken`] reads.
pub(crate) async fn update(
    store: &Store,
    right: Right,
    user: UserId,
    update: Update,
) -> Result<Result<(Account, Vec<TokenId>), Refusal>, StoreError> {
    let has_password = update.password_hash.is_some();
    let name = update.username.as_ref();
    let email = update.email.as_ref();
    let display_name = update.display_name.as_ref();
    let shown =
        |name: &Option<DisplayName>| Set(name.as_ref().map(|name| name.as_str().to_owned()));
    let skeletons = name.map(Username::skeletons);
    let changes = users::ActiveModel {
        username: name.map_or(NotSet, |name| Set(name.as_str().to_owned())),
        username_key: name.map_or(NotSet, |name| Set(name.key())),
        email: email.map_or(NotSet, |email| Set(email.as_str().to_owned())),
        email_key: email.map_or(NotSet, |email| Set(email.key())),
        written_look: skeletons
            .as_ref()
            .map_or(NotSet, |skeletons| Set(Some(skeletons.written.clone()))),
        folded_look: skeletons
            .as_ref()
            .map_or(NotSet, |skeletons| Set(Some(skeletons.folded.clone()))),
        display_name: display_name.map_or(NotSet, shown),
        password_hash: update.password_hash.map_or(NotSet, Set),
        // Set to what the filter says it is, so that an update of nothing is a statement too.
        deactivated_at: Set(None),
        ..Default::default()
    };
    let transaction = store.begin().await?;
    if name.is_some() {
        freed_names::alone(&transaction).await?;
    }
    if let Err(refusal) =
        require(&transaction, (right, store.now()), &[user], Locked::People).await?
    {
        transaction.rollback().await?;
        return Ok(Err(refusal));
    }
    if let Some(name) = name
        && let Err(refusal) =
            freed_names::rename(&transaction, (right, store.now()), user, name).await?
    {
        transaction.rollback().await?;
        return Ok(Err(refusal));
    }
    let rows = users::Entity::update_many()
        .set(changes)
        .filter(users::Column::Id.eq(user.0))
        .filter(users::Column::DeactivatedAt.is_null())
        .exec_with_returning(&transaction)
        .await?;
    let Some(row) = rows.into_iter().next() else {
        transaction.rollback().await?;
        return Ok(Err(Refusal::UserNotFound));
    };
    name_keys::search_anew(&transaction, &row).await?;
    let account = Account::from(row);
    let ended = match has_password {
        true => tokens::delete_all(&transaction, user, update.keep).await?,
        false => Vec::new(),
    };
    finish(transaction).await?;
    Ok(Ok((account, ended)))
}

/// Which part of an account somebody else has, if that is what the store complains about. Both
/// stores name the index or its column; neither repeats what a person typed.
pub(crate) fn which_taken(error: &StoreError) -> Option<Refusal> {
    match error {
        StoreError::Conflict(text) if text.contains("username_key") => Some(Refusal::UsernameTaken),
        StoreError::Conflict(text) if text.contains("email_key") => Some(Refusal::EmailTaken),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_is_read_from_both_stores() {
        let taken = |text: &str| which_taken(&StoreError::Conflict(text.into()));
        for (text, expected) in [
            ("UNIQUE constraint failed: users.username_key", Some(Refusal::UsernameTaken)),
            ("UNIQUE constraint failed: users.email_key", Some(Refusal::EmailTaken)),
            (
                "duplicate key value violates unique constraint \"users_username_key\"",
                Some(Refusal::UsernameTaken),
            ),
            (
                "duplicate key value violates unique constraint \"users_email_key\"",
                Some(Refusal::EmailTaken),
            ),
            ("UNIQUE constraint failed: tokens.hash", None),
        ] {
            assert_eq!(taken(text), expected, "{text}");
        }
    }
}
