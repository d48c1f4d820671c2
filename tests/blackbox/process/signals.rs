//! What the process does when it is told something: to go, after a while, or nothing at all.

use rustix::process::Signal;

use crate::support::process::finish;
use crate::support::*;

on_sqlite! {
    a_closed_terminal_and_a_rotated_log_cut_nobody_off,
    before_it_stops_a_server_says_so_and_serves_on,
    while_it_stops_every_answer_ends_its_connection,
    a_log_for_programs_is_one_object_a_line,
    a_failed_sign_in_is_one_line_with_the_address,
}

async fn a_closed_terminal_and_a_rotated_log_cut_nobody_off(setup: Setup) {
    let server = setup.process(&[]).await;
    let alice = server.node().join("alice").await;
    let mut socket = alice.socket(1).await;
    let signals = [
        (Signal::HUP, "SIGHUP"),
        (Signal::USR1, "SIGUSR1"),
        (Signal::USR2, "SIGUSR2"),
    ];
    for (signal, name) in signals {
        server.signal(signal);
        server.saying(&format!("{name} is passed over")).await;
        socket.say_keyed("still here", name).await;
    }
    // The same pipe that is closed under what it says.
    server.signal(Signal::PIPE);
    socket.say_keyed("still here", "SIGPIPE").await;
    server.terminate();
    assert_eq!(socket.closed().await.1, Some(1012));
    assert_eq!(server.ended().await.code(), Some(0));
}

async fn before_it_stops_a_server_says_so_and_serves_on(setup: Setup) {
    let server = setup.process(&["--drain-delay-seconds=4"]).await;
    let node = server.node();
    let alice = node.join("alice").await;
    let mut socket = alice.socket(1).await;
    node.nobody().get("/api/ready").await.is(200);
    server.terminate();
    eventually("a server that says that it stops", || unready(node)).await;
    // For who connects anew, and for who is here.
    let mut raw = Raw::connect(node.address()).await;
    raw.send("GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    let answer = raw.answer().await;
    answer.refused(503, "going_away");
    assert_eq!(answer.header("connection"), "close", "{answer:?}");
    node.nobody().get("/api/health").await.is(200);
    alice.say(1, "as before", "r1").await.is(201);
    socket.say_keyed("as before", "k1").await;
    let mut newcomer = alice.socket(1).await;
    newcomer.say_keyed("as before", "k2").await;
    // And then it goes, in order.
    assert_eq!(socket.closed().await.1, Some(1012));
    assert_eq!(server.ended().await.code(), Some(0));
}

/// Something, if the server is not ready.
async fn unready(node: &TestNode) -> Option<()> {
    (node.nobody().get("/api/ready").await.status == 503).then_some(())
}

async fn while_it_stops_every_answer_ends_its_connection(setup: Setup) {
    let server = setup.process(&["--drain-seconds=6"]).await;
    let node = server.node();
    let alice = node.join("alice").await;
    // One whose goodbye takes its time keeps the server here.
    let mut deaf = TestSocket::open_narrow(
        node.address(),
        &format!("/ws?chat_id=1&user_id={}", alice.id),
        &[("Authorization", &alice.bearer())],
    )
    .await
    .expect("a socket");
    let mut talking = alice.socket(1).await;
    for i in 0..60 {
        talking.say(&format!("{i} {}", "x".repeat(8_000))).await;
    }
    talking.next("message").await;
    // A balancer's pool.
    let mut pool = Vec::new();
    for _ in 0..3 {
        let mut raw = Raw::connect(node.address()).await;
        raw.send("GET /api/health HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
        assert_eq!(raw.answer().await.header("connection"), "");
        pool.push(raw);
    }
    let mut idle = Raw::connect(node.address()).await;
    idle.send("GET /api/health HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    idle.answer().await;
    server.terminate();
    server.saying("stopping").await;
    talking.next("goaway").await;
    for (mut raw, (path, status)) in pool.into_iter().zip([
        ("GET /api/health", 200),
        ("GET /api/ready", 503),
        ("GET /nothing", 404),
    ]) {
        raw.send(format!("{path} HTTP/1.1\r\nHost: localhost\r\n\r\n")).await;
        let answer = raw.answer().await;
        assert_eq!(answer.status(), status, "{answer:?}");
        assert_eq!(answer.header("connection"), "close", "{answer:?}");
        raw.ended().await;
    }
    assert_eq!(server.ended().await.code(), Some(0));
    idle.ended().await;
    let _ = deaf.raw();
}

async fn a_log_for_programs_is_one_object_a_line(setup: Setup) {
    let server = setup.process(&["--log=json", "--trust=true"]).await;
    server.signal(Signal::HUP);
    let log = server.saying("is passed over").await;
    let mut said = Vec::new();
    for line in log.lines() {
        let object: Value =
            serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"));
        assert_eq!(keys(&object), ["level", "message", "target", "time"], "{line}");
        let time = object["time"].as_str().expect("a time");
        chrono::DateTime::parse_from_rfc3339(time).expect("a time");
        said.push((object["level"].clone(), object["message"].clone()));
    }
    let has = |level: &str, text: &str| {
        said.iter().any(|(of, message)| {
            *of == level && message.as_str().is_some_and(|message| message.contains(text))
        })
    };
    assert!(has("INFO", "listening on http://"), "{said:?}");
    assert!(has("WARN", "NO CREDENTIALS"), "{said:?}");
    // Why it does not start is an object too.
    let arguments = setup.arguments(&["--log=json", "--tls-cert=/nowhere.pem"]);
    let (started, said) = finish(setup.dir(), &arguments).await;
    assert!(!started);
    let object: Value = serde_json::from_str(said.trim()).expect(&said);
    assert_eq!(object["level"], "ERROR", "{said}");
}

async fn a_failed_sign_in_is_one_line_with_the_address(setup: Setup) {
    let server = setup.process(&["--trusted-proxies=127.0.0.1"]).await;
    let node = server.node();
    node.join("alice").await;
    let wrong = |name: &str| json!({"username": name, "password": "a secret guess"}).to_string();
    for (name, address) in [("alice", "203.0.113.7"), ("nobody", "2001:db8::7")] {
        let nobody = node.nobody();
        let forwarded = [("x-forwarded-for", address)];
        let answer = nobody.request(reqwest::Method::POST, "/auth", Some(wrong(name)), &forwarded);
        answer.await.refused(401, "wrong_credentials");
        let log = server.saying(&format!("a sign-in from {address} failed")).await;
        let lines: Vec<_> = log.lines().filter(|line| line.contains(address)).collect();
        assert_eq!(lines.len(), 1, "{log}");
        assert!(!log.contains("guess") && !lines[0].contains(name), "{log}");
    }
    // However many are tried, there is a pace.
    for _ in 0..50 {
        node.nobody()
            .request(reqwest::Method::POST, "/auth", Some(wrong("alice")), &[])
            .await;
    }
    let lines = server.log().lines().filter(|line| line.contains("a sign-in from")).count();
    assert!(lines < 30, "{lines} lines for fifty guesses");
}
