//! The cookie that keeps a browser signed in: of one server, for one server.

use std::collections::BTreeMap;

use reqwest::Method;

use crate::support::*;

on_sqlite! {
    two_servers_on_two_ports_of_a_host_keep_both_sign_ins,
    with_https_the_cookie_is_of_this_host_alone,
    a_cookie_that_opens_nothing_locks_nobody_out,
    a_cookie_of_the_old_name_still_opens,
    signing_out_leaves_nothing_that_signs_in_again,
}

/// A browser: what it keeps under a name, whatever the port, as browsers do.
#[derive(Default)]
struct Browser(BTreeMap<String, String>);

impl Browser {
    async fn send(
        &mut self,
        node: &TestNode,
        method: Method,
        path: &str,
        host: &str,
        body: Option<Value>,
    ) -> Answer {
        let origin = format!("http://{host}");
        let cookie = self.0.iter().map(|(name, value)| format!("{name}={value}"));
        let cookie = cookie.collect::<Vec<_>>().join("; ");
        let headers = [
            ("Host", host),
            ("Origin", origin.as_str()),
            ("Cookie", cookie.as_str()),
        ];
        let body = body.map(|body| body.to_string());
        let answer = node.nobody().request(method, path, body, &headers).await;
        for set in answer.headers.get_all("set-cookie") {
            let set = set.to_str().expect("a cookie");
            let (pair, attributes) = set.split_once(';').expect("attributes");
            let (name, value) = pair.split_once('=').expect("a name");
            match attributes.contains("Max-Age=0") {
                true => drop(self.0.remove(name)),
                false => drop(self.0.insert(name.to_owned(), value.to_owned())),
            }
        }
        answer
    }

    async fn sign_in(&mut self, node: &TestNode, host: &str, name: &str) {
        let credentials = json!({"username": name, "password": "secret"});
        self.send(node, Method::POST, "/auth", host, Some(credentials)).await.is(200);
    }

    async fn me(&mut self, node: &TestNode, host: &str) -> Answer {
        self.send(node, Method::GET, "/api/me", host, None).await
    }
}

async fn two_servers_on_two_ports_of_a_host_keep_both_sign_ins(setup: Setup) {
    let one = setup.node(&[]).await;
    let other = format!("--database-url=sqlite://{}", setup.dir().join("other.db").display());
    let other = setup.node(&[&other]).await;
    one.join("alice").await;
    other.join("bob").await;
    let mut browser = Browser::default();
    // As a browser addresses them, whatever ports they listen on behind that.
    browser.sign_in(&one, "office.example:8080", "alice").await;
    browser.sign_in(&other, "office.example:8081", "bob").await;
    assert_eq!(browser.0.len(), 2, "{:?}", browser.0.keys());
    assert_eq!(browser.me(&one, "office.example:8080").await.is(200)["username"], "alice");
    assert_eq!(browser.me(&other, "office.example:8081").await.is(200)["username"], "bob");

    browser
        .send(&one, Method::DELETE, "/api/tokens/current", "office.example:8080", None)
        .await
        .is(204);
    browser.me(&one, "office.example:8080").await.refused(401, "unauthenticated");
    assert_eq!(browser.me(&other, "office.example:8081").await.is(200)["username"], "bob");
}

async fn with_https_the_cookie_is_of_this_host_alone(setup: Setup) {
    for (url, name) in [
        ("https://chat.example", "__Host-vestnik_session="),
        ("https://chat.example:443/", "__Host-vestnik_session="),
        ("https://chat.example:8443", "__Host-vestnik_session_8443="),
        ("http://chat.example", "vestnik_session="),
        ("http://chat.example:8080", "vestnik_session_8080="),
    ] {
        let server = setup.process(&[&format!("--public-url={url}"), "--trust"]).await;
        let node = server.node();
        let account = json!({"username": "alice", "password": "secret", "email": "a@b.example"});
        node.nobody().post("/register", account).await;
        let credentials = json!({"username": "alice", "password": "secret"});
        let answer = node.nobody().post("/auth", credentials).await;
        let cookie = answer.header("set-cookie");
        assert!(cookie.starts_with(name), "{url}: {cookie}");
        assert_eq!(cookie.contains("Secure"), url.starts_with("https"), "{url}: {cookie}");
        // What `__Host-` asks for.
        assert!(cookie.contains("Path=/;") && !cookie.contains("Domain"), "{url}: {cookie}");
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
        server.kill().await;
    }
}

