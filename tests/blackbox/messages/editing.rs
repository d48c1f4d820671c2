//! Letting one's own message say something else: everybody sees it, whoever comes back too, and what it
//! said before is for administrators.

use crate::support::*;

on_both_stores! {
    an_edit_is_seen_live_and_by_who_comes_back,
    what_a_message_said_before_is_for_administrators,
    only_its_author_edits_a_message,
    to_a_stranger_a_message_is_not_there,
    an_edit_that_changes_nothing_takes_no_number,
    a_retried_send_gets_the_first_answer_though_it_was_edited,
}

fn path(chat: i64, message: &Value) -> String {
    format!("/api/chats/{chat}/messages/{}", message["id"])
}

async fn an_edit_is_seen_live_and_by_who_comes_back(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, bob] = node.join_all(["alice", "bob"]).await;
    let chat = alice.create_group(&[&bob]).await;
    let message = alice.said(chat, "soop").await;
    let mut writing = alice.socket(chat).await;
    let mut listening = bob.socket(chat).await;

    let edit =
        json!({"type": "edit", "id": message["id"], "content": "soup", "client_msg_id": "e"});
    writing.send(edit).await;
    let ack = writing.next("ack").await;
    let seq = message["seq"].as_i64().expect("a seq") + 1;
    assert_eq!((&ack["id"], &ack["seq"]), (&message["id"], &json!(seq)));
    assert_eq!((&ack["n"], &ack["dup"]), (&message["n"], &json!(false)));
    let seen = listening.next("edited").await;
    for (name, value) in [
        ("content", json!("soup")),
        ("seq", json!(seq)),
        ("n", json!(1)),
    ] {
        assert_eq!(seen[name], value, "{name}");
    }
    assert_eq!(seen["created_at"], message["created_at"]);
    assert_eq!(seen["edited_at"], ack["created_at"]);

    let edited = alice.patch(&path(chat, &message), json!({"content": "Soup!"})).await.is(200);
    assert_eq!((&edited["content"], &edited["seq"]), (&json!("Soup!"), &json!(seq + 1)));
    assert_eq!(listening.next("edited").await["content"], "Soup!");
    assert_eq!(json!(bob.history(chat).await), json!([edited]));

    let mut back = bob.any_socket().await;
    for (after, kind) in [(seq, "edited"), (0, "message")] {
        back.send(json!({"type": "open", "chat_id": chat, "after": after})).await;
        let changes = back.next("opened").await["changes"].clone();
        let last = changes.as_array().and_then(|changes| changes.last()).expect("a change");
        assert_eq!((&last["type"], &last["content"]), (&json!(kind), &json!("Soup!")), "{after}");
        assert_eq!(last["seq"], seq + 1);
    }
}

async fn what_a_message_said_before_is_for_administrators(setup: Setup) {
    let node = setup.node(&[]).await;
    let admin = node.join("admin").await;
    let [alice, bob] = node.join_all(["alice", "bob"]).await;
    let chat = alice.create_group(&[&bob, &admin]).await;
    let message = bob.said(chat, "one").await;
    for content in ["two", "three"] {
        bob.patch(&path(chat, &message), json!({"content": content})).await.is(200);
    }
    let versions = format!("{}/versions", path(chat, &message));
    let kept = admin.get(&versions).await.is(200);
    let kept: Vec<_> = kept["versions"].as_array().expect("versions").iter().collect();
    let said: Vec<_> = kept.iter().map(|version| &version["content"]).collect();
    assert_eq!(said, ["one", "two", "three"]);
    assert_eq!(kept[0]["created_at"], message["created_at"]);

    let first = admin.get(&format!("{versions}?limit=2")).await.is(200);
    assert_eq!(first["versions"].as_array().map(Vec::len), Some(2));
    let rest = admin.get(&format!("{versions}?after={}", first["next"])).await.is(200);
    assert_eq!(rest["versions"], json!([kept[2]]));
    assert_eq!(rest.get("next"), None);

    for author_or_owner in [&bob, &alice] {
        author_or_owner.get(&versions).await.refused(403, "forbidden");
    }
    alice.remove(chat, &admin).await.is(204);
    admin.get(&versions).await.refused(404, "chat_not_found");
    let other = admin.create_group(&[]).await;
    admin
        .get(&format!("{}/versions", path(other, &message)))
        .await
        .refused(404, "message_not_found");
}

