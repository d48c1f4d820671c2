//! Conversations and who belongs to them. What happens in a conversation is the writer's
//! ([`commit`](crate::store::commit)); here it is made, loaded and listed.

mod details;
mod listing;
mod membership;
mod private;
mod reading;

use std::collections::HashMap;

use chrono::{DateTime, SubsecRound, Utc};
use entity::{conversations, members, users};
use sea_orm::ActiveValue::Set;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, JoinType, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, RelationDef, Select,
};

use crate::domain::conversation::Loaded;
use crate::domain::{
    Authority, ChatName, ConversationId, Kind, PrivatePair, Refusal, Right, Role, UserId,
};
use crate::store::rights::{Locked, require};
use crate::store::{Store, StoreError, finish};

pub(crate) use details::{Details, Last, Person, details};
pub(crate) use listing::{Listing, Unseen, of_member, of_user};
pub(crate) use membership::{MemberRow, members};
pub(crate) use private::{between, create_between, hide, missing, show};
pub(crate) use reading::{MemberKey, ReaderAt, apply_read_commands, mentions_of};

/// A conversation as it is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chat {
    pub id: ConversationId,
    pub kind: Kind,
    /// May be empty.
    pub name: String,
    /// Who made it.
    pub created_by: Option<UserId>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// The last `seq`.
    pub head_seq: i64,
    /// The last `n`.
    pub head_n: i64,
}

impl TryFrom<conversations::Model> for Chat {
    type Error = StoreError;

    fn try_from(row: conversations::Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: ConversationId(row.id),
            kind: kind(&row.r#type)?,
            name: row.name,
            created_by: row.created_by.map(UserId),
            created_at: row.created_at,
            head_seq: row.head_seq,
            head_n: row.head_n,
        })
    }
}

fn kind(text: &str) -> Result<Kind, StoreError> {
    Kind::parse(text).ok_or_else(|| StoreError::Rejected(format!("no conversation is a {text:?}")))
}

fn role(text: &str) -> Result<Role, StoreError> {
    Role::parse(text).ok_or_else(|| StoreError::Rejected(format!("no member is a {text:?}")))
}

fn existing() -> Select<conversations::Entity> {
    conversations::Entity::find().filter(conversations::Column::DeletedAt.is_null())
}

fn account_of_member() -> RelationDef {
    members::Entity::belongs_to(users::Entity)
        .from(members::Column::UserId)
        .to(users::Column::Id)
        .into()
}

/// What a conversation's actor starts from; `None` if there is no such conversation.
pub(crate) async fn load(
    store: &Store,
    conversation: ConversationId,
) -> Result<Option<Loaded>, StoreError> {
    // The heads first: if another node writes in between, the roles are ahead of the heads, and
    // learning the same change again does no harm. The other way round one would be missed.
    let Some(chat) = by_id(store, conversation).await? else {
        return Ok(None);
    };
    let rows: Vec<(i64, String)> = members::Entity::find()
        .select_only()
        .columns([members::Column::UserId, members::Column::Role])
        .join(JoinType::InnerJoin, account_of_member())
        .filter(members::Column::ConversationId.eq(conversation.0))
        .filter(members::Column::LeftAt.is_null())
        .filter(users::Column::DeactivatedAt.is_null())
        .into_tuple()
        .all(store.readers())
        .await?;
    let roles = rows
        .iter()
        .map(|(user, name)| Ok((UserId(*user), role(name)?)))
        .collect::<Result<HashMap<_, _>, StoreError>>()?;
    Ok(Some(Loaded {
        id: chat.id,
        kind: chat.kind,
        head_seq: chat.head_seq,
        head_n: chat.head_n,
        roles,
    }))
}

async fn by_id(store: &Store, conversation: ConversationId) -> Result<Option<Chat>, StoreError> {
    let row = existing()
        .filter(conversations::Column::Id.eq(conversation.0))
        .one(store.readers())
        .await?;
    row.map(Chat::try_from).transpose()
}

/// A conversation as whoever asks sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    /// By one of its members.
    AsMember(Listing),
    /// By the operator, who is nobody in particular and has read nothing.
    AsOperator(Chat),
}

/// One conversation as `reader` sees it, who is refused like in
/// [`Guarded::authorize`](crate::store::Guarded::authorize).
pub(crate) async fn seen(
    store: &Store,
    conversation: ConversationId,
    reader: Authority,
) -> Result<Result<Seen, Refusal>, StoreError> {
    Ok(match reader.user() {
        Some(user) => {
            let listing = of_member(store, conversation, user).await?;
            listing.map(Seen::AsMember).ok_or(Refusal::NotMember)
        }
        None => {
            let chat = by_id(store, conversation).await?;
            chat.map(Seen::AsOperator).ok_or(Refusal::ChatNotFound)
        }
    })
}

