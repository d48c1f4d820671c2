//! Signed-in devices: what a token and a ticket open, and that their end is the end (promise 6).

use crate::support::*;

on_both_stores! {
    a_revoked_token_closes_its_sockets_and_no_others,
    a_new_password_signs_the_other_devices_out,
    a_ticket_opens_one_socket_once,
    without_credentials_everything_answers_401,
}

on_sqlite! {
    signing_out_takes_the_cookie_back,
    a_token_opens_what_is_its_own_only,
}

async fn a_revoked_token_closes_its_sockets_and_no_others(stage: Stage) {
    let node = stage.node(&[]).await;
    let phone = node.join("alice").await;
    let laptop = node.sign_in("alice", "secret").await;
    let chat = phone.create_group(&[]).await;
    let mut on_phone = phone.socket(chat).await;
    let mut on_laptop = laptop.socket(chat).await;

    let devices = laptop.get("/api/tokens").await.is(200);
    let devices = devices["tokens"].as_array().expect("tokens");
    assert_eq!(devices.len(), 2);
    let other = devices.iter().find(|device| device["current"] == false).expect("the phone");
    laptop.delete(&format!("/api/tokens/{}", other["id"]), json!({})).await.is(204);

    assert_eq!(on_phone.closed().await.1, Some(4505));
    phone.get("/api/me").await.refused(401, "unauthenticated");
    let refused = phone.try_socket(chat).await.expect_err("no socket");
    refused.refused(401, "unauthenticated");
    on_laptop.say("still here").await;
    on_laptop.message("still here").await;
    laptop
        .delete(&format!("/api/tokens/{}", other["id"]), json!({}))
        .await
        .refused(404, "token_not_found");
}

async fn a_new_password_signs_the_other_devices_out(stage: Stage) {
    let node = stage.node(&[]).await;
    let thief = node.join("alice").await;
    let alice = node.sign_in("alice", "secret").await;
    let chat = alice.create_group(&[]).await;
    let mut stolen = thief.socket(chat).await;
    let mut own = alice.socket(chat).await;

    alice
        .put(
            "/updateUser",
            json!({"id": alice.id, "password": "new secret", "current_password": "secret"}),
        )
        .await
        .is(200);
    assert_eq!(stolen.closed().await.1, Some(4505));
    thief.get("/api/me").await.refused(401, "unauthenticated");
    alice.get("/api/me").await.is(200);
    own.say("my device").await;
    own.message("my device").await;
    let old = json!({"username": "alice", "password": "secret"});
    node.nobody().post("/auth", old).await.refused(401, "wrong_credentials");
    node.sign_in("alice", "new secret").await;
}

async fn a_ticket_opens_one_socket_once(stage: Stage) {
    let node = stage.node(&[]).await;
    let alice = node.join("alice").await;
    let chat = alice.create_group(&[]).await;
    let issued = alice.post("/api/ws-ticket", json!({})).await.is(200);
    let ticket = issued["ticket"].as_str().expect("a ticket");
    let path = format!("/ws?chat_id={chat}&user_id={}&ticket={ticket}", alice.id);

    let mut socket = node.socket(&path).await;
    socket.say("by a ticket").await;
    assert_eq!(socket.next("message").await["user_id"], alice.id);
    let again = node.try_socket(&path, &[]).await.expect_err("no second socket");
    again.refused(401, "unauthenticated");
    // It is no token.
    let thief = node.nobody().with_token(ticket);
    thief.get("/api/me").await.refused(401, "unauthenticated");
}

