//! Every act has a pace: whoever goes faster is told when to come again, by whatever door they come,
//! and nobody else notices.

use reqwest::Method;

use vestnik::http::delayed_refusals::MOMENT;

use crate::support::*;

on_sqlite! {
    each_act_over_rest_has_a_pace,
    strangers_have_a_pace_by_address,
    all_strangers_together_have_a_pace,
    signing_in_all_the_time_is_told_to_wait,
    text_is_paced_by_its_bytes_over_sockets_and_rest,
    what_was_read_is_paid_for_before_the_next_request,
    sockets_and_streams_have_a_pace,
    a_person_talks_as_fast_as_they_can_and_a_machine_does_not,
    an_account_with_hundreds_of_requests_at_once_leaves_others_theirs,
    a_refusal_comes_a_moment_later_and_what_is_granted_at_once,
}

/// What is done again and again: `N` stands for a number that is another each time, `ID` for one's own.
const ACTS: [(&str, &str, &str, &str); 21] = [
    ("request", "GET", "/api/me", ""),
    ("request", "GET", "/api/chats", ""),
    ("message", "POST", "/api/chats/1/messages", r#"{"content": "N"}"#),
    ("message", "PATCH", "/api/chats/1/messages/1", r#"{"content": "N"}"#),
    ("message", "PUT", "/api/chats/1/pins/1", ""),
    ("message", "POST", "/api/messages", r#"{"text": "N"}"#),
    ("mark", "PUT", "/api/chats/1/read", r#"{"n": 0}"#),
    ("user_open", "POST", "/api/sync", "{}"),
    ("ticket", "POST", "/api/ws-ticket", ""),
    ("chat", "POST", "/api/chats", r#"{"type": "group", "name": "N"}"#),
    ("chat", "POST", "/createChat", r#"{"type": "group", "name": "N"}"#),
    ("member", "PATCH", "/api/chats/2", r#"{"name": "N"}"#),
    ("member", "POST", "/api/chats/2/members", r#"{"user_id": 2}"#),
    ("member", "PATCH", "/api/chats/2/members/1", r#"{"role": "owner"}"#),
    ("member", "DELETE", "/removeMember?conversation_id=2&user_id=2", ""),
    ("member", "DELETE", "/api/chats/9", ""),
    ("account", "PATCH", "/api/me", r#"{"display_name": "N"}"#),
    ("account", "PUT", "/updateUser", r#"{"id": ID, "email": "N@example.com"}"#),
    ("account", "DELETE", "/api/tokens/999", ""),
    ("invite", "POST", "/api/invites", "{}"),
    ("invite", "DELETE", "/api/invites/999", ""),
];

async fn each_act_over_rest_has_a_pace(setup: Setup) {
    // One server for them all: each act has a bucket of its own, so an account for each case.
    let names = [
        "request",
        "message",
        "mark",
        "user_open",
        "ticket",
        "chat",
        "member",
        "account",
    ];
    let rates: Vec<_> = names.iter().map(|name| format!("{name}=0.001/20")).collect();
    let node = setup
        .node(&[&format!(
            "--rates={},invite=0.001/20,sign_in_address=0,register_address=0",
            rates.join(",")
        )])
        .await;
    let admin = node.join("admin").await;
    admin.say(1, "the first", "k1").await.is(201);
    for (case, (act, method, path, body)) in ACTS.into_iter().enumerate() {
        let caller = match act {
            "invite" => admin.clone(),
            _ => node.join(&format!("caller{case}")).await,
        };
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let mut refused = None;
        for n in 0..=20 {
            let body = body.replace('N', &n.to_string()).replace("ID", &caller.id.to_string());
            let body = Some(body).filter(|body| !body.is_empty());
            let answer = caller.request(method.clone(), path, body, &[]).await;
            if answer.status == 429 {
                refused = Some(answer);
                break;
            }
        }
        let answer = refused.unwrap_or_else(|| panic!("{act}: {method} {path} has no pace"));
        let wait: u64 = answer.header("retry-after").parse().expect("seconds");
        assert!(wait > 1, "{act}: {method} {path}");
        answer.refused(429, "too_fast");
    }
    let other = node.join("somebody").await;
    other.get("/api/me").await.is(200);
    other.say(1, "undisturbed", "k1").await.is(201);
}

async fn strangers_have_a_pace_by_address(setup: Setup) {
    let flags = [
        "--rates=register_address=0.001/3,sign_in_address=0.001/4",
        "--trusted-proxies=127.0.0.1",
    ];
    let node = setup.node(&flags).await;
    let from = async |address: &str, path: &str, body: Value| {
        let headers = [("X-Forwarded-For", address)];
        node.nobody()
            .request(Method::POST, path, Some(body.to_string()), &headers)
            .await
    };
    let account = |n: usize| json!({"username": format!("user{n}"), "password": "secret", "email": format!("u{n}@example.com")});
    for n in 0..3 {
        from("192.0.2.1", "/register", account(n)).await.is(201);
    }
    from("192.0.2.1", "/register", account(3)).await.refused(429, "too_fast");
    from("192.0.2.2", "/register", account(4)).await.is(201);
    // Whether they succeed or not; a refused one costs no hash.
    for n in 0..4 {
        let name = ["user0", "nobody"][n % 2];
        let credentials = json!({"username": name, "password": "secret"});
        from("2001:db8::1", "/auth", credentials).await;
    }
    let credentials = json!({"username": "user0", "password": "secret"});
    let answer = from("2001:db8::2", "/auth", credentials.clone()).await;
    assert!(!answer.header("retry-after").is_empty());
    answer.refused(429, "too_many_logins");
    from("2001:db8:0:1::1", "/auth", credentials).await.is(200);
}

async fn all_strangers_together_have_a_pace(setup: Setup) {
    let flags = ["--rates=register=0.001/2", "--trusted-proxies=127.0.0.1"];
    let node = setup.node(&flags).await;
    let register = async |n: usize| {
        let account = json!({"username": format!("user{n}"), "password": "secret",
                             "email": format!("u{n}@example.com")});
        let address = format!("192.0.2.{n}");
        let headers = [("X-Forwarded-For", address.as_str())];
        node.nobody()
            .request(Method::POST, "/register", Some(account.to_string()), &headers)
            .await
    };
    for n in 0..2 {
        register(n).await.is(201);
    }
    register(2).await.refused(429, "too_fast");
}

async fn signing_in_all_the_time_is_told_to_wait(setup: Setup) {
    let node = setup.node(&["--rates=sign_in=0.001/3,password=0.001/2"]).await;
    let [alice, _bob] = node.join_all(["alice", "bob"]).await;
    for _ in 0..2 {
        node.sign_in("alice", "secret").await;
    }
    let credentials = json!({"username": "Alice", "password": "secret"});
    node.nobody().post("/auth", credentials).await.refused(429, "too_many_logins");
    node.sign_in("bob", "secret").await;
    let mut current = "secret".to_owned();
    for n in 0..2 {
        let next = format!("secret{n}");
        change_password(&alice, &current, &next).await.is(200);
        current = next;
    }
    change_password(&alice, &current, "secret9").await.refused(429, "too_fast");
}

/// Says the old password too, where it is asked for.
async fn change_password(client: &TestClient, current: &str, next: &str) -> Answer {
    let both = json!({"password": next, "current_password": current});
    match client.patch("/api/me", both).await {
        answer if answer.status == 400 => client.patch("/api/me", json!({"password": next})).await,
        answer => answer,
    }
}

async fn text_is_paced_by_its_bytes_over_sockets_and_rest(setup: Setup) {
    let node = setup.node(&["--rates=text=1/40000"]).await;
    let [alice, bob] = node.join_all(["alice", "bob"]).await;
    let long = "x".repeat(15_000);
    alice.say(1, &long, "k1").await.is(201);
    let mut socket = alice.socket(1).await;
    socket.say_keyed(&long, "k2").await;
    alice.say(1, &long, "k3").await.refused(429, "too_fast");
    socket.send(json!({"content": long, "client_msg_id": "k4"})).await;
    let refused = socket.refused("too_fast").await;
    assert_eq!(refused["client_msg_id"], "k4", "{refused}");
    let edit = json!({"type": "edit", "id": 1, "content": long, "client_msg_id": "k5"});
    socket.send(edit).await;
    socket.refused("too_fast").await;
    alice
        .patch("/api/chats/1/messages/1", json!({"content": long}))
        .await
        .refused(429, "too_fast");
    // What is short fits still.
    alice.say(1, "short", "k6").await.is(201);
    bob.say(1, &long, "k1").await.is(201);
}

async fn what_was_read_is_paid_for_before_the_next_request(setup: Setup) {
    let node = setup.node(&["--rates=answer=1/20000"]).await;
    let [alice, bob] = node.join_all(["alice", "bob"]).await;
    // Said on a socket, which answers no bytes by REST.
    let mut socket = bob.socket(1).await;
    for i in 0..3 {
        socket.say_keyed(&"x".repeat(10_000), &format!("k{i}")).await;
    }
    // It is more than she has, and comes whole: how long it is was known to nobody before.
    assert_eq!(alice.history(1).await.len(), 3);
    let refused = alice.get("/api/me").await;
    assert!(!refused.header("retry-after").is_empty());
    refused.refused(429, "too_fast");
    alice
        .post("/api/chats", json!({"type": "group", "name": "x"}))
        .await
        .refused(429, "too_fast");
    bob.get("/api/me").await.is(200);
    // Sockets are not REST, and have bounds of their own.
    alice.socket(1).await;
}

async fn sockets_and_streams_have_a_pace(setup: Setup) {
    let node = setup.node(&["--rates=session=0.001/3"]).await;
    let [alice, bob] = node.join_all(["alice", "bob"]).await;
    for _ in 0..2 {
        drop(alice.socket(1).await);
    }
    alice
        .request(Method::GET, "/api/events?chat_id=999", None, &[])
        .await
        .refused(404, "chat_not_found");
    let refused = alice.try_socket(1).await.expect_err("one too many");
    assert!(!refused.header("retry-after").is_empty());
    refused.refused(429, "too_fast");
    alice.get("/api/events").await.refused(429, "too_fast");
    bob.socket(1).await;
}

async fn a_person_talks_as_fast_as_they_can_and_a_machine_does_not(setup: Setup) {
    // As it is unless somebody sets something.
    let node = setup.node(&["--rates="]).await;
    let alice = node.join("alice").await;
    let mut socket = alice.socket(1).await;
    for i in 0..100 {
        socket.say_keyed("as fast as it goes", &format!("k{i}")).await;
    }
    for i in 0..1_000 {
        socket.send(json!({"content": "x", "client_msg_id": format!("m{i}")})).await;
    }
    let (mut acks, mut waits) = (0, 0);
    while acks + waits < 1_000 {
        let frame = socket.until(|frame| frame["type"] == "ack" || frame["type"] == "error").await;
        acks += i32::from(frame["type"] == "ack");
        waits += i32::from(frame["code"] == "too_fast");
    }
    assert!(waits > 500, "{waits} of a thousand at once had to wait");
}

async fn an_account_with_hundreds_of_requests_at_once_leaves_others_theirs(setup: Setup) {
    let node = setup.node(&["--rates="]).await;
    let [alice, bob] = node.join_all(["alice", "bob"]).await;
    let flood = tokio::spawn(async move {
        let asked = (0..400).map(|_| alice.get("/api/users?limit=200"));
        futures_util::future::join_all(asked).await
    });
    for i in 0..20 {
        bob.say(1, "undisturbed", &format!("k{i}")).await.is(201);
        bob.get("/api/chats").await.is(200);
    }
    let answers = flood.await.expect("the flood ends");
    assert!(answers.iter().all(|answer| [200, 429].contains(&answer.status)));
}

async fn a_refusal_comes_a_moment_later_and_what_is_granted_at_once(setup: Setup) {
    let node = setup.node(&["--rates=chat=0.001/1"]).await;
    let alice = node.join("alice").await;
    alice.create_group(&[]).await;
    // The time itself is what is tested: it can only be longer on a busy machine.
    let began = std::time::Instant::now();
    for _ in 0..4 {
        let chat = json!({"type": "group", "name": "one more"});
        alice.post("/api/chats", chat).await.refused(429, "too_fast");
    }
    assert!(began.elapsed() >= 4 * MOMENT, "refused after {:?}", began.elapsed() / 4);
}
