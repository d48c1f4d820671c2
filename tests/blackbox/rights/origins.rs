//! Browsers: a cookie vouches only for our own page, for REST and sockets alike (CWE-1385).

use reqwest::Method;

use crate::support::*;

on_sqlite! {
    a_cookie_vouches_for_our_own_page_only,
    a_socket_by_cookie_must_come_from_our_own_page,
    a_bearer_token_is_nothing_a_foreign_page_has,
    a_foreign_page_cannot_even_sign_in,
    one_address_written_in_two_ways_is_one_page,
    a_page_that_comes_from_elsewhere_says_so_without_an_origin,
    every_answer_bears_the_security_headers,
    plain_http_is_ruled_out_only_where_that_is_asked_for,
}

async fn signed_in(setup: &Setup) -> (TestNode, TestClient, String) {
    let node = setup.node(&[]).await;
    let alice = node.join("alice").await;
    let cookie = format!("theme=dark; vestnik_session={}", alice.token.as_deref().unwrap());
    (node, alice, cookie)
}

/// Pages that are not ours, though some look like it.
fn foreign(node: &TestNode) -> Vec<String> {
    let address = node.address();
    vec![
        "https://evil.example".into(),
        "null".into(),
        String::new(),
        format!("http://{address}.evil.example"),
        format!("http://evil.example/{address}"),
        format!("http://{address}@evil.example"),
        format!("http://127.0.0.1:{}", address.port() ^ 1),
        format!("http://localhost:{}", address.port()),
        "http://127.0.0.1".into(),
    ]
}

async fn a_cookie_vouches_for_our_own_page_only(setup: Setup) {
    let (node, _, cookie) = signed_in(&setup).await;
    let nobody = node.nobody();
    let chat = || Some(json!({"type": "group", "name": "by cookie"}).to_string());
    let own = format!("http://{}", node.address());
    let headers = [("Cookie", cookie.as_str()), ("Origin", own.as_str())];
    nobody.request(Method::POST, "/createChat", chat(), &headers).await.is(201);
    // A plain GET of the same origin bears no Origin; it changes nothing.
    nobody
        .request(Method::GET, "/api/me", None, &[("Cookie", &cookie)])
        .await
        .is(200);

    let silent = nobody
        .request(Method::POST, "/createChat", chat(), &[("Cookie", &cookie)])
        .await;
    silent.refused(403, "foreign_origin");
    for origin in foreign(&node) {
        let headers = [("Cookie", cookie.as_str()), ("Origin", origin.as_str())];
        for (method, path) in [(Method::POST, "/createChat"), (Method::GET, "/api/me")] {
            let answer = nobody.request(method, path, chat(), &headers).await;
            answer.refused(403, "foreign_origin");
        }
    }
    assert_eq!(setup.number("SELECT COUNT(*) FROM conversations").await, 2);
}

async fn a_socket_by_cookie_must_come_from_our_own_page(setup: Setup) {
    let (node, alice, cookie) = signed_in(&setup).await;
    let path = format!("/ws?chat_id=1&user_id={}", alice.id);
    let own = format!("http://{}", node.address());
    let mut socket = node
        .try_socket(&path, &[("Cookie", &cookie), ("Origin", &own)])
        .await
        .expect("a socket of our own page");
    socket.say("from our page").await;
    socket.message("from our page").await;

    let silent = node.try_socket(&path, &[("Cookie", &cookie)]).await;
    silent.expect_err("no socket").refused(403, "foreign_origin");
    for origin in foreign(&node) {
        let socket = node.try_socket(&path, &[("Cookie", &cookie), ("Origin", &origin)]).await;
        socket.expect_err("no socket").refused(403, "foreign_origin");
    }
}

async fn a_bearer_token_is_nothing_a_foreign_page_has(setup: Setup) {
    let (node, alice, _) = signed_in(&setup).await;
    let foreign = [("Origin", "https://app.example")];
    alice.request(Method::GET, "/api/me", None, &foreign).await.is(200);
    let path = format!("/ws?chat_id=1&user_id={}", alice.id);
    let bearer = alice.bearer();
    let headers = [("Authorization", bearer.as_str()), foreign[0]];
    assert!(node.try_socket(&path, &headers).await.is_ok());
}

