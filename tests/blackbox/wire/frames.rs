//! WebSocket frames (RFC 6455), good and bad, and the JSON inside them.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::coding::Data;

use crate::support::*;

on_sqlite! {
    a_ping_is_answered_with_its_payload,
    a_fragmented_message_is_one_message,
    a_frame_or_message_over_the_limit_closes_with_4513,
    what_the_rfc_forbids_closes_with_its_code,
    an_unmasked_frame_closes_with_1002,
    a_goodbye_is_answered_and_the_stream_ends,
    a_frame_that_is_no_command_is_told_why_and_the_socket_lives,
    what_cannot_be_read_is_answered_under_what_it_named,
    frames_sent_with_the_handshake_are_heard,
    plain_http_is_told_to_upgrade,
}

async fn a_socket(setup: &Setup) -> TestSocket {
    let node = setup.node(&[]).await;
    node.join("alice").await.socket(1).await
}

async fn a_ping_is_answered_with_its_payload(setup: Setup) {
    let mut socket = a_socket(&setup).await;
    for payload in [&b""[..], b"are you there?", &[0xFF; 125]] {
        socket.ping(payload).await;
        match socket.hear().await {
            Heard::Pong(answer) => assert_eq!(answer, payload),
            other => panic!("{other:?}"),
        }
    }
}

async fn a_fragmented_message_is_one_message(setup: Setup) {
    let mut socket = a_socket(&setup).await;
    let frame = json!({"content": "По кускам"}).to_string();
    let bytes = frame.as_bytes();
    // Cut inside a letter, with a ping between the pieces.
    socket.send_frame(Data::Text, &bytes[..14], false).await;
    socket.ping(b"between").await;
    for byte in &bytes[14..bytes.len() - 1] {
        socket.send_frame(Data::Continue, &[*byte], false).await;
    }
    socket.send_frame(Data::Continue, &[], false).await;
    socket.send_frame(Data::Continue, &bytes[bytes.len() - 1..], true).await;
    assert!(matches!(socket.hear().await, Heard::Pong(payload) if payload == b"between"));
    assert_eq!(socket.next("message").await["content"], "По кускам");
}

async fn a_frame_or_message_over_the_limit_closes_with_4513(setup: Setup) {
    const LIMIT: usize = 64 << 10;
    let node = setup.node(&[]).await;
    let alice = node.join("alice").await;

    // Exactly the limit is read, and refused as a message only.
    let mut socket = alice.socket(1).await;
    let filler = LIMIT - json!({"content": ""}).to_string().len();
    socket.say(&"x".repeat(filler)).await;
    socket.refused("message_too_long").await;
    socket.say(&"x".repeat(filler + 1)).await;
    assert_eq!(socket.closed().await.1, Some(4513));

    let mut socket = alice.socket(1).await;
    socket.send_frame(Data::Text, &vec![b'x'; LIMIT - 1], false).await;
    socket.send_frame(Data::Continue, b"xx", true).await;
    assert_eq!(socket.closed().await.1, Some(4513));

    // A header that announces 2⁶³ bytes is enough, whatever follows.
    let mut socket = alice.socket(1).await;
    let mut announced = vec![0x81, 0xFF];
    announced.extend_from_slice(&(1_u64 << 62).to_be_bytes());
    announced.extend_from_slice(&[1, 2, 3, 4]);
    announced.extend_from_slice(&vec![0; LIMIT + 64]);
    socket.raw().write_all(&announced).await.expect("a live socket");
    assert_eq!(socket.closed().await.1, Some(4513));
}

