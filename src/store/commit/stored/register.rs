//! An account is made, and is a member of General by that.

use sea_orm::Value;

use crate::domain::{Fact, NewAccount, Role, UserId};
use crate::store::StoreError;
use crate::store::accounts::name_keys;
use crate::store::commit::invites;
use crate::store::commit::rows::query;
use crate::store::commit::stored::Accepted;
use crate::store::commit::stored::join::insert_member;
use crate::store::statements::StatementRunner;

pub(super) async fn register(
    db: &dyn StatementRunner,
    accepted: &Accepted<'_>,
    account: &NewAccount,
) -> Result<Fact, StoreError> {
    let role = accepted.slot.role.unwrap_or(Role::Member);
    let user = insert_account(db, accepted, account, role).await?;
    insert_member(db, accepted, user, role).await?;
    if let Some(invite) = account.invite {
        invites::use_up(db, invite).await?;
    }
    Ok(Fact::Joined {
        user,
        username: account.username.as_str().into(),
        display_name: None,
        role,
    })
}

async fn insert_account(
    db: &dyn StatementRunner,
    accepted: &Accepted<'_>,
    account: &NewAccount,
    role: Role,
) -> Result<UserId, StoreError> {
    let sql = "INSERT INTO users (username, username_key, email, email_key, password_hash, \
                                  is_admin, created_at, search_key, written_look, folded_look, \
                                  keys_version) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING id";
    let skeletons = account.username.skeletons();
    let values: [Value; 11] = [
        account.username.as_str().into(),
        account.username.key().into(),
        account.email.as_str().into(),
        account.email.key().into(),
        account.password_hash.as_str().into(),
        (role == Role::Owner || account.is_admin).into(),
        accepted.now.into(),
        name_keys::search_key(account.username.as_str(), None).into(),
        skeletons.written.into(),
        skeletons.folded.into(),
        name_keys::VERSION.into(),
    ];
    let rows = query(db, sql, values).await?;
    let row = rows
        .first()
        .ok_or_else(|| StoreError::Rejected("an account has no id".into()))?;
    Ok(UserId(row.get("id")?))
}
