//! An answer that is there before the body is: it arrives, whatever of the body is still coming, and
//! whoever waits to be told to go on is not told so for nothing.

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::*;

on_sqlite! {
    a_body_that_is_too_large_is_answered_413_while_it_is_being_sent,
    every_refusal_before_the_body_arrives,
    nobody_is_told_to_go_on_with_what_will_be_refused,
    who_waits_to_be_told_to_go_on_is_told_and_heard,
    a_small_body_that_was_not_read_keeps_the_connection,
    a_peer_that_never_stops_sending_is_left,
    who_is_too_fast_or_one_too_many_is_told_so_while_sending,
}

/// Sends a head and then its whole body, and only then reads, as simple clients do.
async fn refused_while_sending(node: &TestNode, head: &str, body: &[u8], status: u16, code: &str) {
    let mut raw = Raw::connect(node.address()).await;
    raw.send(format!("{head}\r\n\r\n")).await;
    let sent = within("a body to be swallowed", raw.stream.write_all(body)).await;
    sent.unwrap_or_else(|error| panic!("{head}: {error} before there was an answer"));
    let answer = raw.answer().await;
    answer.refused(status, code);
    raw.ended().await;
}

async fn a_body_that_is_too_large_is_answered_413_while_it_is_being_sent(setup: Setup) {
    let server = setup.process(&[]).await;
    let node = server.node();
    let alice = node.join("alice").await;
    let head = format!(
        "POST /api/chats/1/messages HTTP/1.1\r\nHost: localhost\r\nAuthorization: {}",
        alice.bearer()
    );
    for length in [64 * 1024 + 1, 140_000, 1_500_000, 20_000_000] {
        let body = vec![b' '; length];
        let head = format!("{head}\r\nContent-Length: {length}");
        refused_while_sending(node, &head, &body, 413, "too_large").await;
    }
    let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
    let chunks = chunk.repeat(32) + "0\r\n\r\n";
    let head = format!("{head}\r\nTransfer-Encoding: chunked");
    refused_while_sending(node, &head, chunks.as_bytes(), 413, "too_large").await;
}

