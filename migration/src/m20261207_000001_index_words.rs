//! The index of words, which is made from the messages and can be made anew: on SQLite a table of FTS5 with what is
//! needed to take a message out of it, on Postgres rows with a `tsvector`. The words are the server's own.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

use crate::columns::{drop, number, optional_number, text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// Only what is put between spaces is a word: the server has parted the text. Nothing of a message that is taken
/// out stays in the table's own files (`secure-delete`).
const WORDS: &str = "CREATE VIRTUAL TABLE search_words USING fts5(words, stems, extra, content = '', columnsize = 0, \
     tokenize = \"ascii tokenchars '@+~'\"); \
     INSERT INTO search_words (search_words, rank) VALUES ('secure-delete', 1)";

/// New words are seen at once, and not kept on a list that each query would go through.
const TOKENS: &str = "ALTER TABLE search_entries ADD COLUMN tokens tsvector NOT NULL; \
     CREATE INDEX search_entries_tokens ON search_entries USING gin (tokens) WITH (fastupdate = off)";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let is_sqlite = manager.get_database_backend() == DbBackend::Sqlite;
        let mut message = number("message_id");
        if is_sqlite {
            // The number of the row itself.
            message.integer();
        }
        let mut entries = Table::create();
        entries
            .table("search_entries")
            .col(message.primary_key())
            .col(number("conversation_id"))
            .col(number("seq"));
        if is_sqlite {
            entries.col(text("words")).col(text("extra"));
        }
        manager.create_table(entries).await?;
        let rules = Table::alter()
            .table("meta")
            .add_column(optional_number("search_rules"))
            .to_owned();
        manager.alter_table(rules).await?;
        let more = if is_sqlite { WORDS } else { TOKENS };
        manager.get_connection().execute_unprepared(more).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let forget = "DELETE FROM follower_positions WHERE follower = 'search'";
        manager.get_connection().execute_unprepared(forget).await?;
        if manager.get_database_backend() == DbBackend::Sqlite {
            drop(manager, "search_words").await?;
        }
        drop(manager, "search_entries").await?;
        let rules = Table::alter().table("meta").drop_column("search_rules").to_owned();
        manager.alter_table(rules).await
    }
}
