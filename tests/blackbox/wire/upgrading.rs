//! Offers to upgrade: to a WebSocket at `/ws`, and to anything else, which changes nothing.

use crate::support::*;

on_sqlite! {
    an_offer_of_another_protocol_changes_nothing_and_the_connection_stays,
    such_an_offer_with_a_cookie_reads_as_any_request,
    a_websocket_where_there_is_none_is_refused_and_hangs_nothing,
    the_right_version_is_named_to_who_asks_for_another,
    a_handshake_may_come_in_pieces_and_frames_right_behind_it,
}

/// Heads that offer something that is no WebSocket, as Java, curl and proxies send them.
const OFFERS: [&str; 7] = [
    "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA\r\n",
    "Connection: Upgrade\r\nUpgrade: h2c\r\n",
    "Connection: Upgrade\r\nUpgrade: TLS/1.0\r\n",
    "Connection: upgrade\r\n",
    "Connection: keep-alive, Upgrade\r\nUpgrade: h2c, foo/2\r\n",
    "Upgrade: h2c\r\n",
    "Connection: Upgrade\r\nUpgrade: websockets\r\n",
];

async fn an_offer_of_another_protocol_changes_nothing_and_the_connection_stays(setup: Setup) {
    let server = setup.process(&[]).await;
    server.node().join("alice").await;
    let mut raw = Raw::connect(server.node().address()).await;
    let body = r#"{"username": "alice", "password": "secret"}"#;
    let length = body.len();
    for offer in OFFERS {
        let requests = [
            ("GET", "/api/health", String::new(), 200),
            ("HEAD", "/api/health", String::new(), 200),
            ("POST", "/auth", format!("Content-Length: {length}\r\n\r\n{body}"), 200),
            ("GET", "/nothing", String::new(), 404),
            ("GET", "/ws", String::new(), 426),
            ("DELETE", "/deleteUser?id=1", String::new(), 401),
            (
                "POST",
                "/auth",
                format!("Transfer-Encoding: chunked\r\n\r\n{length:x}\r\n{body}\r\n0\r\n\r\n"),
                200,
            ),
        ];
        for (method, path, rest, status) in &requests {
            let rest = if rest.is_empty() { "\r\n" } else { rest };
            let request = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n{offer}{rest}");
            raw.send(&request).await;
            let answer = raw.answer_to(method).await;
            assert_eq!(answer.status(), *status, "{request}{answer:?}");
            let connection = answer.header("connection");
            if *status == 426 {
                assert_eq!(answer.header("upgrade"), "websocket", "{answer:?}");
            } else {
                assert_eq!(connection, "", "{request}{answer:?}");
            }
        }
        // All at once.
        let all: String = requests
            .iter()
            .map(|(method, path, rest, _)| {
                let rest = if rest.is_empty() { "\r\n" } else { rest };
                format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n{offer}{rest}")
            })
            .collect();
        raw.send(all).await;
        for (method, path, _, status) in &requests {
            let answer = raw.answer_to(method).await;
            assert_eq!(answer.status(), *status, "{offer}{method} {path}: {answer:?}");
        }
    }
}

async fn such_an_offer_with_a_cookie_reads_as_any_request(setup: Setup) {
    let node = setup.node(&[]).await;
    node.join("alice").await;
    let signed_in = node
        .nobody()
        .post("/auth", json!({"username": "alice", "password": "secret"}))
        .await;
    let cookie = signed_in.header("set-cookie").split(';').next().unwrap_or_default().to_owned();
    let mut raw = Raw::connect(node.address()).await;
    for offer in OFFERS {
        let request = format!(
            "GET /api/me HTTP/1.1\r\nHost: {}\r\nCookie: {cookie}\r\n{offer}\r\n",
            node.address()
        );
        raw.send(&request).await;
        let answer = raw.answer().await;
        assert_eq!(answer.status(), 200, "{request}{answer:?}");
    }
}

