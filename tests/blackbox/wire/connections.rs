//! What the kernel was told of the connections that were accepted, and how soon an answer comes.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::accepted_sockets::accepted_from;
use crate::support::tools::skip;
use crate::support::*;
use crate::wire::tls::{certificate, connect};

on_sqlite! {
    an_accepted_connection_sends_at_once_and_is_given_up_when_its_peer_is_silent,
    an_accepted_tls_connection_does_too,
}

/// Without Nagle's algorithm, and with the time after which a silent peer is given up.
fn is_set_up(server: &ServerProcess, what: &str, client: std::net::SocketAddr) {
    let socket = match accepted_from(server.pid(), client) {
        Ok(socket) => socket.unwrap_or_else(|| panic!("{what}: the server has no such connection")),
        Err(why) => return skip("the options of accepted connections", &why),
    };
    assert!(socket.tcp_nodelay().expect("an option"), "{what} waits for acknowledgements");
    let silence = socket.tcp_user_timeout().expect("an option");
    assert_eq!(silence.map(|span| span.as_secs()), Some(75), "{what}");
}

async fn an_accepted_connection_sends_at_once_and_is_given_up_when_its_peer_is_silent(
    setup: Setup,
) {
    let server = setup.process(&[]).await;
    let node = server.node();
    let alice = node.join("alice").await;
    // An ordinary answer, and the same connection when it is kept.
    let mut plain = TcpStream::connect(node.address()).await.expect("a connection");
    for _ in 0..2 {
        let request = b"GET /api/health HTTP/1.1\r\nHost: localhost\r\n\r\n";
        plain.write_all(request).await.expect("a live socket");
        within("an answer", plain.read(&mut [0; 1024])).await.expect("an answer");
        is_set_up(&server, "a request", plain.local_addr().expect("an address"));
    }
    // An event stream.
    let mut events = TcpStream::connect(node.address()).await.expect("a connection");
    let request = format!(
        "GET /api/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: {}\r\n\r\n",
        alice.bearer()
    );
    events.write_all(request.as_bytes()).await.expect("a live socket");
    within("an answer", events.read(&mut [0; 1024])).await.expect("an answer");
    is_set_up(&server, "an event stream", events.local_addr().expect("an address"));
    // A socket.
    let mut socket = alice.socket(1).await;
    let client = socket.raw().local_addr().expect("an address");
    is_set_up(&server, "a socket", client);
    if let Ok(Some(socket)) = accepted_from(server.pid(), client) {
        // 128 KiB, which Linux doubles.
        let buffer = socket.send_buffer_size().expect("an option");
        assert_eq!(buffer, 256 << 10, "what the kernel keeps for one socket");
    }
}

async fn an_accepted_tls_connection_does_too(setup: Setup) {
    let (root, flags) = certificate(&setup);
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let server = setup.process(&flags).await;
    let mut stream = connect(server.node().address(), &root).await;
    let request = b"GET /api/health HTTP/1.1\r\nHost: localhost\r\n\r\n";
    stream.write_all(request).await.expect("a live connection");
    within("an answer", stream.read(&mut [0; 1024])).await.expect("an answer");
    is_set_up(&server, "a request", stream.get_ref().0.local_addr().expect("an address"));
}
