//! The private conversation of two people: there is one, whoever of them asks first.

use chrono::{DateTime, Utc};
use entity::{conversations, members};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{LockType, Query};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::domain::{ChatName, ConversationId, Kind, PrivatePair, Refusal, Right, UserId};
use crate::store::commit::rows::{execute, query};
use crate::store::conversations::{Chat, Founding, existing, insert};
use crate::store::{Store, StoreError, finish};

/// `hidden_n` of a conversation that is in view.
const NOT_HIDDEN: i64 = -1;

/// The private conversation of two people, if they have one. Of several that are from before there was
/// one for each two, the first that is left.
pub(crate) async fn between(store: &Store, pair: PrivatePair) -> Result<Option<Chat>, StoreError> {
    let key = pair.key();
    let theirs = existing().filter(conversations::Column::Pair.eq(&key));
    if let Some(row) = theirs.one(store.readers()).await? {
        return Ok(Some(row.try_into()?));
    }
    let [one, _] = pair.people();
    let of_one = Query::select()
        .column(members::Column::ConversationId)
        .from(members::Entity)
        .and_where(members::Column::UserId.eq(one.0))
        .to_owned();
    let row = existing()
        .filter(conversations::Column::Id.in_subquery(of_one))
        .filter(conversations::Column::Pair.like(format!("{key}#%")))
        .order_by_asc(conversations::Column::Id)
        .one(store.readers())
        .await?;
    row.map(Chat::try_from).transpose()
}

/// Makes the private conversation of two people, who both are members from the beginning; whoever was faster
/// made it already. Says who has joined by this, in the order of their `seq`.
pub(crate) async fn create_between(
    store: &Store,
    right: Right,
    pair: PrivatePair,
    by: UserId,
    most: usize,
    now: DateTime<Utc>,
) -> Result<Result<(Chat, Vec<UserId>), Refusal>, StoreError> {
    let founding = Founding {
        right,
        by: Some(by),
        kind: Kind::Private,
        name: ChatName::NONE,
    };
    match insert(store, &founding, Some(pair), most, now).await {
        Err(StoreError::Conflict(text)) => {
            let faster = between(store, pair).await?;
            faster.map(|chat| Ok((chat, Vec::new()))).ok_or(StoreError::Conflict(text))
        }
        created => Ok(created?.map(|chat| (chat, founding.members(Some(pair))))),
    }
}

/// Those of these two who are no members of a conversation now.
pub(crate) async fn missing(
    store: &Store,
    conversation: ConversationId,
    pair: PrivatePair,
) -> Result<Vec<UserId>, StoreError> {
    let rows = members::Entity::find()
        .filter(members::Column::ConversationId.eq(conversation.0))
        .filter(members::Column::UserId.is_in(pair.people().map(|user| user.0)))
        .filter(members::Column::LeftAt.is_null())
        .all(store.readers())
        .await?;
    let is_there = |user: &UserId| rows.iter().any(|row| row.user_id == user.0);
    Ok(pair.people().into_iter().filter(|user| !is_there(user)).collect())
}

/// What became of hiding a private conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hidden {
    /// Has nobody it in view any more?
    pub by_all: bool,
}

/// Hides a private conversation for one of its members, until something is said there again. `None`
/// for one who is no member of it.
pub(crate) async fn hide(
    store: &Store,
    conversation: ConversationId,
    user: UserId,
) -> Result<Option<Hidden>, StoreError> {
    let transaction = store.begin().await?;
    // One after the other: of two who hide it at once, the second sees that nobody has it in view.
    conversations::Entity::find_by_id(conversation.0)
        .lock(LockType::NoKeyUpdate)
        .one(&transaction)
        .await?;
    let sql = "UPDATE members SET hidden_n = c.head_n FROM conversations c \
               WHERE c.id = members.conversation_id AND c.type = 'private' \
                 AND c.deleted_at IS NULL AND members.conversation_id = $1 \
                 AND members.user_id = $2 AND members.left_at IS NULL";
    let values = [conversation.0.into(), user.0.into()];
    let hidden = execute(&transaction, sql, values).await? > 0;
    let sql = "SELECT COUNT(*) AS many FROM members m JOIN conversations c ON c.id = m.conversation_id \
               JOIN users u ON u.id = m.user_id \
               WHERE m.conversation_id = $1 AND m.left_at IS NULL AND m.hidden_n < c.head_n \
                 AND u.username_key NOT LIKE 'erased:%'";
    let in_view = query(&transaction, sql, [conversation.0.into()]).await?;
    finish(transaction).await?;
    let in_view: i64 = match in_view.first() {
        Some(row) => row.get("many")?,
        None => 0,
    };
    Ok(hidden.then_some(Hidden {
        by_all: in_view == 0,
    }))
}

/// Brings a conversation back into the view of one of its members; `true` if it was hidden.
pub(crate) async fn show(
    store: &Store,
    conversation: ConversationId,
    user: UserId,
) -> Result<bool, StoreError> {
    let shown = members::Entity::update_many()
        .set(members::ActiveModel {
            hidden_n: Set(NOT_HIDDEN),
            ..Default::default()
        })
        .filter(members::Column::ConversationId.eq(conversation.0))
        .filter(members::Column::UserId.eq(user.0))
        .filter(members::Column::HiddenN.ne(NOT_HIDDEN))
        .exec(&store.write().await?)
        .await
        .map_err(StoreError::of_single)?;
    Ok(shown.rows_affected > 0)
}
