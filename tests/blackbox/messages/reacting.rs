//! Reactions: one emoji at a time, absolute, bounded.

use crate::support::*;

on_both_stores! {
    reactions_are_seen_live_looked_up_and_replayed,
    a_reaction_is_there_or_not,
    who_may_write_may_react,
    reactions_are_bounded,
}

on_sqlite! {
    a_reaction_is_one_emoji_that_can_be_seen,
}

const THUMB: &str = "%F0%9F%91%8D";

fn path(chat: i64, message: &Value, emoji: &str) -> String {
    format!("/api/chats/{chat}/messages/{}/reactions/{emoji}", message["id"])
}

async fn reactions_are_seen_live_looked_up_and_replayed(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, bob] = node.join_all(["alice", "bob"]).await;
    let chat = alice.create_group(&[&bob]).await;
    let message = alice.said(chat, "soup?").await;
    let mut alices = alice.socket(chat).await;
    let mut bobs = bob.socket(chat).await;
    let react = json!({"type": "react", "id": message["id"], "emoji": "👍", "client_msg_id": "r"});
    bobs.send(react).await;
    assert_eq!(bobs.next("ack").await["id"], message["id"]);
    let seen = alices.next("reaction").await;
    for (name, value) in [
        ("emoji", json!("👍")),
        ("on", json!(true)),
        ("user_id", json!(bob.id)),
        ("id", message["id"].clone()),
        ("n", json!(1)),
        ("seq", json!(4)),
    ] {
        assert_eq!(seen[name], value, "{name}");
    }
    alice.put(&path(chat, &message, THUMB), json!({})).await.is(204);
    alice.put(&path(chat, &message, "%E2%9C%85"), json!({})).await.is(204);
    bob.delete(&path(chat, &message, THUMB), json!({})).await.is(204);
    let taken_back = alices.until(|frame| frame["on"] == false).await;
    assert_eq!((&taken_back["user_id"], &taken_back["seq"]), (&json!(bob.id), &json!(7)));

    let now = json!([
        {"emoji": "👍", "user_ids": [alice.id]}, {"emoji": "✅", "user_ids": [alice.id]},
    ]);
    assert_eq!(bob.history(chat).await[0]["reactions"], now);
    let mut back = bob.any_socket().await;
    back.send(json!({"type": "open", "chat_id": chat, "after": 3})).await;
    let changes = back.next("opened").await["changes"].clone();
    let told: Vec<_> = changes.as_array().expect("changes").iter().collect();
    let told: Vec<_> = told.iter().map(|c| (&c["seq"], &c["user_id"], &c["on"])).collect();
    let (alice, bob) = (json!(alice.id), json!(bob.id));
    let expected = [
        (&json!(5), &alice, &json!(true)),
        (&json!(6), &alice, &json!(true)),
        (&json!(7), &bob, &json!(false)),
    ];
    assert_eq!(told, expected);
}

async fn a_reaction_is_there_or_not(setup: Setup) {
    let node = setup.node(&[]).await;
    let alice = node.join("alice").await;
    let chat = alice.create_group(&[]).await;
    let message = alice.said(chat, "again").await;
    let mut socket = alice.socket(chat).await;
    for (on, dup, seq) in [
        (false, true, 2),
        (true, false, 3),
        (true, true, 3),
        (false, false, 4),
    ] {
        socket
            .send(json!({
                "type": "react", "id": message["id"], "emoji": "👍", "on": on, "client_msg_id": "r",
            }))
            .await;
        let ack = socket.next("ack").await;
        assert_eq!((&ack["dup"], &ack["seq"]), (&json!(dup), &json!(seq)), "{on}");
    }
    for _ in 0..2 {
        alice.put(&path(chat, &message, THUMB), json!({})).await.is(204);
    }
    assert_eq!(alice.said(chat, "next").await["seq"], 6);
}

