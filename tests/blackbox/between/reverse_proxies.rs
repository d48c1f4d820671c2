//! nginx and HAProxy before a server, set up as docs/operations.md prints it.

use futures_util::{SinkExt, StreamExt};
use tokio_tungstenite::tungstenite::Message;

use crate::support::reverse_proxy::{Below, NAME, ReverseProxy};
use crate::support::tools::need;
use crate::support::*;

on_sqlite! {
    people_talk_through_nginx,
    people_talk_through_haproxy,
    below_a_path_everything_is_below_it,
}

async fn people_talk_through_nginx(setup: Setup) {
    let Some(nginx) = need("people talk through nginx", "nginx") else {
        return;
    };
    let server = behind(&setup).await;
    let proxy =
        ReverseProxy::nginx(&nginx, setup.dir(), Below::Nothing, server.node().address()).await;
    people_talk(server, &proxy).await;
}

async fn people_talk_through_haproxy(setup: Setup) {
    let Some(haproxy) = need("people talk through HAProxy", "haproxy") else {
        return;
    };
    let server = behind(&setup).await;
    let proxy = ReverseProxy::haproxy(&haproxy, setup.dir(), server.node().address()).await;
    people_talk(server, &proxy).await;
}

/// A server that was told what the document says.
async fn behind(setup: &Setup) -> ServerProcess {
    let url = format!("--public-url=https://{NAME}");
    setup.process(&[&url, "--trusted-proxies=127.0.0.1"]).await
}

async fn people_talk(server: ServerProcess, proxy: &ReverseProxy) {
    let node = server.node().clone();
    node.join("alice").await;
    let alice = proxy.client([127, 0, 0, 2]);
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

    each_client_is_one(proxy).await;

    proxy.reload();
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

async fn below_a_path_everything_is_below_it(setup: Setup) {
    let Some(nginx) = need("a server below a path", "nginx") else {
        return;
    };
    for place in [Below::Taken, Below::PassedOn] {
        let url = format!("--public-url=https://{NAME}/chat/");
        let server = setup.process(&[&url, "--trusted-proxies=127.0.0.1"]).await;
        let node = server.node().clone();
        if place == Below::Taken {
            node.join("alice").await;
        }
        let proxy = ReverseProxy::nginx(&nginx, setup.dir(), place, node.address()).await;
        is_below_chat(&proxy, &format!("{place:?}")).await;
        server.kill().await;
    }
}

async fn is_below_chat(proxy: &ReverseProxy, place: &str) {
    let alice = proxy.client([127, 0, 0, 2]);
    let bare = alice.ask("GET /chat", &[], b"").await;
    assert!(matches!(bare.status(), 301 | 308), "{place}: {bare:?}");
    assert!(bare.header("location").ends_with("/chat/"), "{place}: {bare:?}");
    let page = alice.ask("GET /chat/", &[], b"").await;
    assert_eq!(page.status(), 200, "{place}");
    // Whatever the page names is beside it.
    let mut files = 0;
    for part in page.body.split(['"', '\'']).filter(|part| part.starts_with("./")) {
        let line = format!("GET /chat/{}", part.trim_start_matches("./"));
        let status = alice.ask(&line, &[], b"").await.status();
        assert!(matches!(status, 200 | 308), "{place}: {line}: {status}");
        files += 1;
    }
    assert!(files >= 4 && !page.body.contains("=\"/"), "{place}: {}", page.body);
    assert_eq!(alice.ask("GET /chat/sw.js", &[], b"").await.status(), 200, "{place}");
    let docs = alice.ask("GET /chat/api/docs", &[], b"").await;
    assert_eq!((docs.status(), docs.header("location").as_str()), (308, "docs/"), "{place}");
    let set_up = alice.ask("GET /chat/api/docs/swagger-initializer.js", &[], b"").await;
    assert!(set_up.body.contains("\"../openapi.json\""), "{place}: {}", set_up.body);
    let document = alice.ask("GET /chat/api/openapi.json", &[], b"").await;
    assert!(document.body.contains("\"url\":\"/chat\""), "{place}: {}", document.head);

    let sign_in = br#"{"username":"alice","password":"secret"}"#;
    let cookie = alice.ask("POST /chat/auth", &[], sign_in).await.header("set-cookie");
    assert!(cookie.starts_with("__Secure-vestnik_session="), "{place}: {cookie}");
    assert!(
        cookie.contains("; Path=/chat/;") && cookie.contains("; Secure"),
        "{place}: {cookie}"
    );
    let pair = cookie.split(';').next().expect("a pair");
    let origin = format!("https://{NAME}");
    let own = [("cookie", pair), ("origin", origin.as_str())];
    let mut events = alice.events("/chat/api/events?chat_id=1", &own[..1]).await;
    events.hears("event: opened").await;
    let mut socket = alice.socket("/chat/ws?chat_id=1", &own).await;
    let said = json!({"content": format!("below, {place}")}).to_string();
    socket.send(Message::text(said)).await.expect("a live socket");
    hears(&mut socket, place).await;
    events.hears(place).await;

    let gone = alice.ask("DELETE /chat/api/tokens/current", &own, b"").await;
    let back = gone.header("set-cookie");
    assert!(
        back.starts_with("__Secure-vestnik_session=;") && back.contains("; Path=/chat/;"),
        "{back}"
    );
}

/// The limits count who comes to the proxy, whatever they say about themselves.
async fn each_client_is_one(proxy: &ReverseProxy) {
    let guesser = proxy.client([127, 0, 0, 3]);
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
    let other = proxy.client([127, 0, 0, 4]).ask("POST /auth", &[], right).await;
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
