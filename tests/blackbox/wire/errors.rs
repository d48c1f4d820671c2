//! What is wrong is told in a clear 4xx with a code, is never a 500, and writes nothing.

use reqwest::Method;

use crate::support::*;

on_both_stores! {
    bad_requests_are_told_why_and_write_nothing,
}

on_sqlite! {
    an_answer_names_the_field_that_is_wrong,
    a_whole_number_may_have_a_fraction_of_nothing,
    unknown_paths_and_methods_are_json_too,
    every_body_is_read_whatever_its_content_type_says,
    no_compressed_body_is_taken_for_broken_json,
}

/// A route and bodies that it must refuse as malformed, each for another reason.
fn malformed(chat: i64) -> Vec<(Method, String, Vec<String>)> {
    let post = |path: &str, bodies: &[&str]| {
        (
            Method::POST,
            path.to_owned(),
            bodies.iter().map(|body| (*body).to_owned()).collect(),
        )
    };
    vec![
        post(
            "/register",
            &[
                "",
                "hello",
                "[]",
                "null",
                r#"{"username": "x_x_x", "password": "secret", "email": "x@x.x""#,
                r#"{"username": "x_x_x", "password": "secret"}"#,
                r#"{"username": 7, "password": "secret", "email": "x@x.x"}"#,
                r#"{"username": null, "password": "secret", "email": "x@x.x"}"#,
                r#"{"username": "x_x_x", "password": "secret", "email": "x@x.x", "is_admin": true}"#,
                r#"{"username": "x_x_x", "username": "y_y_y", "password": "secret", "email": "x@x.x"}"#,
                "{\"username\": \"\u{1}\", \"password\": \"secret\", \"email\": \"x@x.x\"}",
                r#"["x_x_x", "secret", "x@x.x"]"#,
                r#"{"username": "x_x_x", "password": "secret", "email": "x@x.x"} and more"#,
            ],
        ),
        post(
            "/auth",
            &[
                "",
                "{}",
                r#"{"username": "alice"}"#,
                r#"{"username": [], "password": {}}"#,
            ],
        ),
        post("/createChat", &["{}", r#"{"type": "group"}"#, r#"{"type": 1, "name": "x"}"#]),
        post(
            "/addMember",
            &[
                "{}",
                r#"{"conversation_id": "2", "user_id": 1, "role": "member"}"#,
                r#"{"conversation_id": 2.5, "user_id": 1, "role": "member"}"#,
                r#"{"conversation_id": -1, "user_id": 1, "role": "member"}"#,
                r#"{"conversation_id": 0, "user_id": 1, "role": "member"}"#,
                r#"{"conversation_id": 99999999999999999999, "user_id": 1, "role": "member"}"#,
                r#"{"conversation_id": 2, "user_id": 1, "role": 7}"#,
            ],
        ),
        (
            Method::PUT,
            "/updateUser".into(),
            vec![
                "{}".into(),
                r#"{"id": "1"}"#.into(),
                r#"{"id": 1, "password_hash": "x"}"#.into(),
            ],
        ),
        (
            Method::DELETE,
            "/deleteUser".into(),
            vec!["".into(), "{}".into(), r#"{"id": true}"#.into()],
        ),
        (Method::DELETE, "/deleteChat".into(), vec!["".into(), r#"{"id": null}"#.into()]),
        (Method::DELETE, "/removeMember".into(), vec![r#"{"conversation_id": 2}"#.into()]),
        post(
            "/api/messages",
            &[
                "{}",
                r#"{"sequence": "1", "text": "x"}"#,
                r#"{"sequence": 1}"#,
            ],
        ),
        post(
            &format!("/api/chats/{chat}/messages"),
            &[
                "{}",
                r#"{"content": 7}"#,
                r#"{"content": "x", "n": 1}"#,
                r#"{"content": "x", "client_msg_id": 7}"#,
            ],
        ),
    ]
}

/// Well-formed requests whose content is refused, by code.
fn invalid(chat: i64) -> Vec<(&'static str, String, Value)> {
    let account = |username: &str, password: &str, email: &str| json!({"username": username, "password": password, "email": email});
    let messages = format!("/api/chats/{chat}/messages");
    let register = || "/register".to_owned();
    vec![
        ("invalid_username", register(), account("ab", "secret", "x@x.x")),
        ("invalid_username", register(), account(&"a".repeat(33), "secret", "x@x.x")),
        ("invalid_username", register(), account("a b c", "secret", "x@x.x")),
        ("invalid_username", register(), account("<script>", "secret", "x@x.x")),
        ("invalid_username", register(), account("a\0bc", "secret", "x@x.x")),
        ("invalid_password", register(), account("x_x_x", "short", "x@x.x")),
        ("invalid_password", register(), account("x_x_x", &"p".repeat(1_025), "x@x.x")),
        ("invalid_email", register(), account("x_x_x", "secret", "x")),
        ("invalid_email", register(), account("x_x_x", "secret", "a@b\r\nBcc: c@d")),
        (
            "invalid_chat_type",
            "/createChat".into(),
            json!({"type": "channel", "name": ""}),
        ),
        (
            "invalid_chat_name",
            "/createChat".into(),
            json!({"type": "group", "name": "ы".repeat(129)}),
        ),
        (
            "invalid_chat_name",
            "/createChat".into(),
            json!({"type": "group", "name": "a\u{7}b"}),
        ),
        ("message_empty", messages.clone(), json!({"content": ""})),
        ("message_too_long", messages.clone(), json!({"content": "ы".repeat(8_193)})),
        ("message_invalid", messages.clone(), json!({"content": "a\0b"})),
        (
            "invalid_client_msg_id",
            messages.clone(),
            json!({"content": "x", "client_msg_id": ""}),
        ),
        (
            "invalid_client_msg_id",
            messages,
            json!({"content": "x", "client_msg_id": "k".repeat(65)}),
        ),
        ("message_empty", "/api/messages".into(), json!({"sequence": 1, "text": ""})),
    ]
}

async fn bad_requests_are_told_why_and_write_nothing(setup: Setup) {
    let node = setup.node(&[]).await;
    let alice = node.join("alice").await;
    let chat = alice.create_group(&[]).await;
    let rows = || async {
        let mut counts = Vec::new();
        for table in ["users", "tokens", "conversations", "members", "messages"] {
            counts.push(setup.number(&format!("SELECT COUNT(*) FROM {table}")).await);
        }
        counts.push(setup.number("SELECT CAST(SUM(head_seq) AS BIGINT) FROM conversations").await);
        counts
    };
    let before = rows().await;

    for (method, path, bodies) in malformed(chat) {
        for body in bodies {
            let mut answer = alice.request(method.clone(), &path, Some(body.clone()), &[]).await;
            answer.request = format!("{method} {path} {body}");
            answer.refused(400, "malformed");
        }
    }
    for (code, path, body) in invalid(chat) {
        alice.post(&path, body).await.refused(400, code);
    }
    for path in [
        "/api/chats/x",
        "/api/chats/99999999999999999999",
        "/api/users/-",
        "/api/chats/1.5",
    ] {
        assert_eq!(alice.get(path).await.status, 404, "{path}");
    }
    assert_eq!(rows().await, before, "nothing was written");
}

async fn an_answer_names_the_field_that_is_wrong(setup: Setup) {
    let node = setup.node(&[]).await;
    let alice = node.join("alice").await;
    let body = json!({"conversation_id": 1, "user_id": "me", "role": "member"});
    let refused = alice.post("/addMember", body).await.refused(400, "malformed");
    assert!(
        refused["error"].as_str().is_some_and(|text| text.contains("user_id")),
        "{refused}"
    );
}

async fn a_whole_number_may_have_a_fraction_of_nothing(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, bob] = node.join_all(["alice", "bob"]).await;
    let chat = alice.create_group(&[]).await as f64;
    let bob_id = bob.id as f64;
    let membership = json!({"conversation_id": chat, "user_id": bob_id, "role": "member"});
    assert!(membership.to_string().contains(".0"), "{membership}");
    alice.post("/addMember", membership).await.is(201);
    let told = json!({"sequence": 7.0, "text": "x"});
    assert_eq!(alice.post("/api/messages", told).await.is(200)["sequence"], 7);
    alice.put("/api/chats/1/read", json!({"n": 1.0})).await.is(200);
    alice
        .put("/api/chats/1/read", json!({"n": 1.5}))
        .await
        .refused(400, "malformed");
    let known = json!({"chats": {"1": 1.0}});
    alice.post("/api/sync", known).await.is(200);
    let mut socket = alice.socket(1).await;
    socket.send(json!({"type": "open", "chat_id": chat, "after": 0.0})).await;
    assert_eq!(socket.next("opened").await["chat_id"], chat as i64);
}

async fn unknown_paths_and_methods_are_json_too(setup: Setup) {
    let node = setup.node(&[]).await;
    let alice = node.join("alice").await;
    alice.get("/no/such/thing").await.refused(404, "not_found");
    let answer = alice.put("/register", json!({})).await;
    assert!(answer.header("allow").contains("POST"), "{:?}", answer.headers);
    answer.refused(405, "method_not_allowed");
    alice.get("/createChat").await.refused(405, "method_not_allowed");
}

async fn no_compressed_body_is_taken_for_broken_json(setup: Setup) {
    let node = setup.node(&[]).await;
    let alice = node.join("alice").await;
    let document = alice.get("/api/openapi.json").await.is(200);
    let mut asked = 0;
    for (path, operations) in document["paths"].as_object().expect("paths") {
        for (method, operation) in operations.as_object().expect("operations") {
            if operation.get("requestBody").is_none() {
                continue;
            }
            asked += 1;
            let parts = path.split('/').map(|part| if part.starts_with('{') { "1" } else { part });
            let path = parts.collect::<Vec<_>>().join("/");
            let method: Method = method.to_uppercase().parse().expect("a method");
            for coding in ["gzip", "GZIP", "identity, br", "aes128gcm", "x-unknown"] {
                let headers = [("Content-Encoding", coding)];
                let body = Some("\u{1f}".to_owned());
                let answer = alice.request(method.clone(), &path, body, &headers).await;
                assert_eq!(answer.header("accept-encoding"), "identity", "{}", answer.text);
                answer.refused(415, "unsupported_encoding");
            }
        }
    }
    assert!(asked > 20, "{asked} routes with a body");
    for coding in ["identity", "Identity", "", "identity, identity"] {
        let body = json!({"content": "hello"}).to_string();
        let headers = [("Content-Encoding", coding)];
        let path = "/api/chats/1/messages";
        alice.request(Method::POST, path, Some(body), &headers).await.is(201);
    }
    // Who they are, and how much it is, is asked as ever.
    let headers = [("Content-Encoding", "gzip")];
    let body = Some("{}".to_owned());
    let nobody = node.nobody();
    nobody
        .request(Method::POST, "/api/chats", body, &headers)
        .await
        .refused(401, "unauthenticated");
}

async fn every_body_is_read_whatever_its_content_type_says(setup: Setup) {
    let node = setup.node(&[]).await;
    for (i, kind) in [
        "ation/json",
        "text/plain",
        "application/x-www-form-urlencoded",
        "",
    ]
    .iter()
    .enumerate()
    {
        let body = json!({"username": format!("user{i}"), "password": "secret",
                          "email": format!("user{i}@example.com")});
        let request = node.http().post(node.url("/register")).header("Content-Type", *kind);
        let answer = request.body(body.to_string()).send().await.expect("an answer");
        assert_eq!(answer.status(), 201, "{kind:?}");
    }
}
