//! What can happen to a message after it was posted: versions, reactions, pins; whom it mentions; and
//! how far back a reader has put their mark.

use sea_orm_migration::prelude::*;

use crate::columns::{
    counter, drop, index, instant, number, optional_instant, optional_number, optional_text,
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
        add(manager, "messages", optional_text("mentions")).await?;
        add(manager, "members", counter("read_rev")).await?;
        create_versions(manager).await?;
        create_reactions(manager).await?;
        create_pins(manager).await?;
        create_mentions(manager).await?;
        create_witnesses(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [
            "witnesses",
            "mentions",
            "pins",
            "reactions",
            "message_versions",
        ] {
            drop(manager, table).await?;
        }
        remove(manager, "members", "read_rev").await?;
        remove(manager, "messages", "mentions").await
    }
}

async fn add(
    manager: &SchemaManager<'_>,
    table: &'static str,
    column: ColumnDef,
) -> Result<(), DbErr> {
    manager
        .alter_table(Table::alter().table(table).add_column(column).to_owned())
        .await
}

async fn remove(
    manager: &SchemaManager<'_>,
    table: &'static str,
    column: &'static str,
) -> Result<(), DbErr> {
    manager
        .alter_table(Table::alter().table(table).drop_column(column).to_owned())
        .await
}

/// What a message said before it was edited.
async fn create_versions(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let versions = Table::create()
        .table("message_versions")
        .col(number("message_id"))
        // Of the change that wrote this version.
        .col(number("seq"))
        .col(text("content"))
        .col(instant("created_at"))
        .primary_key(Index::create().col("message_id").col("seq"))
        .foreign_key(&mut references("message_versions", "message_id", "messages"))
        .to_owned();
    manager.create_table(versions).await
}

async fn create_reactions(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let reactions = Table::create()
        .table("reactions")
        .col(number("conversation_id"))
        .col(number("message_id"))
        .col(number("user_id"))
        .col(text("emoji"))
        .col(number("seq"))
        .col(instant("created_at"))
        .col(optional_instant("removed_at"))
        .primary_key(Index::create().col("message_id").col("user_id").col("emoji"))
        .foreign_key(&mut references("reactions", "conversation_id", "conversations"))
        .foreign_key(&mut references("reactions", "message_id", "messages"))
        .foreign_key(&mut references("reactions", "user_id", "users"))
        .to_owned();
    manager.create_table(reactions).await?;
    unique(manager, "reactions", &["conversation_id", "seq"]).await
}

async fn create_pins(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let pins = Table::create()
        .table("pins")
        .col(number("conversation_id"))
        .col(number("message_id"))
        .col(optional_number("user_id"))
        .col(number("seq"))
        .col(instant("created_at"))
        .col(optional_instant("removed_at"))
        .primary_key(Index::create().col("message_id"))
        .foreign_key(&mut references("pins", "conversation_id", "conversations"))
        .foreign_key(&mut references("pins", "message_id", "messages"))
        .foreign_key(&mut references("pins", "user_id", "users"))
        .to_owned();
    manager.create_table(pins).await?;
    unique(manager, "pins", &["conversation_id", "seq"]).await
}

/// For counting; without a user it is everybody. The message itself says it too, for reading.
async fn create_mentions(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mentions = Table::create()
        .table("mentions")
        .col(number("conversation_id"))
        .col(optional_number("user_id"))
        .col(number("n"))
        .foreign_key(&mut references("mentions", "conversation_id", "conversations"))
        .foreign_key(&mut references("mentions", "user_id", "users"))
        .to_owned();
    manager.create_table(mentions).await?;
    unique(manager, "mentions", &["conversation_id", "user_id", "n"]).await?;
    index(manager, "mentions", &["conversation_id", "n"]).await
}

/// That a transaction without a new message was committed, for as long as anybody may ask.
async fn create_witnesses(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut nonce = ColumnDef::new("nonce");
    nonce.text().not_null().primary_key();
    let witnesses = Table::create()
        .table("witnesses")
        .col(nonce)
        .col(instant("created_at"))
        .to_owned();
    manager.create_table(witnesses).await?;
    index(manager, "witnesses", &["created_at"]).await
}
