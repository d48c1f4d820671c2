//! One private conversation for each two people: `conversations.pair` names them.

use sea_orm_migration::prelude::*;

use crate::columns::{optional_text, unique};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let pair = Table::alter()
            .table("conversations")
            .add_column(optional_text("pair"))
            .to_owned();
        manager.alter_table(pair).await?;
        unique(manager, "conversations", &["pair"]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let index = Index::drop().name("conversations_pair").table("conversations").to_owned();
        manager.drop_index(index).await?;
        let pair = Table::alter().table("conversations").drop_column("pair").to_owned();
        manager.alter_table(pair).await
    }
}
