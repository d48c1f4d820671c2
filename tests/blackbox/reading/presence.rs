//! Who is there: told to those who asked for the chat by `open`, all members at a time.

use std::time::{Duration, Instant};

use crate::support::*;

on_both_stores! {
    who_opens_a_chat_is_told_who_comes_and_goes,
}

on_sqlite! {
    who_joins_is_there_at_once,
    only_who_has_opened_the_chat_is_told,
}

async fn open(user: &TestClient, chat: i64) -> (TestSocket, Value) {
    let mut socket = user.any_socket().await;
    socket.send(json!({"type": "open", "chat_id": chat})).await;
    let opened = socket.next("opened").await;
    (socket, opened)
}

/// As they are listed.
fn ids(users: &[&TestClient]) -> Value {
    let mut ids: Vec<_> = users.iter().map(|user| user.id).collect();
    ids.sort_unstable();
    json!(ids)
}

/// Waits until a socket is told that these are there.
async fn told(socket: &mut TestSocket, chat: i64, users: &[&TestClient]) {
    let online = ids(users);
    loop {
        match socket.hear().await {
            Heard::Frame(frame)
                if frame["type"] == "presence"
                    && frame["chat_id"] == chat
                    && frame["online"] == online =>
            {
                return;
            }
            Heard::Frame(_) => {}
            other => panic!("waited for {online:?}, heard {other:?}"),
        }
    }
}

async fn who_opens_a_chat_is_told_who_comes_and_goes(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, bob] = node.join_all(["alice", "bob"]).await;
    let chat = alice.create_group(&[&bob]).await;
    let (mut socket, opened) = open(&alice, chat).await;
    assert!(
        opened["online"] == json!([]) || opened["online"] == json!([alice.id]),
        "{opened}"
    );
    let bobs = bob.socket(1).await;
    told(&mut socket, chat, &[&alice, &bob]).await;
    let (_, opened) = open(&bob, chat).await;
    assert_eq!(opened["online"], ids(&[&alice, &bob]));
    let since = Instant::now();
    drop(bobs);
    told(&mut socket, chat, &[&alice]).await;
    assert!(
        since.elapsed() >= Duration::from_secs(9),
        "who comes back at once was never gone"
    );
}

async fn who_joins_is_there_at_once(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, bob] = node.join_all(["alice", "bob"]).await;
    let chat = alice.create_group(&[]).await;
    let (mut general, _) = open(&alice, 1).await;
    let _bobs = bob.any_socket().await;
    told(&mut general, 1, &[&alice, &bob]).await;
    let (mut socket, opened) = open(&alice, chat).await;
    assert_eq!(opened["online"], json!([alice.id]));
    alice.add(chat, &bob, "member").await.is(201);
    told(&mut socket, chat, &[&alice, &bob]).await;
    alice.remove(chat, &bob).await.is(204);
    told(&mut socket, chat, &[&alice]).await;
}

async fn only_who_has_opened_the_chat_is_told(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, bob, mallory] = node.join_all(["alice", "bob", "mallory"]).await;
    let chat = alice.create_group(&[&bob]).await;
    let (mut socket, _) = open(&alice, chat).await;
    let mut silent = [
        bob.socket(chat).await,
        bob.any_socket().await,
        mallory.any_socket().await,
        alice.any_socket().await,
    ];
    let (mut closed, _) = open(&alice, chat).await;
    closed.send(json!({"type": "close", "chat_id": chat})).await;
    told(&mut socket, chat, &[&alice, &bob]).await;
    alice.said(1, "the end").await;
    for socket in &mut silent {
        loop {
            match socket.hear().await {
                Heard::Frame(frame) if frame["content"] == "the end" => break,
                Heard::Frame(frame) => assert_ne!(frame["type"], "presence", "{frame}"),
                other => panic!("heard {other:?}"),
            }
        }
    }
}
