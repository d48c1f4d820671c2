//! `GET /api/events`: what a socket hears, for networks that let no WebSocket through. The same
//! promises: nothing is missed, and nothing comes twice.

use crate::support::*;

on_both_stores! {
    what_is_said_comes_at_once_with_its_position,
    who_comes_back_with_the_last_id_gets_exactly_what_was_missed,
}

on_sqlite! {
    streams_that_break_again_and_again_miss_nothing_at_full_speed,
    a_position_that_is_none_of_ours_begins_afresh,
    who_may_not_listen_is_told_so,
    chats_that_are_not_open_are_counted,
    under_trust_a_stream_is_whose_it_says,
}

/// An open stream.
pub(crate) async fn stream(user: &TestClient, query: &str, last: Option<&str>) -> TestStream {
    TestStream::open(user, query, last)
        .await
        .unwrap_or_else(|refused| panic!("{query}: {refused:?}"))
}

async fn what_is_said_comes_at_once_with_its_position(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, bob] = node.join_all(["alice", "bob"]).await;
    let chat = alice.create_group(&[&bob]).await;
    alice.say(chat, "before", "k0").await.is(201);
    let mut events = stream(&bob, &format!("?open={chat}"), None).await;
    assert_eq!(events.header("content-type"), "text/event-stream");
    assert!(events.header("cache-control").contains("no-cache"));
    assert_eq!(events.header("x-accel-buffering"), "no");
    let ready = events.next("ready").await;
    assert_eq!((&ready["user_id"], &ready["chats"][1]["unread"]), (&json!(bob.id), &json!(1)));
    // Without a position a chat begins with its newest messages, and General from now on.
    let mut opened = [events.next("opened").await, events.next("opened").await];
    opened.sort_by_key(|step| step["chat_id"].as_i64());
    assert_eq!((&opened[0]["chat_id"], &opened[0]["changes"]), (&json!(1), &json!([])));
    assert_eq!(opened[1]["reset"], true);
    assert_eq!(opened[1]["changes"][0]["content"], "before");

    let epoch = ready["epoch"].as_str().expect("an epoch");
    alice.say(chat, "строка\nи ещё", "k1").await.is(201);
    let message = events.next("message").await;
    assert_eq!((&message["seq"], &message["content"]), (&json!(4), &json!("строка\nи ещё")));
    assert_eq!(events.last, format!("{epoch};1:2,{chat}:4"));
    alice.say(1, "to all", "k2").await.is(201);
    assert_eq!(events.next("message").await["content"], "to all");
    assert_eq!(events.last, format!("{epoch};1:3,{chat}:4"));
}

async fn who_comes_back_with_the_last_id_gets_exactly_what_was_missed(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, bob] = node.join_all(["alice", "bob"]).await;
    let (one, other) = (alice.create_group(&[&bob]).await, alice.create_group(&[&bob]).await);
    let query = format!("?open={one},{other}");
    let mut events = stream(&bob, &query, None).await;
    for _ in 0..3 {
        events.next("opened").await;
    }
    alice.say(one, "live", "k0").await.is(201);
    assert_eq!(events.next("message").await["seq"], 3);
    let last = events.last.clone();
    drop(events);

    for i in 1..=5 {
        for chat in [1, one, other] {
            alice.say(chat, &format!("missed {i}"), &format!("k{chat}-{i}")).await.is(201);
        }
    }
    let mut events = stream(&bob, &query, Some(&last)).await;
    events.next("ready").await;
    let mut missed = Vec::new();
    for _ in 0..3 {
        let step = events.next("opened").await;
        assert!(step["reset"].is_null(), "{step}");
        let changes = step["changes"].as_array().expect("changes");
        let seqs: Vec<_> = changes.iter().map(|change| change["seq"].as_i64()).collect();
        missed.push((step["chat_id"].as_i64(), seqs));
    }
    missed.sort();
    let from = |seq: i64| (seq..seq + 5).map(Some).collect::<Vec<_>>();
    assert_eq!(
        missed,
        [
            (Some(1), from(3)),
            (Some(one), from(4)),
            (Some(other), from(3))
        ]
    );
    // Live goes on behind it, and a page that was loaded anew has the same in its query.
    alice.say(other, "live again", "k9").await.is(201);
    assert_eq!(events.next("message").await["seq"], 8);
    let last = events.last.replace(';', "%3B");
    drop(events);
    alice.say(one, "missed again", "k10").await.is(201);
    let mut events = stream(&bob, &format!("{query}&last_event_id={last}"), None).await;
    assert_eq!(events.opened(one).await, (vec![9], false));
}

