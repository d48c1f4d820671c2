//! Conversations as one of their members sees them: what they may do, and where they stand.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::{conversations, members};
use sea_orm::sea_query::{Expr, ExprTrait as _, Func, SimpleExpr};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, JoinType, QueryFilter, QueryOrder, QuerySelect,
    RelationDef, Statement,
};

use crate::domain::unread::{MAX_MENTIONS, ReadPosition, ReadState};
use crate::domain::{ConversationId, Role, UserId};
use crate::store::conversations::{Chat, role};
use crate::store::{Store, StoreError};
use crate::wire::server::Counters;

/// A conversation as one of its members sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    pub chat: Chat,
    /// What they may do.
    pub role: Role,
    pub muted: bool,
    /// When they last wrote or read there.
    pub active_at: Option<DateTime<Utc>>,
    /// The last `n` before they joined.
    pub joined_n: i64,
    /// Have they hidden it, and nothing was said since?
    pub is_hidden: bool,
    /// What they have read, and what mentions them.
    pub read_state: ReadState,
}

impl Listing {
    /// Where they stand, as the wire says it.
    pub fn counters(&self) -> Counters {
        Counters::of(self.chat.id, (self.chat.head_seq, self.chat.head_n), &self.read_state)
    }
}

fn of_members() -> sea_orm::SelectTwo<members::Entity, conversations::Entity> {
    let conversation: RelationDef = members::Entity::belongs_to(conversations::Entity)
        .from(members::Column::ConversationId)
        .to(conversations::Column::Id)
        .into();
    members::Entity::find()
        .filter(members::Column::LeftAt.is_null())
        // There is one for each member; left, so that nobody begins with all conversations.
        .join(JoinType::LeftJoin, conversation)
        .filter(conversations::Column::DeletedAt.is_null())
        .select_also(conversations::Entity)
}

type MemberAndChat = (members::Model, Option<conversations::Model>);

/// The mentions that somebody has not read, by conversation.
type UnreadMentions = HashMap<i64, Vec<i64>>;

fn listing(
    (member, chat): MemberAndChat,
    unread: &mut UnreadMentions,
) -> Option<Result<Listing, StoreError>> {
    let position = ReadPosition {
        revision: member.read_rev,
        n: Ord::max(member.read_n, member.joined_n),
    };
    let mentions = unread.remove(&member.conversation_id).unwrap_or_default();
    let listing = |chat: conversations::Model| {
        Ok(Listing {
            is_hidden: member.hidden_n >= chat.head_n,
            chat: chat.try_into()?,
            role: role(&member.role)?,
            muted: member.muted,
            active_at: member.active_at,
            joined_n: member.joined_n,
            read_state: ReadState::new(position, mentions),
        })
    };
    chat.map(listing)
}

/// Among so many of the last messages mentions are counted; who has more unread has other worries, and
/// General may have a mention of all in each.
pub(super) const MENTIONS_WITHIN: i64 = 10_000;

/// The mentions that a user has not read in the conversations after `after`, up to `last`: the newest
/// of each that are counted.
async fn unread_mentions(
    store: &Store,
    user: UserId,
    after: i64,
    last: i64,
) -> Result<UnreadMentions, StoreError> {
    // Each half has an index of its own; in one condition, those of everybody would be read.
    let half = |whose: &str| {
        format!(
            "SELECT t.conversation_id, t.n \
             FROM members m CROSS JOIN conversations c CROSS JOIN mentions t \
             WHERE c.id = m.conversation_id AND m.user_id = $1 AND m.left_at IS NULL \
               AND m.conversation_id > $2 AND m.conversation_id <= $3 \
               AND t.conversation_id = m.conversation_id AND {whose} AND t.n > m.read_n \
               AND t.n > c.head_n - $5"
        )
    };
    let sql = format!(
        "SELECT x.conversation_id, x.n FROM ( \
           SELECT y.conversation_id, y.n, \
             ROW_NUMBER() OVER (PARTITION BY y.conversation_id ORDER BY y.n DESC) AS place \
           FROM ({} UNION {}) AS y) AS x \
         WHERE x.place <= $4",
        half("t.user_id = $1"),
        half("t.user_id IS NULL"),
    );
    let bound = MAX_MENTIONS as i64;
    let values = [
        user.0.into(),
        after.into(),
        last.into(),
        bound.into(),
        MENTIONS_WITHIN.into(),
    ];
    let statement = Statement::from_sql_and_values(store.backend(), sql, values);
    let mut unread = UnreadMentions::new();
    for row in store.readers().query_all_raw(statement).await? {
        let conversation: i64 = row.try_get("", "conversation_id")?;
        unread.entry(conversation).or_default().push(row.try_get("", "n")?);
    }
    Ok(unread)
}

/// What becomes of the private conversations that a user has hidden.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unseen {
    /// They are not in the list.
    LeftOut,
    /// They are.
    Included,
}

/// What nothing can be said of must not be left out by it, or the join is one that may be begun at
/// either end.
fn in_view() -> SimpleExpr {
    let head = Expr::col((conversations::Entity, conversations::Column::HeadN));
    Expr::col((members::Entity, members::Column::HiddenN)).lt(Func::coalesce([head, Expr::val(0)]))
}

/// The conversations of a user by id, from the one after `after`.
pub(crate) async fn of_user(
    store: &Store,
    user: UserId,
    after: ConversationId,
    unseen: Unseen,
    limit: u64,
) -> Result<Vec<Listing>, StoreError> {
    let mut some = of_members().filter(members::Column::UserId.eq(user.0));
    if unseen == Unseen::LeftOut {
        some = some.filter(in_view());
    }
    let rows = some
        .filter(members::Column::ConversationId.gt(after.0))
        .order_by_asc(members::Column::ConversationId)
        .limit(limit)
        .all(store.readers())
        .await?;
    let Some(last) = rows.last().map(|(member, _)| member.conversation_id) else {
        return Ok(Vec::new());
    };
    let mut unread = unread_mentions(store, user, after.0, last).await?;
    rows.into_iter().filter_map(|row| listing(row, &mut unread)).collect()
}

/// One conversation as this user sees it; `None` for one who is no member, as if it did not exist.
pub(crate) async fn of_member(
    store: &Store,
    conversation: ConversationId,
    user: UserId,
) -> Result<Option<Listing>, StoreError> {
    let row = of_members()
        .filter(members::Column::UserId.eq(user.0))
        .filter(members::Column::ConversationId.eq(conversation.0))
        .one(store.readers())
        .await?;
    let Some(row) = row else {
        return Ok(None);
    };
    let id = conversation.0;
    let mut unread = unread_mentions(store, user, id - 1, id).await?;
    listing(row, &mut unread).transpose()
}
