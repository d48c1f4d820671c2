//! A client's key belongs to its sender and the conversation: the same key in two of them is two messages.
//! No unique key of `messages` is without the conversation any more, so that they can be divided by it.

use sea_orm_migration::prelude::*;

use crate::columns::unique;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const NOW: &[&str] = &["conversation_id", "sender_id", "client_msg_id"];
const BEFORE: &[&str] = &["sender_id", "client_msg_id"];

/// Backwards one message keeps the key, the first: of the others a repeat is not known any more.
const FORGET: &str = "UPDATE messages SET client_msg_id = NULL WHERE EXISTS \
    (SELECT 1 FROM messages f WHERE f.sender_id = messages.sender_id \
       AND f.client_msg_id = messages.client_msg_id AND f.id < messages.id)";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        unique(manager, "messages", NOW).await?;
        drop_index(manager, BEFORE).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(FORGET).await?;
        unique(manager, "messages", BEFORE).await?;
        drop_index(manager, NOW).await
    }
}

async fn drop_index(manager: &SchemaManager<'_>, columns: &[&str]) -> Result<(), DbErr> {
    let name = format!("messages_{}", columns.join("_"));
    let index = Index::drop().name(name).table("messages").to_owned();
    manager.drop_index(index).await
}