async fn without_credentials_everything_answers_401(stage: Stage) {
    let node = stage.node(&[]).await;
    let alice = node.join("alice").await;
    let chat = alice.create_group(&[]).await;
    let anybody = [node.nobody(), node.nobody().with_token("no such token")];
    for client in anybody {
        for (method, path) in [
            ("PUT", "/updateUser".to_owned()),
            ("DELETE", "/deleteUser".to_owned()),
            ("POST", "/createChat".to_owned()),
            ("DELETE", "/deleteChat".to_owned()),
            ("POST", "/addMember".to_owned()),
            ("DELETE", "/removeMember".to_owned()),
            ("POST", "/api/messages".to_owned()),
            (
                "GET",
                "/api/messages?from=2025-02-01T00:00:00Z&to=2025-02-10T23:59:59Z".to_owned(),
            ),
            ("GET", "/api/me".to_owned()),
            ("PATCH", "/api/me".to_owned()),
            ("GET", "/api/users".to_owned()),
            ("GET", format!("/api/users/{}", alice.id)),
            ("PATCH", format!("/api/users/{}", alice.id)),
            ("DELETE", format!("/api/users/{}", alice.id)),
            ("POST", format!("/api/users/{}/erase", alice.id)),
            ("GET", "/api/invites".to_owned()),
            ("POST", "/api/invites".to_owned()),
            ("DELETE", "/api/invites/1".to_owned()),
            ("GET", "/api/tokens".to_owned()),
            ("DELETE", "/api/tokens/1".to_owned()),
            ("DELETE", "/api/tokens/current".to_owned()),
            ("POST", "/api/ws-ticket".to_owned()),
            ("GET", "/api/chats".to_owned()),
            ("POST", "/api/chats".to_owned()),
            ("GET", format!("/api/chats/{chat}")),
            ("PATCH", format!("/api/chats/{chat}")),
            ("DELETE", format!("/api/chats/{chat}")),
            ("GET", format!("/api/chats/{chat}/members")),
            ("POST", format!("/api/chats/{chat}/members")),
            ("PATCH", format!("/api/chats/{chat}/members/{}", alice.id)),
            ("DELETE", format!("/api/chats/{chat}/members/{}", alice.id)),
            ("GET", format!("/api/chats/{chat}/messages")),
            ("POST", format!("/api/chats/{chat}/messages")),
        ] {
            let method = method.parse().expect("a method");
            let answer = client.request(method, &path, Some("{}".into()), &[]).await;
            answer.refused(401, "unauthenticated");
        }
    }
    let socket = node.try_socket(&format!("/ws?chat_id={chat}&user_id={}", alice.id), &[]).await;
    socket.expect_err("no socket").refused(401, "unauthenticated");
    node.nobody().get("/metrics").await.refused(401, "unauthenticated");
    for open in [
        "/api/health",
        "/api/ready",
        "/api/openapi.json",
        "/api/docs",
    ] {
        let status = node.nobody().get(open).await.status;
        assert!((200..400).contains(&status), "{open} answered {status}");
    }
}

async fn signing_out_takes_the_cookie_back(stage: Stage) {
    let node = stage.node(&[]).await;
    let alice = node.join("alice").await;
    let answer = alice.delete("/api/tokens/current", json!({})).await;
    assert!(answer.header("set-cookie").contains("Max-Age=0"), "{:?}", answer.headers);
    answer.is(204);
    alice.get("/api/me").await.refused(401, "unauthenticated");
}

async fn a_token_opens_what_is_its_own_only(stage: Stage) {
    let node = stage.node(&[]).await;
    let [alice, bob] = node.join_all(["alice", "bob"]).await;
    let chat = alice.create_group(&[&bob]).await;
    let device = alice.get("/api/tokens").await.is(200)["tokens"][0]["id"].clone();
    bob.delete(&format!("/api/tokens/{device}"), json!({}))
        .await
        .refused(404, "token_not_found");
    alice.get("/api/me").await.is(200);
    // `user_id` must be the caller's own.
    let as_alice = format!("/ws?chat_id={chat}&user_id={}", alice.id);
    let refused = node.try_socket(&as_alice, &[("Authorization", &bob.bearer())]).await;
    assert_eq!(refused.expect_err("no socket").status, 403);
}
