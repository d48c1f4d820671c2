//! `users.search_key`, `written_look`, `folded_look` and `keys_version`: what the server makes of a name, whose
//! Unicode is one on both stores, and by which version of its rules. It fills them at its next start, where the
//! version is lower than its own. And `freed_names`: those that rest.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, Statement, Value};

use crate::columns::{counter, drop, index, instant, number, optional_text, text, unique};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TEXTS: [&str; 3] = ["search_key", "written_look", "folded_look"];
const LOOKS: [&str; 2] = ["written_look", "folded_look"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = TEXTS.into_iter().map(optional_text).chain([counter("keys_version")]);
        for column in columns {
            let table = Table::alter().table("users").add_column(column).to_owned();
            manager.alter_table(table).await?;
        }
        for look in LOOKS {
            index(manager, "users", &[look]).await?;
        }
        let table = Table::alter().table("users").drop_column("display_key").to_owned();
        manager.alter_table(table).await?;
        let freed = Table::create()
            .table("freed_names")
            // SHA-256 of the name's key, in hexadecimals: an erased name is nowhere in clear.
            .col(text("digest"))
            .col(number("user_id"))
            .col(instant("freed_at"))
            .to_owned();
        manager.create_table(freed).await?;
        unique(manager, "freed_names", &["digest"]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, "freed_names").await?;
        for look in LOOKS {
            let name = format!("users_{look}");
            manager.drop_index(Index::drop().name(name).table("users").to_owned()).await?;
        }
        for column in TEXTS.into_iter().chain(["keys_version"]) {
            let table = Table::alter().table("users").drop_column(column).to_owned();
            manager.alter_table(table).await?;
        }
        let key = optional_text("display_key");
        manager
            .alter_table(Table::alter().table("users").add_column(key).to_owned())
            .await?;
        restore_keys(manager).await
    }
}

/// The keys as they were: in lower case. Whoever had different ones has different ones again.
async fn restore_keys(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let (db, backend) = (manager.get_connection(), manager.get_database_backend());
    let read = "SELECT id, username, username_key, email, email_key, display_name FROM users";
    for row in db.query_all_raw(Statement::from_string(backend, read)).await? {
        let text = |column: &str| row.try_get::<String>("", column);
        let shown: Option<String> = row.try_get("", "display_name")?;
        let (mut username_key, mut email_key) = (text("username_key")?, text("email_key")?);
        if !username_key.starts_with("erased:") {
            username_key = text("username")?.to_lowercase();
            email_key = text("email")?.to_lowercase();
        }
        let values: [Value; 4] = [
            username_key.into(),
            email_key.into(),
            shown.map(|shown| shown.to_lowercase()).into(),
            row.try_get::<i64>("", "id")?.into(),
        ];
        let write =
            "UPDATE users SET username_key = $1, email_key = $2, display_key = $3 WHERE id = $4";
        db.execute_raw(Statement::from_sql_and_values(backend, write, values)).await?;
    }
    Ok(())
}
