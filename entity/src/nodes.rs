//! The servers on one Postgres. Unused on SQLite, where there is one.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "nodes")]
pub struct Model {
    /// One start of one server.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// What its administrator calls it.
    pub name: String,
    /// Of the program.
    pub version: String,
    /// The name of the session of Postgres by which it hears the others.
    pub listens_as: String,
    /// How it is set in what all servers must have the same; nothing of an earlier version.
    pub settings: Option<String>,
    /// When it began, by the database's clock.
    pub started_at: DateTimeUtc,
    /// When it was there last, by the same.
    pub seen_at: DateTimeUtc,
}

/// No relations: nothing joins across conversations but a user's own list.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
