//! One change of a batch: what is rare enough for a statement of its own.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, Value};

use crate::domain::change::Post;
use crate::domain::event::{Message, Pin, Reaction};
use crate::domain::ledger::{Ledger, Place, Target};
use crate::domain::{
    Authority, Change, ConversationId, Fact, MessageId, NewAccount, NewText, Pair, Role, UserId,
    mentions,
};
use crate::store::StoreError;
use crate::store::accounts::keys;
use crate::store::commit::edits::{self, PinChange};
use crate::store::commit::invites;
use crate::store::commit::posts::{Messages, Revisions};
use crate::store::commit::rows::{execute, query};
use crate::wire::server::NOBODY;

/// What was stored for the whole batch already, and when.
pub(super) struct Written {
    pub(super) messages: Messages,
    pub(super) revisions: Revisions,
    pub(super) now: DateTime<Utc>,
}

/// Stores one accepted change, of which a message has been inserted already, and says what has
/// happened.
pub(super) async fn store_one(
    db: &impl ConnectionTrait,
    ledger: &Ledger,
    change: &Change,
    place: Place,
    written: &Written,
) -> Result<Fact, StoreError> {
    let (conversation, now) = (ledger.conversation, written.now);
    let name = |user: &UserId| name(ledger, Some(*user));
    let fact = match change {
        Change::Post(post) => Fact::Posted(posted(ledger, post, place, written)?),
        Change::Edit { message, text, .. } => {
            let message = edited(ledger, *message, text, now)?;
            edits::edit(db, conversation, &message, text, place, now).await?;
            Fact::Edited(message)
        }
        Change::Delete { message, .. } => {
            let message = deleted(ledger, *message, now)?;
            edits::delete(db, conversation, &message, place, now).await?;
            Fact::Deleted(message)
        }
        Change::React {
            user,
            message,
            emoji,
            on,
            ..
        } => {
            let reaction = Reaction {
                message: *message,
                n: target(ledger, *message)?.message.n,
                user: *user,
                username: name(user),
                emoji: emoji.clone(),
                on: *on,
            };
            edits::react(db, conversation, &reaction, place, now).await?;
            Fact::Reacted(reaction)
        }
        Change::Pin { by, message, on } => pin(db, ledger, *by, *message, *on, place, now).await?,
        Change::Join { user, role, .. } => {
            let role = place.role.unwrap_or(*role);
            join(db, conversation, *user, role, place, now).await?;
            if let Some(pair) = ledger.pair() {
                name_pair(db, conversation, pair).await?;
            }
            Fact::Joined {
                user: *user,
                username: name(user),
                role,
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
        Change::Dissolve { .. } | Change::Abandon => {
            let sql =
                "UPDATE conversations SET deleted_at = $1, seq = $2, pair = NULL WHERE id = $3";
            let values = [now.into(), place.seq.into(), conversation.0.into()];
            execute(db, sql, values).await?;
            Fact::Dissolved
        }
        Change::Enroll(account) => enroll(db, conversation, account, place, now).await?,
    };
    Ok(fact)
}

fn name(ledger: &Ledger, user: Option<UserId>) -> Arc<str> {
    let standing = user.and_then(|user| ledger.users.get(&user));
    standing.map_or_else(|| NOBODY.into(), |standing| standing.username.clone())
}

fn missing(what: &str, ledger: &Ledger) -> StoreError {
    StoreError::Rejected(format!("{what} of conversation {} is not there", ledger.conversation))
}

fn posted(
    ledger: &Ledger,
    post: &Post,
    place: Place,
    written: &Written,
) -> Result<Message, StoreError> {
    let here = ledger.conversation;
    let inserted = written
        .messages
        .get(&(here, place.n))
        .ok_or_else(|| missing(&format!("the id of message {}", place.n), ledger))?;
    let revision = post.sender.and_then(|user| written.revisions.get(&(here, user)));
    Ok(Message {
        id: inserted.id,
        n: place.n,
        sender: post.sender,
        username: name(ledger, post.sender),
        text: Some(post.text.text().clone()),
        mentions: inserted.mentions.clone(),
        reply_to: post.reply_to,
        client_msg_id: post.client_msg_id.clone(),
        sequence: post.sequence,
        created_at: written.now,
        edited_at: None,
        deleted_at: None,
        read_rev: revision.copied().unwrap_or(0),
        extra: None,
    })
}

/// The message that a change names, as the whole batch leaves it.
fn target(ledger: &Ledger, message: MessageId) -> Result<&Target, StoreError> {
    ledger.targets.get(&message).ok_or_else(|| missing("a message", ledger))
}

fn edited(
    ledger: &Ledger,
    message: MessageId,
    text: &NewText,
    now: DateTime<Utc>,
) -> Result<Message, StoreError> {
    let target = target(ledger, message)?;
    Ok(Message {
        text: Some(text.text().clone()),
        mentions: text.named().resolve(&ledger.names),
        edited_at: Some(now),
        deleted_at: None,
        // Reactions of this batch that come behind it are told again, and change nothing then.
        extra: Some(target.extra()),
        ..target.message.clone()
    })
}

fn deleted(ledger: &Ledger, message: MessageId, now: DateTime<Utc>) -> Result<Message, StoreError> {
    Ok(Message {
        text: None,
        mentions: mentions::Mentions::default(),
        deleted_at: Some(now),
        ..target(ledger, message)?.message.clone()
    })
}

async fn pin(
    db: &impl ConnectionTrait,
    ledger: &Ledger,
    by: Authority,
    message: MessageId,
    on: bool,
    place: Place,
    now: DateTime<Utc>,
) -> Result<Fact, StoreError> {
    let change = PinChange {
        conversation: ledger.conversation,
        message,
        user: by.user(),
        on,
    };
    edits::pin(db, &change, place, now).await?;
    Ok(Fact::Pinned(Pin {
        message,
        n: target(ledger, message)?.message.n,
        user: by.user(),
        username: name(ledger, by.user()),
        on,
    }))
}

/// It is the one of these two from now on. Whoever else makes theirs at the same moment is refused by
/// the unique index, and then by the ledger.
async fn name_pair(
    db: &impl ConnectionTrait,
    conversation: ConversationId,
    pair: Pair,
) -> Result<(), StoreError> {
    let sql = "UPDATE conversations SET pair = $1 WHERE id = $2 AND pair IS NULL";
    execute(db, sql, [pair.key().into(), conversation.0.into()]).await?;
    Ok(())
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
                   left_at = NULL, hidden_n = -1";
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
                                  is_admin, created_at, search_key, written_look, folded_look, \
                                  keys_version) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING id";
    let look = account.username.look();
    let values: [Value; 11] = [
        account.username.as_str().into(),
        account.username.key().into(),
        account.email.as_str().into(),
        account.email.key().into(),
        account.password_hash.as_str().into(),
        (role == Role::Owner || account.is_admin).into(),
        now.into(),
        keys::search_key(account.username.as_str(), None).into(),
        look.written.into(),
        look.folded.into(),
        keys::VERSION.into(),
    ];
    let rows = query(db, sql, values).await?;
    let row = rows
        .first()
        .ok_or_else(|| StoreError::Rejected("an account has no id".into()))?;
    let user = UserId(row.try_get("", "id")?);
    join(db, conversation, user, role, place, now).await?;
    if let Some(invite) = account.invite {
        invites::use_up(db, invite).await?;
    }
    Ok(Fact::Joined {
        user,
        username: account.username.as_str().into(),
        role,
    })
}
