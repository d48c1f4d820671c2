//! One change of a batch: what is rare enough for a statement of its own.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, Value};

use crate::domain::change::Message;
use crate::domain::ledger::{Ledger, Place};
use crate::domain::{Change, ConversationId, Fact, NewAccount, Role, UserId};
use crate::store::StoreError;
use crate::store::commit::posts::Ids;
use crate::store::commit::rows::{execute, query};
use crate::wire::server::NOBODY;

/// Stores one accepted change, of which a message has been inserted already, and says what has
/// happened.
pub(super) async fn store_one(
    db: &impl ConnectionTrait,
    ledger: &Ledger,
    change: &Change,
    place: Place,
    ids: &Ids,
    now: DateTime<Utc>,
) -> Result<Fact, StoreError> {
    let conversation = ledger.conversation;
    let name = |user: &UserId| -> Arc<str> {
        let standing = ledger.users.get(user);
        standing.map_or_else(|| NOBODY.into(), |standing| standing.username.clone())
    };
    let fact = match change {
        Change::Post(post) => {
            let id = ids.get(&(conversation, place.n)).copied().ok_or_else(|| {
                StoreError::Rejected(format!("message {} of {conversation} has no id", place.n))
            })?;
            Fact::Posted(Message {
                id,
                n: place.n,
                sender: post.sender,
                username: post.sender.as_ref().map_or_else(|| NOBODY.into(), name),
                text: Some(post.text.clone()),
                client_msg_id: post.client_msg_id.clone(),
                sequence: post.sequence,
            })
        }
        Change::Join { user, role, .. } => {
            join(db, conversation, *user, *role, place, now).await?;
            Fact::Joined {
                user: *user,
                username: name(user),
                role: *role,
            }
        }
        Change::Leave { user, .. } => {
            let sql = "UPDATE members SET left_at = $1, seq = $2 \
                       WHERE conversation_id = $3 AND user_id = $4";
            let values = [
                now.into(),
                place.seq.into(),
                conversation.0.into(),
                user.0.into(),
            ];
            execute(db, sql, values).await?;
            Fact::Left {
                user: *user,
                username: name(user),
            }
        }
        Change::SetRole { user, role, .. } => {
            let sql = "UPDATE members SET role = $1, seq = $2 \
                       WHERE conversation_id = $3 AND user_id = $4";
            let role_name = role.as_str().into();
            let values = [
                role_name,
                place.seq.into(),
                conversation.0.into(),
                user.0.into(),
            ];
            execute(db, sql, values).await?;
            Fact::RoleChanged {
                user: *user,
                username: name(user),
                role: *role,
            }
        }
        Change::Rename { name, .. } => {
            let sql = "UPDATE conversations SET name = $1, seq = $2 WHERE id = $3";
            let values = [
                name.as_str().into(),
                place.seq.into(),
                conversation.0.into(),
            ];
            execute(db, sql, values).await?;
            Fact::Renamed { name: name.clone() }
        }
        Change::Dissolve { .. } => {
            let sql = "UPDATE conversations SET deleted_at = $1, seq = $2 WHERE id = $3";
            let values = [now.into(), place.seq.into(), conversation.0.into()];
            execute(db, sql, values).await?;
            Fact::Dissolved
        }
        Change::Enroll(account) => enroll(db, conversation, account, place, now).await?,
    };
    Ok(fact)
}

/// Who comes back begins anew: what was said before is not theirs to count.
async fn join(
    db: &impl ConnectionTrait,
    conversation: ConversationId,
    user: UserId,
    role: Role,
    place: Place,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO members (conversation_id, user_id, role, seq, joined_n, read_n, created_at) \
               VALUES ($1, $2, $3, $4, $5, $5, $6) \
               ON CONFLICT (conversation_id, user_id) DO UPDATE SET role = excluded.role, \
                   seq = excluded.seq, joined_n = excluded.joined_n, read_n = excluded.read_n, \
                   created_at = excluded.created_at, \
                   left_at = NULL";
    let values: [Value; 6] = [
        conversation.0.into(),
        user.0.into(),
        role.as_str().into(),
        place.seq.into(),
        place.n.into(),
        now.into(),
    ];
    execute(db, sql, values).await?;
    Ok(())
}

async fn enroll(
    db: &impl ConnectionTrait,
    conversation: ConversationId,
    account: &NewAccount,
    place: Place,
    now: DateTime<Utc>,
) -> Result<Fact, StoreError> {
    let role = place.role.unwrap_or(Role::Member);
    let sql = "INSERT INTO users (username, username_key, email, email_key, password_hash, \
                                  is_admin, created_at) \
               VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id";
    let values: [Value; 7] = [
        account.username.as_str().into(),
        account.username.key().into(),
        account.email.as_str().into(),
        account.email.key().into(),
        account.password_hash.as_str().into(),
        (role == Role::Owner).into(),
        now.into(),
    ];
    let rows = query(db, sql, values).await?;
    let row = rows
        .first()
        .ok_or_else(|| StoreError::Rejected("an account has no id".into()))?;
    let user = UserId(row.try_get("", "id")?);
    join(db, conversation, user, role, place, now).await?;
    Ok(Fact::Joined {
        user,
        username: account.username.as_str().into(),
        role,
    })
}
