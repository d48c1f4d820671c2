//! Erasing what is personal: by oneself, by an administrator, from the command line. What was said
//! stays, from nobody.

use crate::support::*;

on_both_stores! {
    one_erases_oneself_and_nothing_personal_is_left,
    an_administrator_erases_who_was_deleted_before,
    an_erased_name_is_free_again_when_it_has_rested,
}

on_sqlite! {
    it_must_be_meant_and_allowed,
    the_command_line_erases_too,
}

async fn erase(by: &TestClient, whom: &TestClient, name: &str) -> Answer {
    let mut body = json!({"confirm": name});
    if by.id == whom.id {
        body["current_password"] = json!("secret");
    }
    by.post(&format!("/api/users/{}/erase", whom.id), body).await
}

/// How many rows of the accounts' tables have this text anywhere.
async fn traces(setup: &Setup, text: &str) -> i64 {
    let in_users = [
        "username",
        "username_key",
        "email",
        "email_key",
        "display_name",
    ]
    .map(|column| format!("COALESCE({column}, '') LIKE '%{text}%'"))
    .join(" OR ");
    let users = format!("SELECT COUNT(*) FROM users WHERE {in_users}");
    let tokens = format!("SELECT COUNT(*) FROM tokens WHERE user_agent LIKE '%{text}%'");
    setup.number(&users).await + setup.number(&tokens).await
}

async fn one_erases_oneself_and_nothing_personal_is_left(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, bob] = [node.join("alice").await, node.join("bob").await];
    let chat = alice.create_group(&[&bob]).await;
    bob.say(chat, "remember me", "k1").await.is(201);
    let credentials = json!({"username": "bob", "password": "secret"}).to_string();
    let agent = [("User-Agent", "bob's phone")];
    let method = reqwest::Method::POST;
    node.nobody().request(method, "/auth", Some(credentials), &agent).await.is(200);
    assert_eq!(traces(&setup, "bob").await, 2);
    let mut socket = bob.socket(chat).await;

    erase(&bob, &bob, "bob").await.is(204);
    assert_eq!(socket.closed().await.1, Some(4505));
    bob.get("/api/me").await.refused(401, "unauthenticated");
    assert_eq!(traces(&setup, "bob").await, 0);
    let tokens = format!("SELECT COUNT(*) FROM tokens WHERE user_id = {}", bob.id);
    assert_eq!(setup.number(&tokens).await, 0);
    let secrets = "SELECT COUNT(*) FROM users WHERE password_hash <> ''";
    assert_eq!(setup.number(secrets).await, 1);

    let said = &alice.history(chat).await[0];
    assert_eq!(
        (&said["content"], &said["username"]),
        (&json!("remember me"), &json!("deleted user"))
    );
    let members = alice.get(&format!("/api/chats/{chat}/members")).await.is(200);
    assert_eq!(members["members"][1]["username"], "deleted user");
    alice
        .get(&format!("/api/users/{}", bob.id))
        .await
        .refused(404, "user_not_found");
    erase(&alice, &bob, "bob").await.refused(404, "user_not_found");
    erase(&alice, &bob, "deleted user").await.refused(404, "user_not_found");
    for name in ["bob", "deleted user", ""] {
        for password in ["secret", ""] {
            let credentials = json!({"username": name, "password": password});
            node.nobody().post("/auth", credentials).await.refused(401, "wrong_credentials");
        }
    }
}

async fn an_administrator_erases_who_was_deleted_before(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, bob, carol] = [
        node.join("alice").await,
        node.join("bob").await,
        node.join("carol").await,
    ];
    bob.delete("/deleteUser", json!({"id": bob.id, "current_password": "secret"}))
        .await
        .is(204);
    assert_eq!(traces(&setup, "bob").await, 1);
    // To the others one who was deleted is not there.
    erase(&carol, &bob, "bob").await.refused(404, "user_not_found");
    erase(&alice, &bob, "bob").await.is(204);
    assert_eq!(traces(&setup, "bob").await, 0);
}

async fn an_erased_name_is_free_again_when_it_has_rested(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, bob] = [node.join("alice").await, node.join("bob").await];
    bob.say(1, "the first one", "k1").await.is(201);
    erase(&alice, &bob, "bob").await.is(204);
    let again = json!({"username": "Bob", "password": "secret", "email": "b@example.com"});
    node.nobody().post("/register", again).await.refused(409, "username_taken");
    let long_ago = "UPDATE freed_names SET freed_at = '2026-01-01T00:00:00+00:00'";
    setup.execute(long_ago).await;
    let other = node.join("bob").await;
    assert_ne!(other.id, bob.id);
    other.say(1, "the second one", "k1").await.is(201);
    let names: Vec<_> =
        alice.history(1).await.iter().map(|said| said["username"].clone()).collect();
    assert_eq!(names, ["deleted user", "bob"]);
    // As often as one likes.
    erase(&other, &other, "bob").await.is(204);
    setup.execute(long_ago).await;
    node.join("Bob").await;
}

async fn it_must_be_meant_and_allowed(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, bob, carol] = [
        node.join("alice").await,
        node.join("bob").await,
        node.join("carol").await,
    ];
    for wrong in ["", "carol", "BOB", "bob "] {
        erase(&bob, &bob, wrong).await.refused(400, "not_confirmed");
    }
    let path = format!("/api/users/{}/erase", bob.id);
    for malformed in [
        json!({}),
        json!({"confirm": true}),
        json!({"confirm": "bob", "x": 1}),
    ] {
        bob.post(&path, malformed).await.refused(400, "malformed");
    }
    erase(&carol, &bob, "bob").await.refused(403, "forbidden");
    alice
        .post("/api/users/4711/erase", json!({"confirm": "x"}))
        .await
        .refused(404, "user_not_found");
    carol
        .post("/api/users/4711/erase", json!({"confirm": "x"}))
        .await
        .refused(404, "user_not_found");
    assert_eq!(bob.get("/api/me").await.is(200)["username"], "bob");
}

async fn the_command_line_erases_too(setup: Setup) {
    let node = setup.node(&[]).await;
    node.join("alice").await;
    let bob = node.join("bob").await;
    let mut socket = bob.socket(1).await;
    setup.user_refused(&["erase", "bob"], "--yes").await;
    bob.get("/api/me").await.is(200);
    setup.user_done(&["erase", "bob", "--yes"], "").await;
    bob.get("/api/me").await.refused(401, "unauthenticated");
    assert_eq!(socket.closed().await.1, Some(4505));
    assert_eq!(traces(&setup, "bob").await, 0);
    let list = setup.user_done(&["list"], "").await;
    assert!(list.contains("erased") && !list.contains("bob"), "{list}");
    setup.user_refused(&["activate", "bob"], "no account named bob").await;
}
