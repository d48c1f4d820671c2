//! What the engine does by itself: a conversation that nobody uses leaves memory and comes back when
//! it is asked for; a message that the database will not have fails alone.

use futures_util::future::join_all;
use sea_orm::ConnectionTrait;

use crate::support::*;

on_both_stores! {
    a_conversation_at_rest_leaves_memory_and_comes_back_whole,
    a_poisoned_message_fails_alone,
}

/// Conversations in memory.
async fn in_memory(alice: &TestClient) -> i64 {
    let metrics = alice.get("/metrics").await.text;
    let line = metrics.lines().find_map(|line| line.strip_prefix("vestnik_conversations "));
    line.and_then(|value| value.parse().ok()).expect("the gauge")
}

async fn a_conversation_at_rest_leaves_memory_and_comes_back_whole(setup: Setup) {
    const ROUNDS: i64 = 4;
    const AT_ONCE: i64 = 8;
    let node = setup.node(&["--idle-seconds=0"]).await;
    let alice = node.join("alice").await;
    let chat = alice.create_group(&[]).await;
    for round in 0..ROUNDS {
        eventually("nothing in memory", || async { (in_memory(&alice).await == 0).then_some(()) })
            .await;
        // All at once to one that is not there, or is about to go.
        let sends = (0..AT_ONCE).map(|i| {
            let (alice, key) = (&alice, format!("{round}-{i}"));
            async move { alice.say(chat, &key, &key).await.is(201)["seq"].as_i64() }
        });
        let mut seqs: Vec<_> = join_all(sends).await.into_iter().flatten().collect();
        seqs.sort_unstable();
        let first = 2 + round * AT_ONCE;
        assert_eq!(seqs, (first..first + AT_ONCE).collect::<Vec<_>>());
    }
    // Whoever listens keeps it there.
    let mut socket = alice.socket(chat).await;
    assert!(in_memory(&alice).await >= 2, "this one and General");
    alice.say(chat, "heard", "last").await;
    assert_eq!(socket.message("heard").await["n"], ROUNDS * AT_ONCE + 1);
}

async fn a_poisoned_message_fails_alone(setup: Setup) {
    const SENDS: i64 = 20;
    let node = setup.node(&[]).await;
    let alice = node.join("alice").await;
    let chat = alice.create_group(&[]).await;
    let refuse = match setup.kind() {
        Kind::Sqlite => {
            "CREATE TRIGGER poison BEFORE INSERT ON messages WHEN NEW.content = 'poison' \
             BEGIN SELECT RAISE(ABORT, 'poison'); END"
        }
        Kind::Postgres => "ALTER TABLE messages ADD CONSTRAINT poison CHECK (content <> 'poison')",
    };
    setup
        .open()
        .await
        .execute_unprepared(refuse)
        .await
        .expect("a database that refuses");
    let mut socket = alice.socket(chat).await;
    for i in 0..SENDS {
        let content = if i == 7 {
            "poison".into()
        } else {
            format!("{i}")
        };
        let key = format!("k{i}");
        socket.send(json!({"content": content, "client_msg_id": key})).await;
    }
    let (mut acks, mut errors) = (Vec::new(), Vec::new());
    while (acks.len() + errors.len()) < 20 {
        let frame = socket.frame().await;
        match frame["type"].as_str() {
            Some("ack") => acks.push(frame["seq"].as_i64().expect("a seq")),
            Some("error") => errors.push(frame),
            _ => {}
        }
    }
    assert_eq!(acks, (2..=SENDS).collect::<Vec<_>>(), "no gap where it was");
    let error = &errors[0];
    assert_eq!((&error["code"], &error["client_msg_id"]), (&json!("not_stored"), &json!("k7")));
    assert_eq!(error["retry"], false);
}
