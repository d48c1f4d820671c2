//! What messages said before they were edited.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "message_versions")]
pub struct Model {
    /// Of which message.
    #[sea_orm(primary_key, auto_increment = false)]
    pub message_id: i64,
    /// Of the change that wrote this version.
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i64,
    /// What was said.
    pub content: String,
    /// When that was written.
    pub created_at: DateTimeUtc,
}

/// No relations: nothing joins across conversations but a user's own list.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
