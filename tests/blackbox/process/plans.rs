//! No statement reads a table that grows: not on a database that has just been made, not on one that
//! has grown since and was never analysed, not on one that was, and not by a plan that was kept from
//! when the tables were small.

mod actions;
mod explaining;
mod growing;

use sea_orm::{ConnectionTrait, Statement};
use vestnik::config::Database;
use vestnik::store::connect;

use self::actions::{Statements, live_a_day};
use self::explaining::{Session, faults_of_sqlite};
use self::growing::{MANY, grow, leave_unanalysed};
use crate::support::*;

on_both_stores! {
    no_statement_can_be_planned_to_read_a_table_that_grows,
}

on_postgres! {
    a_hundred_thousand_messages_later_no_row_is_read_in_vain,
}

/// What the server runs in a day, on its connections for reading and on those for writing.
async fn statements(setup: &Setup) -> [Vec<Statement>; 2] {
    let statements = Statements::default();
    let node = setup.observed_node(&[], statements.observer()).await;
    live_a_day(&node, "").await;
    node.sign_in("anna", "secret").await.get("/api/users?query=bor").await.is(200);
    let seen = [statements.seen(false), statements.seen(true)];
    assert!(seen.iter().all(|seen| seen.len() > 30), "a day has more statements");
    seen
}

async fn no_statement_can_be_planned_to_read_a_table_that_grows(setup: Setup) {
    let statements = statements(&setup).await;
    let faults = match setup.kind() {
        Kind::Sqlite => faults_on_sqlite(&setup, &statements.concat()).await,
        Kind::Postgres => faults_on_postgres(&setup, &statements).await,
    };
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

async fn faults_on_sqlite(setup: &Setup, statements: &[Statement]) -> Vec<String> {
    let database = setup.open().await;
    let mut faults = faults_of_sqlite(&database, "never analysed", statements).await;
    grow(&database).await;
    database.execute_unprepared("ANALYZE").await.expect("statistics");
    let analysed = setup.open().await;
    faults.extend(faults_of_sqlite(&analysed, "analysed", statements).await);
    faults
}

async fn faults_on_postgres(setup: &Setup, statements: &[Vec<Statement>; 2]) -> Vec<String> {
    let database = setup.open().await;
    leave_unanalysed(&database).await;
    let config = Database {
        database_url: Some(setup.url().to_owned()),
        ..Database::default()
    };
    let store = connect::open_beside(&config).await.expect("the store");
    let pools = [store.readers().pool(), store.writer()];
    let mut kept = Vec::new();
    for (pool, statements) in pools.into_iter().zip(statements) {
        let session = Session::open(pool, "kept from when it was empty", statements).await;
        kept.push((session, statements));
    }
    grow(&database).await;
    let mut faults = Vec::new();
    for (mut session, statements) in kept {
        faults.extend(session.faults(statements).await);
        session.close().await;
    }
    for state in ["grown and never analysed", "analysed"] {
        if state == "analysed" {
            database.execute_unprepared("ANALYZE").await.expect("statistics");
        }
        for (pool, statements) in pools.into_iter().zip(statements) {
            let mut fresh = Session::open(pool, state, statements).await;
            faults.extend(fresh.faults(statements).await);
            fresh.close().await;
        }
    }
    faults
}

async fn a_hundred_thousand_messages_later_no_row_is_read_in_vain(setup: Setup) {
    let node = setup.node(&[]).await;
    let database = setup.open().await;
    leave_unanalysed(&database).await;
    // Often enough that every connection keeps its plans.
    for day in 0..6 {
        live_a_day(&node, &format!("-{day}")).await;
    }
    grow(&database).await;
    let before = read_rows(&database).await;
    for day in 6..8 {
        live_a_day(&node, &format!("-{day}")).await;
    }
    // A session reports what it has read at the latest when it ends.
    setup.stop().await;
    let after = read_rows(&database).await;
    let read = after - before;
    assert!(read < MANY / 100, "{read} rows were read by scans");
}

/// Rows that were read by scans of the tables that grow.
async fn read_rows(database: &sea_orm::DatabaseConnection) -> i64 {
    let sql = "SELECT COALESCE(SUM(seq_tup_read), 0)::bigint FROM pg_stat_user_tables \
               WHERE relname IN ('users', 'tokens', 'tickets', 'conversations', 'members', 'messages', \
                 'reactions', 'pins', 'mentions', 'message_versions', 'witnesses')";
    let statement = Statement::from_string(database.get_database_backend(), sql);
    let row = database.query_one_raw(statement).await.expect(sql).expect("one row");
    row.try_get_by_index(0).expect("a number")
}
