//! `nodes.settings`: how a server is set in what all servers on one database must have the same. Those of earlier
//! versions say nothing.

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
        let settings = optional_text("settings");
        manager
            .alter_table(Table::alter().table("nodes").add_column(settings).to_owned())
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::alter().table("nodes").drop_column("settings").to_owned();
        manager.alter_table(table).await
    }
}
