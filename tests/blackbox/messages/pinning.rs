//! Pinned messages: by those who manage a chat, in a private one by both, a hundred at most.

use crate::support::*;

on_both_stores! {
    pins_are_seen_live_listed_and_replayed,
    who_manages_a_chat_pins,
    pins_are_bounded_and_a_deletion_makes_room,
}

fn path(chat: i64, message: &Value) -> String {
    format!("/api/chats/{chat}/pins/{}", message["id"])
}

async fn pinned(user: &TestClient, chat: i64) -> Vec<i64> {
    let pins = user.get(&format!("/api/chats/{chat}/pins")).await.is(200);
    let pins = pins["messages"].as_array().expect("messages");
    pins.iter().map(|message| message["n"].as_i64().expect("an n")).collect()
}

async fn pins_are_seen_live_listed_and_replayed(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, bob] = node.join_all(["alice", "bob"]).await;
    let chat = alice.create_group(&[&bob]).await;
    let (one, two) = (bob.said(chat, "one").await, bob.said(chat, "two").await);
    let mut socket = alice.socket(chat).await;
    let mut listening = bob.socket(chat).await;
    let mut pin = json!({"type": "pin", "id": one["id"], "client_msg_id": "p"});
    for (on, dup, seq) in [
        (true, false, 5),
        (true, true, 5),
        (false, false, 6),
        (true, false, 7),
    ] {
        pin["on"] = json!(on);
        socket.send(pin.clone()).await;
        let ack = socket.next("ack").await;
        assert_eq!((&ack["dup"], &ack["seq"]), (&json!(dup), &json!(seq)));
    }
    for (on, seq) in [(true, 5), (false, 6), (true, 7)] {
        let seen = listening.next("pin").await;
        assert_eq!((&seen["on"], &seen["seq"]), (&json!(on), &json!(seq)));
        assert_eq!((&seen["id"], &seen["user_id"]), (&one["id"], &json!(alice.id)));
    }
    for _ in 0..2 {
        alice.put(&path(chat, &two), json!({})).await.is(204);
    }
    assert_eq!(pinned(&bob, chat).await, [2, 1], "the last that was pinned first");
    alice.delete(&path(chat, &one), json!({})).await.is(204);
    assert_eq!(pinned(&bob, chat).await, [2]);
    let history = bob.history(chat).await;
    assert_eq!((&history[0]["pinned"], &history[1]["pinned"]), (&json!(false), &json!(true)));

    let mut back = bob.any_socket().await;
    back.send(json!({"type": "open", "chat_id": chat, "after": 4})).await;
    let changes = back.next("opened").await["changes"].clone();
    let told: Vec<_> = changes.as_array().expect("changes").iter().collect();
    let told: Vec<_> =
        told.iter().map(|c| json!([c["type"], c["seq"], c["id"], c["on"]])).collect();
    let expected = [
        json!(["pin", 8, two["id"], true]),
        json!(["pin", 9, one["id"], false]),
    ];
    assert_eq!(told, expected);
}

async fn who_manages_a_chat_pins(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, bob, carol] = node.join_all(["alice", "bob", "carol"]).await;
    let chat = alice.create_group(&[&bob]).await;
    alice.add(chat, &carol, "admin").await.is(201);
    let message = bob.said(chat, "mine").await;
    bob.put(&path(chat, &message), json!({})).await.refused(403, "forbidden");
    carol.put(&path(chat, &message), json!({})).await.is(204);
    bob.delete(&path(chat, &message), json!({})).await.refused(403, "forbidden");
    let mut socket = bob.socket(chat).await;
    socket.send(json!({"type": "pin", "id": message["id"], "on": false})).await;
    socket.refused("forbidden").await;
    alice.remove(chat, &carol).await.is(204);
    carol
        .delete(&path(chat, &message), json!({}))
        .await
        .refused(404, "chat_not_found");
    assert_eq!(pinned(&bob, chat).await, [1]);

    let private = alice.create_chat("private", "").await;
    alice.add(private, &bob, "member").await.is(201);
    let message = alice.said(private, "ours").await;
    bob.put(&path(private, &message), json!({})).await.is(204);
    alice
        .put(&path(chat, &message), json!({}))
        .await
        .refused(404, "message_not_found");
}

async fn pins_are_bounded_and_a_deletion_makes_room(setup: Setup) {
    let node = setup.node(&[]).await;
    let alice = node.join("alice").await;
    let chat = alice.create_group(&[]).await;
    let mut socket = alice.socket(chat).await;
    let mut messages = Vec::new();
    for i in 0..101 {
        socket.say(&format!("{i}")).await;
        messages.push(socket.next("message").await);
    }
    for message in &messages[..100] {
        socket.send(json!({"type": "pin", "id": message["id"]})).await;
        socket.next("pin").await;
    }
    let last = json!({"type": "pin", "id": messages[100]["id"]});
    socket.send(last.clone()).await;
    socket.refused("too_many_pins").await;
    socket.send(json!({"type": "delete", "id": messages[7]["id"]})).await;
    socket.next("deleted").await;
    socket.send(last).await;
    assert_eq!(socket.next("pin").await["id"], messages[100]["id"]);
    let now = pinned(&alice, chat).await;
    assert!(now.len() == 100 && now[0] == 101 && !now.contains(&8), "{now:?}");
}
