//! Conversations and their two counters.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "conversations")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// `private`, `group` or `general`.
    #[sea_orm(column_name = "type")]
    pub r#type: String,
    /// Shown; may be empty.
    pub name: String,
    /// Who made it.
    pub created_by: Option<i64>,
    /// The last `seq` taken by any change.
    pub head_seq: i64,
    /// The last `n` taken by a message.
    pub head_n: i64,
    /// Of the last change of its own attributes.
    pub seq: i64,
    /// When it was made.
    pub created_at: DateTimeUtc,
    /// When it was deleted.
    pub deleted_at: Option<DateTimeUtc>,
    /// The two whose private conversation it is, unique while it is there.
    pub pair: Option<String>,
}

/// No relations: nothing joins across conversations but a user's own list.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
