//! Deleting a message: its number stays, and of its content nothing.

use sea_orm::{ConnectionTrait, Statement};

use crate::support::*;

on_both_stores! {
    nothing_of_a_deleted_message_is_anywhere,
    one_deletes_ones_own_and_admins_delete_anybodys,
    deleting_again_takes_no_number,
    a_deleted_message_is_done_with,
}

on_sqlite! {
    the_file_has_no_trace_of_what_was_deleted,
}

const SECRET: &str = "the secret word";

fn path(chat: i64, message: &Value) -> String {
    format!("/api/chats/{chat}/messages/{}", message["id"])
}

/// Every text that the store has.
async fn dump(setup: &Setup) -> String {
    let database = setup.open().await;
    let backend = database.get_database_backend();
    let mut dump = String::new();
    for sql in [
        "SELECT content || COALESCE(mentions, '') AS t FROM messages",
        "SELECT content AS t FROM message_versions",
        "SELECT emoji AS t FROM reactions",
    ] {
        for row in database.query_all_raw(Statement::from_string(backend, sql)).await.expect(sql) {
            dump += &row.try_get::<String>("", "t").expect("a text");
        }
    }
    dump
}

/// What the database frees it overwrites: rows among others, and whole pages of a long text.
async fn the_file_has_no_trace_of_what_was_deleted(setup: Setup) {
    let server = setup.process(&[]).await;
    let alice = server.node().join("alice").await;
    let mut messages = Vec::new();
    for i in 0..20 {
        let long = format!("{SECRET} {i} {}", SECRET.repeat(1_000));
        for text in [format!("{SECRET} {i}"), long] {
            let message = alice.said(1, &text).await;
            let again = json!({"content": format!("{text}, said again")});
            alice.patch(&path(1, &message), again).await.is(200);
            messages.push(message);
        }
        alice.said(1, &format!("what stays {i}")).await;
    }
    for message in &messages {
        alice.delete(&path(1, message), json!({})).await.is(204);
    }
    server.terminate();
    assert!(server.ended().await.success());
    let has = |name: &str, text: &str| {
        let bytes = std::fs::read(setup.dir().join(name)).unwrap_or_default();
        bytes.windows(text.len()).any(|window| window == text.as_bytes())
    };
    assert!(has("vestnik.db", "what stays 19"));
    for name in ["vestnik.db", "vestnik.db-wal"] {
        assert!(!has(name, SECRET), "{name} still has it");
    }
}

async fn nothing_of_a_deleted_message_is_anywhere(setup: Setup) {
    let node = setup.node(&[]).await;
    let admin = node.join("admin").await;
    let bob = node.join("bob").await;
    let message = bob.say(1, SECRET, "k1").await.is(201);
    let at = path(1, &message);
    let emoji = format!("{at}/reactions/%F0%9F%91%8D");
    admin.put(&emoji, json!({})).await.is(204);
    admin
        .put(&format!("/api/chats/1/pins/{}", message["id"]), json!({}))
        .await
        .is(204);
    bob.patch(&at, json!({"content": format!("{SECRET} again, @admin")}))
        .await
        .is(200);
    assert!(dump(&setup).await.contains(SECRET));
    let mut socket = admin.any_socket().await;
    let ready = socket.next("ready").await;
    assert_eq!(ready["chats"][0]["mentions"], 1, "{ready}");

    bob.delete(&at, json!({})).await.is(204);
    let tombstone = socket.next("deleted").await;
    assert_eq!((&tombstone["content"], &tombstone["n"]), (&json!(""), &message["n"]));
    assert_eq!(tombstone.get("mentions"), None);
    let stored = dump(&setup).await;
    assert!(
        !stored.contains(SECRET) && !stored.contains("👍") && !stored.contains('['),
        "{stored}"
    );
    let kept = "SELECT (SELECT COUNT(*) FROM pins) + (SELECT COUNT(*) FROM mentions)";
    assert_eq!(setup.number(kept).await, 0);

    let mut shown = vec![bob.say(1, SECRET, "k1").await.is(200)];
    assert_eq!(shown[0]["id"], message["id"], "a retry is answered with the tombstone");
    let single = admin.get(&at).await.is(200);
    for (live, read) in tombstone.as_object().expect("one") {
        if live != "type" {
            assert_eq!(single.get(live), Some(read), "{live}");
        }
    }
    shown.push(single);
    shown.push(admin.get(&format!("{at}/versions")).await.is(200));
    assert_eq!(shown[2]["versions"], json!([]));
    shown.push(json!(admin.history(1).await));
    shown.push(admin.get("/api/chats/1/pins").await.is(200));
    shown.push(
        admin
            .get("/api/messages?from=2000-01-01T00:00:00Z&to=2100-01-01T00:00:00Z")
            .await
            .is(200),
    );
    shown.push(admin.post("/api/sync", json!({})).await.is(200));
    for after in [
        json!(null),
        json!(0),
        message["seq"].clone(),
        tombstone["seq"].clone(),
    ] {
        socket.send(json!({"type": "open", "chat_id": 1, "after": after})).await;
        shown.push(socket.next("opened").await);
    }
    for shown in shown {
        assert!(!shown.to_string().contains(SECRET), "{shown}");
    }
}

