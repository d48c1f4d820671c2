//! One row: the identity of this database.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "meta")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Random; another one after a restore.
    pub epoch: String,
    /// When it was made.
    pub created_at: DateTimeUtc,
    /// Postgres's own identity and timeline, as they were at the last start.
    pub cluster: Option<String>,
    /// What the servers on this database seal with what they say to each other.
    pub bus_key: Option<String>,
    /// How far a copy has come that is being made into this database.
    pub copying: Option<String>,
    /// By which rules the index of words was made; none if it has not been begun.
    pub search_rules: Option<i64>,
}

/// No relations: nothing joins across conversations but a user's own list.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
