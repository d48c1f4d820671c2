//! Accounts: Corp Messenger's shapes, who may change whom, and what is left of one who is gone.

use crate::support::*;

on_both_stores! {
    an_account_has_corp_messengers_shapes_from_registration_to_deletion,
    names_and_addresses_are_unique_in_any_case,
    one_manages_oneself_and_the_administrator_everybody,
    a_deleted_user_is_gone_and_what_they_said_stays,
    people_are_listed_in_pages,
}

on_sqlite! {
    an_unknown_name_is_answered_like_a_wrong_password,
    a_part_of_an_account_changes_alone,
}

async fn an_account_has_corp_messengers_shapes_from_registration_to_deletion(setup: Setup) {
    let node = setup.node(&[]).await;
    let nobody = node.nobody();
    let account =
        json!({"username": "testuser1", "password": "secret", "email": "user1@example.com"});
    let created = nobody.post("/register", account.clone()).await.is(201);
    assert_eq!(keys(&created), ["created_at", "email", "id", "username"]);
    assert_eq!(created["username"], "testuser1");
    assert_eq!(created["email"], "user1@example.com");
    nobody.post("/register", account).await.refused(409, "username_taken");

    let credentials = json!({"username": "testuser1", "password": "secret"});
    let answer = nobody.post("/auth", credentials).await;
    let cookie = answer.header("set-cookie").to_owned();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
    let signed_in = answer.is(200);
    assert_eq!(keys(&signed_in), ["expires_at", "token", "user_id"]);
    assert_eq!(signed_in["user_id"], created["id"]);
    let user = nobody.signed_in(&signed_in);

    let change = json!({"id": user.id, "username": "new_testuser1", "password": "new_secret",
                        "email": "new_user1@example.com", "current_password": "secret"});
    let changed = user.put("/updateUser", change).await.is(200);
    assert_eq!(changed["id"], user.id);
    assert_eq!(changed["username"], "new_testuser1");
    assert_eq!(changed["email"], "new_user1@example.com");
    assert_eq!(changed["created_at"], created["created_at"]);
    let user = node.sign_in("new_testuser1", "new_secret").await;

    user.delete("/deleteUser", json!({"id": user.id, "current_password": "new_secret"}))
        .await
        .is(204);
    user.get("/api/me").await.refused(401, "unauthenticated");
    let credentials = json!({"username": "new_testuser1", "password": "new_secret"});
    nobody.post("/auth", credentials).await.refused(401, "wrong_credentials");
}

async fn names_and_addresses_are_unique_in_any_case(setup: Setup) {
    let node = setup.node(&[]).await;
    let register = |username: &str, email: &str| {
        let account = json!({"username": username, "password": "secret", "email": email});
        let nobody = node.nobody();
        async move { nobody.post("/register", account).await }
    };
    let first = register("Мария", "maria@example.com").await.is(201);
    register("МАРИЯ", "other@example.com").await.refused(409, "username_taken");
    register("maria2", "MARIA@example.com").await.refused(409, "email_taken");
    register("Марья", "marya@example.com").await.is(201);

    // Eight at once for one name: one gets it.
    let racers = (0..8).map(|i| register("racer", &format!("racer{i}@example.com")));
    let answers = futures_util::future::join_all(racers).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1);
    assert_eq!(answers.iter().filter(|answer| answer.status == 409).count(), 7);

    let second = node.sign_in("Марья", "secret").await;
    let taken = json!({"id": second.id, "username": "мария"});
    second.put("/updateUser", taken).await.refused(409, "username_taken");
    let taken = json!({"id": second.id, "email": first["email"], "current_password": "secret"});
    second.put("/updateUser", taken).await.refused(409, "email_taken");
}

async fn one_manages_oneself_and_the_administrator_everybody(setup: Setup) {
    let node = setup.node(&[]).await;
    let [admin, bob, carol] = [
        node.join("admin").await,
        node.join("bob").await,
        node.join("carol").await,
    ];
    let rename = json!({"id": carol.id, "username": "karl"});
    bob.put("/updateUser", rename.clone()).await.refused(403, "forbidden");
    bob.delete("/deleteUser", json!({"id": carol.id}))
        .await
        .refused(403, "forbidden");
    bob.put("/updateUser", json!({"id": 999, "username": "x_x_x"}))
        .await
        .refused(404, "user_not_found");
    assert_eq!(carol.get("/api/me").await.is(200)["username"], "carol");

    admin.put("/updateUser", rename).await.is(200);
    assert_eq!(carol.get("/api/me").await.is(200)["username"], "karl");
    admin.delete("/deleteUser", json!({"id": carol.id})).await.is(204);
    admin
        .delete("/deleteUser", json!({"id": carol.id}))
        .await
        .refused(404, "user_not_found");
    carol.get("/api/me").await.refused(401, "unauthenticated");
    assert_eq!(bob.get("/api/me").await.is(200)["is_admin"], false);
}

async fn a_deleted_user_is_gone_and_what_they_said_stays(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, bob] = [node.join("alice").await, node.join("bob").await];
    let chat = alice.create_group(&[&bob]).await;
    bob.say(chat, "remember me", "k1").await.is(201);
    let mut socket = bob.socket(chat).await;

    // By the query, since some proxies drop the body of a DELETE.
    alice
        .request(reqwest::Method::DELETE, &format!("/deleteUser?id={}", bob.id), None, &[])
        .await
        .is(204);
    assert_eq!(socket.closed().await.1, Some(4505));
    alice.say(chat, "he is gone", "k2").await.is(201);
    let said = &alice.history(chat).await[0];
    assert_eq!(said["content"], "remember me");
    assert_eq!(said["username"], "deleted user");
    alice.add(chat, &bob, "member").await.refused(404, "user_not_found");
    alice
        .get(&format!("/api/users/{}", bob.id))
        .await
        .refused(404, "user_not_found");
}

async fn people_are_listed_in_pages(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, _bob, _carol] = node.join_all(["alice", "bob", "carol"]).await;
    let page = alice.get("/api/users?limit=2").await.is(200);
    assert_eq!(page["users"].as_array().map(Vec::len), Some(2));
    let rest = alice.get(&format!("/api/users?limit=2&after={}", page["next"])).await.is(200);
    assert_eq!(rest["users"].as_array().map(Vec::len), Some(1));
    assert_eq!(rest["next"], Value::Null);
    assert!(!rest.to_string().contains("hash"), "{rest}");
}

async fn an_unknown_name_is_answered_like_a_wrong_password(setup: Setup) {
    let node = setup.node(&[]).await;
    node.join("alice").await;
    let answer = |username: &str| {
        let credentials = json!({"username": username, "password": "wrong password"});
        let nobody = node.nobody();
        async move { nobody.post("/auth", credentials).await.refused(401, "wrong_credentials") }
    };
    assert_eq!(answer("alice").await, answer("nobody").await);
    assert_eq!(answer("alice").await, answer("not even a name!").await);
}

async fn a_part_of_an_account_changes_alone(setup: Setup) {
    let node = setup.node(&[]).await;
    let alice = node.join("alice").await;
    let changed = alice
        .patch("/api/me", json!({"email": "new@example.com", "current_password": "secret"}))
        .await
        .is(200);
    assert_eq!(changed["username"], "alice");
    assert_eq!(changed["email"], "new@example.com");
    node.sign_in("alice", "secret").await;
    // Giving oneself one's own name, in another case, is no conflict.
    alice
        .put("/updateUser", json!({"id": alice.id, "username": "Alice"}))
        .await
        .is(200);
}
