//! What a member has read, and whether they want to be told. Theirs alone: no `seq` is taken.

use chrono::{DateTime, SubsecRound, Utc};
use entity::members;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, UpdateMany};

use crate::domain::{ConversationId, UserId};
use crate::store::conversations::listing::{self, Listing, of_member};
use crate::store::{Store, StoreError};

fn membership(conversation: ConversationId, user: UserId) -> UpdateMany<members::Entity> {
    members::Entity::update_many()
        .filter(members::Column::ConversationId.eq(conversation.0))
        .filter(members::Column::UserId.eq(user.0))
        .filter(members::Column::LeftAt.is_null())
}

/// Moves what a user has read forward to `n`, never back and never past the head; where they stand
/// then. `None` for one who is no member.
pub async fn mark_read(
    store: &Store,
    conversation: ConversationId,
    user: UserId,
    n: i64,
    now: DateTime<Utc>,
) -> Result<Option<Listing>, StoreError> {
    let Some(listing) = of_member(store, conversation, user).await? else {
        return Ok(None);
    };
    let n = std::cmp::min(n, listing.chat.head_n);
    if n <= listing.tally.mark().n {
        return Ok(Some(listing));
    }
    membership(conversation, user)
        .col_expr(members::Column::ReadN, Expr::value(n))
        .col_expr(members::Column::ActiveAt, Expr::value(now.trunc_subsecs(6)))
        .filter(members::Column::ReadN.lt(n))
        .exec(store.writer())
        .await
        .map_err(StoreError::of_single)?;
    of_member(store, conversation, user).await
}

/// Puts back what a user has read, so that message `n` is the first unread one; not to before they
/// joined. Where they stand then; `None` for one who is no member.
pub async fn mark_unread(
    store: &Store,
    conversation: ConversationId,
    user: UserId,
    n: i64,
) -> Result<Option<Listing>, StoreError> {
    let Some(listing) = of_member(store, conversation, user).await? else {
        return Ok(None);
    };
    let before = std::cmp::min(n.saturating_sub(1), listing.chat.head_n);
    let read_n = std::cmp::max(before, listing.joined_n);
    if read_n == listing.tally.mark().n {
        return Ok(Some(listing));
    }
    membership(conversation, user)
        .col_expr(members::Column::ReadN, Expr::value(read_n))
        .col_expr(members::Column::ReadRev, Expr::col(members::Column::ReadRev).add(1))
        .exec(store.writer())
        .await
        .map_err(StoreError::of_single)?;
    of_member(store, conversation, user).await
}

/// Has a user notified of this conversation no longer, or again. `false` for one who is no member.
pub async fn mute(
    store: &Store,
    conversation: ConversationId,
    user: UserId,
    muted: bool,
) -> Result<bool, StoreError> {
    if listing::membership(store, conversation, user).await?.is_none() {
        return Ok(false);
    }
    let updated = membership(conversation, user)
        .col_expr(members::Column::Muted, Expr::value(muted))
        .exec(store.writer())
        .await
        .map_err(StoreError::of_single)?;
    Ok(updated.rows_affected > 0)
}