async fn what_the_rfc_forbids_closes_with_its_code(setup: Setup) {
    let node = setup.node(&[]).await;
    let alice = node.join("alice").await;
    for (opcode, payload, code) in [
        (Data::Binary, &br#"{"content":"x"}"#[..], 1003),
        (Data::Text, &[b'"', 0xFF, 0xFE, b'"'], 1007),
        (Data::Text, &[0xED, 0xA0, 0x80], 1007),
        (Data::Continue, b"of nothing", 1002),
    ] {
        let mut socket = alice.socket(1).await;
        socket.send_frame(opcode, payload, true).await;
        let (frames, heard) = socket.closed().await;
        assert_eq!(heard, Some(code), "{opcode:?} {payload:?}: {frames:?}");
    }
    let mut socket = alice.socket(1).await;
    socket.send_frame(Data::Text, b"{", false).await;
    socket.send_frame(Data::Text, b"}", true).await;
    assert_eq!(socket.closed().await.1, Some(1002));
    assert_eq!(setup.number("SELECT COUNT(*) FROM messages").await, 0);
}

async fn an_unmasked_frame_closes_with_1002(setup: Setup) {
    let mut socket = a_socket(&setup).await;
    socket.raw().write_all(b"\x81\x02{}").await.expect("a live socket");
    assert_eq!(socket.closed().await.1, Some(1002));
}

async fn a_goodbye_is_answered_and_the_stream_ends(setup: Setup) {
    let node = setup.node(&[]).await;
    let alice = node.join("alice").await;
    for code in [1000, 1001, 3000, 4999] {
        let mut socket = alice.socket(1).await;
        socket.close(code).await;
        assert_eq!(socket.closed().await.1, Some(code), "the code comes back");
        let mut rest = Vec::new();
        let read = within("the end of the stream", socket.raw().read_to_end(&mut rest)).await;
        assert_eq!(read.unwrap_or(0), 0, "nothing follows a goodbye");
    }
    let mut socket = alice.socket(1).await;
    socket.send_raw(Message::Close(None)).await;
    assert!(matches!(socket.hear().await, Heard::Closed(None)));
}

async fn a_frame_that_is_no_command_is_told_why_and_the_socket_lives(setup: Setup) {
    let mut socket = a_socket(&setup).await;
    for (text, code) in [
        ("", "malformed"),
        ("hello", "malformed"),
        ("[]", "malformed"),
        ("{", "malformed"),
        ("{}", "malformed"),
        ("null", "malformed"),
        (r#"{"content": 7}"#, "malformed"),
        (r#"{"content": null}"#, "malformed"),
        (r#"{"content": "x", "chat_id": "1"}"#, "malformed"),
        (r#"{"content": "x"} {"content": "y"}"#, "malformed"),
        (r#"{"content": ""}"#, "message_empty"),
        (r#"{"content": "a\u0000b"}"#, "message_invalid"),
        (r#"{"content": "x", "client_msg_id": ""}"#, "invalid_client_msg_id"),
        (r#"{"content": "x", "client_msg_id": "ключ"}"#, "invalid_client_msg_id"),
        (r#"{"type": "shout", "content": "x"}"#, "unknown_type"),
    ] {
        socket.send_raw(Message::text(text)).await;
        let error = socket.next("error").await;
        assert_eq!(error["code"], code, "{text}: {error}");
        assert_eq!(error["retry"], false, "{text}");
    }
    let nested = "[".repeat(30_000);
    socket
        .send_raw(Message::text(format!(r#"{{"content": "x", "deep": {nested}"#)))
        .await;
    socket.refused("malformed").await;
    let too_long = "x".repeat(16_385);
    socket.send(json!({"content": too_long, "client_msg_id": "k"})).await;
    assert_eq!(socket.refused("message_too_long").await["client_msg_id"], "k");
    socket
        .send(json!({"content": "x", "unknown": {"fields": ["are ignored"]}}))
        .await;
    socket.message("x").await;
    assert_eq!(setup.number("SELECT COUNT(*) FROM messages").await, 1);
}

async fn what_cannot_be_read_is_answered_under_what_it_named(setup: Setup) {
    let mut socket = a_socket(&setup).await;
    for (text, told) in [
        (
            r#"{"content":"cut \ud83d","chat_id":1,"client_msg_id":"k"}"#,
            json!({"client_msg_id": "k", "chat_id": 1}),
        ),
        (r#"{"content":"cut \ude00","client_msg_id":"k"}"#, json!({"client_msg_id": "k"})),
        (r#"{"content":7,"client_msg_id":"k"}"#, json!({"client_msg_id": "k"})),
        (
            r#"{"content":"x","chat_id":"1","client_msg_id":"k"}"#,
            json!({"client_msg_id": "k"}),
        ),
        (r#"{"client_msg_id":"k","content":"half"#, json!({"client_msg_id": "k"})),
        (
            r#"{"type":"edit","id":7,"content":"\ud83d","client_msg_id":"k"}"#,
            json!({"client_msg_id": "k", "id": 7}),
        ),
        (r#"{"type":"delete","id":7,"client_msg_id":[]}"#, json!({"id": 7})),
        (r#"{"type":"open","chat_id":1,"after":"x"}"#, json!({"chat_id": 1})),
        (r#"{"type":"read","chat_id":1,"n":1.5}"#, json!({"chat_id": 1})),
    ] {
        socket.send_raw(Message::text(text)).await;
        let error = socket.refused("malformed").await;
        assert_eq!(error["retry"], false, "{text}");
        for name in ["client_msg_id", "chat_id", "id"] {
            assert_eq!(error.get(name), told.get(name), "{text}: {error}");
        }
    }
    // What can be read and is refused, by whomever, names its message too.
    socket.send(json!({"type": "delete", "id": 4_000})).await;
    assert_eq!(socket.refused("message_not_found").await["id"], 4_000);
    let id = {
        socket.say("mine").await;
        socket.message("mine").await["id"].clone()
    };
    socket.send(json!({"type": "pin", "id": id})).await;
    socket.send(json!({"type": "react", "id": id, "emoji": "no"})).await;
    assert_eq!(socket.refused("invalid_emoji").await["id"], id);
}

async fn frames_sent_with_the_handshake_are_heard(setup: Setup) {
    let node = setup.node(&[]).await;
    let alice = node.join("alice").await;
    let mut stream = tokio::net::TcpStream::connect(node.address()).await.expect("a connection");
    let (host, user, bearer) = (node.address(), alice.id, alice.bearer());
    let mut bytes = format!(
        "GET /ws?chat_id=1&user_id={user} HTTP/1.1\r\nHost: {host}\r\nAuthorization: {bearer}\r\n\
         Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    .into_bytes();
    // Masked with zeros.
    let frame = br#"{"content":"early"}"#;
    bytes.extend_from_slice(&[0x81, 0x80 | frame.len() as u8, 0, 0, 0, 0]);
    bytes.extend_from_slice(frame);
    stream.write_all(&bytes).await.expect("a live socket");

    let mut heard = Vec::new();
    while !String::from_utf8_lossy(&heard).contains(r#""content":"early""#) {
        let read = within("the message", stream.read_buf(&mut heard)).await.expect("a live socket");
        assert_ne!(read, 0, "{}", String::from_utf8_lossy(&heard));
    }
    let heard = String::from_utf8_lossy(&heard);
    // The answer to the key is the RFC's own example.
    assert!(heard.starts_with("HTTP/1.1 101"), "{heard}");
    assert!(heard.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "{heard}");
}

async fn plain_http_is_told_to_upgrade(setup: Setup) {
    let node = setup.node(&[]).await;
    let alice = node.join("alice").await;
    alice.get("/ws?chat_id=1&user_id=1").await.refused(426, "upgrade_required");
    let bearer = alice.bearer();
    let headers = [("Authorization", bearer.as_str())];
    for path in ["/ws?chat_id=x&user_id=1", "/ws?chat_id=1&user_id=x"] {
        let refused = node.try_socket(path, &headers).await.expect_err("no socket");
        refused.refused(400, "invalid_query");
    }
    let refused = node.try_socket("/api/me", &headers).await.expect_err("no socket");
    assert!(refused.status >= 200 && refused.status < 500, "{refused:?}");
}
