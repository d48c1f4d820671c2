//! What changed in a conversation after a position. Each row remembers the `seq` of its last change,
//! so this is one indexed range of each table, and no log is written twice. A row that changed again
//! since is found at its last place only, as it is now.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use entity::{conversations, members, users};
use sea_orm::{
    ColumnTrait, EntityTrait, FromQueryResult, JoinType, QueryFilter, QueryOrder, QuerySelect,
    RelationDef,
};

use crate::domain::event::Extras;
use crate::domain::{ChatName, ConversationId, Event, Fact, Role, UserId};
use crate::store::{Store, StoreError, marks, messages};
use crate::wire::server::DELETED_USER;

/// A step of a replay.
#[derive(Clone, Debug)]
pub struct Changes {
    /// By `seq`; numbers that are missing were superseded by later ones.
    pub events: Vec<Event>,
    /// What hangs on the messages among them.
    pub extras: Extras,
    /// Everything up to here has been said.
    pub seq: i64,
}

/// How much one step may be. A single change may go beyond the bytes.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Changes.
    pub rows: u64,
    /// Bytes of text in them.
    pub bytes: usize,
}

/// The changes of a conversation after `after`, up to and including `upto`, within `bounds`. The
/// answer reaches `upto` unless there are more. Messages up to `known`, where the replay began, are
/// known to who asks.
pub async fn between(
    store: &Store,
    conversation: ConversationId,
    known: i64,
    after: i64,
    upto: i64,
    bounds: Bounds,
) -> Result<Changes, StoreError> {
    let limit = bounds.rows;
    let (messages, marks, members, name) = tokio::try_join!(
        messages::changed(store, conversation, after, upto, limit),
        marks::changed(store, conversation, after, upto, limit),
        member_changes(store, conversation, after, upto, limit),
        name_change(store, conversation, after, upto),
    )?;
    let messages = messages.into_iter().map(|row| row.into_change(known));
    let mut events: Vec<Event> = messages.chain(marks).chain(members).chain(name).collect();
    events.sort_by_key(|event| event.seq);
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    // Each range is whole up to its own limit, so the lowest `limit` of all are whole too.
    let is_full = events.len() >= limit;
    events.truncate(limit);
    let fitting = fitting(events.iter(), bounds.bytes);
    let is_cut = is_full || fitting < events.len();
    events.truncate(fitting);
    let seq = match events.last() {
        Some(last) if is_cut => last.seq,
        _ => upto,
    };
    with_extras(store, events, seq).await
}

async fn with_extras(store: &Store, events: Vec<Event>, seq: i64) -> Result<Changes, StoreError> {
    let extras = messages::extras(store, events.iter().filter_map(Event::row)).await?;
    Ok(Changes {
        events,
        extras,
        seq,
    })
}

/// How many of `events` fit into so many bytes of text; one at least.
fn fitting<'a>(events: impl Iterator<Item = &'a Event>, bytes: usize) -> usize {
    let mut total = 0;
    let fits = |event: &&Event| {
        total += event.bytes();
        total <= bytes
    };
    events.take_while(fits).count().max(1)
}

/// The newest messages of a conversation that are no newer than `upto`, for one who begins afresh.
pub async fn newest(
    store: &Store,
    conversation: ConversationId,
    upto: i64,
    limit: u64,
    bytes: usize,
) -> Result<Changes, StoreError> {
    let mut events = messages::newest(store, conversation, upto, limit).await?;
    let kept = fitting(events.iter().rev(), bytes);
    events.drain(..events.len().saturating_sub(kept));
    with_extras(store, events, upto).await
}

#[derive(FromQueryResult)]
struct MemberColumns {
    user_id: i64,
    role: String,
    seq: i64,
    created_at: DateTime<Utc>,
    left_at: Option<DateTime<Utc>>,
    username: String,
    deactivated_at: Option<DateTime<Utc>>,
}

async fn member_changes(
    store: &Store,
    conversation: ConversationId,
    after: i64,
    upto: i64,
    limit: u64,
) -> Result<Vec<Event>, StoreError> {
    let account: RelationDef = members::Entity::belongs_to(users::Entity)
        .from(members::Column::UserId)
        .to(users::Column::Id)
        .into();
    let rows = members::Entity::find()
        .columns([users::Column::Username, users::Column::DeactivatedAt])
        .join(JoinType::InnerJoin, account)
        .filter(members::Column::ConversationId.eq(conversation.0))
        .filter(members::Column::Seq.gt(after))
        .filter(members::Column::Seq.lte(upto))
        .order_by_asc(members::Column::Seq)
        .limit(limit)
        .into_model::<MemberColumns>()
        .all(store.readers())
        .await?;
    Ok(rows.into_iter().map(Event::from).collect())
}

impl From<MemberColumns> for Event {
    /// A member who is there `Joined`, whatever happened to them last; one who is not has `Left`.
    fn from(row: MemberColumns) -> Self {
        let user = UserId(row.user_id);
        let name = row.deactivated_at.map_or(row.username, |_| DELETED_USER.to_owned());
        let username: Arc<str> = name.into();
        let fact = match (row.left_at, Role::parse(&row.role)) {
            (None, Some(role)) => Fact::Joined {
                user,
                username,
                role,
            },
            _ => Fact::Left { user, username },
        };
        Self {
            seq: row.seq,
            at: row.left_at.unwrap_or(row.created_at),
            fact,
        }
    }
}

async fn name_change(
    store: &Store,
    conversation: ConversationId,
    after: i64,
    upto: i64,
) -> Result<Option<Event>, StoreError> {
    let row = conversations::Entity::find_by_id(conversation.0)
        .filter(conversations::Column::Seq.gt(after))
        .filter(conversations::Column::Seq.lte(upto))
        .one(store.readers())
        .await?;
    let event = |row: conversations::Model| {
        let fact = match (row.deleted_at, ChatName::parse(&row.name)) {
            (None, Ok(name)) => Fact::Renamed { name },
            _ => Fact::Dissolved,
        };
        Event {
            seq: row.seq,
            at: row.deleted_at.unwrap_or(row.created_at),
            fact,
        }
    };
    Ok(row.map(event))
}
