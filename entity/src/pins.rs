//! Pinned messages, those that no longer are too.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "pins")]
pub struct Model {
    /// The conversation of the message.
    pub conversation_id: i64,
    /// The message that is pinned.
    #[sea_orm(primary_key, auto_increment = false)]
    pub message_id: i64,
    /// By whom; none for the server's operator.
    pub user_id: Option<i64>,
    /// Of the last change of this pin.
    pub seq: i64,
    /// When it was last pinned.
    pub created_at: DateTimeUtc,
    /// Set while it is not pinned.
    pub removed_at: Option<DateTimeUtc>,
}

/// No relations: nothing joins across conversations but a user's own list.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
