//! Promise 7: whatever a peer can fill has a bound, and beyond it an answer that says so.

use std::future::Future;
use std::time::Instant;

use futures_util::future::join_all;
use reqwest::Method;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::*;

on_sqlite! {
    a_body_over_the_limit_is_413_and_read_no_further,
    a_head_over_the_limit_is_refused,
    too_many_sign_ins_are_told_to_wait,
    guesses_at_the_same_moment_count_each_other,
    signing_in_costs_nothing_of_what_may_fail,
    a_socket_that_sends_too_fast_is_told_to_wait,
    a_user_has_one_pace_over_all_sockets_and_rest,
    marks_and_tickets_have_a_pace_too,
    who_opens_too_fast_is_told_to_wait,
    who_goes_on_too_fast_is_told_a_thousand_times_and_then_closed,
    sockets_beyond_the_limit_are_told_to_come_back,
    a_socket_that_hears_nothing_from_its_peer_closes_with_4003,
    a_peer_with_too_many_unanswered_sends_is_held_back_and_loses_nothing,
}

async fn a_body_over_the_limit_is_413_and_read_no_further(setup: Setup) {
    let node = setup.node(&[]).await;
    let alice = node.join("alice").await;
    let body = json!({"content": "x".repeat(64 << 10)}).to_string();
    let answer = alice.request(Method::POST, "/api/chats/1/messages", Some(body), &[]).await;
    answer.refused(413, "too_large");

    // One that only announces a huge body is answered, or cut, before it has sent it.
    let mut stream = TcpStream::connect(node.address()).await.expect("a connection");
    let head = format!(
        "POST /register HTTP/1.1\r\nHost: {}\r\nContent-Length: 1099511627776\r\n\r\n",
        node.address()
    );
    stream.write_all(head.as_bytes()).await.expect("a live socket");
    let chunk = vec![b' '; 16 << 10];
    let (mut reader, mut writer) = stream.into_split();
    let sending = tokio::spawn(async move { while writer.write_all(&chunk).await.is_ok() {} });
    let mut answer = vec![0; 12];
    let read = within("an answer to a huge body", reader.read_exact(&mut answer)).await;
    assert!(
        read.is_err() || answer == b"HTTP/1.1 413",
        "{}",
        String::from_utf8_lossy(&answer)
    );
    sending.abort();
    alice.get("/api/me").await.is(200);
}

async fn a_head_over_the_limit_is_refused(setup: Setup) {
    let node = setup.node(&[]).await;
    let alice = node.join("alice").await;
    let huge = "x".repeat(300 << 10);
    let mut stream = TcpStream::connect(node.address()).await.expect("a connection");
    let head = format!("GET /ws HTTP/1.1\r\nHost: {}\r\nX-Huge: {huge}\r\n\r\n", node.address());
    let _ = stream.write_all(head.as_bytes()).await;
    let mut answer = String::new();
    let _ = within("the end of it", stream.read_to_string(&mut answer)).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    alice.get("/api/me").await.is(200);
}

async fn too_many_sign_ins_are_told_to_wait(setup: Setup) {
    let node = setup.node(&[]).await;
    let alice = node.join("alice").await;
    let nobody = node.nobody();
    let wrong = json!({"username": "alice", "password": "wrong password"});
    let mut refused = None;
    for _ in 0..100 {
        let answer = nobody.post("/auth", wrong.clone()).await;
        if answer.status != 401 {
            refused = Some(answer);
            break;
        }
    }
    let answer = refused.expect("an end of the guessing");
    let wait: u64 = answer.header("retry-after").parse().expect("a Retry-After in seconds");
    assert!(wait >= 1);
    let body = answer.refused(429, "too_many_logins");
    assert!(body["retry_after_ms"].as_u64().is_some(), "{body}");
    // Whoever is signed in does not notice.
    alice.say(1, "undisturbed", "k1").await.is(201);
}

async fn guesses_at_the_same_moment_count_each_other(setup: Setup) {
    const GUESSES: usize = 64;
    let node = setup.node(&["--cheap-hashes=false"]).await;
    node.join("alice").await;
    let nobody = node.nobody();
    let began = Instant::now();
    let guesses = (0..GUESSES).map(|i| {
        let wrong = json!({"username": "alice", "password": format!("guess {i}")});
        nobody.post("/auth", wrong)
    });
    let answers = join_all(guesses).await;
    let (tried, refused): (Vec<_>, Vec<_>) =
        answers.into_iter().partition(|answer| answer.status == 401);
    // Ten, and one in 5 seconds.
    let most = 11 + began.elapsed().as_secs() as usize / 5;
    assert!((10..=most).contains(&tried.len()), "{} passwords were tried", tried.len());
    for answer in refused {
        answer.refused(429, "too_many_logins");
    }
}

