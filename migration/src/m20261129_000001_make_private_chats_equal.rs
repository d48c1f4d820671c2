//! A private conversation has no master: both are `member`, each hides it for themselves
//! (`members.hidden_n`), and each pair of people has one (`conversations.pair`). Of several that two
//! people have, the first is the one; the others stay readable, with `#` and their id behind the pair.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const UP: [&str; 3] = [
    "UPDATE members SET role = 'member' WHERE role <> 'member' AND conversation_id IN \
       (SELECT id FROM conversations WHERE type = 'private')",
    "UPDATE conversations SET pair = v.pair FROM \
       (SELECT k.id, k.theirs || CASE WHEN \
            ROW_NUMBER() OVER (PARTITION BY k.theirs ORDER BY k.id) = 1 \
            AND NOT EXISTS (SELECT 1 FROM conversations e WHERE e.pair = k.theirs) \
          THEN '' ELSE '#' || CAST(k.id AS TEXT) END AS pair \
        FROM (SELECT c.id, \
                CAST(MIN(m.user_id) AS TEXT) || ':' || CAST(MAX(m.user_id) AS TEXT) AS theirs \
              FROM conversations c JOIN members m ON m.conversation_id = c.id \
              WHERE c.type = 'private' AND c.deleted_at IS NULL AND c.pair IS NULL \
              GROUP BY c.id HAVING COUNT(*) = 2) AS k) AS v \
     WHERE conversations.id = v.id",
    // Who had left has hidden it: the next message brings it back.
    "UPDATE members SET left_at = NULL, hidden_n = c.head_n FROM conversations c \
     WHERE c.id = members.conversation_id AND c.type = 'private' AND c.deleted_at IS NULL \
       AND c.pair IS NOT NULL AND members.left_at IS NOT NULL",
];

const DOWN: [&str; 2] = [
    "UPDATE members SET role = 'owner' FROM conversations c \
     WHERE c.id = members.conversation_id AND c.type = 'private' \
       AND members.user_id = c.created_by",
    "UPDATE conversations SET pair = NULL WHERE pair LIKE '%#%'",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut hidden_n = ColumnDef::new("hidden_n");
        hidden_n.big_integer().not_null().default(-1);
        let table = Table::alter().table("members").add_column(hidden_n).to_owned();
        manager.alter_table(table).await?;
        for sql in UP {
            manager.get_connection().execute_unprepared(sql).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for sql in DOWN {
            manager.get_connection().execute_unprepared(sql).await?;
        }
        let table = Table::alter().table("members").drop_column("hidden_n").to_owned();
        manager.alter_table(table).await
    }
}
