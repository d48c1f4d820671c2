//! A backup is restored: what was said after it is gone, and no client keeps it, nor misses what is
//! said in its place.

use std::fs;
use std::path::PathBuf;

use sea_orm::{ConnectionTrait, Database};

use crate::support::process::finish;
use crate::support::*;

on_both_stores! {
    positions_from_a_lost_future_mean_nothing_after_a_restore,
    there_is_nothing_to_restore_in_an_empty_place,
    a_restart_keeps_the_epoch,
}

on_postgres! {
    a_postgres_with_another_past_gets_a_new_epoch_once,
}

on_sqlite! {
    no_epoch_changes_under_a_running_server,
}

/// `vestnik restored` on this setup: whether it succeeded, and what it said.
async fn restored(setup: &Setup) -> (bool, String) {
    finish(setup.dir(), &[vec!["restored".into()], setup.arguments(&[])].concat()).await
}

async fn stop(server: ServerProcess) {
    server.terminate();
    assert!(server.ended().await.success());
}

fn file(setup: &Setup, name: &str) -> PathBuf {
    setup.dir().join(name)
}

/// Statements of Postgres, from a database that nobody needs.
async fn administer(setup: &Setup, statements: [String; 2]) {
    let (cluster, _) = setup.url().rsplit_once('/').expect("a database");
    let postgres = Database::connect(format!("{cluster}/postgres")).await.expect("the cluster");
    for sql in statements {
        postgres.execute_unprepared(&sql).await.expect(&sql);
    }
    postgres.close().await.expect("a clean close");
}

fn database(setup: &Setup) -> &str {
    setup.url().rsplit('/').next().expect("a database")
}

/// Backs a stopped server's database up: on SQLite as docs/operations.md says.
async fn back_up(setup: &Setup) {
    match setup.kind() {
        Kind::Sqlite => {
            let copied = fs::copy(file(setup, "vestnik.db"), file(setup, "backup.db"));
            copied.expect("a copy");
        }
        Kind::Postgres => {
            let name = database(setup);
            let drop = format!("DROP DATABASE IF EXISTS {name}_backup");
            let copy = format!("CREATE DATABASE {name}_backup TEMPLATE {name}");
            administer(setup, [drop, copy]).await;
        }
    }
}

/// Puts the backup in the place of what has come after it.
async fn restore(setup: &Setup) {
    match setup.kind() {
        Kind::Sqlite => {
            for name in ["vestnik.db", "vestnik.db-wal", "vestnik.db-shm"] {
                let _ = fs::rename(file(setup, name), file(setup, &format!("lost-{name}")));
            }
            let copied = fs::copy(file(setup, "backup.db"), file(setup, "vestnik.db"));
            copied.expect("a copy");
        }
        Kind::Postgres => {
            let name = database(setup);
            let drop = format!("DROP DATABASE {name} WITH (FORCE)");
            let rename = format!("ALTER DATABASE {name}_backup RENAME TO {name}");
            administer(setup, [drop, rename]).await;
        }
    }
}

/// Where a client stands, in each of the three ways in which it may come back.
struct Position {
    epoch: Value,
    seq: i64,
    last_event: String,
}

async fn stand(alice: &TestClient, chat: i64) -> Position {
    let mut stream = TestStream::open(alice, &format!("?chat_id={chat}"), None)
        .await
        .expect("a stream");
    stream.opened(chat).await;
    let synced = alice.post("/api/sync", json!({})).await.is(200);
    let seq = synced["recent"][0]["seq"].as_i64().expect("a seq");
    assert!(stream.last.contains(&format!("{chat}:{seq}")), "{}", stream.last);
    Position {
        epoch: synced["epoch"].clone(),
        seq,
        last_event: stream.last,
    }
}