async fn signing_in_costs_nothing_of_what_may_fail(setup: Setup) {
    let node = setup.node(&[]).await;
    node.join("alice").await;
    let wrong = json!({"username": "alice", "password": "wrong password"});
    for _ in 0..9 {
        node.nobody()
            .post("/auth", wrong.clone())
            .await
            .refused(401, "wrong_credentials");
    }
    for _ in 0..12 {
        node.sign_in("alice", "secret").await;
    }
}

async fn a_socket_that_sends_too_fast_is_told_to_wait(setup: Setup) {
    let node = setup.node(&["--send-rate=5"]).await;
    let alice = node.join("alice").await;
    let mut socket = alice.socket(1).await;
    for i in 0..30 {
        socket.send(json!({"content": "x", "client_msg_id": format!("k{i}")})).await;
    }
    let (mut acks, mut waits) = (0, 0);
    while acks + waits < 30 {
        let frame = socket.frame().await;
        match frame["type"].as_str() {
            Some("ack") => acks += 1,
            Some("error") => {
                assert_eq!((&frame["code"], &frame["retry"]), (&json!("too_fast"), &json!(true)));
                assert!(frame["retry_after_ms"].as_u64().is_some_and(|wait| wait > 0), "{frame}");
                waits += 1;
            }
            _ => {}
        }
    }
    assert!((10..30).contains(&acks), "a burst of ten passes, not all: {acks}");
    assert_eq!(setup.number("SELECT COUNT(*) FROM messages").await, acks);
}

async fn a_user_has_one_pace_over_all_sockets_and_rest(setup: Setup) {
    let node = setup.node(&["--send-rate=0", "--user-send-rate=1"]).await;
    let [alice, bob] = node.join_all(["alice", "bob"]).await;
    // A burst of two, and one a second: one from a socket, one from another, one over REST …
    let (mut phone, mut desk) = (alice.socket(1).await, alice.socket(1).await);
    phone.say_keyed("x", "k1").await;
    desk.say_keyed("x", "k2").await;
    let mut refused = None;
    for i in 0..30 {
        let answer = alice.say(1, "x", &format!("r{i}")).await;
        if answer.status == 429 {
            refused = Some(answer);
            break;
        }
    }
    let answer = refused.expect("an end of the burst");
    assert_eq!(answer.header("retry-after"), "1");
    let body = answer.refused(429, "too_fast");
    assert!(body["retry_after_ms"].as_u64().is_some_and(|wait| wait <= 1_000), "{body}");
    // … and what REST has used, the sockets lack. What is no message passes.
    let mut waits = 0;
    for i in 0..30 {
        phone.send(json!({"content": "x", "client_msg_id": format!("p{i}")})).await;
        let answer = phone.until(|frame| frame["client_msg_id"] == format!("p{i}")).await;
        waits += i64::from(answer["code"] == "too_fast");
    }
    assert!(waits > 0, "sockets and REST share a pace");
    phone.send(json!({"type": "read", "chat_id": 1, "n": 1})).await;
    phone.next("unread").await;
    bob.say(1, "undisturbed", "b1").await.is(201);
}

async fn marks_and_tickets_have_a_pace_too(setup: Setup) {
    let node = setup.node(&["--send-rate=2", "--open-rate=1"]).await;
    let [alice, bob] = node.join_all(["alice", "bob"]).await;
    let read = json!({"n": 0});
    let puts = [
        ("read", read.clone()),
        ("unread", read),
        ("mute", json!({"muted": true})),
    ];
    for (path, body) in puts {
        let path = format!("/api/chats/1/{path}");
        told_to_wait(|| alice.put(&path, body.clone())).await;
    }
    told_to_wait(|| alice.post("/api/ws-ticket", json!({}))).await;
    // What REST has used, the sockets lack, but for what has come back meanwhile.
    let mut socket = alice.socket(1).await;
    for _ in 0..10 {
        socket.send(json!({"type": "read", "chat_id": 1, "n": 0})).await;
    }
    let refused = socket.until(|frame| frame["type"] == "error").await;
    assert_eq!((&refused["code"], &refused["chat_id"]), (&json!("too_fast"), &json!(1)));
    bob.put("/api/chats/1/read", json!({"n": 0})).await.is(200);
    bob.post("/api/ws-ticket", json!({})).await.is(200);
}

