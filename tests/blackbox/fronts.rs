//! nginx and HAProxy before a server, set up as docs/operations.md prints it.

use futures_util::{SinkExt, StreamExt};
use tokio_tungstenite::tungstenite::Message;

use crate::support::front::{Front, NAME};
use crate::support::tools::need;
use crate::support::*;

on_sqlite! {
    people_talk_through_nginx,
    people_talk_through_haproxy,
}

async fn people_talk_through_nginx(stage: Stage) {
    let Some(nginx) = need("people talk through nginx", "nginx") else {
        return;
    };
    let server = behind(&stage).await;
    let front = Front::nginx(&nginx, stage.dir(), "nginx", server.node().address()).await;
    people_talk(server, &front).await;
}

async fn people_talk_through_haproxy(stage: Stage) {
    let Some(haproxy) = need("people talk through HAProxy", "haproxy") else {
        return;
    };
    let server = behind(&stage).await;
    let front = Front::haproxy(&haproxy, stage.dir(), server.node().address()).await;
    people_talk(server, &front).await;
}

/// A server that was told what the document says.
async fn behind(stage: &Stage) -> ServerProcess {
    let url = format!("--public-url=https://{NAME}");
    stage.process(&[&url, "--trusted-proxies=127.0.0.1"]).await
}

async fn people_talk(server: ServerProcess, front: &Front) {
    let node = server.node().clone();
    node.join("alice").await;
    let alice = front.client([127, 0, 0, 2]);
    let page = alice.ask("GET /", &[], b"").await;
    assert!(page.status() == 200 && page.body.contains("id=\"app\""), "{page:?}");
    let sign_in = br#"{"username":"alice","password":"secret"}"#;
    let signed_in = alice.ask("POST /auth", &[], sign_in).await;
    let cookie = signed_in.header("set-cookie");
    assert!(
        cookie.starts_with("__Host-vestnik_session=") && cookie.contains("; Secure"),
        "{cookie}"
    );
    let cookie = cookie.split(';').next().expect("a pair");
    let origin = format!("https://{NAME}");
    let own = [("cookie", cookie), ("origin", origin.as_str())];

    let name = br#"{"display_name":"Alice"}"#;
    assert_eq!(alice.ask("PATCH /api/me", &own, name).await.status(), 200);
    let foreign = [("cookie", cookie), ("origin", "https://evil.example")];
    alice.ask("PATCH /api/me", &foreign, name).await.refused(403, "foreign_origin");
    let send = "POST /api/chats/1/messages";
    alice.ask(send, &own, &[b'x'; 100 << 10]).await.refused(413, "too_large");
    assert_eq!(alice.ask(send, &own, &[b'x'; 3 << 20]).await.status(), 413);

    let mut events = alice.events("/api/events?chat_id=1", &own[..1]).await;
    events.hears("event: opened").await;
    let mut socket = alice.socket("/ws?chat_id=1", &own).await;
    let said = json!({"content": "through the proxy"}).to_string();
    socket.send(Message::text(said)).await.expect("a live socket");
    hears(&mut socket, "through the proxy").await;
    events.hears("through the proxy").await;

    each_client_is_one(front).await;

    front.reload();
    // Old and new workers serve side by side; nobody notices.
    for _ in 0..20 {
        assert_eq!(alice.ask("GET /api/me", &own, b"").await.status(), 200);
    }
    let again = alice.ask(send, &own, br#"{"content":"after the reload"}"#).await;
    assert_eq!(again.status(), 201, "{again:?}");
    hears(&mut socket, "after the reload").await;
    events.hears("after the reload").await;

    server.terminate();
    hears(&mut socket, "goaway").await;
    events.hears("\"code\":1012").await;
    let end = loop {
        match within("the end", socket.next()).await.expect("a close frame").expect("whole") {
            Message::Close(end) => break end.expect("a code"),
            _ => continue,
        }
    };
    assert_eq!(u16::from(end.code), 1012);
    assert!(server.ended().await.success());
}

/// The limits count who comes to the proxy, whatever they say about themselves.
async fn each_client_is_one(front: &Front) {
    let guesser = front.client([127, 0, 0, 3]);
    let wrong = br#"{"username":"alice","password":"wrong"}"#;
    for _ in 0..10 {
        guesser.ask("POST /auth", &[], wrong).await.refused(401, "wrong_credentials");
    }
    for pretence in [
        ("x-forwarded-for", "127.0.0.9"),
        ("forwarded", "for=127.0.0.9"),
        ("x-real-ip", "127.0.0.9"),
    ] {
        let answer = guesser.ask("POST /auth", &[pretence], wrong).await;
        answer.refused(429, "too_many_logins");
    }
    let right = br#"{"username":"alice","password":"secret"}"#;
    let other = front.client([127, 0, 0, 4]).ask("POST /auth", &[], right).await;
    assert_eq!(other.status(), 200, "{other:?}");
}

async fn hears<S>(socket: &mut S, text: &str)
where
    S: StreamExt<Item = Result<Message, tokio_tungstenite::tungstenite::Error>> + Unpin,
{
    loop {
        let frame = within(text, socket.next()).await.expect("open").expect("whole");
        if frame.to_text().is_ok_and(|frame| frame.contains(text)) {
            return;
        }
    }
}
