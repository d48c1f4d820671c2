//! `endings`: which tokens and accounts have ended lately, for the servers and processes that did not end
//! them.

use sea_orm_migration::prelude::*;

use crate::columns::{drop, id, index, instant, now, optional_number};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // SQLite wants brackets around what it is to work out.
        let now = format!("({})", now(manager));
        let endings = Table::create()
            .table("endings")
            .col(id())
            .col(optional_number("token_id"))
            .col(optional_number("user_id"))
            .col(instant("ended_at").default(Expr::cust(now)))
            .to_owned();
        manager.create_table(endings).await?;
        index(manager, "endings", &["ended_at"]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, "endings").await
    }
}
