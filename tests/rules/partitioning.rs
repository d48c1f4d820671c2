//! Nothing new stands in the way of dividing the database by conversation (ADR 39): what is a conversation's says
//! so in each of its unique keys. What is in the way already is listed here, and the list only gets shorter.

use std::collections::BTreeSet;

use sea_orm::{ConnectionTrait, Statement};
use vestnik::config::Database;
use vestnik::store::{connect, migrate};

/// Unique keys of what is a conversation's, without the conversation.
const IN_THE_WAY: &[&str] = &[
    "message_versions message_id,seq",
    "messages id",
    "pins message_id",
    "reactions emoji,message_id,user_id",
];

/// Tables that are the whole company's, or one server's.
const OF_ALL: &[&str] = &[
    "conversations",
    "endings",
    // Bytes belong to whoever names them, and an upload to its user until a message carries it.
    "files",
    "freed_names",
    "invites",
    "meta",
    "nodes",
    // The index of words can be made anew, in parts too.
    "search_entries",
    "search_words",
    "search_words_config",
    "search_words_data",
    "search_words_idx",
    "seaql_migrations",
    "tickets",
    "tokens",
    "uploads",
    "users",
    "witnesses",
];

const TABLES: &str =
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
/// The table, and the columns of one of its unique keys in alphabetical order.
const KEYS: &str = "\
    SELECT m.name || ' ' || (SELECT group_concat(name, ',') FROM (SELECT c.name \
      FROM pragma_index_info(i.name) c ORDER BY c.name)) \
    FROM sqlite_master m, pragma_index_list(m.name) i WHERE m.type = 'table' AND i.\"unique\" \
    UNION SELECT m.name || ' ' || (SELECT group_concat(name, ',') FROM (SELECT c.name \
      FROM pragma_table_info(m.name) c WHERE c.pk > 0 ORDER BY c.name)) \
    FROM sqlite_master m WHERE m.type = 'table'";

fn ask(sql: &[&str]) -> Vec<Vec<String>> {
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let file = format!("sqlite://{}", folder.path().join("v.db").display());
        let database = Database {
            database_url: Some(file),
            ..Database::default()
        };
        let store = connect::open(&database).await.unwrap();
        migrate::up(&store, None).await.unwrap();
        let mut answers = Vec::new();
        for sql in sql {
            let asked = Statement::from_string(store.backend(), *sql);
            let rows = store.readers().query_all_raw(asked).await.unwrap();
            let texts = rows.iter().filter_map(|row| row.try_get_by_index(0).unwrap());
            answers.push(texts.collect());
        }
        store.close().await.unwrap();
        answers
    })
}

#[test]
fn administrators_are_told_of_every_table() {
    let answers = ask(&[TABLES]);
    let document = crate::documents::read("docs/operations.md");
    let (_, told) = document.split_once("The two stores have the same tables").unwrap();
    let (told, _) = told.split_once("\n\n").unwrap();
    for table in &answers[0] {
        assert!(told.contains(&format!("`{table}`")), "{table} is not in docs/operations.md");
    }
}

#[test]
fn no_new_unique_key_of_a_conversations_table_is_without_the_conversation() {
    let answers = ask(&[TABLES, KEYS]);
    let tables = answers[0].iter().filter(|table| !OF_ALL.contains(&table.as_str()));
    let tables: BTreeSet<_> = tables.map(String::as_str).collect();
    assert!(tables.contains("messages") && tables.contains("members"), "{tables:?}");
    let without = answers[1].iter().filter_map(|key| {
        let (table, columns) = key.split_once(' ')?;
        let has = columns.split(',').any(|column| column == "conversation_id");
        (tables.contains(table) && !has).then_some(key.as_str())
    });
    let without: BTreeSet<_> = without.collect();
    assert_eq!(without, IN_THE_WAY.iter().copied().collect(), "see ADR 39");
}