async fn a_cookie_that_opens_nothing_locks_nobody_out(setup: Setup) {
    let node = setup.node(&[]).await;
    let alice = node.join("alice").await;
    let token = alice.token.as_deref().expect("a token");
    let name = format!("vestnik_session_{}", node.address().port());
    for cookies in [
        format!("{name}=stale; {name}={token}"),
        format!("{name}=; {name}=a; {name}=b; {name}={token}; {name}=c"),
        format!("{name}=\"{token}\""),
        format!("{name}=stale; vestnik_session={token}"),
        // As if a proxy had named the server otherwise.
        format!("{name}=stale; vestnik_session_8080=stale; vestnik_session_1={token}"),
        format!("{name}=stale; __Host-vestnik_session={token}"),
    ] {
        let headers = [("Cookie", cookies.as_str())];
        let me = node.nobody().request(Method::GET, "/api/me", None, &headers).await;
        assert_eq!(me.status, 200, "{cookies}: {}", me.text);
    }
    // Of the names of others none is looked at, and of its own not any number.
    let many = format!("{name}=stale; ").repeat(100) + &format!("{name}={token}");
    for cookies in [
        format!("vestnik_session_x={token}"),
        format!("x{name}={token}"),
        many,
    ] {
        let headers = [("Cookie", cookies.as_str())];
        let me = node.nobody().request(Method::GET, "/api/me", None, &headers).await;
        me.refused(401, "unauthenticated");
    }
}

async fn a_cookie_of_the_old_name_still_opens(setup: Setup) {
    let node = setup.node(&["--public-url=https://chat.example"]).await;
    let alice = node.join("alice").await;
    let bob = node.join("bob").await;
    let cookies = |pairs: &[(&str, &TestClient)]| {
        let pairs = pairs
            .iter()
            .map(|(name, client)| format!("{name}={}", client.token.as_deref().unwrap()));
        pairs.collect::<Vec<_>>().join("; ")
    };
    for (cookies, who) in [
        (cookies(&[("vestnik_session", &alice)]), "alice"),
        // Who has signed in since is who it is.
        (
            cookies(&[
                ("vestnik_session", &alice),
                ("__Host-vestnik_session", &bob),
            ]),
            "bob",
        ),
    ] {
        let headers = [("Cookie", cookies.as_str())];
        let me = node.nobody().request(Method::GET, "/api/me", None, &headers).await.is(200);
        assert_eq!(me["username"], who);
    }
}

async fn signing_out_leaves_nothing_that_signs_in_again(setup: Setup) {
    let node = setup.node(&[]).await;
    let (alice, bob) = (node.join("alice").await, node.join("bob").await);
    let host = node.address().to_string();
    let mut browser = Browser::default();
    browser
        .0
        .insert("vestnik_session".into(), alice.token.clone().expect("a token"));
    browser.sign_in(&node, &host, "bob").await;
    assert_eq!(browser.me(&node, &host).await.is(200)["username"], "bob");
    let kept = browser.0.clone();
    browser
        .send(&node, Method::DELETE, "/api/tokens/current", &host, None)
        .await
        .is(204);
    assert!(browser.0.is_empty(), "{:?}", browser.0.keys());
    // Not even from a copy of the cookies; while bob's other device stays where it is.
    browser.0 = kept;
    browser.me(&node, &host).await.refused(401, "unauthenticated");
    bob.get("/api/me").await.is(200);
}
