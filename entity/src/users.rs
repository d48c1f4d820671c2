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
    /// `username` in the form that is compared; unique.
    pub username_key: String,
    /// As written.
    pub email: String,
    /// `email` in the form that is compared; unique.
    pub email_key: String,
    /// Shown instead of the username.
    pub display_name: Option<String>,
    /// The words of both names in the form that is searched; none of an erased account.
    pub search_key: Option<String>,
    /// What `username` looks like as it is written (the skeleton of UTS #39).
    pub written_look: Option<String>,
    /// What `username_key` looks like.
    pub folded_look: Option<String>,
    /// The version of the rules by which these were made of the names.
    pub keys_version: i64,
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
