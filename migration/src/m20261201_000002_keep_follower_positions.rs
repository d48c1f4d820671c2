//! `follower_positions`: how far each part of the server has come that must miss nothing.

use sea_orm_migration::prelude::*;

use crate::columns::{drop, number, references, text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let positions = Table::create()
            .table("follower_positions")
            .col(number("conversation_id"))
            .col(text("follower"))
            .col(number("seq"))
            .primary_key(Index::create().col("conversation_id").col("follower"))
            .foreign_key(&mut references("follower_positions", "conversation_id", "conversations"))
            .to_owned();
        manager.create_table(positions).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, "follower_positions").await
    }
}
