//! The schema: up, down to nothing and up again; at start; and two servers at one store.

use sea_orm::ConnectionTrait;

use crate::support::process::finish;
use crate::support::*;

on_both_stores! {
    the_schema_goes_up_down_to_nothing_and_up_again,
    a_server_brings_its_own_schema_and_keeps_what_is_there,
    a_look_at_the_schema_makes_nothing_and_needs_no_stop,
}

on_sqlite! {
    a_second_server_refuses_the_same_file,
}

on_postgres! {
    two_servers_start_together_on_one_fresh_database,
}

/// `vestnik migrate …` on this setup; its output.
async fn migrate(setup: &Setup, words: &[&str]) -> String {
    let words: Vec<String> =
        ["migrate"].iter().chain(words).map(|word| (*word).to_owned()).collect();
    let (succeeded, output) = finish(setup.dir(), &[words, setup.arguments(&[])].concat()).await;
    assert!(succeeded, "{output}");
    output
}

async fn the_schema_goes_up_down_to_nothing_and_up_again(setup: Setup) {
    migrate(&setup, &["up", "1"]).await;
    migrate(&setup, &["down"]).await;
    let pending = migrate(&setup, &["status"]).await;
    let steps = pending.lines().filter(|line| line.starts_with("pending")).count();
    assert!(steps >= 4 && !pending.contains("applied"), "{pending}");
    for _ in 0..2 {
        let applied = migrate(&setup, &["up"]).await;
        assert_eq!(applied.lines().filter(|line| line.starts_with("applied")).count(), steps);
        assert_eq!(setup.number("SELECT COUNT(*) FROM conversations").await, 1, "General");
        migrate(&setup, &["up"]).await;

        let down = migrate(&setup, &["down"]).await;
        assert_eq!(down.lines().filter(|line| line.starts_with("pending")).count(), 1);
        migrate(&setup, &["down", "-n", &steps.to_string()]).await;
        let database = setup.open().await;
        for table in [
            "users",
            "tokens",
            "conversations",
            "members",
            "messages",
            "meta",
        ] {
            let query = format!("SELECT COUNT(*) FROM {table}");
            assert!(database.execute_unprepared(&query).await.is_err(), "{table} is still there");
        }
        database.close().await.expect("a clean close");
    }
    migrate(&setup, &["up", "-n", "1"]).await;
    let node = setup.node(&[]).await;
    node.join("alice").await.say(1, "the rest came at start", "k1").await.is(201);
}

async fn a_look_at_the_schema_makes_nothing_and_needs_no_stop(setup: Setup) {
    if setup.kind() == Kind::Sqlite {
        for words in ["status", "down"] {
            let command = ["migrate".to_owned(), words.to_owned()];
            let (succeeded, output) =
                finish(setup.dir(), &[command.to_vec(), setup.arguments(&[])].concat()).await;
            assert!(!succeeded && output.contains("there is no database at"), "{output}");
            let made = std::fs::read_dir(setup.dir()).expect("a folder").count();
            assert_eq!(made, 0, "{words} made a file");
        }
    } else {
        assert!(migrate(&setup, &["status"]).await.contains("pending"));
        let tables = "SELECT COUNT(*) FROM pg_tables WHERE schemaname = 'public'";
        assert_eq!(setup.number(tables).await, 0, "tables that status made");
    }
    let _server = setup.process(&[]).await;
    let beside = migrate(&setup, &["status"]).await;
    assert!(beside.contains("applied") && !beside.contains("pending"), "{beside}");
}

async fn a_server_brings_its_own_schema_and_keeps_what_is_there(setup: Setup) {
    let server = setup.process(&[]).await;
    let alice = server.node().join("alice").await;
    alice.say(1, "still there?", "k1").await.is(201);
    server.terminate();
    assert!(server.ended().await.success());

    let node = setup.node(&[]).await;
    let last = alice.at(&node).history(1).await.pop().expect("a message");
    assert_eq!(last["content"], "still there?");
}

/// SQLite: one file serves one server.
async fn a_second_server_refuses_the_same_file(setup: Setup) {
    let first = setup.node(&[]).await;
    let refused = setup.try_node(&[]).await.expect_err("no second server");
    assert!(refused.contains("in use"), "{refused}");
    let (succeeded, output) =
        finish(setup.dir(), &[vec!["serve".into()], setup.arguments(&[])].concat()).await;
    assert!(!succeeded && output.contains("in use"), "{output}");
    first.join("alice").await.say(1, "undisturbed", "k1").await.is(201);
}

/// Postgres: any number of servers, from the first instant.
async fn two_servers_start_together_on_one_fresh_database(setup: Setup) {
    let (first, second) = tokio::join!(setup.node(&[]), setup.node(&[]));
    assert_eq!(setup.number("SELECT COUNT(*) FROM conversations").await, 1);
    assert_eq!(setup.number("SELECT COUNT(*) FROM meta").await, 1);
    let alice = first.join("alice").await;
    let alice_there = alice.at(&second);
    let bob = second.join("bob").await;
    // One order and one counter, and each key once, though each node writes by itself.
    for i in 0..20 {
        let key = format!("k{i}");
        let (here, there) =
            tokio::join!(alice.say(1, "from both", &key), alice_there.say(1, "from both", &key),);
        assert_eq!(here.json()["id"], there.json()["id"]);
        bob.say(1, "from one", &key).await.is(201);
    }
    assert_eq!(setup.number("SELECT MAX(n) FROM messages").await, 40);
    assert_eq!(alice.history(1).await, bob.history(1).await);
}
