//! Signed-in devices: what a token and a ticket open, and that their end is the end (promise 6).

use crate::support::*;

on_both_stores! {
    a_revoked_token_closes_its_sockets_and_no_others,
    a_new_password_signs_the_other_devices_out,
    a_ticket_opens_one_socket_once,
    without_credentials_everything_answers_401,
}

/// The documented operations that take no credentials.
const OPEN: [&str; 7] = [
    "GET /api/about",
    "GET /api/health",
    "GET /api/ready",
    "GET /healthz",
    "GET /readyz",
    "POST /auth",
    "POST /register",
];

on_sqlite! {
    a_clock_that_was_ahead_has_signed_nobody_out,
    signing_out_takes_the_cookie_back,
    a_token_opens_what_is_its_own_only,
}

async fn a_revoked_token_closes_its_sockets_and_no_others(setup: Setup) {
    let node = setup.node(&[]).await;
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

async fn a_new_password_signs_the_other_devices_out(setup: Setup) {
    let node = setup.node(&[]).await;
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

async fn a_ticket_opens_one_socket_once(setup: Setup) {
    let node = setup.node(&[]).await;
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

async fn without_credentials_everything_answers_401(setup: Setup) {
    let node = setup.node(&[]).await;
    let alice = node.join("alice").await;
    let chat = alice.create_group(&[]).await;
    let anybody = [node.nobody(), node.nobody().with_token("no such token")];
    let (mut asked, mut open) = (0, Vec::new());
    for operation in operations(&node).await {
        let (method, path) = (operation.method.as_str(), &operation.path);
        if operation.is_open {
            open.push(format!("{method} {path}"));
            continue;
        }
        for client in &anybody {
            let path = path.replace("{emoji}", "%F0%9F%91%8D").replace(['{', '}'], "");
            let path = path.replace("message_id", "1").replace("user_id", "1").replace("id", "1");
            let method = method.parse().expect("a method");
            let answer = client.request(method, &path, Some("{}".into()), &[]).await;
            answer.refused(401, "unauthenticated");
            asked += 1;
        }
    }
    assert!(asked > 80, "the document has the routes: {asked}");
    open.sort_unstable();
    assert_eq!(open, OPEN, "what strangers may ask is listed here");
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

async fn signing_out_takes_the_cookie_back(setup: Setup) {
    let node = setup.node(&[]).await;
    let alice = node.join("alice").await;
    let answer = alice.delete("/api/tokens/current", json!({})).await;
    assert!(answer.header("set-cookie").contains("Max-Age=0"), "{:?}", answer.headers);
    answer.is(204);
    alice.get("/api/me").await.refused(401, "unauthenticated");
}

async fn a_token_opens_what_is_its_own_only(setup: Setup) {
    let node = setup.node(&[]).await;
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

/// To a server that starts with a clock that is two years ahead, all tokens have expired two years ago.
async fn a_clock_that_was_ahead_has_signed_nobody_out(setup: Setup) {
    let server = setup.process(&[]).await;
    let alice = server.node().join("alice").await;
    alice.post("/api/invites", json!({})).await.is(201);
    server.terminate();
    assert!(server.ended().await.success());
    let database = setup.open().await;
    // As if the clock had been right before, two years ago.
    for sql in [
        "UPDATE tokens SET created_at = datetime(created_at, '-2 years'), \
           last_used_at = datetime(last_used_at, '-2 years'), \
           expires_at = datetime(expires_at, '-2 years')",
        "UPDATE invites SET expires_at = datetime(expires_at, '-2 years')",
    ] {
        sea_orm::ConnectionTrait::execute_unprepared(&database, sql).await.expect(sql);
    }
    database.close().await.expect("a clean close");

    let node = setup.node(&[]).await;
    alice.at(&node).get("/api/me").await.refused(401, "unauthenticated");
    assert_eq!(setup.number("SELECT COUNT(*) FROM tokens").await, 1);
    assert_eq!(setup.number("SELECT COUNT(*) FROM invites").await, 1);
}