async fn who_may_write_may_react(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, bob, guest] = node.join_all(["alice", "bob", "guest"]).await;
    let chat = alice.create_group(&[&bob]).await;
    alice.add(chat, &guest, "guest").await.is(201);
    let message = alice.said(chat, "yes?").await;
    let at = path(chat, &message, THUMB);
    guest.put(&at, json!({})).await.refused(403, "read_only");
    bob.put(&at, json!({})).await.is(204);
    alice.remove(chat, &bob).await.is(204);
    bob.delete(&at, json!({})).await.refused(404, "chat_not_found");
    let mut socket = bob.socket(1).await;
    socket.send(json!({"type": "react", "id": message["id"], "emoji": "✅"})).await;
    socket.refused("message_not_found").await;
    let of_bob = json!([{"emoji": "👍", "user_ids": [bob.id]}]);
    assert_eq!(alice.history(chat).await[0]["reactions"], of_bob, "it stays");
}

async fn reactions_are_bounded(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, bob] = node.join_all(["alice", "bob"]).await;
    let chat = alice.create_group(&[&bob]).await;
    let message = alice.said(chat, "everything").await;
    let mut socket = alice.socket(chat).await;
    let emoji = |i: u32| char::from_u32(0x1f600 + i).expect("a face").to_string();
    let react = |i: u32| json!({"type": "react", "id": message["id"], "emoji": emoji(i)});
    for i in 0..20 {
        socket.send(react(i)).await;
        socket.next("reaction").await;
    }
    socket.send(react(20)).await;
    socket.refused("too_many_reactions").await;
    // One that is there takes more people; one that goes makes room.
    let mut bobs = bob.socket(chat).await;
    bobs.send(react(0)).await;
    bobs.next("reaction").await;
    let mut off = react(1);
    off["on"] = json!(false);
    socket.send(off).await;
    socket.until(|frame| frame["on"] == false).await;
    socket.send(react(20)).await;
    socket.until(|frame| frame["emoji"] == emoji(20)).await;
}

async fn a_reaction_is_one_emoji_that_can_be_seen(setup: Setup) {
    let node = setup.node(&[]).await;
    let alice = node.join("alice").await;
    let chat = alice.create_group(&[]).await;
    let message = alice.said(chat, "how?").await;
    for bad in [
        "ok",
        "%D0%B4%D0%B0",
        "%20",
        "1",
        "%E2%80%8D",
        "%E2%80%AE",
        "%EF%B8%8F",
        "%00",
        // Half of a flag, a skin tone, a joiner that joins nothing, a region without its end, an arrow.
        "%F0%9F%87%B7",
        "%F0%9F%8F%BD",
        "%F0%9F%91%8D%E2%80%8D",
        "%F0%9F%8F%B4%F3%A0%81%A7%F3%A0%81%A2",
        "%E2%86%92",
    ] {
        alice
            .put(&path(chat, &message, bad), json!({}))
            .await
            .refused(400, "invalid_emoji");
    }
    for good in [
        "%E2%9D%A4%EF%B8%8F",
        "%F0%9F%87%B7%F0%9F%87%BA",
        "1%EF%B8%8F%E2%83%A3",
    ] {
        alice.put(&path(chat, &message, good), json!({})).await.is(204);
    }
    // What was taken once is there, and can be taken back.
    setup.execute("UPDATE reactions SET emoji = '★' WHERE emoji LIKE '1%'").await;
    let emoji = |told: &Value| -> Vec<Value> {
        let reactions = told["reactions"].as_array().cloned().unwrap_or_default();
        reactions.iter().map(|reaction| reaction["emoji"].clone()).collect()
    };
    let told = alice.history(chat).await;
    assert_eq!(emoji(&told[0]), ["❤️", "🇷🇺", "★"]);
    alice.delete(&path(chat, &message, "%E2%98%85"), json!({})).await.is(204);
    assert_eq!(emoji(&alice.history(chat).await[0]), ["❤️", "🇷🇺"]);
}
