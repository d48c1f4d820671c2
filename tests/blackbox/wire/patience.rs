//! How long the server waits for a peer that does not go on: each time by its effect, for the first
//! request of a connection as for a later one. They run side by side, since each takes ten seconds.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::*;
use crate::wire::encrypted::certificate;

on_sqlite! {
    whoever_does_not_go_on_is_left_after_ten_seconds,
    a_silent_handshake_of_tls_ends_and_holds_up_nobody,
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

async fn whoever_does_not_go_on_is_left_after_ten_seconds(stage: Stage) {
    let node = stage.node(&[]).await;
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

async fn a_silent_handshake_of_tls_ends_and_holds_up_nobody(stage: Stage) {
    let (root, flags) = certificate(&stage);
    let mut flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    flags.push("--workers=1");
    let node = stage.node(&flags).await;
    let began = Instant::now();
    // More than a library would let be under way at once.
    let silent = join_all((0..300).map(|_| Raw::connect(node.address()))).await;
    let mut stream = crate::wire::encrypted::connect(node.address(), &root).await;
    stream.write_all(HEALTH.as_bytes()).await.expect("a live connection");
    let mut answer = [0; 12];
    within("an answer", stream.read_exact(&mut answer)).await.expect("an answer");
    assert!(began.elapsed() < Duration::from_secs(9), "it waited for {:?}", began.elapsed());
    for raw in silent {
        raw.ended().await;
    }
    assert!((9..25).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
}
