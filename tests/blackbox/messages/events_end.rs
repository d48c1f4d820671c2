//! How a stream of events ends: with the right to listen, with the server, with its reader, and when
//! that stands still. While nothing is said it goes on.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpSocket;

use crate::messages::events::stream;
use crate::support::*;

on_both_stores! {
    a_stream_of_one_chat_ends_with_its_membership,
    a_revoked_token_ends_its_streams,
    a_reader_that_stands_still_is_cut_and_resumes,
    a_stopping_server_says_when_to_come_back_and_ends_the_streams,
}

on_sqlite! {
    who_hangs_up_leaves_nothing_behind,
    streams_count_as_sockets,
    a_silent_stream_is_kept_alive_by_comments,
}

async fn a_stream_of_one_chat_ends_with_its_membership(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, bob] = node.join_all(["alice", "bob"]).await;
    let chat = alice.create_group(&[&bob]).await;
    alice.say(chat, "before", "k0").await.is(201);
    let query = format!("?chat_id={chat}");
    let mut events = stream(&bob, &query, None).await;
    assert_eq!(events.opened(chat).await, (vec![], false), "from now on, and no `ready` before");
    alice.say(chat, "live", "k1").await.is(201);
    assert_eq!(events.next("message").await["content"], "live");
    alice.remove(chat, &bob).await.is(204);
    let (heard, code) = events.closed().await;
    let last = heard.last().expect("the removal");
    assert_eq!((last.name.as_str(), &last.data["change"]), ("member", &json!("left")));
    assert_eq!(code, Some(4503));
    let refused = TestStream::open(&bob, &query, Some(&events.last)).await;
    refused.expect_err("no stream").refused(404, "chat_not_found");
}

async fn a_revoked_token_ends_its_streams(setup: Setup) {
    let node = setup.node(&[]).await;
    let phone = node.join("alice").await;
    let laptop = node.sign_in("alice", "secret").await;
    let (mut on_phone, mut on_laptop) =
        (stream(&phone, "", None).await, stream(&laptop, "", None).await);
    phone.delete("/api/tokens/current", json!({})).await.is(204);
    assert_eq!(on_phone.closed().await.1, Some(4505));
    let refused = TestStream::open(&phone, "", Some(&on_phone.last)).await;
    refused.expect_err("no stream").refused(401, "unauthenticated");
    laptop.say(1, "still here", "k1").await.is(201);
    assert_eq!(on_laptop.next("message").await["content"], "still here");
}

/// A stream that is not read, with room for little.
async fn deaf(user: &TestClient, query: &str) -> tokio::net::TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4_096).expect("a small buffer");
    let mut stream = socket.connect(user.node().address()).await.expect("a connection");
    let head = format!(
        "GET /api/events{query} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {}\r\n\
         Connection: close\r\n\r\n",
        user.bearer()
    );
    stream.write_all(head.as_bytes()).await.expect("a live socket");
    stream
}

async fn metric(user: &TestClient, line: &str) {
    let there = || async {
        let metrics = user.get("/metrics").await.text;
        metrics.lines().any(|other| other == line).then_some(())
    };
    eventually(line, there).await;
}