async fn a_foreign_page_cannot_even_sign_in(setup: Setup) {
    let (node, _, _) = signed_in(&setup).await;
    let body = json!({"username": "alice", "password": "secret"}).to_string();
    let foreign = [("Origin", "https://evil.example")];
    let answer = node.nobody().request(Method::POST, "/auth", Some(body), &foreign).await;
    assert_eq!(answer.header("set-cookie"), "");
    answer.refused(403, "foreign_origin");
}

/// What a page of this origin is answered by a server that is addressed by this `Host`.
async fn asked_by(node: &TestNode, cookie: &str, host: &str, page: &str) -> Answer {
    let name = Some(json!({"display_name": "Alice"}).to_string());
    let headers = [("Cookie", cookie), ("Host", host), ("Origin", page)];
    node.nobody().request(Method::PATCH, "/api/me", name, &headers).await
}

async fn one_address_written_in_two_ways_is_one_page(setup: Setup) {
    let (node, _, cookie) = signed_in(&setup).await;
    for (host, page) in [
        ("chat.example", "https://chat.example"),
        ("chat.example:443", "https://chat.example"),
        ("chat.example:80", "http://chat.example"),
        ("Chat.Example.:443", "https://chat.example"),
        ("[2001:DB8:0:0::1]:443", "https://[2001:db8::1]"),
        ("чат.example", "https://xn--80a0bn.example"),
    ] {
        let answer = asked_by(&node, &cookie, host, page).await;
        assert_eq!(answer.status, 200, "{host}, {page}: {}", answer.text);
    }
    for (host, page) in [
        ("chat.example:80", "https://chat.example"),
        ("chat.example:8443", "https://chat.example"),
        ("chat.example", "https://chat.example:8443"),
        ("chat.example:443", "http://chat.example"),
        ("chat.example", "https://chat.example/"),
        ("chat.example", "https:chat.example"),
        ("chat.example", "null"),
    ] {
        let answer = asked_by(&node, &cookie, host, page).await;
        assert_eq!(answer.status, 403, "{host}, {page}: {}", answer.text);
    }
}

async fn a_page_that_comes_from_elsewhere_says_so_without_an_origin(setup: Setup) {
    let (node, _, cookie) = signed_in(&setup).await;
    let asked = async |site: &str, mode: &str| {
        let headers = [
            ("Cookie", cookie.as_str()),
            ("Sec-Fetch-Site", site),
            ("Sec-Fetch-Mode", mode),
        ];
        node.nobody().request(Method::GET, "/api/me", None, &headers).await
    };
    for site in ["cross-site", "same-site"] {
        asked(site, "no-cors").await.refused(403, "foreign_origin");
        // Somebody follows a link: the page that has it learns nothing.
        asked(site, "navigate").await.is(200);
    }
    asked("same-origin", "cors").await.is(200);
    asked("none", "navigate").await.is(200);
}

async fn plain_http_is_ruled_out_only_where_that_is_asked_for(setup: Setup) {
    let sent = async |flags: &[&str]| {
        let server = setup.process(flags).await;
        let answer = server.node().nobody().get("/api/health").await;
        server.kill().await;
        answer.header("strict-transport-security").to_owned()
    };
    let https = "--public-url=https://chat.example";
    assert_eq!(sent(&[https]).await, "");
    assert_eq!(sent(&[https, "--hsts=31536000"]).await, "max-age=31536000");
    // This takes it back from the browsers that remember it.
    assert_eq!(sent(&[https, "--hsts=0"]).await, "max-age=0");

    let error = setup.try_node(&["--hsts=300"]).await.expect_err("no https, no server");
    assert!(
        error.contains("VESTNIK_HSTS") && error.contains("VESTNIK_PUBLIC_URL"),
        "{error}"
    );
}

async fn every_answer_bears_the_security_headers(setup: Setup) {
    let (_, alice, _) = signed_in(&setup).await;
    for path in ["/api/me", "/nothing/here", "/api/health", "/api/docs/"] {
        let answer = alice.get(path).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("default-src 'self'"), "{path}: {policy}");
        assert!(policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
        assert!(!policy.contains("unsafe-inline") || path == "/api/docs/", "{path}: {policy}");
    }
    // Of a refused upgrade too, which takes another way.
    let refused = alice.try_socket(4_711).await.expect_err("no socket");
    assert_eq!(refused.header("x-content-type-options"), "nosniff");
}
