//! Chats whose head somebody else has locked, as a server does that is busy with them, or stands still.

use sea_orm::{ConnectionTrait, DatabaseTransaction, TransactionTrait};

use crate::process::cluster::metric;
use crate::support::*;

on_postgres! {
    a_chat_that_is_locked_elsewhere_holds_up_no_other,
    of_two_that_are_locked_the_one_that_is_free_again_goes_on,
    who_waits_for_a_locked_chat_is_told_so_in_the_end,
}

/// Writers of one server on Postgres; a chat's is told by its id.
const WRITERS: i64 = 4;

/// Somebody in two chats of one writer, and one of another account's.
async fn chats_of_one_writer(node: &TestNode, count: usize) -> (TestClient, Vec<i64>) {
    let (alice, bob) = (node.join("alice").await, node.join("bob").await);
    let mut chats = Vec::new();
    while chats.len() < count {
        let chat = alice.create_group(&[&bob]).await;
        if chats.first().is_none_or(|first| (chat - first) % WRITERS == 0) {
            chats.push(chat);
        }
    }
    (alice, chats)
}

/// A transaction that has the head of this chat.
async fn lock(setup: &Setup, chat: i64) -> DatabaseTransaction {
    let transaction = setup.open().await.begin().await.expect("a transaction");
    let sql = format!("SELECT id FROM conversations WHERE id = {chat} FOR UPDATE");
    transaction.execute_unprepared(&sql).await.expect("the lock");
    transaction
}

/// Sends to a chat without waiting for an answer.
async fn begin(socket: &mut TestSocket, chat: i64, key: &str) {
    let send = json!({"chat_id": chat, "content": key, "client_msg_id": key});
    socket.send(send).await;
}

/// Waits until somebody waits for a lock here.
async fn until_it_is_waited_for(setup: &Setup) {
    let waiting = "SELECT COUNT(*) FROM pg_stat_activity \
                   WHERE datname = current_database() AND wait_event_type = 'Lock'";
    eventually("somebody who waits for the lock", || async {
        (setup.number(waiting).await > 0).then_some(())
    })
    .await;
}

/// What becomes of it.
async fn answer(socket: &mut TestSocket, key: &str) -> Value {
    let is_answer = |frame: &Value| {
        ["ack", "error"].contains(&frame["type"].as_str().expect("a type"))
            && frame["client_msg_id"] == key
    };
    socket.until(is_answer).await
}

async fn a_chat_that_is_locked_elsewhere_holds_up_no_other(setup: Setup) {
    const SENDS: i64 = 5;
    let node = setup.node(&["--db-connections=24"]).await;
    let (alice, chats) = chats_of_one_writer(&node, 2).await;
    let [hot, calm] = chats[..] else {
        panic!("two chats");
    };
    let (mut hot_socket, mut calm_socket) = (alice.any_socket().await, alice.any_socket().await);
    let locked = lock(&setup, hot).await;
    begin(&mut hot_socket, hot, "hot").await;
    until_it_is_waited_for(&setup).await;
    for n in 1..=SENDS {
        let key = format!("calm-{n}");
        begin(&mut calm_socket, calm, &key).await;
        let ack = answer(&mut calm_socket, &key).await;
        assert_eq!((&ack["type"], &ack["n"]), (&json!("ack"), &json!(n)), "{ack}");
    }
    locked.commit().await.expect("the lock's end");
    let ack = answer(&mut hot_socket, "hot").await;
    assert_eq!((&ack["type"], &ack["n"]), (&json!("ack"), &json!(1)), "{ack}");
    // It is stored once.
    begin(&mut hot_socket, hot, "hot").await;
    let again = answer(&mut hot_socket, "hot").await;
    assert_eq!((&again["n"], &again["seq"]), (&ack["n"], &ack["seq"]), "{again}");
    let messages = format!("SELECT COUNT(*) FROM messages WHERE conversation_id = {hot}");
    assert_eq!(setup.number(&messages).await, 1);
    // Those that waited for nobody count too.
    assert!(metric(&alice, "vestnik_head_wait_seconds_count").await > SENDS);
}

async fn of_two_that_are_locked_the_one_that_is_free_again_goes_on(setup: Setup) {
    let node = setup.node(&["--db-connections=24"]).await;
    let (alice, chats) = chats_of_one_writer(&node, 2).await;
    let mut sockets = [alice.any_socket().await, alice.any_socket().await];
    let stuck = lock(&setup, chats[0]).await;
    let short = lock(&setup, chats[1]).await;
    begin(&mut sockets[0], chats[0], "stuck").await;
    until_it_is_waited_for(&setup).await;
    begin(&mut sockets[1], chats[1], "short").await;
    short.commit().await.expect("the lock's end");
    let ack = answer(&mut sockets[1], "short").await;
    assert_eq!(ack["type"], "ack", "{ack}");
    stuck.commit().await.expect("the lock's end");
    let ack = answer(&mut sockets[0], "stuck").await;
    assert_eq!(ack["type"], "ack", "{ack}");
}

async fn who_waits_for_a_locked_chat_is_told_so_in_the_end(setup: Setup) {
    let node = setup.node(&["--db-connections=24"]).await;
    let (alice, chats) = chats_of_one_writer(&node, 1).await;
    let locked = lock(&setup, chats[0]).await;
    let mut socket = alice.any_socket().await;
    begin(&mut socket, chats[0], "k").await;
    let busy = answer(&mut socket, "k").await;
    assert_eq!((&busy["code"], &busy["retry"]), (&json!("busy"), &json!(true)), "{busy}");
    locked.rollback().await.expect("the lock's end");
    begin(&mut socket, chats[0], "k").await;
    let ack = answer(&mut socket, "k").await;
    assert_eq!((&ack["type"], &ack["n"]), (&json!("ack"), &json!(1)), "{ack}");
}
