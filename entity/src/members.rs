//! Users in conversations, past members too.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "members")]
pub struct Model {
    /// The conversation.
    #[sea_orm(primary_key, auto_increment = false)]
    pub conversation_id: i64,
    /// The member.
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: i64,
    /// `owner`, `admin`, `member` or `guest`.
    pub role: String,
    /// Of the last change of this membership.
    pub seq: i64,
    /// The last `n` before they joined.
    pub joined_n: i64,
    /// The last `n` they have read; goes back only with a new `read_rev`.
    pub read_n: i64,
    /// How often they have put it back.
    pub read_rev: i64,
    /// No notifications.
    pub muted: bool,
    /// A private conversation is hidden from them as long as nothing is said after this `n`; -1 if it is
    /// in view.
    pub hidden_n: i64,
    /// When it was made.
    pub created_at: DateTimeUtc,
    /// When they last had it open.
    pub active_at: Option<DateTimeUtc>,
    /// Set while they are no member.
    pub left_at: Option<DateTimeUtc>,
}

/// No relations: nothing joins across conversations but a user's own list.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
