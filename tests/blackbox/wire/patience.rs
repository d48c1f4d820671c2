//! How long the server waits for a peer that does not go on: each time by its effect, for the first
//! request of a connection as for a later one. They run side by side, since each takes ten seconds.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::*;
use crate::wire::tls::certificate;

on_sqlite! {
    whoever_does_not_go_on_is_left_after_ten_seconds,
    a_silent_handshake_of_tls_ends_and_holds_up_nobody,
    a_connection_is_kept_for_as_long_as_was_said_and_while_it_is_busy,
    where_no_connection_is_kept_each_answer_says_so,
}

const HEALTH: &str = "GET /api/health HTTP/1.1\r\nHost: localhost\r\n\r\n";

/// Sends `before`, which is answered, then `half` of a request; how it was refused, and after which
/// time.
async fn stalled(node: &TestNode, before: &str, half: &str) -> (Duration, Option<u16>) {
    let mut raw = Raw::connect(node.address()).await;
    if !before.is_empty() {
        raw.send(before).await;
        assert_eq!(raw.answer().await.status(), 200);
    }
    let began = Instant::now();
    raw.send(half).await;
    let mut heard = String::new();
    let _ = within("an end", raw.stream.read_to_string(&mut heard)).await;
    let status = heard.split(' ').nth(1).and_then(|status| status.parse().ok());
    if status.is_some() {
        assert!(heard.contains("\"code\":\"too_slow\""), "{half}: {heard}");
    }
    (began.elapsed(), status)
}

async fn whoever_does_not_go_on_is_left_after_ten_seconds(setup: Setup) {
    let node = setup.node(&[]).await;
    let body = "POST /register HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{";
    let chunk =
        "POST /register HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n";
    let cases = [
        // Somebody who only connects is told nothing.
        ("", "", None),
        ("", "GET / HTTP/1.1\r\nHost: loc", Some(408)),
        (HEALTH, "GET / HTTP/1.1\r\nHost: loc", Some(408)),
        (HEALTH, "G", Some(408)),
        ("", body, Some(408)),
        (HEALTH, body, Some(408)),
        ("", chunk, Some(408)),
    ];
    let stalled = cases.map(|(before, half, _)| stalled(&node, before, half));
    let (stalled, trickled) = tokio::join!(join_all(stalled), trickled(&node));
    for ((before, half, wanted), (after, status)) in cases.into_iter().zip(stalled) {
        assert_eq!(status, wanted, "{before}{half}");
        assert!((9..18).contains(&after.as_secs()), "{before}{half} after {after:?}");
    }
    assert!((9..25).contains(&trickled.as_secs()), "a byte at a time: {trickled:?}");
}

/// A second head that comes a byte at a time, for ever; when the server had enough.
async fn trickled(node: &TestNode) -> Duration {
    let mut raw = Raw::connect(node.address()).await;
    raw.send(HEALTH).await;
    raw.answer().await;
    let began = Instant::now();
    raw.send("GET / HTTP/1.1\r\nX: ").await;
    let (mut reading, mut writing) = raw.stream.into_split();
    let sending = tokio::spawn(async move {
        while writing.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    });
    let mut heard = String::new();
    let _ = within("an end", reading.read_to_string(&mut heard)).await;
    assert!(heard.starts_with("HTTP/1.1 408"), "{heard}");
    sending.abort();
    began.elapsed()
}

async fn a_silent_handshake_of_tls_ends_and_holds_up_nobody(setup: Setup) {
    let (root, flags) = certificate(&setup);
    let mut flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    flags.push("--workers=1");
    let node = setup.node(&flags).await;
    let began = Instant::now();
    // More than a library would let be under way at once.
    let silent = join_all((0..300).map(|_| Raw::connect(node.address()))).await;
    let mut stream = crate::wire::tls::connect(node.address(), &root).await;
    stream.write_all(HEALTH.as_bytes()).await.expect("a live connection");
    let mut answer = [0; 12];
    within("an answer", stream.read_exact(&mut answer)).await.expect("an answer");
    assert!(began.elapsed() < Duration::from_secs(9), "it waited for {:?}", began.elapsed());
    for raw in silent {
        raw.ended().await;
    }
    assert!((9..25).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
}

async fn a_connection_is_kept_for_as_long_as_was_said_and_while_it_is_busy(setup: Setup) {
    let node = setup.node(&["--keep-alive-seconds=1"]).await;
    let client = node.join("alice").await;
    // A request that takes longer than any pause may: its body is held back.
    let mut busy = Raw::connect(node.address()).await;
    busy.send(HEALTH).await;
    assert_eq!(busy.answer().await.header("keep-alive"), "timeout=1");
    let name = r#"{"display_name":"Alice"}"#;
    let (length, bearer) = (name.len(), client.bearer());
    busy.send(format!(
        "PATCH /api/me HTTP/1.1\r\nHost: localhost\r\nAuthorization: {bearer}\r\n\
         Content-Length: {length}\r\n\r\n{{"
    ))
    .await;
    // A stream of events, whose answer does not end.
    let mut events = crate::messages::events::stream(&client, "", None).await;
    events.next("ready").await;
    // One that asks again and again, for as long as another does nothing, twice.
    for _ in 0..2 {
        let mut idle = Raw::connect(node.address()).await;
        idle.send(HEALTH).await;
        let answer = idle.answer().await;
        let answered = Instant::now();
        assert_eq!((answer.status(), &*answer.header("connection")), (200, ""));
        let mut asking = Raw::connect(node.address()).await;
        let ended = idle.ended();
        tokio::pin!(ended);
        loop {
            asking.send(HEALTH).await;
            assert_eq!(asking.answer().await.status(), 200);
            let pause = tokio::time::sleep(Duration::from_millis(300));
            tokio::select! { () = &mut ended => break, () = pause => {} }
        }
        assert!(answered.elapsed() >= Duration::from_secs(1), "{:?}", answered.elapsed());
        asking.send(HEALTH).await;
        assert_eq!(asking.answer().await.status(), 200);
    }
    busy.send(&name[1..]).await;
    assert_eq!(busy.answer().await.status(), 200);
    busy.send(HEALTH).await;
    assert_eq!(busy.answer().await.status(), 200);
    busy.ended().await;
    client.say(1, "still there?", "k").await.is(201);
    assert_eq!(events.next("message").await["content"], "still there?");
}

async fn where_no_connection_is_kept_each_answer_says_so(setup: Setup) {
    let node = setup.node(&["--keep-alive-seconds=0"]).await;
    let missing = HEALTH.replace("health", "nothing");
    for (asked, status) in [(HEALTH, 200), (&missing, 404), ("nonsense\r\n\r\n", 400)] {
        let mut raw = Raw::connect(node.address()).await;
        // The second of them is not heard any more.
        raw.send(asked.repeat(2)).await;
        let answer = raw.answer().await;
        assert_eq!(answer.status(), status);
        assert_eq!((&*answer.header("connection"), &*answer.header("keep-alive")), ("close", ""));
        raw.ended().await;
    }
}
