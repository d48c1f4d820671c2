//! What a list of conversations shows of each beside where its reader stands: the other one of a
//! private conversation, and what was said last.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement};

use crate::domain::files::Attachment;
use crate::domain::{ConversationId, UserId};
use crate::store::commit::rows::for_each;
use crate::store::messages::parse_attachments;
use crate::store::shown_names::{chosen, shown};
use crate::store::{Store, StoreError};

/// Characters of the last message that are shown.
const PREVIEW_CHARS: i64 = 200;

/// Somebody, as others see them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Person {
    pub user: UserId,
    /// Their name, as it is shown.
    pub username: String,
    /// Shown instead of it.
    pub display_name: Option<String>,
}

/// What was said last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Last {
    pub n: i64,
    /// Who said it.
    pub user: Option<UserId>,
    /// Their name, as it is shown.
    pub username: String,
    /// How it begins; empty once it is deleted.
    pub content: String,
    /// The files that it carries.
    pub attachments: Arc<[Attachment]>,
    /// Is it?
    pub is_deleted: bool,
    /// When it was said.
    pub created_at: DateTime<Utc>,
}

/// What is shown of one conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Details {
    /// The other one, in a private conversation.
    pub peer: Option<Person>,
    /// What was said last, if anything was.
    pub last: Option<Last>,
}

#[derive(FromQueryResult)]
struct PeerColumns {
    conversation_id: i64,
    user_id: i64,
    username: String,
    display_name: Option<String>,
    deactivated_at: Option<DateTime<Utc>>,
}

#[derive(FromQueryResult)]
struct LastColumns {
    conversation_id: i64,
    n: i64,
    sender_id: Option<i64>,
    content: String,
    attachments: Option<String>,
    created_at: DateTime<Utc>,
    deleted_at: Option<DateTime<Utc>>,
    username: Option<String>,
    deactivated_at: Option<DateTime<Utc>>,
}

/// What is shown of a user's conversations after `after`, up to `last`.
pub(crate) async fn details(
    store: &Store,
    user: UserId,
    after: ConversationId,
    last: ConversationId,
) -> Result<HashMap<ConversationId, Details>, StoreError> {
    let mut details: HashMap<_, Details> = HashMap::new();
    for row in peers(store, user, after, last).await? {
        details.entry(ConversationId(row.conversation_id)).or_default().peer = Some(Person {
            user: UserId(row.user_id),
            username: shown(row.username, row.deactivated_at),
            display_name: chosen(row.display_name, row.deactivated_at),
        });
    }
    for row in lasts(store, user, after, last).await? {
        let username = shown(row.username, row.deactivated_at);
        details.entry(ConversationId(row.conversation_id)).or_default().last = Some(Last {
            n: row.n,
            user: row.sender_id.map(UserId),
            username,
            content: row.content,
            attachments: row.attachments.as_deref().map(parse_attachments).unwrap_or_default(),
            is_deleted: row.deleted_at.is_some(),
            created_at: row.created_at,
        });
    }
    Ok(details)
}

async fn peers(
    store: &Store,
    user: UserId,
    after: ConversationId,
    last: ConversationId,
) -> Result<Vec<PeerColumns>, StoreError> {
    let chat = for_each(
        store.backend(),
        "conversations",
        "c",
        "c.id = m.conversation_id AND c.type = 'private' AND c.deleted_at IS NULL",
    );
    let sql = format!(
        "SELECT o.conversation_id, o.user_id, u.username, u.display_name, u.deactivated_at \
         FROM members m {chat} \
         JOIN members o ON o.conversation_id = c.id JOIN users u ON u.id = o.user_id \
         WHERE m.user_id = $1 AND m.left_at IS NULL \
           AND m.conversation_id > $2 AND m.conversation_id <= $3 \
           AND o.user_id <> $1 AND o.left_at IS NULL"
    );
    read(store, &sql, [user.0, after.0, last.0]).await
}

async fn lasts(
    store: &Store,
    user: UserId,
    after: ConversationId,
    last: ConversationId,
) -> Result<Vec<LastColumns>, StoreError> {
    let backend = store.backend();
    let chat = "c.id = m.conversation_id AND c.deleted_at IS NULL";
    let chat = for_each(backend, "conversations", "c", chat);
    let message = "t.conversation_id = c.id AND t.n = c.head_n";
    let message = for_each(backend, "messages", "t", message);
    let sql = format!(
        "SELECT t.conversation_id, t.n, t.sender_id, SUBSTR(t.content, 1, {PREVIEW_CHARS}) AS content, t.attachments, \
                t.created_at, t.deleted_at, u.username, u.deactivated_at \
         FROM members m {chat} {message} LEFT JOIN users u ON u.id = t.sender_id \
         WHERE m.user_id = $1 AND m.left_at IS NULL \
           AND m.conversation_id > $2 AND m.conversation_id <= $3"
    );
    read(store, &sql, [user.0, after.0, last.0]).await
}

async fn read<T: FromQueryResult>(
    store: &Store,
    sql: &str,
    values: [i64; 3],
) -> Result<Vec<T>, StoreError> {
    let values = values.map(sea_orm::Value::from);
    let statement = Statement::from_sql_and_values(store.backend(), sql, values);
    let rows = store.readers().query_all_raw(statement).await?;
    let rows = rows.iter().map(|row| T::from_query_result(row, ""));
    Ok(rows.collect::<Result<_, _>>()?)
}
