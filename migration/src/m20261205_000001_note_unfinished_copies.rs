//! `meta.copying`: how far a copy of another database has come that is being made into this one. No server
//! runs here as long as it says something.

use sea_orm_migration::prelude::*;

use crate::columns::optional_text;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let copying = optional_text("copying");
        manager
            .alter_table(Table::alter().table("meta").add_column(copying).to_owned())
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::alter().table("meta").drop_column("copying").to_owned();
        manager.alter_table(table).await
    }
}
