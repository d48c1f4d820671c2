//! `files`: the bytes that are kept, by their SHA-256. `uploads`: what somebody has sent or is sending, each with
//! a name of its own; once a message carries it, it is an attachment. `messages.attachments`: the same as a message
//! tells it.

use sea_orm_migration::prelude::*;

use crate::columns::{
    counter, drop, id, index, instant, number, optional_instant, optional_number, optional_text,
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
        let files = Table::create()
            .table("files")
            .col(text("sha256").primary_key())
            .col(number("size"))
            .col(instant("created_at"))
            .col(optional_instant("dying_since"))
            .to_owned();
        manager.create_table(files).await?;
        index(manager, "files", &["dying_since"]).await?;
        let uploads = Table::create()
            .table("uploads")
            .col(id())
            .col(text("key"))
            .col(optional_number("user_id"))
            .col(text("name"))
            .col(number("size"))
            .col(counter("received"))
            .col(optional_text("sha256"))
            .col(optional_text("type"))
            .col(optional_number("width"))
            .col(optional_number("height"))
            .col(optional_text("thumbhash"))
            .col(optional_number("message_id"))
            .col(optional_number("place"))
            .col(instant("created_at"))
            .col(optional_instant("expires_at"))
            .foreign_key(&mut references("uploads", "user_id", "users"))
            .foreign_key(&mut references("uploads", "message_id", "messages"))
            .to_owned();
        manager.create_table(uploads).await?;
        unique(manager, "uploads", &["key"]).await?;
        for columns in [&["user_id"], &["message_id"], &["sha256"], &["expires_at"]] {
            index(manager, "uploads", columns).await?;
        }
        let carried = Table::alter()
            .table("messages")
            .add_column(optional_text("attachments"))
            .to_owned();
        manager.alter_table(carried).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let carried = Table::alter().table("messages").drop_column("attachments").to_owned();
        manager.alter_table(carried).await?;
        drop(manager, "uploads").await?;
        drop(manager, "files").await
    }
}
