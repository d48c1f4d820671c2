//! Reactions to messages, those that were taken back too.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "reactions")]
pub struct Model {
    /// The conversation of the message.
    pub conversation_id: i64,
    /// To what.
    #[sea_orm(primary_key, auto_increment = false)]
    pub message_id: i64,
    /// Who has reacted.
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: i64,
    /// The emoji.
    #[sea_orm(primary_key, auto_increment = false)]
    pub emoji: String,
    /// Of the last change of this reaction.
    pub seq: i64,
    /// When it was last made.
    pub created_at: DateTimeUtc,
    /// Set while it is taken back.
    pub removed_at: Option<DateTimeUtc>,
}

/// No relations: nothing joins across conversations but a user's own list.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
