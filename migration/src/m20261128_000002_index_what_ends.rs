//! Indexes for what would otherwise read a whole table: which tokens and tickets have expired, which
//! names have rested, which tickets end with a token, the tokens of somebody by their ids, what
//! somebody has made, and who the administrators are.

use sea_orm_migration::prelude::*;

use crate::columns::index;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// An index whose condition has no parameter is taken whatever is believed of the numbers.
const ADMINISTRATORS: &str = "CREATE INDEX users_administrators ON users (id) WHERE is_admin";

const INDEXES: [(&str, &[&str]); 6] = [
    ("tokens", &["expires_at"]),
    ("tickets", &["expires_at"]),
    ("tickets", &["token_id"]),
    ("tokens", &["user_id", "id"]),
    ("freed_names", &["freed_at"]),
    ("conversations", &["created_by"]),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, columns) in INDEXES {
            index(manager, table, columns).await?;
        }
        manager.get_connection().execute_unprepared(ADMINISTRATORS).await?;
        // The new one begins like it.
        drop_index(manager, "tokens", "tokens_user_id").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        index(manager, "tokens", &["user_id"]).await?;
        drop_index(manager, "users", "users_administrators").await?;
        for (table, columns) in INDEXES {
            drop_index(manager, table, &format!("{table}_{}", columns.join("_"))).await?;
        }
        Ok(())
    }
}

async fn drop_index(manager: &SchemaManager<'_>, table: &str, name: &str) -> Result<(), DbErr> {
    let index = Index::drop().name(name).table(table.to_owned()).to_owned();
    manager.drop_index(index).await
}
