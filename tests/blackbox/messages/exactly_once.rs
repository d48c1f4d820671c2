//! Promise 3: a send with a key may be repeated for ever, on any connection, and yields one message
//! and the same answer.

use crate::support::*;
use futures_util::future::join_all;

on_both_stores! {
    a_retried_send_is_stored_once,
    eight_connections_with_one_key_store_one_message,
    a_key_with_another_text_is_refused_and_each_chat_has_its_own,
    two_people_may_use_the_same_key,
    a_removed_member_who_retries_gets_the_first_answer,
}

async fn a_retried_send_is_stored_once(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, bob] = node.join_all(["alice", "bob"]).await;
    let chat = alice.create_group(&[&bob]).await;
    let mut socket = alice.socket(chat).await;
    let mut listening = bob.socket(chat).await;

    let first = socket.say_keyed("once", "k1").await;
    assert_eq!(first["dup"], false);
    let mut repeated = first.clone();
    repeated["dup"] = json!(true);
    assert_eq!(socket.say_keyed("once", "k1").await, repeated, "on the same socket");
    let mut other = alice.socket(chat).await;
    assert_eq!(other.say_keyed("once", "k1").await, repeated, "on another socket");
    let rest = alice.say(chat, "once", "k1").await.is(200);
    for member in ["id", "seq", "n", "created_at", "dup"] {
        assert_eq!(rest[member], repeated[member], "over REST: {member}");
    }

    socket.say("the end").await;
    assert_eq!(listening.next("message").await["content"], "once");
    assert_eq!(listening.next("message").await["content"], "the end");
    assert_eq!(alice.history(chat).await.len(), 2);
}

async fn eight_connections_with_one_key_store_one_message(setup: Setup) {
    let node = setup.node(&[]).await;
    let alice = node.join("alice").await;
    let chat = alice.create_group(&[]).await;
    let mut sockets = join_all((0..8).map(|_| alice.socket(chat))).await;
    for round in 0..5 {
        let key = format!("key-{round}");
        let over_sockets = join_all(sockets.iter_mut().map(|s| s.say_keyed("one", &key)));
        let over_rest = join_all((0..4).map(|_| alice.say(chat, "one", &key)));
        let (acks, answers) = futures_util::future::join(over_sockets, over_rest).await;
        let answers = answers.into_iter().map(|answer| answer.json());
        let all: Vec<Value> = acks.into_iter().chain(answers).collect();
        assert!(all.iter().all(|answer| answer["id"] == all[0]["id"]), "{all:?}");
        assert!(all.iter().all(|answer| answer["seq"] == all[0]["seq"]), "{all:?}");
        assert_eq!(all.iter().filter(|answer| answer["dup"] != true).count(), 1, "{all:?}");
    }
    assert_eq!(setup.number("SELECT COUNT(*) FROM messages").await, 5);
    assert_eq!(setup.number("SELECT MAX(n) FROM messages").await, 5);
}

async fn a_key_with_another_text_is_refused_and_each_chat_has_its_own(setup: Setup) {
    let node = setup.node(&[]).await;
    let alice = node.join("alice").await;
    let chat = alice.create_group(&[]).await;
    let other = alice.create_group(&[]).await;
    alice.say(chat, "first", "k1").await.is(201);

    alice.say(chat, "second", "k1").await.refused(409, "key_reused");
    let there = alice.say(other, "another", "k1").await.is(201);
    let again = alice.say(other, "another", "k1").await.is(200);
    assert_eq!(there["id"], again["id"], "in each chat it is repeated for ever");
    let mut socket = alice.socket(chat).await;
    socket.send(json!({"content": "second", "client_msg_id": "k1"})).await;
    let error = socket.refused("key_reused").await;
    assert_eq!(error["client_msg_id"], "k1");
    assert_eq!(error["retry"], false);
    assert_eq!(setup.number("SELECT COUNT(*) FROM messages").await, 2);
}

async fn two_people_may_use_the_same_key(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, bob] = node.join_all(["alice", "bob"]).await;
    let chat = alice.create_group(&[&bob]).await;
    let first = alice.say(chat, "same", "k1").await.is(201);
    let second = bob.say(chat, "same", "k1").await.is(201);
    assert_ne!(first["id"], second["id"]);
}

async fn a_removed_member_who_retries_gets_the_first_answer(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, bob] = node.join_all(["alice", "bob"]).await;
    let chat = alice.create_group(&[&bob]).await;
    let first = bob.say(chat, "before", "k1").await.is(201);
    alice.remove(chat, &bob).await.is(204);

    // "Refused" would mean that it was never stored.
    let repeated = bob.say(chat, "before", "k1").await.is(200);
    assert_eq!(repeated["id"], first["id"]);
    assert_eq!(repeated["dup"], true);
    bob.say(chat, "after", "k2").await.refused(404, "chat_not_found");
}