async fn every_refusal_before_the_body_arrives(setup: Setup) {
    let node = setup.node(&[]).await;
    let alice = node.join("alice").await;
    let bearer = format!("Authorization: {}\r\n", alice.bearer());
    let foreign = "Origin: https://evil.example\r\n";
    let cases = [
        ("POST /api/chats/1/messages", "", 401, "unauthenticated"),
        ("POST /register", foreign, 403, "foreign_origin"),
        ("POST /nothing/here", bearer.as_str(), 404, "not_found"),
        ("PUT /register", "", 405, "method_not_allowed"),
    ];
    for (line, headers, status, code) in cases {
        for length in [60_000, 1_000_000] {
            let body = format!(r#"{{"content": "{}"}}"#, "x".repeat(length));
            let mut raw = Raw::connect(node.address()).await;
            let head = format!(
                "{line} HTTP/1.1\r\nHost: localhost\r\n{headers}Content-Length: {}\r\n\r\n",
                body.len()
            );
            raw.send(head).await;
            let sent =
                within("a body to be swallowed", raw.stream.write_all(body.as_bytes())).await;
            sent.unwrap_or_else(|error| panic!("{line}, {length}: {error} before an answer"));
            raw.answer().await.refused(status, code);
        }
    }
}

async fn nobody_is_told_to_go_on_with_what_will_be_refused(setup: Setup) {
    let server = setup.process(&[]).await;
    let alice = server.node().join("alice").await;
    let bearer = format!("Authorization: {}\r\n", alice.bearer());
    for (line, headers, length, status, code) in [
        ("POST /api/chats/1/messages", bearer.as_str(), "99999", 413, "too_large"),
        (
            "POST /api/chats/1/messages",
            bearer.as_str(),
            "99999999999999",
            413,
            "too_large",
        ),
        ("POST /api/chats/1/messages", "", "20", 401, "unauthenticated"),
        ("POST /nothing", "", "20", 404, "not_found"),
        ("PUT /register", "", "20", 405, "method_not_allowed"),
        (
            "POST /register",
            "Origin: https://evil.example\r\n",
            "20",
            403,
            "foreign_origin",
        ),
    ] {
        let mut raw = Raw::connect(server.node().address()).await;
        let head = format!(
            "{line} HTTP/1.1\r\nHost: localhost\r\n{headers}Expect: 100-continue\r\n\
             Content-Length: {length}\r\n\r\n"
        );
        raw.send(&head).await;
        let answer = raw.answer().await;
        answer.refused(status, code);
        assert_eq!(answer.header("connection"), "close", "{head}{answer:?}");
    }
}

async fn who_waits_to_be_told_to_go_on_is_told_and_heard(setup: Setup) {
    let node = setup.node(&[]).await;
    let body = r#"{"username": "alice", "password": "secret", "email": "a@example.com"}"#;
    let mut raw = Raw::connect(node.address()).await;
    let head = format!(
        "POST /register HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    raw.send(&head).await;
    assert_eq!(raw.head().await, "HTTP/1.1 100 Continue\r\n\r\n");
    raw.send(body).await;
    assert_eq!(raw.answer().await.status(), 201);
    // One that does not wait needs not be told; and the connection is still good.
    raw.send(format!("{head}{body}")).await;
    raw.answer().await.refused(409, "username_taken");
    raw.send("GET /api/health HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    assert_eq!(raw.answer().await.status(), 200);
}

async fn a_small_body_that_was_not_read_keeps_the_connection(setup: Setup) {
    let node = setup.node(&[]).await;
    let mut raw = Raw::connect(node.address()).await;
    for _ in 0..3 {
        // The body comes after the answer, as from clients that write it apart.
        raw.send("POST /nothing HTTP/1.1\r\nHost: localhost\r\nContent-Length: 30000\r\n\r\n")
            .await;
        let answer = raw.answer().await;
        answer.refused(404, "not_found");
        assert_eq!(answer.header("connection"), "", "{answer:?}");
        raw.send(vec![b' '; 30_000]).await;
    }
    raw.send("GET /api/health HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    assert_eq!(raw.answer().await.status(), 200);
}

async fn a_peer_that_never_stops_sending_is_left(setup: Setup) {
    let node = setup.node(&[]).await;
    let heads = [
        "POST /nothing HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n",
        "POST /nothing HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n",
    ];
    for head in heads {
        let mut raw = Raw::connect(node.address()).await;
        raw.send(head).await;
        let (mut reading, mut writing) = raw.stream.into_split();
        let sending = tokio::spawn(async move {
            let chunk = format!("1000\r\n{}\r\n", " ".repeat(0x1000));
            while writing.write_all(chunk.as_bytes()).await.is_ok() {}
        });
        let mut answer = [0; 12];
        within("an answer", reading.read_exact(&mut answer)).await.expect("an answer");
        assert_eq!(&answer, b"HTTP/1.1 404");
        within("the server to stop listening", sending).await.expect("a sender");
    }
}

async fn who_is_too_fast_or_one_too_many_is_told_so_while_sending(setup: Setup) {
    let node = setup.node(&["--rates=request=0.001/3"]).await;
    let alice = node.join("alice").await;
    let head = |length: usize| {
        format!(
            "POST /api/chats/1/messages HTTP/1.1\r\nHost: localhost\r\nAuthorization: {}\r\n\
             Content-Length: {length}",
            alice.bearer()
        )
    };
    while alice.get("/api/me").await.status == 200 {}
    let mut raw = Raw::connect(node.address()).await;
    raw.send(format!("{}\r\n\r\n", head(60_000))).await;
    let sent = within("a body to be swallowed", raw.stream.write_all(&[b' '; 60_000])).await;
    sent.expect("no end before the answer");
    raw.answer().await.refused(429, "too_fast");
    setup.stop().await;

    // The only place is taken by a request that is being answered.
    let node = setup.node(&["--max-connections=1"]).await;
    let mut busy = Raw::connect(node.address()).await;
    busy.send(
        "POST /register HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n",
    )
    .await;
    assert_eq!(busy.head().await, "HTTP/1.1 100 Continue\r\n\r\n");
    for length in [0, 1_000, 1_000_000] {
        refused_while_sending(&node, &head(length), &vec![b' '; length], 503, "busy").await;
    }
    busy.send("{}       ").await;
}
