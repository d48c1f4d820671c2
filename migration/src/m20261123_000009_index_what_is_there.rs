//! Indexes of the reactions and pins that are there: those that were taken back stay for ever, and must
//! not be read for each page and each change.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const UP: [&str; 2] = [
    "CREATE INDEX reactions_there ON reactions (message_id, seq) WHERE removed_at IS NULL",
    "CREATE INDEX pins_there ON pins (conversation_id, message_id) WHERE removed_at IS NULL",
];
const DOWN: [&str; 2] = ["DROP INDEX pins_there", "DROP INDEX reactions_there"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for sql in UP {
            manager.get_connection().execute_unprepared(sql).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for sql in DOWN {
            manager.get_connection().execute_unprepared(sql).await?;
        }
        Ok(())
    }
}
