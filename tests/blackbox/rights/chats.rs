//! Chats: Corp Messenger's shapes, their kinds, their lists and their end.

use crate::support::*;

on_both_stores! {
    a_chat_has_corp_messengers_shapes_from_creation_to_deletion,
    a_private_chat_takes_no_third_member,
    a_deleted_chat_closes_its_sockets_and_is_gone,
    ones_own_chats_are_listed_with_what_is_unread,
    general_belongs_to_everybody_and_stays,
}

async fn a_chat_has_corp_messengers_shapes_from_creation_to_deletion(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, bob] = node.join_all(["alice", "bob"]).await;
    let created = alice.post("/createChat", json!({"type": "private", "name": ""})).await.is(201);
    assert_eq!(keys(&created), ["created_at", "id", "name", "type"]);
    assert_eq!(created["type"], "private");
    assert_eq!(created["name"], "");
    let chat = created["id"].as_i64().expect("an id");

    let added = alice.add(chat, &bob, "member").await.is(201);
    assert_eq!(added, json!({"conversation_id": chat, "user_id": bob.id, "role": "member"}));
    let path = format!("/api/chats/{chat}/members");
    let members = alice.get(&path).await.is(200);
    let roles: Vec<_> = members["members"].as_array().expect("members").iter().collect();
    assert_eq!(roles.len(), 2);
    let role = |id: i64| roles.iter().find(|m| m["user_id"] == id).map(|m| m["role"].clone());
    assert_eq!(role(alice.id), Some(json!("member")), "a private chat has no owner");
    assert_eq!(role(bob.id), Some(json!("member")));

    let group = alice.create_group(&[&bob]).await;
    assert_eq!(alice.remove(group, &bob).await.is(204), Value::Null);
    for user in [&alice, &bob] {
        user.delete("/deleteChat", json!({"id": chat})).await.is(204);
    }
    alice
        .delete("/deleteChat", json!({"id": chat}))
        .await
        .refused(404, "chat_not_found");
}

async fn a_private_chat_takes_no_third_member(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, bob, carol, dave] = node.join_all(["alice", "bob", "carol", "dave"]).await;
    let chat = alice.create_chat("private", "").await;
    // Three at once for one seat.
    let (b, c, d) = futures_util::future::join3(
        alice.add(chat, &bob, "member"),
        alice.add(chat, &carol, "member"),
        alice.add(chat, &dave, "member"),
    )
    .await;
    let (seated, refused): (Vec<_>, Vec<_>) = [b, c, d].into_iter().partition(|a| a.status == 201);
    assert_eq!(seated.len(), 1);
    for answer in refused {
        answer.refused(409, "private_chat_full");
    }
    let count = format!("SELECT COUNT(*) FROM members WHERE conversation_id = {chat}");
    assert_eq!(setup.number(&count).await, 2);
}

async fn a_deleted_chat_closes_its_sockets_and_is_gone(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, bob] = node.join_all(["alice", "bob"]).await;
    let chat = alice.create_group(&[&bob]).await;
    bob.delete("/deleteChat", json!({"id": chat})).await.refused(403, "forbidden");
    let mut sockets = [alice.socket(chat).await, bob.socket(chat).await];
    alice.say(chat, "the last words", "k1").await.is(201);
    alice
        .request(reqwest::Method::DELETE, &format!("/deleteChat?id={chat}"), None, &[])
        .await
        .is(204);

    for socket in &mut sockets {
        let (frames, code) = socket.closed().await;
        assert_eq!(code, Some(4504));
        let kinds: Vec<_> = frames.iter().map(|frame| frame["type"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["message", "chat"], "{frames:?}");
        assert_eq!(frames[1]["change"], "deleted");
    }
    for path in ["", "/messages", "/members"] {
        alice
            .get(&format!("/api/chats/{chat}{path}"))
            .await
            .refused(404, "chat_not_found");
    }
    alice.say(chat, "too late", "k2").await.refused(404, "chat_not_found");
    alice.add(chat, &bob, "member").await.refused(404, "chat_not_found");
    assert!(alice.try_socket(chat).await.is_err());
}

async fn ones_own_chats_are_listed_with_what_is_unread(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, bob] = node.join_all(["alice", "bob"]).await;
    let chat = alice.create_group(&[]).await;
    alice.say(chat, "before bob", "k0").await.is(201);
    alice.add(chat, &bob, "member").await.is(201);
    for i in 1..=3 {
        alice.say(chat, "after bob", &format!("k{i}")).await.is(201);
    }
    let of = |chats: Value| -> Value {
        let mine = chats["chats"]
            .as_array()
            .expect("chats")
            .iter()
            .find(|c| c["id"] == chat)
            .cloned();
        mine.expect("the chat")
    };
    let seen = of(bob.get("/api/chats").await.is(200));
    assert_eq!(seen["n"], 4);
    assert_eq!(seen["unread"], 3, "what was said before he joined is not unread");
    assert_eq!(seen["role"], "member");
    let own = of(alice.get("/api/chats").await.is(200));
    assert_eq!(own["unread"], 0, "one's own messages are read");

    bob.say(chat, "I have read all that", "k1").await.is(201);
    assert_eq!(of(bob.get("/api/chats").await.is(200))["unread"], 0);
    assert_eq!(of(alice.get("/api/chats").await.is(200))["unread"], 1);

    for i in 0..4 {
        alice.create_chat("group", &format!("g{i}")).await;
    }
    let (mut after, mut ids) = (json!(0), Vec::new());
    loop {
        let page = alice.get(&format!("/api/chats?limit=2&after={after}")).await.is(200);
        let chats = page["chats"].as_array().expect("chats");
        ids.extend(chats.iter().map(|chat| chat["id"].as_i64().expect("an id")));
        if page["next"].is_null() {
            break;
        }
        after = page["next"].clone();
    }
    assert_eq!(ids.len(), 6);
    assert!(ids.is_sorted() && ids[0] == 1, "General first: {ids:?}");
}

async fn general_belongs_to_everybody_and_stays(setup: Setup) {
    let node = setup.node(&[]).await;
    // The first is the administrator, and General's owner.
    let alice = node.join("alice").await;
    let bob = node.join("bob").await;
    let general = bob.get("/api/chats/1").await.is(200);
    assert_eq!(general["type"], "general");
    assert_eq!(general["role"], "member");
    alice
        .delete("/deleteChat", json!({"id": 1}))
        .await
        .refused(403, "general_is_for_all");
    bob.remove(1, &bob).await.refused(403, "general_is_for_all");
    alice.remove(1, &bob).await.refused(403, "general_is_for_all");
    let kind = json!({"type": "general", "name": "mine"});
    alice.post("/createChat", kind).await.refused(400, "invalid_chat_type");
}
