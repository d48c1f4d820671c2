//! `users`, and the `tokens` and one-time `tickets` that they sign in with.

use sea_orm_migration::prelude::*;

use crate::columns::{
    digest, drop, flag, id, index, instant, number, optional_instant, optional_text, references,
    text, unique,
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let users = Table::create()
            .table("users")
            .col(id())
            .col(text("username"))
            // Folded to lower case by the server, whose Unicode is one on both stores.
            .col(text("username_key"))
            .col(text("email"))
            .col(text("email_key"))
            .col(optional_text("display_name"))
            .col(text("password_hash"))
            .col(flag("is_admin"))
            .col(instant("created_at"))
            .col(optional_instant("deactivated_at"))
            .to_owned();
        manager.create_table(users).await?;
        unique(manager, "users", &["username_key"]).await?;
        unique(manager, "users", &["email_key"]).await?;

        let tokens = Table::create()
            .table("tokens")
            .col(id())
            .col(number("user_id"))
            .col(digest("hash"))
            .col(optional_text("user_agent"))
            .col(instant("created_at"))
            .col(instant("last_used_at"))
            .col(instant("expires_at"))
            .foreign_key(&mut references("tokens", "user_id", "users"))
            .to_owned();
        manager.create_table(tokens).await?;
        unique(manager, "tokens", &["hash"]).await?;
        index(manager, "tokens", &["user_id"]).await?;

        let tickets = Table::create()
            .table("tickets")
            .col(id())
            .col(number("token_id"))
            .col(digest("hash"))
            .col(instant("created_at"))
            .col(instant("expires_at"))
            .foreign_key(
                references("tickets", "token_id", "tokens").on_delete(ForeignKeyAction::Cascade),
            )
            .to_owned();
        manager.create_table(tickets).await?;
        unique(manager, "tickets", &["hash"]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, "tickets").await?;
        drop(manager, "tokens").await?;
        drop(manager, "users").await
    }
}
