//! `nodes`: the servers on one Postgres. `meta.bus_key`: what they seal with what they say to each
//! other. Both unused on SQLite.

use sea_orm_migration::prelude::*;

use crate::columns::{drop, id, instant, optional_text, text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let nodes = Table::create()
            .table("nodes")
            .col(id())
            .col(text("name"))
            .col(text("version"))
            .col(text("listens_as"))
            .col(instant("started_at"))
            .col(instant("seen_at"))
            .to_owned();
        manager.create_table(nodes).await?;
        let bus_key = optional_text("bus_key");
        manager
            .alter_table(Table::alter().table("meta").add_column(bus_key).to_owned())
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, "nodes").await?;
        let table = Table::alter().table("meta").drop_column("bus_key").to_owned();
        manager.alter_table(table).await
    }
}
