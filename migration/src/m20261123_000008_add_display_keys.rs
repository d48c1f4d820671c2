//! `users.display_key`: the display name in the form in which it is searched for.

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
        let key = optional_text("display_key");
        manager
            .alter_table(Table::alter().table("users").add_column(key).to_owned())
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::alter().table("users").drop_column("display_key").to_owned();
        manager.alter_table(table).await
    }
}
