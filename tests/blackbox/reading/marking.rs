//! Read positions that go back, and chats that are muted: one's own business, and the same on all devices.

use crate::support::*;

on_both_stores! {
    a_mark_goes_back_to_the_message_that_is_named,
    a_mute_is_seen_on_the_other_device,
    marks_are_nobodys_business_but_members,
}

async fn a_mark_goes_back_to_the_message_that_is_named(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, bob] = node.join_all(["alice", "bob"]).await;
    let chat = alice.create_group(&[&bob]).await;
    for i in 1..=5 {
        alice.said(chat, &format!("{i}")).await;
    }
    let mut phone = bob.any_socket().await;
    phone.next("ready").await;
    let mut desk = bob.socket(chat).await;
    bob.put(&format!("/api/chats/{chat}/read"), json!({"n": 5})).await.is(200);
    for socket in [&mut phone, &mut desk] {
        assert_eq!(socket.next("unread").await["unread"], 0);
    }
    let place = |read_n: i64| {
        json!({
            "type": "unread", "chat_id": chat, "seq": 7, "n": 5,
            "read_n": read_n, "unread": 5 - read_n, "mentions": 0,
        })
    };
    let mut before = place(5);
    for (n, read_n) in [
        (3, 2),
        (1, 0),
        (-9, 0),
        (99, 5),
        (i64::MIN, 0),
        (i64::MAX, 5),
    ] {
        phone.send(json!({"type": "unread", "chat_id": chat, "n": n})).await;
        let expected = place(read_n);
        for socket in [&mut phone, &mut desk] {
            loop {
                let unread = socket.next("unread").await;
                if unread == expected {
                    break;
                }
                // In absolute values, so that it may be said again what was so.
                assert_eq!(unread, before, "unread from {n}");
            }
        }
        before = expected;
    }
    // A mark moves on from where it was put.
    phone.send(json!({"type": "unread", "chat_id": chat, "n": 2})).await;
    assert_eq!(desk.next("unread").await["read_n"], 1);
    let read = bob.put(&format!("/api/chats/{chat}/read"), json!({"n": 3})).await.is(200);
    assert_eq!((&read["read_n"], &read["unread"]), (&json!(3), &json!(2)));
    let mut later = bob.any_socket().await;
    assert_eq!(later.next("ready").await["chats"][1]["read_n"], 3);
    assert_eq!(
        setup.number("SELECT MAX(head_seq) FROM conversations").await,
        7,
        "no number taken"
    );
}

async fn a_mute_is_seen_on_the_other_device(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, bob] = node.join_all(["alice", "bob"]).await;
    let chat = alice.create_group(&[&bob]).await;
    let mut desk = bob.any_socket().await;
    let mut others = alice.any_socket().await;
    for muted in [true, true, false] {
        let path = format!("/api/chats/{chat}/mute");
        bob.put(&path, json!({"muted": muted})).await.is(204);
        let told = desk.next("muted").await;
        assert_eq!((&told["chat_id"], &told["muted"]), (&json!(chat), &json!(muted)));
        let mut later = bob.any_socket().await;
        let ready = later.next("ready").await;
        assert_eq!(ready["chats"][1]["muted"], muted.then_some(json!(true)).unwrap_or_default());
        let shown = bob.get(&format!("/api/chats/{chat}")).await.is(200);
        assert_eq!(shown["muted"].as_bool().unwrap_or_default(), muted);
    }
    alice.said(1, "the end").await;
    loop {
        let frame = others.frame().await;
        if frame["content"] == "the end" {
            break;
        }
        assert_ne!(frame["type"], "muted", "it is nobody else's business");
    }
}

async fn marks_are_nobodys_business_but_members(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, mallory] = node.join_all(["alice", "mallory"]).await;
    let foreign = alice.create_group(&[&mallory]).await;
    alice.said(foreign, "secret").await;
    alice.remove(foreign, &mallory).await.is(204);
    let mut socket = mallory.any_socket().await;
    for chat in [foreign, 4_711] {
        for (path, body) in [
            ("read", json!({"n": 1})),
            ("unread", json!({"n": 1})),
            ("mute", json!({"muted": true})),
        ] {
            let path = format!("/api/chats/{chat}/{path}");
            mallory.put(&path, body).await.refused(404, "chat_not_found");
            mallory.put(&path, json!({"n": "x"})).await.refused(400, "malformed");
        }
        for kind in ["read", "unread"] {
            socket.send(json!({"type": kind, "chat_id": chat, "n": 1})).await;
            socket.refused("not_member").await;
        }
    }
    alice.delete("/deleteChat", json!({"id": foreign})).await.is(204);
    let path = format!("/api/chats/{foreign}/unread");
    alice.put(&path, json!({"n": 1})).await.refused(404, "chat_not_found");
}
