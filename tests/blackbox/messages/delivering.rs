//! A message on its way: who hears it, and in which shape.

use crate::support::*;

on_both_stores! {
    what_one_types_everybody_in_the_chat_hears,
    general_reaches_every_connected_socket,
    an_ack_answers_only_a_send_with_a_key,
    a_rest_send_is_heard_on_sockets,
    a_frame_may_name_the_chat_that_the_url_bound,
    members_hear_of_joins_and_renames,
}

on_sqlite! {
    every_text_arrives_as_it_was_typed,
}

async fn what_one_types_everybody_in_the_chat_hears(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, bob] = node.join_all(["alice", "bob"]).await;
    let chat = alice.create_group(&[&bob]).await;
    let elsewhere = alice.create_group(&[]).await;
    let mut typing = alice.socket(chat).await;
    let mut listening = bob.socket(chat).await;
    let mut outside = alice.socket(elsewhere).await;

    typing.say("Сообщение").await;
    let frame = listening.next("message").await;
    assert_eq!(
        keys(&frame),
        [
            "chat_id",
            "content",
            "created_at",
            "id",
            "n",
            "seq",
            "type",
            "user_id",
            "username"
        ]
    );
    assert_eq!(frame["content"], "Сообщение");
    assert_eq!(frame["chat_id"], chat);
    assert_eq!(frame["user_id"], alice.id);
    assert_eq!(frame["username"], "alice");
    assert_eq!(frame["n"], 1);
    assert_eq!(typing.next("message").await, frame, "the sender hears it too");

    // Whoever has another chat open hears nothing of it.
    outside.say("elsewhere").await;
    assert_eq!(outside.next("message").await["content"], "elsewhere");
}

async fn general_reaches_every_connected_socket(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, bob] = node.join_all(["alice", "bob"]).await;
    let chat = bob.create_group(&[]).await;
    let mut in_general = alice.socket(1).await;
    let mut in_a_group = bob.socket(chat).await;

    alice
        .post("/api/messages", json!({"sequence": 1, "text": "to everybody"}))
        .await
        .is(200);
    for socket in [&mut in_general, &mut in_a_group] {
        let frame = socket.message("to everybody").await;
        assert_eq!(frame["chat_id"], 1);
        assert_eq!(frame["sequence"], 1);
    }
    in_a_group.say("to the group").await;
    assert_eq!(in_a_group.next("message").await["chat_id"], chat);
}

async fn an_ack_answers_only_a_send_with_a_key(setup: Setup) {
    let node = setup.node(&[]).await;
    let alice = node.join("alice").await;
    let chat = alice.create_group(&[]).await;
    let mut socket = alice.socket(chat).await;

    socket.say("without a key").await;
    socket
        .send(json!({"type": "send", "content": "with a key", "client_msg_id": "k1"}))
        .await;
    socket.say("the end").await;

    let (mut heard, mut acks) = (Vec::new(), Vec::new());
    while heard.len() < 3 {
        let frame = socket.frame().await;
        match frame["type"].as_str() {
            Some("ack") => acks.push(frame),
            Some("message") => heard.push(frame),
            _ => panic!("unexpected {frame}"),
        }
    }
    let [ack] = acks.as_slice() else {
        panic!("one ack, not {acks:?}")
    };
    assert_eq!(
        keys(ack),
        [
            "chat_id",
            "client_msg_id",
            "created_at",
            "dup",
            "id",
            "n",
            "seq",
            "type"
        ]
    );
    let keyed = &heard[1];
    for member in ["chat_id", "client_msg_id", "id", "seq", "n", "created_at"] {
        assert_eq!(ack[member], keyed[member], "{member}");
    }
    assert_eq!(ack["dup"], false);
    assert_eq!(heard[0]["client_msg_id"], Value::Null);
}

async fn a_rest_send_is_heard_on_sockets(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, bob] = node.join_all(["alice", "bob"]).await;
    let chat = alice.create_group(&[&bob]).await;
    let mut socket = bob.socket(chat).await;
    let stored = alice.say(chat, "over REST", "k1").await.is(201);
    let frame = socket.message("over REST").await;
    for member in ["id", "seq", "n", "created_at"] {
        assert_eq!(stored[member], frame[member], "{member}");
    }
}

async fn a_frame_may_name_the_chat_that_the_url_bound(setup: Setup) {
    let node = setup.node(&[]).await;
    let alice = node.join("alice").await;
    let chat = alice.create_group(&[]).await;
    let mut socket = alice.socket(chat).await;
    socket.send(json!({"chat_id": chat, "content": "by its number"})).await;
    assert_eq!(socket.next("message").await["chat_id"], chat);
}

async fn members_hear_of_joins_and_renames(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, bob] = node.join_all(["alice", "bob"]).await;
    let chat = alice.create_group(&[]).await;
    let mut socket = alice.socket(chat).await;

    alice.add(chat, &bob, "guest").await.is(201);
    let joined = socket.next("member").await;
    assert_eq!(joined["change"], "joined");
    assert_eq!(joined["user_id"], bob.id);
    assert_eq!(joined["role"], "guest");

    alice
        .patch(&format!("/api/chats/{chat}"), json!({"name": "Новое имя"}))
        .await
        .is(200);
    let renamed = socket.next("chat").await;
    assert_eq!(renamed["change"], "renamed");
    assert_eq!(renamed["name"], "Новое имя");
    assert_eq!(renamed["seq"].as_i64(), joined["seq"].as_i64().map(|seq| seq + 1));
}

async fn every_text_arrives_as_it_was_typed(setup: Setup) {
    let node = setup.node(&[]).await;
    let alice = node.join("alice").await;
    let chat = alice.create_group(&[]).await;
    let mut socket = alice.socket(chat).await;
    let longest = "ы".repeat(8_192);
    for text in [
        "\"quoted\" \\ and / slashed",
        "line\nline\r\n\ttab",
        "<script>alert(1)</script>",
        "'; DROP TABLE messages; --",
        "👩‍👩‍👧‍👦 é \u{202e}reversed\u{202c} \u{1}",
        " ",
        &longest,
    ] {
        socket.say(text).await;
        assert_eq!(socket.next("message").await["content"], text);
        let last = alice.history(chat).await.pop().expect("a message");
        assert_eq!(last["content"], text);
    }
}
