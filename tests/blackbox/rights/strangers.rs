//! To a stranger a chat does not exist: every answer about somebody else's chat is the answer about
//! one that was never made.

use crate::support::*;

on_both_stores! {
    a_foreign_chat_is_answered_like_an_absent_one,
    not_a_member_is_refused_before_the_upgrade,
    a_frame_to_a_foreign_chat_is_refused,
}

/// One request of each operation on a chat, by what the document calls it.
fn requests(chat: i64, message: i64, owner: i64, user: i64) -> Vec<Request> {
    let member = json!({"conversation_id": chat, "user_id": user, "role": "member"});
    let removal = json!({"conversation_id": chat, "user_id": owner});
    let of = "/api/chats/{id}";
    let documented = [
        ("GET", "", json!({})),
        ("PATCH", "", json!({"name": "mine"})),
        ("DELETE", "", json!({})),
        ("GET", "/members", json!({})),
        ("POST", "/members", json!({"user_id": user})),
        ("PATCH", "/members/{user_id}", json!({"role": "owner"})),
        ("DELETE", "/members/{user_id}", json!({})),
        ("GET", "/messages", json!({})),
        ("POST", "/messages", json!({"content": "x"})),
        ("GET", "/messages/{message_id}", json!({})),
        ("PATCH", "/messages/{message_id}", json!({"content": "x"})),
        ("DELETE", "/messages/{message_id}", json!({})),
        ("GET", "/messages/{message_id}/versions", json!({})),
        ("PUT", "/messages/{message_id}/reactions/{emoji}", json!({})),
        ("DELETE", "/messages/{message_id}/reactions/{emoji}", json!({})),
        ("GET", "/pins", json!({})),
        ("PUT", "/pins/{message_id}", json!({})),
        ("DELETE", "/pins/{message_id}", json!({})),
        ("PUT", "/read", json!({"n": 1})),
        ("PUT", "/unread", json!({"n": 1})),
        ("PUT", "/mute", json!({"muted": true})),
    ];
    let fill = |path: &str, user: i64| {
        path.replace("{id}", &chat.to_string())
            .replace("{user_id}", &user.to_string())
            .replace("{message_id}", &message.to_string())
            .replace("{emoji}", "%F0%9F%91%8D")
    };
    let documented = documented.into_iter().flat_map(|(method, rest, body)| {
        let path = format!("{of}{rest}");
        // Both the stranger's own place there and the owner's.
        [user, owner].map(|user| (method, path.clone(), fill(&path, user), body.clone()))
    });
    let classic = |method, path: &str, body| (method, path.to_owned(), path.to_owned(), body);
    let others = [
        ("GET", "/api/chats/{id}/messages", "/api/chats/{id}/messages?before=2&limit=1"),
        ("GET", "/api/chats/{id}/messages", "/api/chats/{id}/messages?around=1"),
    ];
    documented
        .chain([
            classic("DELETE", "/deleteChat", json!({"id": chat})),
            classic("POST", "/addMember", member),
            classic("DELETE", "/removeMember", removal),
        ])
        .chain(
            others
                .map(|(method, name, path)| (method, name.to_owned(), fill(path, user), json!({}))),
        )
        .collect()
}

/// Its method, its path in the document, its path, and its body.
type Request = (&'static str, String, String, Value);

async fn a_foreign_chat_is_answered_like_an_absent_one(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, mallory] = node.join_all(["alice", "mallory"]).await;
    let foreign = alice.create_group(&[]).await;
    let secret = alice.said(foreign, "secret").await["id"].as_i64().expect("an id");
    let before = alice.get(&format!("/api/chats/{foreign}")).await.is(200);

    let listed = requests(foreign, secret, alice.id, mallory.id);
    for operation in operations(&node).await {
        let (method, path) = (&operation.method, &operation.path);
        let is_listed = listed.iter().any(|(m, name, ..)| m == method && name == path);
        let is_of_a_chat = path.starts_with("/api/chats/{id}");
        assert!(is_listed || !is_of_a_chat, "{method} {path} is of a chat: list it here");
    }
    let absent = requests(4_711, 4_711, alice.id, mallory.id);
    for (what, requests) in [("foreign", listed), ("absent", absent)] {
        for (method, _, path, body) in requests {
            let method = method.parse().expect("a method");
            let mut answer = mallory.request(method, &path, Some(body.to_string()), &[]).await;
            answer.request = format!("{} of a chat that is {what}", answer.request);
            let body = answer.refused(404, "chat_not_found");
            assert_eq!(body["error"], "there is no such chat");
        }
    }
    let known = json!({"epoch": alice.post("/api/sync", json!({})).await.is(200)["epoch"],
                       "chats": {foreign.to_string(): 0}});
    let synced = mallory.post("/api/sync", known).await.is(200).to_string();
    assert!(!synced.contains("secret") && !synced.contains(&format!("\"chat_id\":{foreign}")));
    let streams = [foreign, 4_711].map(|chat| {
        let mallory = mallory.clone();
        async move { mallory.get(&format!("/api/events?chat_id={chat}")).await }
    });
    let [foreign_stream, absent_stream] =
        futures_util::future::join_all(streams).await.try_into().expect("two answers");
    assert_eq!(foreign_stream.status, 404);
    assert_eq!(foreign_stream.text, absent_stream.text);
    assert_eq!(
        alice.get(&format!("/api/chats/{foreign}")).await.is(200),
        before,
        "nothing changed"
    );
}

async fn not_a_member_is_refused_before_the_upgrade(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, mallory] = node.join_all(["alice", "mallory"]).await;
    let foreign = alice.create_group(&[]).await;
    let refused = mallory.try_socket(foreign).await.expect_err("no socket");
    let foreign = refused.refused(403, "not_member");
    let refused = mallory.try_socket(4_711).await.expect_err("no socket");
    assert_eq!(refused.refused(403, "not_member"), foreign);
}

async fn a_frame_to_a_foreign_chat_is_refused(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, mallory] = node.join_all(["alice", "mallory"]).await;
    let foreign = alice.create_group(&[]).await;
    let mut socket = mallory.socket(1).await;
    let mut errors = Vec::new();
    for chat in [foreign, 4_711] {
        socket
            .send(json!({"chat_id": chat, "content": "x", "client_msg_id": "k"}))
            .await;
        let mut error = socket.next("error").await;
        assert_eq!(error["client_msg_id"], "k");
        error.as_object_mut().expect("an object").remove("chat_id");
        errors.push(error);
    }
    assert_eq!(errors[0], errors[1]);
    assert!(alice.history(foreign).await.is_empty());
}
