//! `--trust`, the world of Corp Messenger and Chat Gopher: everybody is believed, on this machine only, and it says so.

use crate::support::process::finish;
use crate::support::*;

on_both_stores! {
    without_credentials_everything_works_and_user_id_is_believed,
}

on_sqlite! {
    trust_refuses_any_but_a_loopback_address,
    trust_says_so_at_the_start_and_in_health,
    trust_serves_no_foreign_page,
}

const TRUST: &[&str] = &["--trust"];

async fn without_credentials_everything_works_and_user_id_is_believed(setup: Setup) {
    let node = setup.node(TRUST).await;
    let nobody = node.nobody();
    let mut ids = Vec::new();
    for name in ["alice", "bob"] {
        let email = format!("{name}@example.com");
        let account = json!({"username": name, "password": "secret", "email": email});
        ids.push(nobody.post("/register", account).await.is(201)["id"].clone());
    }
    let chat = nobody.create_chat("private", "").await;
    for id in &ids {
        let member = json!({"conversation_id": chat, "user_id": id, "role": "member"});
        nobody.post("/addMember", member).await.is(201);
    }
    let mut alice = node.socket(&format!("/ws?chat_id={chat}&user_id={}", ids[0])).await;
    let mut bob = node.socket(&format!("/ws?chat_id={chat}&user_id={}", ids[1])).await;
    alice.say("believed").await;
    let frame = bob.message("believed").await;
    assert_eq!(frame["username"], "alice");
    assert_eq!(frame["user_id"], ids[0]);

    // Believed, but not against the rules: who is no member of a chat, or nobody at all, is not.
    let elsewhere = nobody.create_chat("group", "elsewhere").await;
    let path = format!("/ws?chat_id={elsewhere}&user_id={}", ids[0]);
    node.try_socket(&path, &[])
        .await
        .expect_err("no socket")
        .refused(403, "not_member");
    let absent = node.try_socket("/ws?chat_id=1&user_id=4711", &[]).await;
    assert_eq!(absent.expect_err("no socket").status, 403);

    let told = nobody
        .post("/api/messages", json!({"sequence": 7, "text": "hello"}))
        .await
        .is(200);
    assert_eq!(told["sequence"], 7);
    alice.message("hello").await;
    let member = json!({"conversation_id": chat, "user_id": ids[1]});
    nobody.delete("/removeMember", member).await.is(204);
    assert_eq!(bob.closed().await.1, Some(4503));
}

async fn trust_refuses_any_but_a_loopback_address(setup: Setup) {
    for listen in ["--listen=0.0.0.0:0", "--listen=[::]:0"] {
        let arguments = setup.arguments(&["--trust", listen]);
        let (succeeded, output) = finish(setup.dir(), &arguments).await;
        assert!(!succeeded, "{output}");
        assert!(output.contains("--trust") && output.contains("loopback"), "{output}");
    }
}

async fn trust_says_so_at_the_start_and_in_health(setup: Setup) {
    let server = setup.process(TRUST).await;
    let health = server.node().nobody().get("/api/health").await.is(200);
    assert_eq!(health["trust"], true);
    assert!(health["warning"].as_str().is_some_and(|warning| warning.contains("--trust")));
    assert!(server.log().contains("--trust"), "{}", server.log());
}

async fn trust_serves_no_foreign_page(setup: Setup) {
    let node = setup.node(TRUST).await;
    let port = node.address().port();
    for headers in [
        [("Origin", "https://evil.example"), ("X", "x")],
        // A name of somebody else's that resolves to this machine (DNS rebinding).
        [("Host", "evil.example"), ("X", "x")],
        [
            ("Host", "127.0.0.1.evil.example"),
            ("Origin", "http://127.0.0.1.evil.example"),
        ],
    ] {
        let answer =
            node.nobody().request(reqwest::Method::GET, "/api/chats", None, &headers).await;
        answer.refused(403, "foreign_origin");
    }
    let foreign = [("Origin", "https://evil.example")];
    let socket = node.try_socket("/ws?chat_id=1&user_id=1", &foreign).await;
    socket.expect_err("no socket").refused(403, "foreign_origin");
    let localhost = format!("localhost:{port}");
    let own = [("Host", localhost.as_str())];
    node.nobody()
        .request(reqwest::Method::GET, "/api/chats", None, &own)
        .await
        .is(200);
}