async fn a_reader_that_stands_still_is_cut_and_resumes(setup: Setup) {
    // More than the kernel keeps for one connection, with all that the server keeps.
    const MESSAGES: i64 = 400;
    let flags = ["--outbox-bytes=65536", "--send-rate=0", "--workers=1"];
    let node = setup.node(&flags).await;
    let (alice, bob) = (node.join("alice").await, node.join("bob").await);
    let chat = alice.create_group(&[&bob]).await;
    let query = format!("?chat_id={chat}");
    let mut slow = deaf(&bob, &query).await;
    metric(&alice, "vestnik_sockets 1").await;
    let mut reader = stream(&bob, &query, None).await;
    let mut writing = alice.socket(chat).await;
    let text = "x".repeat(16_000);
    for n in 1..=MESSAGES {
        writing.say(&text).await;
        writing.next("message").await;
        assert_eq!(reader.next("message").await["n"], n, "the other reader gets everything");
    }

    // What it reads at last is whole and without a gap, and then comes the end and why.
    let mut heard = Vec::new();
    within("the end of a slow reader", slow.read_to_end(&mut heard))
        .await
        .expect("an end");
    let heard = String::from_utf8_lossy(&heard);
    let blocks: Vec<&str> = heard.split("event: ").collect();
    let numbers: Vec<i64> = blocks
        .iter()
        .filter_map(|block| block.strip_prefix("message\n"))
        .filter_map(|block| block.split("\"n\":").nth(1)?.split(',').next()?.parse().ok())
        .collect();
    assert_eq!(numbers, (1..=numbers.len() as i64).collect::<Vec<_>>());
    assert!((numbers.len() as i64) < MESSAGES, "it was cut");
    let end = blocks.last().expect("an end");
    assert!(end.starts_with("close\n") && end.contains("\"code\":4001"), "{end}");

    let last = end.lines().find_map(|line| line.strip_prefix("id: ")).expect("a position");
    let mut events = stream(&bob, &query, Some(last)).await;
    let first = numbers.len() as i64 + 3;
    assert_eq!(events.opened(chat).await, ((first..MESSAGES + 3).collect(), false));
}

async fn a_stopping_server_says_when_to_come_back_and_ends_the_streams(setup: Setup) {
    let server = setup.process(&[]).await;
    let alice = server.node().join("alice").await;
    let chat = alice.create_group(&[]).await;
    let query = format!("?open={chat}");
    let mut events = stream(&alice, &query, None).await;
    events.opened(chat).await;
    assert!(
        (1..=5_000).contains(&events.retry),
        "by chance, should it die: {}",
        events.retry
    );
    alice.say(chat, "before", "k1").await.is(201);
    events.next("message").await;
    server.terminate();
    let after = events.next("goaway").await["after_ms"].as_u64().expect("a time");
    assert!((1..=1_000).contains(&after), "{after}");
    assert_eq!(events.retry, after, "a browser obeys it by itself");
    assert_eq!(events.closed().await.1, Some(1012));
    assert_eq!(server.ended().await.code(), Some(0));

    let node = setup.node(&[]).await;
    let alice = alice.at(&node);
    alice.say(chat, "missed", "k2").await.is(201);
    let mut events = stream(&alice, &query, Some(&events.last)).await;
    assert_eq!(events.opened(chat).await, (vec![3], false));
}

async fn who_hangs_up_leaves_nothing_behind(setup: Setup) {
    // Nothing is said and nothing is pinged: the hang-up itself is what ends the session.
    let node = setup.node(&["--ping-seconds=3600"]).await;
    let alice = node.join("alice").await;
    let mut streams = Vec::new();
    for _ in 0..10 {
        let mut events = stream(&alice, "", None).await;
        events.opened(1).await;
        streams.push(events);
    }
    metric(&alice, "vestnik_sockets 10").await;
    drop(streams);
    metric(&alice, "vestnik_sockets 0").await;
    metric(&alice, "vestnik_sockets_closed_total{code=\"0\"} 10").await;
}

async fn streams_count_as_sockets(setup: Setup) {
    let node = setup.node(&["--max-sessions=2"]).await;
    let alice = node.join("alice").await;
    let _socket = alice.socket(1).await;
    let events = stream(&alice, "", None).await;
    let refused = TestStream::open(&alice, "", None).await.expect_err("no third session");
    assert!(!refused.header("retry-after").is_empty());
    refused.refused(429, "too_many_sessions");
    drop(events);
    let place = || async { TestStream::open(&alice, "", None).await.ok() };
    eventually("the place of the one that left", place).await;
}

async fn a_silent_stream_is_kept_alive_by_comments(setup: Setup) {
    let node = setup.node(&["--ping-seconds=1", "--pong-seconds=1"]).await;
    let alice = node.join("alice").await;
    let mut events = stream(&alice, "", None).await;
    events.opened(1).await;
    let mut pings = 0;
    while pings < 3 {
        let block = events.block().await.expect("a live stream");
        pings += usize::from(block == ": ping\n\n");
    }
    alice.say(1, "still here", "k1").await.is(201);
    assert_eq!(events.next("message").await["content"], "still here");
}
