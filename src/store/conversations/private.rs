//! The private conversation of two people: there is one, whoever of them asks first.

use chrono::{DateTime, Utc};
use entity::{conversations, members};
use sea_orm::sea_query::Query;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::domain::{ChatName, ConversationId, Kind, Refusal, Right, UserId};
use crate::store::conversations::{Chat, Founding, existing, insert};
use crate::store::{Store, StoreError};

/// Two different people, in whatever order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair(UserId, UserId);

impl Pair {
    /// `None` for one person twice.
    pub fn new(one: UserId, other: UserId) -> Option<Self> {
        (one != other).then_some(Self(one.min(other), one.max(other)))
    }

    /// Both of them.
    pub fn people(self) -> [UserId; 2] {
        [self.0, self.1]
    }

    fn key(self) -> String {
        format!("{}:{}", self.0, self.1)
    }

    /// Reads the key in the database back; `None` if it is none.
    pub(in crate::store) fn parse(key: &str) -> Option<Self> {
        let (one, other) = key.split_once(':')?;
        Self::new(UserId(one.parse().ok()?), UserId(other.parse().ok()?))
    }
}

/// The private conversation of two people, if they have one: the one that was made for them, or one
/// that they both belong to.
pub async fn between(store: &Store, pair: Pair) -> Result<Option<Chat>, StoreError> {
    let theirs = existing().filter(conversations::Column::Pair.eq(pair.key()));
    if let Some(row) = theirs.one(store.readers()).await? {
        return Ok(Some(row.try_into()?));
    }
    let of = |user: UserId| {
        let members = Query::select()
            .column(members::Column::ConversationId)
            .from(members::Entity)
            .and_where(members::Column::UserId.eq(user.0))
            .and_where(members::Column::LeftAt.is_null())
            .to_owned();
        conversations::Column::Id.in_subquery(members)
    };
    let row = existing()
        .filter(conversations::Column::Type.eq(Kind::Private.as_str()))
        .filter(of(pair.0))
        .filter(of(pair.1))
        .order_by_asc(conversations::Column::Id)
        .one(store.readers())
        .await?;
    row.map(Chat::try_from).transpose()
}

/// Makes the private conversation of two people, with `by` as its first member; whoever was faster
/// made it already.
pub async fn create_between(
    store: &Store,
    right: Right,
    pair: Pair,
    by: UserId,
    most: usize,
    now: DateTime<Utc>,
) -> Result<Result<Chat, Refusal>, StoreError> {
    let founding = Founding {
        right,
        by: Some(by),
        kind: Kind::Private,
        name: ChatName::NONE,
    };
    match insert(store, &founding, Some(pair.key()), most, now).await {
        Err(StoreError::Conflict(text)) => {
            let faster = between(store, pair).await?;
            faster.map(Ok).ok_or(StoreError::Conflict(text))
        }
        created => created,
    }
}

/// Those of these two who are no members of a conversation now.
pub async fn missing(
    store: &Store,
    conversation: ConversationId,
    pair: Pair,
) -> Result<Vec<UserId>, StoreError> {
    let rows = members::Entity::find()
        .filter(members::Column::ConversationId.eq(conversation.0))
        .filter(members::Column::UserId.is_in([pair.0.0, pair.1.0]))
        .filter(members::Column::LeftAt.is_null())
        .all(store.readers())
        .await?;
    let is_there = |user: &UserId| rows.iter().any(|row| row.user_id == user.0);
    Ok([pair.0, pair.1].into_iter().filter(|user| !is_there(user)).collect())
}
