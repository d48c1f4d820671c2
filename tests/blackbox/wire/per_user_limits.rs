//! What one user can pile up has an end: chats, versions of a message, devices.

use crate::support::*;

on_both_stores! {
    a_user_makes_so_many_chats_and_may_make_another_when_one_is_deleted,
    a_message_is_edited_so_often_and_what_it_said_first_is_kept,
    the_device_that_was_used_longest_ago_makes_room,
}

async fn a_user_makes_so_many_chats_and_may_make_another_when_one_is_deleted(setup: Setup) {
    let node = setup.node(&["--user-chats=3"]).await;
    let [alice, bob, carol] = node.join_all(["alice", "bob", "carol"]).await;
    let first = alice.create_chat("group", "first").await;
    let group = json!({"type": "group", "name": "another"});
    alice.post("/api/chats", group.clone()).await.is(201);
    alice.post(&format!("/api/users/{}/chat", bob.id), json!({})).await.is(201);
    alice.post("/api/chats", group.clone()).await.refused(409, "too_many_chats");
    alice.post("/createChat", group.clone()).await.refused(409, "too_many_chats");
    let carols = format!("/api/users/{}/chat", carol.id);
    alice.post(&carols, json!({})).await.refused(409, "too_many_chats");
    // One that is there already, and one that somebody else makes.
    alice.post(&format!("/api/users/{}/chat", bob.id), json!({})).await.is(200);
    let bobs = bob.create_group(&[&alice]).await;
    alice.say(bobs, "hello", "k1").await.is(201);
    alice.delete("/deleteChat", json!({"id": first})).await.is(204);
    alice.post("/api/chats", group.clone()).await.is(201);
    alice.post("/api/chats", group).await.refused(409, "too_many_chats");
}

async fn a_message_is_edited_so_often_and_what_it_said_first_is_kept(setup: Setup) {
    let node = setup.node(&[]).await;
    let alice = node.join("alice").await;
    alice.say(1, "the first", "k1").await.is(201);
    let edit =
        async |text: String| alice.patch("/api/chats/1/messages/1", json!({"content": text})).await;
    for i in 1..=100 {
        edit(format!("version {i}")).await.is(200);
    }
    edit("one more".into()).await.refused(409, "too_many_edits");
    // What it says already is no edit.
    edit("version 100".into()).await.is(200);
    let mut socket = alice.socket(1).await;
    socket
        .send(json!({"type": "edit", "id": 1, "content": "once more", "client_msg_id": "e1"}))
        .await;
    socket.refused("too_many_edits").await;
    let versions = alice.get("/api/chats/1/messages/1/versions?limit=200").await.is(200);
    let versions = versions["versions"].as_array().expect("versions");
    assert_eq!(versions.len(), 101);
    assert_eq!(versions[0]["content"], "the first");
    assert_eq!(versions[100]["content"], "version 100");
    alice.delete("/api/chats/1/messages/1", json!({})).await.is(204);
    assert_eq!(setup.number("SELECT COUNT(*) FROM message_versions").await, 0);
}

async fn the_device_that_was_used_longest_ago_makes_room(setup: Setup) {
    let node = setup.node(&[]).await;
    let first = node.join("alice").await;
    let mut socket = first.socket(1).await;
    let mut devices = vec![first.clone()];
    for _ in 0..100 {
        devices.push(node.sign_in("alice", "secret").await);
    }
    first.get("/api/me").await.refused(401, "unauthenticated");
    let (_, code) = socket.closed().await;
    assert_eq!(code, Some(4505));
    devices[1].get("/api/me").await.is(200);
    let sql = "SELECT COUNT(*) FROM tokens";
    assert_eq!(setup.number(sql).await, 100);
}
