//! `conversations` with their two counters, their `members`, and General.

use sea_orm_migration::prelude::*;

use crate::columns::{
    counter, drop, flag, id, index, instant, now, number, optional_instant, optional_number,
    references, text, unique,
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let conversations = Table::create()
            .table("conversations")
            .col(id())
            .col(text("type"))
            .col(text("name"))
            .col(optional_number("created_by"))
            .col(counter("head_seq"))
            .col(counter("head_n"))
            .col(counter("seq"))
            .col(instant("created_at"))
            .col(optional_instant("deleted_at"))
            .foreign_key(&mut references("conversations", "created_by", "users"))
            .to_owned();
        manager.create_table(conversations).await?;

        let members = Table::create()
            .table("members")
            .col(number("conversation_id"))
            .col(number("user_id"))
            .col(text("role"))
            .col(number("seq"))
            .col(counter("joined_n"))
            .col(counter("read_n"))
            .col(flag("muted"))
            .col(instant("created_at"))
            .col(optional_instant("active_at"))
            .col(optional_instant("left_at"))
            .primary_key(Index::create().col("conversation_id").col("user_id"))
            .foreign_key(&mut references("members", "conversation_id", "conversations"))
            .foreign_key(&mut references("members", "user_id", "users"))
            .to_owned();
        manager.create_table(members).await?;
        unique(manager, "members", &["conversation_id", "seq"]).await?;
        index(manager, "members", &["user_id"]).await?;

        // The first row of an empty table: conversation 1.
        let general = format!(
            "INSERT INTO conversations (type, name, created_at) VALUES ('general', 'General', {})",
            now(manager)
        );
        manager.get_connection().execute_unprepared(&general).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, "members").await?;
        drop(manager, "conversations").await
    }
}
