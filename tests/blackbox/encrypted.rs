//! With a certificate, HTTP and sockets speak TLS on the same port.

use std::net::SocketAddr;
use std::sync::Arc;

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tokio_tungstenite::tungstenite::Message;

use crate::support::*;

on_sqlite! {
    http_and_sockets_speak_tls,
    a_certificate_that_cannot_be_read_is_said_at_start,
}

/// A certificate for localhost, in files as an administrator has them.
pub(crate) fn certificate(stage: &Stage) -> (CertificateDer<'static>, Vec<String>) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let (cert, key) = (stage.dir().join("cert.pem"), stage.dir().join("key.pem"));
    std::fs::write(&cert, made.cert.pem()).expect("a file");
    std::fs::write(&key, made.signing_key.serialize_pem()).expect("a file");
    let flags = vec![
        format!("--tls-cert={}", cert.display()),
        format!("--tls-key={}", key.display()),
        "--trust=true".to_owned(),
    ];
    (made.cert.der().clone(), flags)
}

pub(crate) async fn connect(
    address: SocketAddr,
    root: &CertificateDer<'static>,
) -> TlsStream<TcpStream> {
    let mut roots = RootCertStore::empty();
    roots.add(root.clone()).expect("a root");
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(address).await.expect("a connection");
    let name = ServerName::try_from("localhost").expect("a name");
    TlsConnector::from(Arc::new(config)).connect(name, stream).await.expect("TLS")
}

async fn http_and_sockets_speak_tls(stage: Stage) {
    const MESSAGES: usize = 300;
    let (root, mut flags) = certificate(&stage);
    flags.push("--hsts=300".to_owned());
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let address = stage.node(&flags).await.address();

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
    // Big enough to fill buffers, so that writes wait and go on.
    let text = "ж".repeat(4_000);
    let frame = json!({"content": text}).to_string();
    let sending = tokio::spawn(async move {
        for _ in 0..MESSAGES {
            writing.send(Message::text(frame.clone())).await.expect("a live socket");
        }
        writing
    });
    for n in 1..=MESSAGES {
        let heard = within("a message", reading.next()).await.expect("open").expect("whole");
        let heard: Value = serde_json::from_str(heard.to_text().expect("text")).expect("JSON");
        assert_eq!((&heard["n"], &heard["content"]), (&json!(n), &json!(text)));
    }
    let mut writing = sending.await.expect("a sender");
    writing.close().await.expect("a goodbye");
    let end = within("the goodbye", reading.next()).await;
    assert!(matches!(end, Some(Ok(Message::Close(_)))), "{end:?}");
}

async fn a_certificate_that_cannot_be_read_is_said_at_start(stage: Stage) {
    let missing = ["--tls-cert=/nowhere/cert.pem", "--tls-key=/nowhere/key.pem"];
    let error = stage.try_node(&missing).await.expect_err("no server");
    assert!(error.contains("/nowhere/cert.pem"), "{error}");
}
