//! `invites`: with a code in hand, strangers may make accounts where registration is not open.

use sea_orm_migration::prelude::*;

use crate::columns::{
    counter, digest, drop, id, instant, number, optional_instant, optional_number, references,
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
        let invites = Table::create()
            .table("invites")
            .col(id())
            .col(digest("hash"))
            .col(optional_number("created_by"))
            .col(instant("created_at"))
            .col(instant("expires_at"))
            .col(number("max_uses"))
            .col(counter("uses"))
            .col(optional_instant("revoked_at"))
            .check(Expr::col("uses").lte(Expr::col("max_uses")))
            .foreign_key(&mut references("invites", "created_by", "users"))
            .to_owned();
        manager.create_table(invites).await?;
        unique(manager, "invites", &["hash"]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, "invites").await
    }
}
