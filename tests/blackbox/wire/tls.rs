//! With a certificate, HTTP and sockets speak TLS on the same port.

use std::net::SocketAddr;
use std::sync::Arc;

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{
    ALL_VERSIONS, ClientConfig, ProtocolVersion, RootCertStore, SupportedProtocolVersion,
};
use tokio_tungstenite::tungstenite::Message;

use crate::support::*;

on_sqlite! {
    http_and_sockets_speak_tls,
    a_certificate_that_cannot_be_read_is_said_at_start,
    a_certificate_that_has_expired_is_said_at_start,
    older_versions_of_tls_are_refused,
}

/// A certificate for localhost, in files as an administrator has them.
pub(crate) fn certificate(setup: &Setup) -> (CertificateDer<'static>, Vec<String>) {
    certificate_until(setup, 4_096)
}

/// One that has been good for ever, up to the first day of this year.
fn certificate_until(setup: &Setup, year: i32) -> (CertificateDer<'static>, Vec<String>) {
    let mut parameters =
        rcgen::CertificateParams::new(["localhost".to_owned()]).expect("parameters");
    parameters.not_after = rcgen::date_time_ymd(year, 1, 1);
    let own = rcgen::KeyPair::generate().expect("a key");
    let made = parameters.self_signed(&own).expect("a certificate");
    let (cert, key) = (setup.dir().join("cert.pem"), setup.dir().join("key.pem"));
    std::fs::write(&cert, made.pem()).expect("a file");
    std::fs::write(&key, own.serialize_pem()).expect("a file");
    let flags = vec![
        format!("--tls-cert={}", cert.display()),
        format!("--tls-key={}", key.display()),
        "--trust=true".to_owned(),
    ];
    (made.der().clone(), flags)
}

pub(crate) async fn connect(
    address: SocketAddr,
    root: &CertificateDer<'static>,
) -> TlsStream<TcpStream> {
    connect_with(address, root, ALL_VERSIONS).await
}

