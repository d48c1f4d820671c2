//! Tokens and accounts that have ended lately.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "endings")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The token that has ended.
    pub token_id: Option<i64>,
    /// The account that has ended.
    pub user_id: Option<i64>,
    /// When the transaction began that ended it, by the database's clock.
    pub ended_at: DateTimeUtc,
}

/// No relations: nothing joins across conversations but a user's own list.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
