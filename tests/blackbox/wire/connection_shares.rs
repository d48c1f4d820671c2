//! Nobody has all the connections or all the sockets: a user, and an address, has a share.

use std::time::Instant;

use futures_util::future::join_all;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::*;

on_sqlite! {
    a_user_and_an_address_have_so_many_sockets,
    connections_that_do_nothing_make_room,
    a_connection_that_is_being_answered_stays,
    behind_a_proxy_connections_are_not_counted_by_address,
}

async fn a_user_and_an_address_have_so_many_sockets(setup: Setup) {
    let flags = [
        "--user-sessions=2",
        "--address-sessions=3",
        "--trusted-proxies=127.0.0.1",
    ];
    let node = setup.node(&flags).await;
    let [alice, bob, carol] = node.join_all(["alice", "bob", "carol"]).await;
    let from = async |client: &TestClient, address: &str| {
        let token = format!("Bearer {}", client.token.as_deref().expect("signed in"));
        let headers = [
            ("Authorization", token.as_str()),
            ("X-Forwarded-For", address),
        ];
        node.try_socket("/ws?chat_id=1", &headers).await
    };
    let mut first = from(&alice, "192.0.2.1").await.expect("a socket");
    let _second = from(&alice, "192.0.2.1").await.expect("a socket");
    from(&alice, "192.0.2.2")
        .await
        .expect_err("hers")
        .refused(429, "too_many_sessions");
    alice.get("/api/events").await.refused(429, "too_many_sessions");
    let _bobs = from(&bob, "192.0.2.1").await.expect("a socket");
    from(&carol, "192.0.2.1")
        .await
        .expect_err("the office's")
        .refused(429, "too_many_sessions");
    let _carols = from(&carol, "192.0.2.2").await.expect("a socket");
    first.close(1000).await;
    first.closed().await;
    let again = || async { from(&alice, "192.0.2.2").await.ok() };
    eventually("the place of the one that left", again).await;
}

async fn idle(node: &TestNode, asks: bool) -> TcpStream {
    let mut stream = TcpStream::connect(node.address()).await.expect("a connection");
    if asks {
        ask(&mut stream, "/api/health").await;
    }
    stream
}

/// Asks on a connection that is kept, and reads the head of the answer.
async fn ask(stream: &mut TcpStream, path: &str) {
    let head = format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n");
    stream.write_all(head.as_bytes()).await.expect("a live connection");
    let mut first = [0; 12];
    within("an answer", stream.read_exact(&mut first)).await.expect("an answer");
    assert_eq!(&first, b"HTTP/1.1 200");
}

async fn connections_that_do_nothing_make_room(setup: Setup) {
    let node = setup.node(&["--address-connections=50", "--workers=1"]).await;
    let alice = node.join("alice").await;
    let began = Instant::now();
    let mut held = Vec::new();
    for i in 0..300 {
        held.push(idle(&node, i % 2 == 0).await);
    }
    // Also for those at the same address, and at once.
    for i in 0..20 {
        ask(&mut idle(&node, false).await, "/api/health").await;
        alice.say(1, "undisturbed", &format!("k{i}")).await.is(201);
    }
    let _socket = alice.socket(1).await;
    assert!(began.elapsed().as_secs() < 20, "nobody waits for those that do nothing");
    let mut rest = Vec::new();
    let ended = within("the end of the first", held[0].read_to_end(&mut rest)).await;
    assert!(ended.is_ok() || ended.is_err_and(|e| e.kind() == std::io::ErrorKind::ConnectionReset));
}

async fn a_connection_that_is_being_answered_stays(setup: Setup) {
    let node = setup.node(&["--max-connections=30", "--workers=1"]).await;
    let alice = node.join("alice").await;
    let mut stream = TestStream::open(&alice, "", None).await.expect("a stream");
    let mut held = Vec::new();
    for _ in 0..200 {
        held.push(idle(&node, true).await);
    }
    alice.say(1, "still here", "k1").await.is(201);
    assert_eq!(stream.next("message").await["content"], "still here");
}

async fn behind_a_proxy_connections_are_not_counted_by_address(setup: Setup) {
    let flags = ["--address-connections=5", "--trusted-proxies=127.0.0.1"];
    let node = setup.node(&flags).await;
    let mut held = join_all((0..50).map(|_| idle(&node, false))).await;
    for stream in &mut held {
        ask(stream, "/api/health").await;
    }
}
