//! The members of a conversation, as others see them.

use chrono::{DateTime, Utc};
use entity::{members, users};
use sea_orm::{
    ColumnTrait, EntityTrait, FromQueryResult, JoinType, QueryFilter, QueryOrder, QuerySelect,
};

use crate::domain::{ConversationId, Role, UserId};
use crate::store::conversations::{account_of_member, role};
use crate::store::shown_names::{chosen, shown};
use crate::store::{Guarded, Store, StoreError};

/// A member as others see them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MemberRow {
    pub user: UserId,
    /// Their name, as it is shown.
    pub username: String,
    /// Shown instead of it.
    pub display_name: Option<String>,
    /// What they may do.
    pub role: Role,
    /// Has their account ended? They are a member of the past then.
    pub is_deleted: bool,
    /// When they joined, the last time if more often.
    pub joined_at: DateTime<Utc>,
}

#[derive(FromQueryResult)]
struct MemberColumns {
    user_id: i64,
    role: String,
    created_at: DateTime<Utc>,
    username: String,
    display_name: Option<String>,
    deactivated_at: Option<DateTime<Utc>>,
}

/// The members of a conversation by user id, from the one after `after`.
pub(crate) async fn members(
    store: &Store,
    conversation: ConversationId,
    after: UserId,
    limit: u64,
) -> Result<Guarded<Vec<MemberRow>>, StoreError> {
    let rows = members::Entity::find()
        .select_only()
        .columns([
            members::Column::UserId,
            members::Column::Role,
            members::Column::CreatedAt,
        ])
        .columns([
            users::Column::Username,
            users::Column::DisplayName,
            users::Column::DeactivatedAt,
        ])
        .join(JoinType::InnerJoin, account_of_member())
        .filter(members::Column::ConversationId.eq(conversation.0))
        .filter(members::Column::UserId.gt(after.0))
        .filter(members::Column::LeftAt.is_null())
        .order_by_asc(members::Column::UserId)
        .limit(limit)
        .into_model::<MemberColumns>()
        .all(store.readers())
        .await?;
    let member = |row: MemberColumns| {
        Ok(MemberRow {
            user: UserId(row.user_id),
            is_deleted: row.deactivated_at.is_some(),
            display_name: chosen(row.display_name, row.deactivated_at),
            username: shown(row.username, row.deactivated_at),
            role: role(&row.role)?,
            joined_at: row.created_at,
        })
    };
    let members = rows.into_iter().map(member).collect::<Result<_, StoreError>>()?;
    Ok(Guarded::new(conversation, members))
}
