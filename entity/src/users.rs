//! Accounts.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "users")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// As written.
    pub username: String,
    /// `username` folded to lower case; unique.
    pub username_key: String,
    /// As written.
    pub email: String,
    /// `email` folded to lower case; unique.
    pub email_key: String,
    /// Shown instead of the username.
    pub display_name: Option<String>,
    /// `display_name` folded to lower case.
    pub display_key: Option<String>,
    /// PHC string of argon2id.
    pub password_hash: String,
    /// May manage accounts.
    pub is_admin: bool,
    /// When it was made.
    pub created_at: DateTimeUtc,
    /// Set by `deleteUser`; history stays.
    pub deactivated_at: Option<DateTimeUtc>,
}

/// No relations: nothing joins across conversations but a user's own list.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
