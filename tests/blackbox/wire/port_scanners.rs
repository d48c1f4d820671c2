//! What strangers' scanners and checkers send: an answer with a code where one can be given, nothing
//! in the log, and a number in the metrics.

use std::time::Duration;

use reqwest::Method;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::*;
use crate::wire::tls::certificate;

on_sqlite! {
    what_is_no_request_is_answered_counted_and_not_logged,
    what_is_no_tls_is_not_logged_either,
    checkers_that_ask_for_options_are_told_them,
    health_has_the_names_of_orchestrators_too,
    http_1_0_is_answered_as_it_was_asked,
}

/// What comes to an open port, and how it is refused; `None` is left without a word.
type Junk = (&'static [u8], Option<(u16, &'static str)>);
const JUNK: [Junk; 14] = [
    (
        b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03\x00\x00\x00\x00",
        Some((400, "malformed")),
    ),
    (b"GET / HTTP/7.0\r\n\r\n", Some((400, "malformed"))),
    (&[0; 80], Some((400, "malformed"))),
    (b"SSH-2.0-Go\r\n", Some((400, "malformed"))),
    (b"*1\r\n$4\r\nPING\r\n", Some((400, "malformed"))),
    (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Some((400, "malformed"))),
    (b"GET / HTTP/1.1\r\nbad header\r\n\r\n", Some((400, "malformed"))),
    (b"GET / HTTP/1.1\r\n\r\n", Some((400, "malformed"))),
    (b"POST / HTTP/1.0\r\n\r\n", Some((400, "malformed"))),
    (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", Some((400, "malformed"))),
    (
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        Some((400, "malformed")),
    ),
    (b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n", Some((400, "malformed"))),
    (b"\r\n\r\n", None),
    (b"GET /api/health HTTP/1.1\r\nHos", None),
];

async fn what_is_no_request_is_answered_counted_and_not_logged(setup: Setup) {
    let server = setup.process(&[]).await;
    let alice = server.node().join("alice").await;
    let before = server.log();
    let address = server.node().address();
    let long = [
        b"GET / HTTP/1.1\r\nHost: a\r\nX-Long: ",
        "x".repeat(200_000).as_bytes(),
    ]
    .concat();
    let many = format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", "a: b\r\n".repeat(200));
    let too_large: [(&[u8], _); 2] = [
        (&long, Some((431, "head_too_large"))),
        (many.as_bytes(), Some((431, "head_too_large"))),
    ];
    for (junk, refused) in JUNK.into_iter().chain(too_large) {
        let mut raw = Raw::connect(address).await;
        let sent = raw.stream.write_all(junk).await;
        sent.unwrap_or_else(|error| panic!("{:?}: {error}", String::from_utf8_lossy(junk)));
        match refused {
            Some((status, code)) => {
                let answer = raw.answer().await;
                answer.refused(status, code);
                assert_eq!(answer.header("connection"), "close", "{answer:?}");
                assert_eq!(answer.header("x-content-type-options"), "nosniff", "{answer:?}");
                raw.ended().await;
            }
            None => {
                raw.stream.shutdown().await.expect("a live connection");
                raw.ended().await;
            }
        }
    }
    let metrics = alice.get("/metrics").await.text;
    let counted = |kind: &str| {
        let line = format!("vestnik_malformed_requests_total{{kind=\"{kind}\"}} ");
        let count = metrics.lines().find_map(|counted| counted.strip_prefix(&line));
        count
            .unwrap_or_else(|| panic!("{kind}: {metrics}"))
            .parse::<u64>()
            .expect("a number")
    };
    assert_eq!(
        (counted("malformed"), counted("head_too_large"), counted("cut")),
        (12, 2, 1),
        "each is counted"
    );
    assert_eq!(server.log(), before, "strangers write no lines");
}

async fn what_is_no_tls_is_not_logged_either(setup: Setup) {
    let (_, flags) = certificate(&setup);
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let server = setup.process(&flags).await;
    let before = server.log();
    let plain: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let fatal: &[u8] = b"\x15\x03\x01\x00\x02\x02\x28";
    for junk in JUNK.map(|(junk, _)| junk).into_iter().chain([plain, fatal]) {
        let mut raw = Raw::connect(server.node().address()).await;
        raw.send(junk).await;
        raw.stream.shutdown().await.expect("a live connection");
        let mut rest = Vec::new();
        let _ = within("the end of it", raw.stream.read_to_end(&mut rest)).await;
    }
    assert_eq!(server.log(), before, "strangers write no lines");
}

async fn checkers_that_ask_for_options_are_told_them(setup: Setup) {
    let node = setup.node(&[]).await;
    for (path, allow) in [
        ("/", "GET, HEAD, OPTIONS"),
        ("/api/ready", "GET, HEAD, OPTIONS"),
        ("/register", "POST, OPTIONS"),
        ("/api/chats/7", "GET, HEAD, PATCH, DELETE, OPTIONS"),
        ("/sw.js", "GET, HEAD, OPTIONS"),
    ] {
        let answer = node.nobody().request(Method::OPTIONS, path, None, &[]).await;
        assert_eq!((answer.status, answer.text.as_str()), (204, ""), "{path}");
        assert_eq!(answer.header("allow"), allow, "{path}");
        let refused = node.nobody().request(Method::TRACE, path, None, &[]).await;
        assert_eq!(refused.header("allow"), allow, "{path}");
        refused.refused(405, "method_not_allowed");
    }
    node.nobody()
        .request(Method::OPTIONS, "/no/such/thing", None, &[])
        .await
        .refused(404, "not_found");
    // HAProxy's check, as it comes, and what asks about the server as a whole.
    let mut raw = Raw::connect(node.address()).await;
    raw.send("OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    let answer = raw.answer().await;
    assert_eq!(answer.status(), 204, "{answer:?}");
    assert!(answer.header("allow").contains("GET"), "{answer:?}");
    raw.send("OPTIONS / HTTP/1.0\r\n\r\n").await;
    assert_eq!(raw.answer().await.status(), 204);
    raw.ended().await;
}

async fn health_has_the_names_of_orchestrators_too(setup: Setup) {
    let node = setup.node(&[]).await;
    for (name, same) in [("/healthz", "/api/health"), ("/readyz", "/api/ready")] {
        let (answer, wanted) = (node.nobody().get(name).await, node.nobody().get(same).await);
        assert_eq!(answer.is(200), wanted.is(200), "{name}");
    }
}

async fn http_1_0_is_answered_as_it_was_asked(setup: Setup) {
    let server = setup.process(&[]).await;
    let node = server.node();
    let alice = node.join("alice").await;
    // It closes, unless it was asked not to.
    let mut raw = Raw::connect(node.address()).await;
    for _ in 0..2 {
        raw.send("GET /api/health HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").await;
        let answer = raw.answer().await;
        assert!(answer.head.starts_with("HTTP/1.0 200"), "{answer:?}");
        assert_eq!(answer.header("connection"), "keep-alive", "{answer:?}");
    }
    raw.send("GET /api/health HTTP/1.0\r\n\r\n").await;
    assert_eq!(raw.answer().await.status(), 200);
    raw.ended().await;
    // A stream has no chunks, and no end but that of the connection.
    for connection in ["", "Connection: keep-alive\r\n"] {
        let mut raw = Raw::connect(node.address()).await;
        raw.send(format!(
            "GET /api/events HTTP/1.0\r\n{connection}Authorization: {}\r\n\r\n",
            alice.bearer()
        ))
        .await;
        let head = raw.head().await;
        assert!(head.starts_with("HTTP/1.0 200") && !head.contains("chunked"), "{head}");
        assert!(!head.contains("keep-alive"), "{head}");
        assert_eq!(raw.text(7).await, "retry: ");
    }
    // And what is no longer wanted is not waited for.
    let mut raw = Raw::connect(node.address()).await;
    raw.send("GET /api/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        .await;
    let answer = raw.answer().await;
    assert_eq!(answer.header("connection"), "close", "{answer:?}");
    tokio::time::timeout(Duration::from_secs(10), raw.ended())
        .await
        .expect("an end");
}
