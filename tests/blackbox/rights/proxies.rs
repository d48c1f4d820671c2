//! Behind a proxy: whom the limits count, from what the proxy writes about its clients.

use reqwest::Method;

use crate::support::process::finish;
use crate::support::*;

on_sqlite! {
    each_client_behind_a_proxy_has_limits_of_its_own,
    what_a_client_writes_about_itself_is_not_believed,
    a_network_of_proxies_is_believed,
    what_a_proxy_writes_and_nobody_can_read_is_said_once,
    networks_that_are_none_are_said_at_start,
}

type Headers<'a> = &'a [(&'a str, &'a str)];

/// Signs in with these headers.
async fn try_to_sign_in(
    node: &TestNode,
    who: &str,
    password: &str,
    headers: Headers<'_>,
) -> Answer {
    let credentials = json!({"username": who, "password": password}).to_string();
    node.nobody().request(Method::POST, "/auth", Some(credentials), headers).await
}

/// Uses up the wrong passwords that one client has for an account.
async fn use_up(node: &TestNode, who: &str, headers: Headers<'_>) {
    for _ in 0..10 {
        let answer = try_to_sign_in(node, who, "wrong", headers).await;
        answer.refused(401, "wrong_credentials");
    }
    let answer = try_to_sign_in(node, who, "wrong", headers).await;
    answer.refused(429, "too_many_logins");
}

async fn each_client_behind_a_proxy_has_limits_of_its_own(setup: Setup) {
    let node = setup.node(&["--trusted-proxies=127.0.0.1"]).await;
    for (who, name, form) in [
        ("anna", "x-forwarded-for", "203.0.113.N:51234"),
        ("boris", "x-forwarded-for", "\"[2001:db8:N::1]:51234\""),
        // Two machines of one network: what one gets wrong is not the other's.
        ("elena", "x-forwarded-for", "[2001:db8::N]:51234"),
        ("clara", "x-forwarded-for", "203.0.113.N, 127.0.0.1:8080,"),
        ("dmitri", "forwarded", "for=\"[2001:db8:N::1]:4711\";proto=https"),
    ] {
        node.join(who).await;
        let (one, other) = (form.replace('N', "7"), form.replace('N', "9"));
        use_up(&node, who, &[(name, &one)]).await;
        let answer = try_to_sign_in(&node, who, "secret", &[(name, &other)]).await;
        assert_eq!(answer.status, 200, "{form}: {}", answer.text);
    }
}

async fn what_a_client_writes_about_itself_is_not_believed(setup: Setup) {
    let node = setup.node(&["--trusted-proxies=127.0.0.1"]).await;
    node.join("alice").await;
    // A proxy appends what it knows to what the client sent.
    for attempt in 0..10 {
        let claimed = format!("198.51.100.{attempt}, 203.0.113.7");
        let headers = [("x-forwarded-for", claimed.as_str())];
        try_to_sign_in(&node, "alice", "wrong", &headers)
            .await
            .refused(401, "wrong_credentials");
    }
    let headers = [("x-forwarded-for", "198.51.100.99, 203.0.113.7")];
    try_to_sign_in(&node, "alice", "secret", &headers)
        .await
        .refused(429, "too_many_logins");
    // It writes one of the two headers, and may pass the client's other one on.
    for attempt in 0..10 {
        let claimed = format!("for=198.51.100.{attempt}");
        let headers = [
            ("x-forwarded-for", "203.0.113.7"),
            ("forwarded", claimed.as_str()),
        ];
        try_to_sign_in(&node, "alice", "wrong", &headers)
            .await
            .refused(401, "wrong_credentials");
    }
    for headers in [
        [
            ("x-forwarded-for", "203.0.113.7"),
            ("forwarded", "for=198.51.100.99"),
        ],
        [
            ("x-forwarded-for", "198.51.100.99"),
            ("forwarded", "for=203.0.113.7"),
        ],
    ] {
        try_to_sign_in(&node, "alice", "secret", &headers)
            .await
            .refused(429, "too_many_logins");
    }
}

async fn a_network_of_proxies_is_believed(setup: Setup) {
    let node = setup.node(&["--trusted-proxies=10.0.0.0/8, fd00::/8,loopback"]).await;
    node.join("alice").await;
    use_up(&node, "alice", &[("x-forwarded-for", "203.0.113.7, 10.1.2.3")]).await;
    let through = [("x-forwarded-for", "203.0.113.7, [fd00::1]:443, 10.200.0.9")];
    try_to_sign_in(&node, "alice", "secret", &through)
        .await
        .refused(429, "too_many_logins");
    let other = [("x-forwarded-for", "203.0.113.9, 10.1.2.3")];
    try_to_sign_in(&node, "alice", "secret", &other).await.is(200);
}

async fn what_a_proxy_writes_and_nobody_can_read_is_said_once(setup: Setup) {
    let server = setup.process(&["--trusted-proxies=127.0.0.1"]).await;
    let node = server.node();
    node.join("alice").await;
    for entry in ["not-an-address", "_hidden", "unknown"] {
        let headers = [("x-forwarded-for", entry)];
        try_to_sign_in(node, "alice", "secret", &headers).await.is(200);
    }
    let log = server.saying("VESTNIK_TRUSTED_PROXIES").await;
    let said: Vec<&str> = log.lines().filter(|line| line.contains("not-an-address")).collect();
    assert_eq!(said.len(), 1, "{log}");
    assert!(said[0].contains("WARN") && said[0].contains("127.0.0.1"), "{log}");
    assert!(!log.contains("_hidden"), "once: {log}");
}

async fn networks_that_are_none_are_said_at_start(setup: Setup) {
    for wrong in [
        "10.0.0.0/33",
        "proxy.example",
        "10.0.0.1-10.0.0.9",
        "10.0.0.1 10.0.0.2",
    ] {
        let flag = format!("--trusted-proxies={wrong}");
        let (succeeded, output) = finish(setup.dir(), &setup.arguments(&[&flag])).await;
        assert!(!succeeded, "{wrong}: {output}");
        assert!(
            output.contains("--trusted-proxies") && output.contains("10.0.0.0/8"),
            "{output}"
        );
    }
}
