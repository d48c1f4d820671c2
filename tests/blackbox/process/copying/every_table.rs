//! No table and no column of the schema is forgotten.

use std::collections::BTreeSet;

use sea_orm::{ConnectionTrait, Statement};
use vestnik::store::copy::{COPIED, META, NOT_COPIED};

use crate::support::*;

on_both_stores! {
    every_table_is_copied_or_is_said_not_to_be,
    a_table_is_copied_after_those_that_it_refers_to,
    what_is_one_row_has_each_column_said,
    the_key_by_which_a_table_is_read_is_one,
}

/// What a migrated database answers, a row a line and its columns separated by spaces.
async fn ask(setup: &Setup, of_sqlite: &str, of_postgres: &str) -> Vec<String> {
    let database = setup.open().await;
    let sql = match setup.kind() {
        Kind::Sqlite => of_sqlite,
        Kind::Postgres => of_postgres,
    };
    let statement = Statement::from_string(database.get_database_backend(), sql);
    let rows = database.query_all_raw(statement).await.expect(sql);
    let rows = rows.iter().map(|row| row.try_get_by_index(0).expect("a text")).collect();
    database.close().await.expect("a clean close");
    rows
}

async fn migrated(setup: &Setup) {
    setup.node(&[]).await;
    setup.stop().await;
}

async fn every_table_is_copied_or_is_said_not_to_be(setup: Setup) {
    migrated(&setup).await;
    let there = ask(
        &setup,
        // The words of the index go with `search_entries`.
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' \
           AND name NOT LIKE 'search_words%'",
        "SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema()",
    )
    .await;
    let there: BTreeSet<_> = there.iter().map(String::as_str).collect();
    let copied = COPIED.iter().map(|table| table.name);
    let said: BTreeSet<_> = copied.chain(NOT_COPIED.iter().map(|(name, _)| *name)).collect();
    assert_eq!(said, there, "see src/store/copy/tables.rs");
    assert_eq!(said.len(), COPIED.len() + NOT_COPIED.len(), "none is in both lists");
}

async fn a_table_is_copied_after_those_that_it_refers_to(setup: Setup) {
    migrated(&setup).await;
    let references = ask(
        &setup,
        "SELECT m.name || ' ' || f.\"table\" FROM sqlite_master m, pragma_foreign_key_list(m.name) f \
         WHERE m.type = 'table'",
        "SELECT conrelid::regclass::text || ' ' || confrelid::regclass::text FROM pg_constraint \
         WHERE contype = 'f'",
    )
    .await;
    assert!(references.len() > 10, "{references:?}");
    let place = |name: &str| COPIED.iter().position(|table| table.name == name);
    for reference in references {
        let (of, to) = reference.split_once(' ').expect("two tables");
        assert!(place(to).expect(to) < place(of).expect(of), "{reference}");
    }
}

async fn what_is_one_row_has_each_column_said(setup: Setup) {
    migrated(&setup).await;
    let there = ask(
        &setup,
        "SELECT name FROM pragma_table_info('meta')",
        "SELECT column_name::text FROM information_schema.columns \
         WHERE table_schema = current_schema() AND table_name = 'meta'",
    )
    .await;
    let said: BTreeSet<_> = META.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(said, there.into_iter().collect(), "see src/store/copy/tables.rs");
}

/// Each is a unique index, so that nothing is passed over at the end of a step.
async fn the_key_by_which_a_table_is_read_is_one(setup: Setup) {
    migrated(&setup).await;
    let indexes = ask(
        &setup,
        "SELECT m.name || ' ' || (SELECT group_concat(name, ',') FROM (SELECT c.name \
           FROM pragma_index_info(i.name) c ORDER BY c.name)) \
         FROM sqlite_master m, pragma_index_list(m.name) i WHERE m.type = 'table' AND i.\"unique\" \
         UNION ALL SELECT m.name || ' ' || c.name FROM sqlite_master m, pragma_table_info(m.name) c \
         WHERE m.type = 'table' AND c.pk > 0 \
           AND (SELECT MAX(o.pk) FROM pragma_table_info(m.name) o) = 1",
        "SELECT i.indrelid::regclass::text || ' ' || (SELECT string_agg(a.attname, ',' ORDER BY a.attname) \
           FROM pg_attribute a WHERE a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey)) \
         FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid \
         WHERE i.indisunique AND c.relnamespace = current_schema()::regnamespace",
    )
    .await;
    for table in &COPIED {
        let names = table.key.iter().copied().chain(table.nullable_key);
        let names: BTreeSet<_> = names.collect();
        let names: Vec<_> = names.into_iter().collect();
        let index = format!("{} {}", table.name, names.join(","));
        assert!(indexes.contains(&index), "{index} is none of {indexes:?}");
    }
}