async fn only_its_author_edits_a_message(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, bob, carol] = node.join_all(["alice", "bob", "carol"]).await;
    let chat = alice.create_group(&[&bob, &carol]).await;
    let message = bob.said(chat, "mine").await;
    let at = path(chat, &message);
    let words = json!({"content": "yours"});
    for other in [&alice, &carol] {
        other.patch(&at, words.clone()).await.refused(403, "forbidden");
    }
    let edit = json!({"type": "edit", "id": message["id"], "content": "x", "client_msg_id": "e"});
    let mut socket = carol.socket(chat).await;
    socket.send(edit).await;
    assert_eq!(socket.refused("forbidden").await["client_msg_id"], "e");

    for (body, code) in [
        (json!({"content": ""}), "message_empty"),
        (json!({"content": "x".repeat(16_385)}), "message_too_long"),
        (json!({"content": "a\u{0}b"}), "message_invalid"),
        (json!({}), "malformed"),
    ] {
        bob.patch(&at, body).await.refused(400, code);
    }
    let role = format!("/api/chats/{chat}/members/{}", bob.id);
    alice.patch(&role, json!({"role": "guest"})).await.is(200);
    bob.patch(&at, words.clone()).await.refused(403, "read_only");
    alice.remove(chat, &bob).await.is(204);
    bob.patch(&at, words).await.refused(404, "chat_not_found");
    assert_eq!(alice.history(chat).await[0]["content"], "mine");
}

async fn to_a_stranger_a_message_is_not_there(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, mallory] = node.join_all(["alice", "mallory"]).await;
    let foreign = alice.create_group(&[]).await;
    let own = mallory.create_group(&[]).await;
    let message = alice.said(foreign, "secret").await;
    let before = alice.history(foreign).await;
    let id = &message["id"];
    for (chat, code) in [(foreign, "chat_not_found"), (own, "message_not_found")] {
        for (method, path) in [
            ("GET", format!("messages/{id}")),
            ("PATCH", format!("messages/{id}")),
            ("DELETE", format!("messages/{id}")),
            ("PUT", format!("messages/{id}/reactions/%F0%9F%91%8D")),
            ("DELETE", format!("messages/{id}/reactions/%F0%9F%91%8D")),
            ("PUT", format!("pins/{id}")),
            ("DELETE", format!("pins/{id}")),
        ] {
            let body = (method == "PATCH").then(|| json!({"content": "x"}).to_string());
            let (method, path) =
                (method.parse().expect("one"), format!("/api/chats/{chat}/{path}"));
            mallory.request(method, &path, body, &[]).await.refused(404, code);
        }
    }
    for path in ["pins", "messages?around=1"] {
        let path = format!("/api/chats/{foreign}/{path}");
        mallory.get(&path).await.refused(404, "chat_not_found");
    }
    let mut socket = mallory.socket(own).await;
    for frame in [
        json!({"type": "edit", "content": "x"}),
        json!({"type": "delete"}),
        json!({"type": "react", "emoji": "👍"}),
        json!({"type": "pin"}),
    ] {
        let mut answers = Vec::new();
        for id in [id.clone(), json!(4_711)] {
            let mut frame = frame.clone();
            frame["id"] = id.clone();
            socket.send(frame).await;
            let mut answer = socket.refused("message_not_found").await;
            assert_eq!(answer["id"].take(), id, "it is told back, and nothing else differs");
            answers.push(answer);
        }
        assert_eq!(answers[0], answers[1], "like one that there never was");
    }
    assert_eq!(alice.history(foreign).await, before);
}

async fn an_edit_that_changes_nothing_takes_no_number(setup: Setup) {
    let node = setup.node(&[]).await;
    let alice = node.join("alice").await;
    let chat = alice.create_group(&[]).await;
    let message = alice.said(chat, "as it is").await;
    let mut socket = alice.socket(chat).await;
    let edit = json!({
        "type": "edit", "id": message["id"], "content": "as it is", "client_msg_id": "e",
    });
    for _ in 0..2 {
        socket.send(edit.clone()).await;
        let ack = socket.next("ack").await;
        assert_eq!((&ack["dup"], &ack["seq"]), (&json!(true), &message["seq"]));
    }
    let same = alice.patch(&path(chat, &message), json!({"content": "as it is"})).await.is(200);
    assert_eq!((&same["seq"], same.get("edited_at")), (&message["seq"], None));
    assert_eq!(alice.said(chat, "next").await["seq"], 3);
    assert_eq!(setup.number("SELECT COUNT(*) FROM message_versions").await, 0);
}

async fn a_retried_send_gets_the_first_answer_though_it_was_edited(setup: Setup) {
    let node = setup.node(&[]).await;
    let alice = node.join("alice").await;
    let chat = alice.create_group(&[]).await;
    let first = alice.say(chat, "first", "k1").await.is(201);
    for content in ["second", "third"] {
        alice.patch(&path(chat, &first), json!({"content": content})).await.is(200);
    }
    let mut expected = first.clone();
    expected["dup"] = json!(true);
    expected["edited_at"] = alice.history(chat).await[0]["edited_at"].clone();
    assert_eq!(alice.say(chat, "first", "k1").await.is(200), expected);
    let ack = alice.socket(chat).await.say_keyed("first", "k1").await;
    assert_eq!((&ack["seq"], &ack["dup"]), (&first["seq"], &json!(true)));
    for later in ["third", "fourth"] {
        alice.say(chat, later, "k1").await.refused(409, "key_reused");
    }
    assert_eq!(alice.history(chat).await.len(), 1);
    // Also when the chat is gone since.
    alice.delete("/deleteChat", json!({"id": chat})).await.is(204);
    assert_eq!(alice.say(chat, "first", "k1").await.is(200), expected);
}
