//! Who is writing: told to the others who have the chat open, and not too often.

use crate::support::*;

on_both_stores! {
    the_others_who_have_the_chat_open_are_told,
}

on_sqlite! {
    saying_so_too_often_is_not_passed_on,
    who_may_not_write_is_not_told_of,
}

async fn open(user: &TestClient, chat: i64) -> TestSocket {
    let mut socket = user.any_socket().await;
    socket.send(json!({"type": "open", "chat_id": chat})).await;
    socket.next("opened").await;
    socket
}

/// How often a socket is told that somebody writes, up to a message with this content.
async fn heard(socket: &mut TestSocket, end: &str) -> Vec<i64> {
    let mut typing = Vec::new();
    loop {
        let frame = socket.frame().await;
        if frame["type"] == "typing" {
            typing.push(frame["user_id"].as_i64().expect("a user"));
        }
        if frame["content"] == end {
            return typing;
        }
    }
}

async fn the_others_who_have_the_chat_open_are_told(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, bob, carol] = node.join_all(["alice", "bob", "carol"]).await;
    let chat = alice.create_group(&[&bob, &carol]).await;
    let mut alices = open(&alice, chat).await;
    let mut other = alice.socket(chat).await;
    let mut bobs = open(&bob, chat).await;
    let mut carols = carol.any_socket().await;
    alices.send(json!({"type": "typing", "chat_id": chat})).await;
    let seen = bobs.next("typing").await;
    let expected = json!({
        "type": "typing", "chat_id": chat, "user_id": alice.id, "username": "alice",
    });
    assert_eq!(seen, expected);
    alices.send(json!({"chat_id": chat, "content": "written"})).await;
    alice.said(1, "to all").await;
    assert_eq!(heard(&mut alices, "written").await, [0; 0], "not oneself");
    assert_eq!(heard(&mut other, "written").await, [0; 0], "on no device");
    assert_eq!(heard(&mut carols, "to all").await, [0; 0], "carol has it in the background");
    let history = bob.history(chat).await;
    assert_eq!((history.len(), &history[0]["seq"]), (1, &json!(4)), "nothing of it is kept");
}

async fn saying_so_too_often_is_not_passed_on(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, bob] = node.join_all(["alice", "bob"]).await;
    let chat = alice.create_group(&[&bob]).await;
    let mut alices = open(&alice, chat).await;
    let mut bobs = open(&bob, chat).await;
    for _ in 0..200 {
        alices.send(json!({"type": "typing", "chat_id": chat})).await;
    }
    bobs.next("typing").await;
    alices.send(json!({"chat_id": chat, "content": "done"})).await;
    let more = heard(&mut bobs, "done").await;
    assert!(more.len() <= 1, "told {} times more", more.len());
}

async fn who_may_not_write_is_not_told_of(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, guest, mallory] = node.join_all(["alice", "guest", "mallory"]).await;
    let chat = alice.create_group(&[]).await;
    alice.add(chat, &guest, "guest").await.is(201);
    let mut alices = open(&alice, chat).await;
    let mut silent = [
        open(&guest, chat).await,
        mallory.any_socket().await,
        alice.any_socket().await,
    ];
    for socket in &mut silent {
        socket.send(json!({"type": "typing", "chat_id": chat})).await;
        // What is heard of it has passed the conversation when this has.
        socket.send(json!({"type": "open", "chat_id": chat, "after": 0})).await;
        socket.until(|f| f["type"] == "opened" || f["type"] == "error").await;
    }
    alice.said(chat, "nobody writes").await;
    assert_eq!(heard(&mut alices, "nobody writes").await, [0; 0]);
}
