//! `meta`: one row, the identity of this database. A restore changes the epoch, so that clients
//! whose positions are from another history start afresh.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

use crate::columns::{drop, id, instant, now, text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let meta = Table::create()
            .table("meta")
            .col(id())
            .col(text("epoch"))
            .col(instant("created_at"))
            .to_owned();
        manager.create_table(meta).await?;
        let random = match manager.get_database_backend() {
            DbBackend::Sqlite => "lower(hex(randomblob(16)))",
            _ => "replace(gen_random_uuid()::text, '-', '')",
        };
        let row =
            format!("INSERT INTO meta (epoch, created_at) VALUES ({random}, {})", now(manager));
        manager.get_connection().execute_unprepared(&row).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, "meta").await
    }
}