async fn streams_that_break_again_and_again_miss_nothing_at_full_speed(setup: Setup) {
    const MESSAGES: i64 = 1_500;
    let node = setup.node(&["--outbox-bytes=16384", "--send-rate=0", "--open-rate=0"]).await;
    let [alice, bob] = node.join_all(["alice", "bob"]).await;
    let chat = alice.create_group(&[&bob]).await;
    let mut writing = alice.socket(chat).await;
    let writer = tokio::spawn(async move {
        for i in 0..MESSAGES {
            writing.say(&format!("{i}")).await;
            writing.message(&format!("{i}")).await;
        }
    });
    let last = 2 + MESSAGES;
    let (mut position, mut id) = (2, None::<String>);
    while position < last {
        // Bound and not, in turn: the same position serves both.
        let query = match position % 2 {
            0 => format!("?chat_id={chat}"),
            _ => format!("?open={chat}"),
        };
        let mut events = stream(&bob, &query, id.as_deref()).await;
        let (mut taken, step) = (0, 1 + position % 50);
        let mut fresh = id.is_none();
        while taken < step && position < last {
            let event = events.event().await.expect("a live stream");
            let changes = match event.name.as_str() {
                "message" => vec![event.data.clone()],
                "opened" if event.data["chat_id"] == chat => {
                    let changes = event.data["changes"].as_array().expect("changes").clone();
                    if std::mem::take(&mut fresh) {
                        // It begins anywhere; from there on nothing is missing.
                        let first = changes.first().and_then(|change| change["seq"].as_i64());
                        let reached = event.data["seq"].as_i64().expect("a position");
                        position = first.map_or(reached, |first| first - 1);
                    }
                    changes
                }
                _ => vec![],
            };
            for change in changes {
                assert_eq!(change["seq"], position + 1, "after {position}");
                position += 1;
                taken += 1;
            }
        }
        id = Some(events.last.clone());
    }
    writer.await.expect("the writer");
}

async fn a_position_that_is_none_of_ours_begins_afresh(setup: Setup) {
    let node = setup.node(&[]).await;
    let alice = node.join("alice").await;
    let chat = alice.create_group(&[]).await;
    alice.say(chat, "hi", "k1").await.is(201);
    let query = format!("?chat_id={chat}");
    let mut events = stream(&alice, &query, None).await;
    events.opened(chat).await;
    let (epoch, _) = events.last.split_once(';').expect("an epoch");
    for last in [
        "nonsense",
        "",
        "42",
        &format!("another;1:1,{chat}:2"),
        &format!("{epoch};{chat}:99"),
        &format!("{epoch};{chat}:-1"),
        &format!("{epoch};1:1"),
    ] {
        let mut events = stream(&alice, &query, Some(last)).await;
        assert_eq!(events.opened(chat).await, (vec![2], true), "{last}");
        assert!(events.last.contains(&format!("{chat}:2")), "{}", events.last);
    }
}

async fn who_may_not_listen_is_told_so(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, mallory] = node.join_all(["alice", "mallory"]).await;
    let chat = alice.create_group(&[]).await;
    let refused = async |user: &TestClient, query: &str, status, code| {
        let refused = TestStream::open(user, query, None).await.expect_err("no stream");
        refused.refused(status, code)
    };
    refused(&node.nobody(), "", 401, "unauthenticated").await;
    let foreign = refused(&mallory, &format!("?chat_id={chat}"), 404, "chat_not_found").await;
    let absent = refused(&mallory, "?chat_id=4711", 404, "chat_not_found").await;
    assert_eq!(foreign, absent, "a foreign chat is answered like an absent one");
    refused(&mallory, &format!("?user_id={}", alice.id), 403, "forbidden").await;
    refused(&mallory, "?open=x", 400, "invalid_query").await;
    let many: Vec<String> = (1..=21).map(|chat| chat.to_string()).collect();
    refused(&mallory, &format!("?open={}", many.join(",")), 400, "invalid_query").await;

    // Of a list the others come.
    let mut events = stream(&mallory, &format!("?open={chat}"), None).await;
    let stranger = events.next("refused").await;
    assert_eq!((&stranger["code"], &stranger["chat_id"]), (&json!("not_member"), &json!(chat)));
    alice.say(chat, "unheard", "k1").await.is(201);
    alice.say(1, "heard", "k2").await.is(201);
    assert_eq!(events.next("message").await["content"], "heard");

    // The cookie serves our own page, and nobody else's.
    let cookie = format!("vestnik_session={}", alice.token.as_deref().expect("a token"));
    let get = |origin: &'static str| {
        let request = node.http().get(node.url("/api/events")).header("Cookie", &cookie);
        request.header("Origin", origin).send()
    };
    let foreign = get("https://evil.example").await.expect("an answer");
    assert_eq!(foreign.status(), 403);
    let own = node.http().get(node.url("/api/events")).header("Cookie", &cookie).send().await;
    let own = own.expect("an answer");
    assert_eq!(own.status(), 200);
    assert!(own.headers().get("access-control-allow-origin").is_none());
}

async fn chats_that_are_not_open_are_counted(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, bob] = node.join_all(["alice", "bob"]).await;
    let chat = alice.create_group(&[&bob]).await;
    let mut events = stream(&bob, "", None).await;
    events.opened(1).await;
    alice.say(chat, "hi", "k1").await.is(201);
    let unread = events.next("unread").await;
    assert_eq!((&unread["chat_id"], &unread["unread"]), (&json!(chat), &json!(1)));
}

async fn under_trust_a_stream_is_whose_it_says(setup: Setup) {
    let node = setup.node(&["--trust=true"]).await;
    let nobody = node.nobody();
    let account = json!({"username": "alice", "password": "secret", "email": "a@example.com"});
    let alice = nobody.post("/register", account).await.is(201)["id"].as_i64().expect("an id");
    let mut hers = stream(&nobody, &format!("?user_id={alice}"), None).await;
    assert_eq!(hers.next("ready").await["user_id"], alice);
    let mut anybodys = stream(&nobody, "", None).await;
    assert_eq!(anybodys.next("ready").await["user_id"], Value::Null);
    nobody.post("/api/messages", json!({"text": "Hello, World!"})).await.is(200);
    for events in [&mut hers, &mut anybodys] {
        assert_eq!(events.next("message").await["content"], "Hello, World!");
    }
}