async fn a_websocket_where_there_is_none_is_refused_and_hangs_nothing(setup: Setup) {
    let node = setup.node(&[]).await;
    let handshake = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    for (method, path, rest, status, code) in [
        ("GET", "/api/health", "\r\n", 404, "not_found"),
        ("GET", "/", "\r\n", 404, "not_found"),
        ("POST", "/auth", "Content-Length: 2\r\n\r\n{}", 404, "not_found"),
        ("POST", "/ws", "Content-Length: 5\r\n\r\nGET /", 405, "method_not_allowed"),
        ("GET", "/ws", "\r\n", 401, "unauthenticated"),
        ("CONNECT", "example.com:443", "\r\n", 404, "not_found"),
    ] {
        let mut raw = Raw::connect(node.address()).await;
        raw.send(format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n{handshake}{rest}"))
            .await;
        let answer = raw.answer().await;
        answer.refused(status, code);
        assert!(answer.header("connection").contains("close"), "{answer:?}");
        raw.ended().await;
    }
    // A body in chunks is framed, so what follows it is a request again.
    let mut raw = Raw::connect(node.address()).await;
    let chunked = "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n";
    let request = format!("POST /auth HTTP/1.1\r\nHost: localhost\r\n{handshake}{chunked}");
    raw.send(&request).await;
    raw.answer().await.refused(400, "malformed");
    raw.send("GET /api/health HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    assert_eq!(raw.answer().await.status(), 200);
}

async fn the_right_version_is_named_to_who_asks_for_another(setup: Setup) {
    let server = setup.process(&[]).await;
    let key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\n";
    for (head, status, code) in [
        (format!("{upgrade}{key}Sec-WebSocket-Version: 8\r\n"), 426, "upgrade_required"),
        (format!("{upgrade}{key}Sec-WebSocket-Version: 14\r\n"), 426, "upgrade_required"),
        (format!("{upgrade}{key}"), 426, "upgrade_required"),
        (
            format!("Upgrade: websocket\r\n{key}Sec-WebSocket-Version: 13\r\n"),
            426,
            "upgrade_required",
        ),
        (String::new(), 426, "upgrade_required"),
        (format!("{upgrade}Sec-WebSocket-Version: 13\r\n"), 400, "malformed"),
        (
            format!("{upgrade}Sec-WebSocket-Key: short\r\nSec-WebSocket-Version: 13\r\n"),
            400,
            "malformed",
        ),
    ] {
        let mut raw = Raw::connect(server.node().address()).await;
        raw.send(format!("GET /ws HTTP/1.1\r\nHost: localhost\r\n{head}\r\n")).await;
        let answer = raw.answer().await;
        answer.refused(status, code);
        if status == 426 {
            assert_eq!(answer.header("sec-websocket-version"), "13", "{head}{answer:?}");
            assert_eq!(answer.header("upgrade"), "websocket", "{head}{answer:?}");
            assert!(answer.header("connection").contains("upgrade"), "{head}{answer:?}");
        }
    }
}

/// A text frame of a client, whose mask changes nothing.
fn frame(text: &str) -> Vec<u8> {
    let length = u8::try_from(text.len()).expect("a short text");
    assert!(length < 126);
    [&[0x81, 0x80 | length, 0, 0, 0, 0], text.as_bytes()].concat()
}

async fn a_handshake_may_come_in_pieces_and_frames_right_behind_it(setup: Setup) {
    let node = setup.node(&[]).await;
    let alice = node.join("alice").await;
    let mut listening = alice.socket(1).await;
    let head = format!(
        "GET /ws?chat_id=1 HTTP/1.1\r\nHost: localhost\r\nAuthorization: {}\r\nConnection: Upgrade\r\n\
         Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        alice.bearer()
    );
    let frames = |name: &str| {
        let say = |i: usize| frame(&json!({"content": format!("{name} {i}")}).to_string());
        [say(1), say(2)].concat()
    };
    // A byte at a time; all in one with the frames; the first half of a frame with the head; the head in
    // two with a frame behind the second.
    let whole = |name: &str| [head.as_bytes(), &frames(name)].concat();
    let cuts: [(&str, Vec<usize>); 4] = [
        ("bytes", (1..head.len()).collect()),
        ("one", vec![]),
        ("half", vec![head.len() + 9]),
        ("two", vec![head.len() / 2]),
    ];
    for (name, cuts) in cuts {
        let bytes = whole(name);
        let mut raw = Raw::connect(node.address()).await;
        let mut from = 0;
        for cut in cuts.into_iter().chain([bytes.len()]) {
            raw.send(&bytes[from..cut]).await;
            from = cut;
        }
        let answer = raw.head().await;
        assert!(answer.starts_with("HTTP/1.1 101 "), "{name}: {answer}");
        assert!(answer.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "{name}: {answer}");
        for i in 1..=2 {
            listening.message(&format!("{name} {i}")).await;
        }
    }
}