/// Speaks one of these versions of TLS.
async fn connect_with(
    address: SocketAddr,
    root: &CertificateDer<'static>,
    versions: &[&'static SupportedProtocolVersion],
) -> TlsStream<TcpStream> {
    let mut roots = RootCertStore::empty();
    roots.add(root.clone()).expect("a root");
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(address).await.expect("a connection");
    let name = ServerName::try_from("localhost").expect("a name");
    TlsConnector::from(Arc::new(config)).connect(name, stream).await.expect("TLS")
}

async fn http_and_sockets_speak_tls(setup: Setup) {
    const MESSAGES: usize = 300;
    const AHEAD: usize = 60;
    let (root, mut flags) = certificate(&setup);
    flags.push("--hsts=300".to_owned());
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let address = setup.node(&flags).await.address();

    let mut http = connect(address, &root).await;
    let body = r#"{"username":"alice","password":"secret","email":"a@b.c"}"#;
    let request = format!(
        "POST /register HTTP/1.1\r\nHost: localhost:{}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        address.port(),
        body.len()
    );
    http.write_all(request.as_bytes()).await.expect("a request");
    let mut answer = String::new();
    let _ = within("the answer", http.read_to_string(&mut answer)).await;
    assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
    assert!(answer.contains("strict-transport-security: max-age=300\r\n"), "{answer}");

    let url = format!("ws://localhost:{}/ws?chat_id=1&user_id=1", address.port());
    let stream = connect(address, &root).await;
    let (socket, _) = tokio_tungstenite::client_async(url, stream).await.expect("a socket");
    let (mut writing, mut reading) = socket.split();
    // Big enough to fill buffers, so that writes wait and go on; never so many that this is a slow reader.
    let ahead = Arc::new(Semaphore::new(AHEAD));
    let text = "ж".repeat(4_000);
    let frame = json!({"content": text}).to_string();
    let may_send = Arc::clone(&ahead);
    let sending = tokio::spawn(async move {
        for _ in 0..MESSAGES {
            may_send.acquire().await.expect("open").forget();
            writing.send(Message::text(frame.clone())).await.expect("a live socket");
        }
        writing
    });
    for n in 1..=MESSAGES {
        let heard = within("a message", reading.next()).await.expect("open").expect("whole");
        let Message::Text(heard) = heard else {
            panic!("instead of message {n}: {heard:?}");
        };
        let heard: Value = serde_json::from_str(&heard).expect("JSON");
        assert_eq!((&heard["n"], &heard["content"]), (&json!(n), &json!(text)));
        ahead.add_permits(1);
    }
    let mut writing = sending.await.expect("a sender");
    writing.close().await.expect("a goodbye");
    let end = within("the goodbye", reading.next()).await;
    assert!(matches!(end, Some(Ok(Message::Close(_)))), "{end:?}");
}

async fn a_certificate_that_cannot_be_read_is_said_at_start(setup: Setup) {
    let missing = ["--tls-cert=/nowhere/cert.pem", "--tls-key=/nowhere/key.pem"];
    let error = setup.try_node(&missing).await.expect_err("no server");
    assert!(error.contains("/nowhere/cert.pem"), "{error}");
}

async fn a_certificate_that_has_expired_is_said_at_start(setup: Setup) {
    let (_, flags) = certificate_until(&setup, 2_001);
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let server = setup.process(&flags).await;
    let log = server.log();
    let lines: Vec<_> = log.lines().filter(|line| line.contains("has expired")).collect();
    assert_eq!(lines.len(), 1, "{log}");
    assert!(lines[0].contains("WARN") && lines[0].contains("cert.pem"), "{log}");
    assert!(lines[0].contains("2001-01-01"), "{log}");
    server.kill().await;
    let (_, flags) = certificate(&setup);
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let server = setup.process(&flags).await;
    assert!(!server.log().contains("the certificate"), "{}", server.log());
}

/// The first thing that a client of this version says, by hand: no library speaks the older ones.
fn hello(version: [u8; 2]) -> Vec<u8> {
    // Two suites, and the curves and signatures that the server has.
    let suites = [0, 0, 4, 0xC0, 0x2B, 0xC0, 0x2F, 1, 0];
    let curves = [0, 10, 0, 4, 0, 2, 0, 29];
    let signatures = [0, 13, 0, 8, 0, 6, 4, 3, 8, 4, 4, 1];
    let body = [
        &version[..],
        &[7; 32],
        &suites,
        &[0, 20],
        &curves,
        &signatures,
    ]
    .concat();
    let length = |bytes: &[u8]| u8::try_from(bytes.len()).expect("a short text");
    let handshake = [&[1, 0, 0, length(&body)], &body[..]].concat();
    [&[22, 3, 1, 0, length(&handshake)], &handshake[..]].concat()
}

async fn older_versions_of_tls_are_refused(setup: Setup) {
    let (root, flags) = certificate(&setup);
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let address = setup.node(&flags).await.address();
    for (version, named) in [
        (&TLS12, ProtocolVersion::TLSv1_2),
        (&TLS13, ProtocolVersion::TLSv1_3),
    ] {
        let mut stream = connect_with(address, &root, &[version]).await;
        assert_eq!(stream.get_ref().1.protocol_version(), Some(named));
        let request = b"GET /api/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        stream.write_all(request).await.expect("a request");
        let mut answer = String::new();
        let _ = within("the answer", stream.read_to_string(&mut answer)).await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    }
    // Of TLS 1.2 it is answered with another hello; of SSL 3.0, TLS 1.0 and 1.1 with a fatal alert that
    // says why, `protocol_version`.
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream.write_all(&hello([3, 3])).await.expect("a hello");
    let mut first = [0];
    within("an answer", stream.read_exact(&mut first)).await.expect("an answer");
    assert_eq!(first, [22]);
    for version in [[3, 0], [3, 1], [3, 2]] {
        let mut stream = TcpStream::connect(address).await.expect("a connection");
        stream.write_all(&hello(version)).await.expect("a hello");
        let mut answer = Vec::new();
        within("the end", stream.read_to_end(&mut answer)).await.expect("an end");
        assert_eq!(answer.first(), Some(&21), "an alert to {version:?}: {answer:?}");
        assert_eq!(answer.get(5..), Some(&[2, 70][..]), "to {version:?}");
    }
}
