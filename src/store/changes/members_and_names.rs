//! Members and names as changes.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use entity::{conversations, members, users};
use sea_orm::{
    EntityTrait, FromQueryResult, JoinType, QueryFilter, QueryOrder, QuerySelect, RelationDef,
};

use crate::domain::{ChatName, ConversationId, Event, Fact, Role, UserId};
use crate::store::position_ranges::{Range, within};
use crate::store::shown_names::{chosen, shown};
use crate::store::{Store, StoreError};

#[derive(FromQueryResult)]
struct MemberChangeColumns {
    conversation_id: i64,
    user_id: i64,
    role: String,
    seq: i64,
    created_at: DateTime<Utc>,
    left_at: Option<DateTime<Utc>>,
    username: String,
    display_name: Option<String>,
    deactivated_at: Option<DateTime<Utc>>,
}

/// Who joined, left, or has another role.
pub(super) async fn members(
    store: &Store,
    ranges: &[Range],
    limit: u64,
) -> Result<Vec<(ConversationId, Event)>, StoreError> {
    let account: RelationDef = members::Entity::belongs_to(users::Entity)
        .from(members::Column::UserId)
        .to(users::Column::Id)
        .into();
    let rows = members::Entity::find()
        .columns([
            users::Column::Username,
            users::Column::DisplayName,
            users::Column::DeactivatedAt,
        ])
        .join(JoinType::InnerJoin, account)
        .filter(within(ranges, members::Column::ConversationId, members::Column::Seq))
        .order_by_asc(members::Column::Seq)
        .limit(limit)
        .into_model::<MemberChangeColumns>()
        .all(store.readers())
        .await?;
    let event = |row: MemberChangeColumns| (ConversationId(row.conversation_id), Event::from(row));
    Ok(rows.into_iter().map(event).collect())
}

impl From<MemberChangeColumns> for Event {
    /// A member who is there `Joined`, whatever happened to them last; one who is not has `Left`.
    fn from(row: MemberChangeColumns) -> Self {
        let user = UserId(row.user_id);
        let username: Arc<str> = shown(row.username, row.deactivated_at).into();
        let fact = match (row.left_at, Role::parse(&row.role)) {
            (None, Some(role)) => Fact::Joined {
                user,
                username,
                display_name: chosen(row.display_name, row.deactivated_at).map(Into::into),
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

/// Which conversations have another name, or are gone.
pub(super) async fn names(
    store: &Store,
    ranges: &[Range],
) -> Result<Vec<(ConversationId, Event)>, StoreError> {
    let rows = conversations::Entity::find()
        .filter(within(ranges, conversations::Column::Id, conversations::Column::Seq))
        .all(store.readers())
        .await?;
    let event = |row: conversations::Model| {
        let fact = match row.deleted_at {
            None => Fact::Renamed {
                name: ChatName::given(&row.name),
            },
            Some(_) => Fact::ChatDeleted,
        };
        let event = Event {
            seq: row.seq,
            at: row.deleted_at.unwrap_or(row.created_at),
            fact,
        };
        (ConversationId(row.id), event)
    };
    Ok(rows.into_iter().map(event).collect())
}
