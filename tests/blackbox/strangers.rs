//! To a stranger a chat does not exist: every answer about somebody else's chat is the answer about
//! one that was never made.

use crate::support::*;

on_both_stores! {
    a_foreign_chat_is_answered_like_an_absent_one,
    not_a_member_is_refused_before_the_upgrade,
    a_frame_to_a_foreign_chat_is_refused,
}

async fn a_foreign_chat_is_answered_like_an_absent_one(stage: Stage) {
    let node = stage.node(&[]).await;
    let [alice, mallory] = node.join_all(["alice", "mallory"]).await;
    let foreign = alice.create_group(&[]).await;
    alice.say(foreign, "secret", "k1").await.is(201);
    let before = alice.get(&format!("/api/chats/{foreign}")).await.is(200);

    for chat_and_user in [("foreign", foreign), ("absent", 4_711)] {
        let (what, chat) = chat_and_user;
        let user = mallory.id;
        let member = json!({"conversation_id": chat, "user_id": user, "role": "member"});
        let removal = json!({"conversation_id": chat, "user_id": alice.id});
        for (method, path, body) in [
            ("GET", format!("/api/chats/{chat}"), json!({})),
            ("PATCH", format!("/api/chats/{chat}"), json!({"name": "mine"})),
            ("DELETE", format!("/api/chats/{chat}"), json!({})),
            ("GET", format!("/api/chats/{chat}/members"), json!({})),
            ("POST", format!("/api/chats/{chat}/members"), json!({"user_id": user})),
            ("PATCH", format!("/api/chats/{chat}/members/{user}"), json!({"role": "owner"})),
            ("DELETE", format!("/api/chats/{chat}/members/{user}"), json!({})),
            ("DELETE", format!("/api/chats/{chat}/members/{}", alice.id), json!({})),
            ("GET", format!("/api/chats/{chat}/messages"), json!({})),
            ("GET", format!("/api/chats/{chat}/messages?before=2&limit=1"), json!({})),
            ("POST", format!("/api/chats/{chat}/messages"), json!({"content": "x"})),
            ("DELETE", "/deleteChat".into(), json!({"id": chat})),
            ("POST", "/addMember".into(), member),
            ("DELETE", "/removeMember".into(), removal),
        ] {
            let method = method.parse().expect("a method");
            let mut answer = mallory.request(method, &path, Some(body.to_string()), &[]).await;
            answer.request = format!("{} of a chat that is {what}", answer.request);
            let body = answer.refused(404, "chat_not_found");
            assert_eq!(body["error"], "there is no such chat");
        }
    }
    assert_eq!(
        alice.get(&format!("/api/chats/{foreign}")).await.is(200),
        before,
        "nothing changed"
    );
}

async fn not_a_member_is_refused_before_the_upgrade(stage: Stage) {
    let node = stage.node(&[]).await;
    let [alice, mallory] = node.join_all(["alice", "mallory"]).await;
    let foreign = alice.create_group(&[]).await;
    let refused = mallory.try_socket(foreign).await.expect_err("no socket");
    let foreign = refused.refused(403, "not_member");
    let refused = mallory.try_socket(4_711).await.expect_err("no socket");
    assert_eq!(refused.refused(403, "not_member"), foreign);
}

async fn a_frame_to_a_foreign_chat_is_refused(stage: Stage) {
    let node = stage.node(&[]).await;
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
