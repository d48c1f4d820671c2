//! `messages`, with the unique keys that are the last guard of order and of exactly-once.

use sea_orm_migration::prelude::*;

use crate::columns::{
    drop, id, instant, number, optional_instant, optional_number, optional_text, references, text,
    unique,
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let messages = Table::create()
            .table("messages")
            .col(id())
            .col(number("conversation_id"))
            .col(number("n"))
            // Of its last change, and of its first: a repeated send gets the first answer again.
            .col(number("seq"))
            .col(number("posted_seq"))
            .col(optional_number("sender_id"))
            .col(optional_text("client_msg_id"))
            .col(text("content"))
            .col(optional_number("sequence"))
            .col(optional_number("reply_to"))
            .col(instant("created_at"))
            .col(optional_instant("edited_at"))
            .col(optional_instant("deleted_at"))
            .foreign_key(&mut references("messages", "conversation_id", "conversations"))
            .foreign_key(&mut references("messages", "sender_id", "users"))
            .to_owned();
        manager.create_table(messages).await?;
        unique(manager, "messages", &["conversation_id", "n"]).await?;
        unique(manager, "messages", &["conversation_id", "seq"]).await?;
        unique(manager, "messages", &["sender_id", "client_msg_id"]).await?;

        // `GET /api/messages?from=…&to=…` asks for a span of General, and of nothing else; a whole
        // index would slow every send for it. SQLite takes it only if it begins like the others.
        let by_time = "CREATE INDEX messages_general_created_at \
                       ON messages (conversation_id, created_at, n) WHERE conversation_id = 1";
        manager.get_connection().execute_unprepared(by_time).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, "messages").await
    }
}
