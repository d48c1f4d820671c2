//! A stolen token is not the account: a new password, a new address and the end of one's own account take
//! the current password too.

use crate::support::*;

on_both_stores! {
    what_takes_the_account_away_takes_the_current_password,
    an_administrator_changes_others_without_their_passwords,
}

on_sqlite! {
    who_guesses_passwords_is_held_up_like_one_who_signs_in,
    under_trust_nobody_proves_anything,
    a_password_does_not_stand_in_a_url,
}

type Request = (&'static str, String, Value);

/// Everything that would take `user`'s account away, each with what it needs beside the password.
fn takeovers(user: &TestClient, name: &str) -> Vec<Request> {
    let own = format!("/api/users/{}", user.id);
    let (id, email) = (user.id, format!("{name}@example.org"));
    vec![
        ("PATCH", "/api/me".into(), json!({"password": "another secret"})),
        ("PATCH", "/api/me".into(), json!({"email": email})),
        ("PATCH", "/api/me".into(), json!({"display_name": "x", "email": email})),
        ("PATCH", own.clone(), json!({"password": "another secret"})),
        ("PATCH", own.clone(), json!({"email": email})),
        ("PUT", "/updateUser".into(), json!({"id": id, "password": "another secret"})),
        ("PUT", "/updateUser".into(), json!({"id": id, "email": email})),
        ("DELETE", own.clone(), json!({})),
        ("DELETE", "/deleteUser".into(), json!({"id": id})),
        ("POST", format!("{own}/erase"), json!({"confirm": name})),
    ]
}

async fn send(user: &TestClient, request: &Request, current_password: Option<&str>) -> Answer {
    let (method, path, mut body) = request.clone();
    if let Some(password) = current_password {
        body["current_password"] = json!(password);
    }
    let method = method.parse().expect("a method");
    user.request(method, &path, Some(body.to_string()), &[]).await
}

async fn what_takes_the_account_away_takes_the_current_password(setup: Setup) {
    let node = setup.node(&[]).await;
    let root = node.join("root").await;
    for index in 0..takeovers(&root, "").len() {
        let name = format!("person{index}");
        let person = node.join(&name).await;
        let before = person.get("/api/me").await.is(200);
        let request = &takeovers(&person, &name)[index];
        send(&person, request, None).await.refused(403, "current_password_required");
        for wrong in ["Secret", "", "p"] {
            send(&person, request, Some(wrong)).await.refused(403, "wrong_password");
        }
        assert_eq!(person.get("/api/me").await.is(200), before);
        node.sign_in(&name, "secret").await;
        let answer = send(&person, request, Some("secret")).await;
        assert!(answer.status < 300, "{request:?} was answered {answer:?}");
    }
    // What takes nothing away takes no password.
    let bob = node.join("bob").await;
    bob.patch("/api/me", json!({"display_name": "Robert"})).await.is(200);
    bob.put("/updateUser", json!({"id": bob.id, "username": "Robert"}))
        .await
        .is(200);
}

async fn an_administrator_changes_others_without_their_passwords(setup: Setup) {
    let node = setup.node(&[]).await;
    let [root, bob] = [node.join("root").await, node.join("bob").await];
    let bobs = format!("/api/users/{}", bob.id);
    root.patch(&bobs, json!({"password": "another secret"})).await.is(200);
    root.put("/updateUser", json!({"id": bob.id, "email": "b@example.org"}))
        .await
        .is(200);
    // Their own account is theirs like anybody's.
    root.put("/updateUser", json!({"id": root.id, "password": "another secret"}))
        .await
        .refused(403, "current_password_required");
    root.delete(&bobs, json!({})).await.is(204);
    root.post(&format!("{bobs}/erase"), json!({"confirm": "bob"})).await.is(204);
}

async fn who_guesses_passwords_is_held_up_like_one_who_signs_in(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, bob] = [node.join("alice").await, node.join("bob").await];
    for _ in 0..5 {
        let guess = json!({"password": "another secret", "current_password": "a guess"});
        alice.patch("/api/me", guess).await.refused(403, "wrong_password");
        let guess = json!({"username": "ALICE", "password": "a guess"});
        node.nobody().post("/auth", guess).await.refused(401, "wrong_credentials");
    }
    let right = json!({"password": "another secret", "current_password": "secret"});
    let refused = alice.patch("/api/me", right).await;
    assert_ne!(refused.header("retry-after"), "");
    refused.refused(429, "too_many_logins");
    let right = json!({"username": "alice", "password": "secret"});
    node.nobody().post("/auth", right).await.refused(429, "too_many_logins");
    // Others are not held up, and neither is what takes no password.
    let right = json!({"password": "another secret", "current_password": "secret"});
    bob.patch("/api/me", right).await.is(200);
    alice.patch("/api/me", json!({"display_name": "Alice"})).await.is(200);
}

async fn under_trust_nobody_proves_anything(setup: Setup) {
    let node = setup.node(&["--trust=true"]).await;
    let alice = node.join("alice").await;
    for client in [alice.clone(), node.nobody()] {
        let change = json!({"id": alice.id, "password": "another secret", "email": "a@b.example"});
        client.put("/updateUser", change).await.is(200);
    }
    let alice = node.sign_in("alice", "another secret").await;
    alice.delete("/deleteUser", json!({"id": alice.id})).await.is(204);
}

async fn a_password_does_not_stand_in_a_url(setup: Setup) {
    let node = setup.node(&[]).await;
    let bob = node.join("bob").await;
    let path = format!("/deleteUser?id={}&current_password=secret", bob.id);
    bob.request(reqwest::Method::DELETE, &path, None, &[])
        .await
        .refused(400, "malformed");
    let path = format!("/deleteUser?id={}", bob.id);
    bob.request(reqwest::Method::DELETE, &path, None, &[])
        .await
        .refused(403, "current_password_required");
    bob.get("/api/me").await.is(200);
}
