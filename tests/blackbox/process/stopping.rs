//! SIGTERM: what was accepted is answered, sockets are told to come back, the process exits by
//! itself, and nothing is in the store that nobody was told of.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::time::Instant;

use crate::support::faulty_proxy::FaultyProxy;
use crate::support::*;

on_both_stores! {
    on_sigterm_what_was_accepted_is_answered_and_sockets_close_with_1012,
}

on_postgres! {
    a_stopping_server_does_not_wait_for_a_database_that_has_stalled,
}

on_sqlite! {
    a_stopping_server_is_gone_within_seconds_whatever_its_peers_do,
}

async fn on_sigterm_what_was_accepted_is_answered_and_sockets_close_with_1012(setup: Setup) {
    let server = setup.process(&[]).await;
    let alice = server.node().join("alice").await;
    let chat = alice.create_group(&[]).await;
    let mut sending = alice.socket(chat).await;
    let mut listening = alice.socket(chat).await;
    for i in 0..500 {
        let key = format!("k{i}");
        sending.send(json!({"content": key, "client_msg_id": key})).await;
    }
    // Answers have begun to come and are still coming.
    let first = sending.next("ack").await;
    server.terminate();

    let (frames, code) = sending.closed().await;
    assert_eq!(code, Some(1012));
    let key = |frame: &Value| frame["client_msg_id"].as_str().map(str::to_owned);
    let of = |kind: &str| -> BTreeSet<String> {
        let first = std::iter::once(&first).chain(&frames);
        first.filter(|frame| frame["type"] == kind).filter_map(key).collect()
    };
    assert_eq!(goaways(&frames), 1, "it was told to come back");
    for error in frames.iter().filter(|frame| frame["type"] == "error") {
        assert_eq!((&error["code"], &error["retry"]), (&json!("going_away"), &json!(true)));
    }
    let (frames, code) = listening.closed().await;
    assert_eq!((goaways(&frames), code), (1, Some(1012)));
    let status = server.ended().await;
    assert_eq!(status.code(), Some(0), "{status}");

    // The store has what was acknowledged, no more and no less.
    let node = setup.node(&[]).await;
    let alice = alice.at(&node);
    let mut stored = BTreeSet::new();
    let mut after = 0;
    loop {
        let page = alice
            .get(&format!("/api/chats/{chat}/messages?after={after}&limit=200"))
            .await
            .is(200);
        stored.extend(page["messages"].as_array().expect("messages").iter().filter_map(key));
        match page["next"].as_i64() {
            Some(next) => after = next,
            None => break,
        }
    }
    assert_eq!(stored, of("ack"));
    assert!(stored.is_disjoint(&of("error")));
}

/// How many of these say when to come back; each must be well-formed.
fn goaways(frames: &[Value]) -> usize {
    let goaways = frames.iter().filter(|frame| frame["type"] == "goaway");
    goaways
        .inspect(|frame| {
            assert_eq!(frame["reason"], "restart", "{frame}");
            let after = frame["after_ms"].as_u64().expect("a time to come back");
            assert!((1..=1_000).contains(&after), "two sockets are back within a second: {frame}");
        })
        .count()
}

async fn a_stopping_server_is_gone_within_seconds_whatever_its_peers_do(setup: Setup) {
    let server = setup.process(&[]).await;
    let alice = server.node().join("alice").await;
    // One that never reads, not even its goodbye; one that keeps talking; a half-sent request.
    let mut deaf = TestSocket::open_narrow(
        server.node().address(),
        &format!("/ws?chat_id=1&user_id={}", alice.id),
        &[("Authorization", &alice.bearer())],
    )
    .await
    .expect("a socket");
    let mut talking = alice.socket(1).await;
    let mut half = tokio::net::TcpStream::connect(server.node().address())
        .await
        .expect("a connection");
    let head = b"POST /register HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{";
    tokio::io::AsyncWriteExt::write_all(&mut half, head)
        .await
        .expect("a live socket");
    for i in 0..100 {
        talking.say(&format!("{i} {}", "x".repeat(8_000))).await;
    }
    talking.next("message").await;

    let asked = Instant::now();
    server.terminate();
    let status = server.ended().await;
    assert_eq!(status.code(), Some(0), "{status}");
    assert!(asked.elapsed().as_secs() < 10, "it took {:?}", asked.elapsed());
    let _ = deaf.raw();
}

async fn a_stopping_server_does_not_wait_for_a_database_that_has_stalled(setup: Setup) {
    let (proxy, url) = FaultyProxy::before(&setup).await;
    let server = setup.process(&[&format!("--database-url={url}")]).await;
    let alice = server.node().join("alice").await;
    let mut socket = alice.socket(1).await;
    socket.say_keyed("stored", "k1").await;
    proxy.stalled.store(true, Ordering::SeqCst);
    // One that waits in the middle of its transaction, and one that waits for an answer.
    socket.send(json!({"content": "in the air", "client_msg_id": "k2"})).await;
    let reading = tokio::spawn({
        let alice = alice.clone();
        async move { alice.get("/api/ready").await.refused(503, "unavailable") }
    });
    reading.await.expect("an answer");

    let asked = Instant::now();
    server.terminate();
    let (_, code) = socket.closed().await;
    assert_eq!(code, Some(1012));
    let log = server.saying("the database was not closed in order").await;
    assert!(log.contains("it does not answer"), "{log}");
    let status = server.ended().await;
    assert_eq!(status.code(), Some(0), "{status}");
    // 3 seconds to drain, 2 for requests, 2 for the database.
    assert!(asked.elapsed().as_secs() < 15, "it took {:?}", asked.elapsed());
}
