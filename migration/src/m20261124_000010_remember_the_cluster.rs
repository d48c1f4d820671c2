//! `meta.cluster`: which Postgres this was at the last start, and how often its history had forked.
//! Unused on SQLite.

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
        let cluster = optional_text("cluster");
        manager
            .alter_table(Table::alter().table("meta").add_column(cluster).to_owned())
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::alter().table("meta").drop_column("cluster").to_owned();
        manager.alter_table(table).await
    }
}
