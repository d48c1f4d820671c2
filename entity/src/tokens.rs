//! Signed-in devices.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tokens")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Who has signed in by it.
    pub user_id: i64,
    /// SHA-256 of the 256 random bits that the client holds.
    pub hash: Vec<u8>,
    /// What signed in, as it called itself.
    pub user_agent: Option<String>,
    /// When it was made.
    pub created_at: DateTimeUtc,
    /// When it was last used, to the minute.
    pub last_used_at: DateTimeUtc,
    /// When it ends.
    pub expires_at: DateTimeUtc,
}

/// No relations: nothing joins across conversations but a user's own list.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