/// All conversations by id, from the one after `after`: for the operator alone.
pub(crate) async fn all(
    store: &Store,
    reader: Authority,
    after: ConversationId,
    limit: u64,
) -> Result<Result<Vec<Chat>, Refusal>, StoreError> {
    if reader != Authority::Operator {
        return Ok(Err(Refusal::NotAdministrator));
    }
    let rows = existing()
        .filter(conversations::Column::Id.gt(after.0))
        .order_by_asc(conversations::Column::Id)
        .limit(limit)
        .all(store.readers())
        .await?;
    Ok(Ok(rows.into_iter().map(Chat::try_from).collect::<Result<_, _>>()?))
}

/// A conversation that is to be made.
#[derive(Clone, Debug)]
pub struct Founding {
    /// By what right.
    pub right: Right,
    /// Who makes it and is its first member; nobody under `--trust`.
    pub by: Option<UserId>,
    /// `Private` or `Group`.
    pub kind: Kind,
    /// May be empty.
    pub name: ChatName,
}

impl Founding {
    /// Who belongs to it from the beginning, in the order of their `seq`: whoever makes it, and the other one of
    /// this pair.
    pub(crate) fn members(&self, pair: Option<PrivatePair>) -> Vec<UserId> {
        let people = pair.map(PrivatePair::people).into_iter().flatten();
        let others = people.filter(|user| Some(*user) != self.by);
        self.by.into_iter().chain(others).collect()
    }
}

/// A private conversation has no master.
fn first_role(kind: Kind) -> Role {
    match kind {
        Kind::Private => Role::Member,
        Kind::Group | Kind::General => Role::Owner,
    }
}

/// Makes a conversation by a right that still holds. Who makes it is its first member, and that takes
/// `seq` 1. `too_many_chats` if they have made `most` that are there still; 0 is no limit.
pub(crate) async fn create(
    store: &Store,
    founding: &Founding,
    most: usize,
    now: DateTime<Utc>,
) -> Result<Result<Chat, Refusal>, StoreError> {
    insert(store, founding, None, most, now).await
}

/// Has none of these accounts ended?
async fn are_active(db: &impl ConnectionTrait, users: &[UserId]) -> Result<bool, StoreError> {
    if users.is_empty() {
        return Ok(true);
    }
    let active = users::Entity::find()
        .filter(users::Column::Id.is_in(users.iter().map(|user| user.0)))
        .filter(users::Column::DeactivatedAt.is_null())
        .count(db)
        .await?;
    Ok(usize::try_from(active).unwrap_or(usize::MAX) == users.len())
}

/// How many conversations there are that somebody has made.
async fn made_by(db: &impl ConnectionTrait, user: UserId) -> Result<usize, StoreError> {
    let made = existing().filter(conversations::Column::CreatedBy.eq(user.0)).count(db).await?;
    Ok(usize::try_from(made).unwrap_or(usize::MAX))
}

/// The conversation with its first members; both of them if it is that of a pair.
async fn insert(
    store: &Store,
    founding: &Founding,
    pair: Option<PrivatePair>,
    most: usize,
    now: DateTime<Utc>,
) -> Result<Result<Chat, Refusal>, StoreError> {
    let Founding {
        right,
        by,
        kind,
        name,
    } = founding;
    let now = now.trunc_subsecs(6);
    let transaction = store.begin().await?;
    let members = founding.members(pair);
    let others = members.get(1..).unwrap_or_default();
    if let Err(refusal) = require(&transaction, (*right, now), others, Locked::People).await? {
        transaction.rollback().await?;
        return Ok(Err(refusal));
    }
    if !are_active(&transaction, others).await? {
        transaction.rollback().await?;
        return Ok(Err(Refusal::UserNotFound));
    }
    if let Some(user) = by
        && most > 0
        && made_by(&transaction, *user).await? >= most
    {
        transaction.rollback().await?;
        return Ok(Err(Refusal::TooManyChats));
    }
    let chat = conversations::ActiveModel {
        r#type: Set(kind.as_str().to_owned()),
        name: Set(name.as_str().to_owned()),
        created_by: Set(by.map(|user| user.0)),
        head_seq: Set(i64::try_from(members.len()).unwrap_or(i64::MAX)),
        created_at: Set(now),
        pair: Set(pair.map(PrivatePair::key)),
        ..Default::default()
    };
    let chat = conversations::Entity::insert(chat).exec_with_returning(&transaction).await?;
    for (user, seq) in members.iter().zip(1..) {
        let member = members::ActiveModel {
            conversation_id: Set(chat.id),
            user_id: Set(user.0),
            role: Set(first_role(*kind).as_str().to_owned()),
            seq: Set(seq),
            created_at: Set(now),
            ..Default::default()
        };
        members::Entity::insert(member).exec_without_returning(&transaction).await?;
    }
    finish(transaction).await?;
    Ok(Ok(chat.try_into()?))
}