async fn positions_from_a_lost_future_mean_nothing_after_a_restore(setup: Setup) {
    let server = setup.process(&[]).await;
    let alice = server.node().join("alice").await;
    let chat = alice.create_group(&[]).await;
    alice.said(chat, "backed up").await;
    stop(server).await;
    back_up(&setup).await;

    let server = setup.process(&[]).await;
    let alice = alice.at(server.node());
    for i in 0..5 {
        alice.said(chat, &format!("lost {i}")).await;
    }
    let lost = stand(&alice, chat).await;
    stop(server).await;
    restore(&setup).await;
    let (succeeded, said) = restored(&setup).await;
    assert!(
        succeeded && said.contains("the epoch is new") && said.lines().count() == 1,
        "{said}"
    );

    // The numbers of what is lost are given again, and more: by them alone nobody could tell.
    let node = setup.node(&[]).await;
    let alice = alice.at(&node);
    for i in 0..10 {
        alice.said(chat, &format!("new {i}")).await;
    }
    let texts = |changes: &Value| -> Vec<String> {
        let all = changes.as_array().expect("changes").iter();
        all.filter_map(|change| change["content"].as_str().map(str::to_owned)).collect()
    };
    let mut truth = vec!["backed up".to_owned()];
    truth.extend((0..10).map(|i| format!("new {i}")));

    let mut socket = alice.any_socket().await;
    let ready = socket.next("ready").await;
    assert_ne!(ready["epoch"], lost.epoch);
    let open = json!({"type": "open", "chat_id": chat, "after": lost.seq, "epoch": lost.epoch});
    socket.send(open).await;
    let opened = socket.next("opened").await;
    assert_eq!((&opened["reset"], texts(&opened["changes"])), (&json!(true), truth.clone()));

    let known = json!({"epoch": lost.epoch, "chats": {chat.to_string(): lost.seq}});
    let synced = alice.post("/api/sync", known).await.is(200);
    let recent = &synced["recent"][0];
    assert_eq!((&recent["state"], texts(&recent["changes"])), (&json!("reset"), truth));

    let last = Some(lost.last_event.as_str());
    let mut stream = TestStream::open(&alice, &format!("?chat_id={chat}"), last)
        .await
        .expect("a stream");
    let (seqs, is_reset) = stream.opened(chat).await;
    assert!(is_reset && seqs.len() == 11, "{seqs:?}");
}

async fn there_is_nothing_to_restore_in_an_empty_place(setup: Setup) {
    let (succeeded, said) = restored(&setup).await;
    let expected = match setup.kind() {
        Kind::Sqlite => "there is no database at",
        Kind::Postgres => "there is nothing in this database",
    };
    assert!(!succeeded && said.contains(expected), "{said}");
    // A schema of before is no hindrance: the server will bring it up to date.
    let migrate = ["migrate", "up", "-n4"].map(str::to_owned).to_vec();
    let (succeeded, said) = finish(setup.dir(), &[migrate, setup.arguments(&[])].concat()).await;
    assert!(succeeded, "{said}");
    let (succeeded, said) = restored(&setup).await;
    assert!(succeeded && said.contains("the epoch is new"), "{said}");
}

/// The epoch that a server tells, which is started for this question; and its log.
async fn epoch(setup: &Setup) -> (Value, String) {
    let server = setup.process(&["--trust"]).await;
    let ready = server.node().socket("/ws").await.next("ready").await;
    let log = server.log();
    stop(server).await;
    (ready["epoch"].clone(), log)
}

async fn a_restart_keeps_the_epoch(setup: Setup) {
    let (first, _) = epoch(&setup).await;
    assert!(first.is_string());
    assert_eq!(epoch(&setup).await.0, first);
}

/// A timeline or a cluster that is not that of the last start: here, what was written down of it is
/// changed instead.
async fn a_postgres_with_another_past_gets_a_new_epoch_once(setup: Setup) {
    let (first, _) = epoch(&setup).await;
    let known = "SELECT COUNT(*) FROM meta WHERE cluster ~ '^[0-9]+/[0-9A-F]{8}$'";
    assert_eq!(setup.number(known).await, 1, "it has asked Postgres");
    let database = setup.open().await;
    let forked = "UPDATE meta SET cluster = regexp_replace(cluster, '/.*', '/00000000')";
    database.execute_unprepared(forked).await.expect(forked);
    database.close().await.expect("a clean close");

    let (second, log) = epoch(&setup).await;
    assert_ne!(second, first);
    assert!(log.contains("the epoch is new"), "{log}");
    let (third, log) = epoch(&setup).await;
    assert_eq!(third, second);
    assert!(!log.contains("the epoch is new"), "{log}");
}

async fn no_epoch_changes_under_a_running_server(setup: Setup) {
    let node = setup.node(&[]).await;
    let alice = node.join("alice").await;
    let epoch = alice.any_socket().await.next("ready").await["epoch"].clone();
    let (succeeded, said) = restored(&setup).await;
    assert!(!succeeded && said.contains("is in use by another server"), "{said}");
    let epoch = epoch.as_str().expect("an epoch");
    let same = format!("SELECT COUNT(*) FROM meta WHERE epoch = '{epoch}'");
    assert_eq!(setup.number(&same).await, 1);
}