/// Asks until it is too fast, and checks how that is said.
async fn told_to_wait<F: Future<Output = Answer>>(ask: impl Fn() -> F) {
    for _ in 0..100 {
        let answer = ask().await;
        if answer.status == 429 {
            assert_eq!(answer.header("retry-after"), "1");
            answer.refused(429, "too_fast");
            return;
        }
        assert!((200..300).contains(&answer.status), "{answer:?}");
    }
    panic!("a hundred at once were not too many");
}

async fn who_opens_too_fast_is_told_to_wait(setup: Setup) {
    let node = setup.node(&["--open-rate=1"]).await;
    let alice = node.join("alice").await;
    let mut socket = alice.any_socket().await;
    let open = json!({"type": "open", "chat_id": 1, "after": 0});
    let mut refused = None;
    for _ in 0..50 {
        socket.send(open.clone()).await;
        let kinds = ["opened", "error"];
        let answer = socket.until(|frame| kinds.iter().any(|kind| frame["type"] == *kind)).await;
        if answer["type"] == "error" {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.expect("an end of the opening");
    assert_eq!((&refused["code"], &refused["chat_id"]), (&json!("too_fast"), &json!(1)));
    assert!(refused["retry_after_ms"].as_u64().is_some_and(|wait| wait > 0), "{refused}");
    // The socket itself goes on.
    socket.say_keyed("still here", "k1").await;
}

async fn who_goes_on_too_fast_is_told_a_thousand_times_and_then_closed(setup: Setup) {
    let node = setup.node(&["--send-rate=1"]).await;
    let alice = node.join("alice").await;
    let mut socket = alice.socket(1).await;
    for _ in 0..4_000 {
        socket.say("x").await;
    }
    let (frames, code) = socket.closed().await;
    assert_eq!(code, Some(4029));
    let waits: Vec<_> = frames.iter().filter(|frame| frame["code"] == "too_fast").collect();
    assert!(waits.len() >= 1_000, "it was told first: {}", waits.len());
    assert!(waits.iter().all(|frame| frame["retry_after_ms"].as_u64() > Some(0)));
}

async fn sockets_beyond_the_limit_are_told_to_come_back(setup: Setup) {
    let node = setup.node(&["--max-sessions=2"]).await;
    let alice = node.join("alice").await;
    let mut first = alice.socket(1).await;
    let _second = alice.socket(1).await;
    let refused = alice.try_socket(1).await.expect_err("no third socket");
    assert!(!refused.header("retry-after").is_empty(), "{:?}", refused.headers);
    refused.refused(429, "too_many_sessions");
    first.close(1000).await;
    first.closed().await;
    let place = || async { alice.try_socket(1).await.ok() };
    eventually("the place of the one that left", place).await;
}

async fn a_socket_that_hears_nothing_from_its_peer_closes_with_4003(setup: Setup) {
    let node = setup.node(&["--ping-seconds=1", "--pong-seconds=1"]).await;
    let alice = node.join("alice").await;
    let mut silent = alice.socket(1).await;
    let mut alive = alice.socket(1).await;
    // This one reads and thereby answers pings.
    let living = tokio::spawn(async move {
        alive.message("are you there?").await;
    });

    // Read below the frames, nothing is answered: a ping comes, and then the end.
    let mut heard = Vec::new();
    let reading = silent.raw().read_to_end(&mut heard);
    within("the end of a silent peer", reading).await.expect("an orderly end");
    assert_eq!(heard[..2], [0x89, 0x00], "a ping first: {heard:?}");
    assert_eq!(heard[2], 0x88, "then the end: {heard:?}");
    assert_eq!(heard[4..6], 4003_u16.to_be_bytes(), "with its code: {heard:?}");

    alice.say(1, "are you there?", "k1").await.is(201);
    living.await.expect("the other socket lives");
}

async fn a_peer_with_too_many_unanswered_sends_is_held_back_and_loses_nothing(setup: Setup) {
    let node = setup.node(&["--send-rate=0"]).await;
    let alice = node.join("alice").await;
    let (mut socket, mut reader) = (alice.socket(1).await, alice.socket(1).await);
    // Far more than may be unanswered at once, without reading a single answer.
    let sending = tokio::spawn(async move {
        for i in 0..3_000 {
            socket.say(&format!("{i}")).await;
        }
        socket
    });
    for i in 0..3_000 {
        assert_eq!(reader.next("message").await["content"], format!("{i}"));
    }
    sending.await.expect("the sender");
}
