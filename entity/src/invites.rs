//! Invitations to make an account.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "invites")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// SHA-256 of the 256 random bits in the link.
    pub hash: Vec<u8>,
    /// Who made it; nobody in particular under `--trust`.
    pub created_by: Option<i64>,
    /// When it was made.
    pub created_at: DateTimeUtc,
    /// When it ends.
    pub expires_at: DateTimeUtc,
    /// How many accounts it makes.
    pub max_uses: i64,
    /// How many it has made; never more than `max_uses`.
    pub uses: i64,
    /// When it was taken back.
    pub revoked_at: Option<DateTimeUtc>,
}

/// No relations: nothing joins across conversations but a user's own list.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