async fn one_deletes_ones_own_and_admins_delete_anybodys(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, bob, carol, guest] = node.join_all(["alice", "bob", "carol", "guest"]).await;
    let chat = alice.create_group(&[&bob]).await;
    alice.add(chat, &carol, "admin").await.is(201);
    alice.add(chat, &guest, "guest").await.is(201);
    let of_alice = alice.said(chat, "a").await;
    for may_not in [&bob, &guest] {
        may_not
            .delete(&path(chat, &of_alice), json!({}))
            .await
            .refused(403, "forbidden");
    }
    carol.delete(&path(chat, &of_alice), json!({})).await.is(204);
    let of_bob = bob.said(chat, "b").await;
    let role = format!("/api/chats/{chat}/members/{}", bob.id);
    alice.patch(&role, json!({"role": "guest"})).await.is(200);
    bob.delete(&path(chat, &of_bob), json!({})).await.is(204);
    let of_carol = carol.said(chat, "c").await;
    alice.remove(chat, &carol).await.is(204);
    carol
        .delete(&path(chat, &of_carol), json!({}))
        .await
        .refused(404, "chat_not_found");

    let private = alice.create_chat("private", "").await;
    alice.add(private, &bob, "member").await.is(201);
    let of_bob = bob.said(private, "between us").await;
    alice.delete(&path(private, &of_bob), json!({})).await.refused(403, "forbidden");
    let mut socket = alice.socket(private).await;
    socket.send(json!({"type": "delete", "id": of_bob["id"]})).await;
    socket.refused("forbidden").await;
    bob.delete(&path(private, &of_bob), json!({})).await.is(204);
}

async fn deleting_again_takes_no_number(setup: Setup) {
    let node = setup.node(&[]).await;
    let alice = node.join("alice").await;
    let chat = alice.create_group(&[]).await;
    let message = alice.said(chat, "gone").await;
    let mut socket = alice.socket(chat).await;
    for dup in [false, true, true] {
        socket
            .send(json!({"type": "delete", "id": message["id"], "client_msg_id": "d"}))
            .await;
        let ack = socket.next("ack").await;
        assert_eq!((&ack["dup"], &ack["seq"]), (&json!(dup), &json!(3)));
    }
    alice.delete(&path(chat, &message), json!({})).await.is(204);
    assert_eq!(alice.said(chat, "next").await["seq"], 4);
}

async fn a_deleted_message_is_done_with(setup: Setup) {
    let node = setup.node(&[]).await;
    let alice = node.join("alice").await;
    let chat = alice.create_group(&[]).await;
    let message = alice.said(chat, "gone").await;
    let at = path(chat, &message);
    alice.delete(&at, json!({})).await.is(204);
    alice
        .patch(&at, json!({"content": "x"}))
        .await
        .refused(404, "message_not_found");
    let emoji = format!("{at}/reactions/%F0%9F%91%8D");
    alice.put(&emoji, json!({})).await.refused(404, "message_not_found");
    let pin = format!("/api/chats/{chat}/pins/{}", message["id"]);
    alice.put(&pin, json!({})).await.refused(404, "message_not_found");
    let answer = json!({"content": "what was it?", "reply_to": message["id"]});
    let answer = alice.post(&format!("/api/chats/{chat}/messages"), answer).await.is(201);
    assert_eq!(answer["reply_to"], message["id"], "who answers could not know");
}
