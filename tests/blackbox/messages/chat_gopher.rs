//! Chat Gopher's two routes: a message to everybody, and what was said between two instants.

use crate::support::*;

on_both_stores! {
    a_message_has_chat_gophers_shape_and_reaches_everybody,
    a_range_is_answered_by_time_with_both_ends_in_it,
    a_range_must_be_two_dates_in_order,
}

async fn a_message_has_chat_gophers_shape_and_reaches_everybody(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, bob] = node.join_all(["alice", "bob"]).await;
    let mut socket = bob.socket(1).await;
    let body = json!({"sequence": 1, "text": "Hello, World!"});
    let stored = alice.post("/api/messages", body.clone()).await.is(200);
    assert_eq!(keys(&stored), ["created_at", "id", "sequence", "text"]);
    assert_eq!((&stored["sequence"], &stored["text"]), (&json!(1), &json!("Hello, World!")));
    let frame = socket.message("Hello, World!").await;
    assert_eq!(frame["id"], stored["id"]);
    assert_eq!(frame["sequence"], 1);
    assert_eq!(frame["text"], "Hello, World!");
    let page = alice.get("/api/chats/1/messages").await.is(200);
    assert_eq!(page["messages"][0]["text"], "Hello, World!");

    // The number is the client's own: it may repeat, and is no key.
    let again = alice.post("/api/messages", body).await.is(200);
    assert_ne!(again["id"], stored["id"]);
    assert_eq!(again["sequence"], 1);
}

async fn a_range_is_answered_by_time_with_both_ends_in_it(setup: Setup) {
    let node = setup.node(&[]).await;
    let alice = node.join("alice").await;
    let group = alice.create_group(&[]).await;
    let mut told = Vec::new();
    for i in 1..=5 {
        told.push(
            alice
                .post("/api/messages", json!({"sequence": i, "text": format!("m{i}")}))
                .await
                .is(200),
        );
        alice.say(group, "elsewhere", &format!("k{i}")).await.is(201);
    }
    let range = |from: &Value, to: &Value| {
        let path =
            format!("/api/messages?from={}&to={}", from.as_str().unwrap(), to.as_str().unwrap());
        let alice = alice.clone();
        async move { alice.get(&path).await.is(200) }
    };
    let all = range(&json!("2020-01-01T00:00:00Z"), &json!("2099-01-01T00:00:00Z")).await;
    assert_eq!(all, json!(told), "General only, by time, in the shape of the answer to a POST");
    let middle = range(&told[1]["created_at"], &told[3]["created_at"]).await;
    assert_eq!(middle, json!(told[1..4]));
    let past = range(&json!("2025-02-01T00:00:00Z"), &json!("2025-02-10T23:59:59Z")).await;
    assert_eq!(past, json!([]));
    // The same instants, written with an offset.
    let offset =
        range(&json!("2020-01-01T03:00:00%2B03:00"), &json!("2099-01-01T00:00:00-05:00")).await;
    assert_eq!(offset, all);
}

async fn a_range_must_be_two_dates_in_order(setup: Setup) {
    let node = setup.node(&[]).await;
    let alice = node.join("alice").await;
    for query in [
        "",
        "?from=2025-02-01T00:00:00Z",
        "?to=2025-02-01T00:00:00Z",
        "?from=&to=",
        "?from=yesterday&to=today",
        "?from=2025-02-30T00:00:00Z&to=2025-03-01T00:00:00Z",
        "?from=2025-02-01&to=2025-02-02",
        "?from=1738368000&to=1738368001",
        "?from=2025-02-10T23:59:59Z&to=2025-02-01T00:00:00Z",
        "?from=2025-02-01T00:00:00Z'--&to=2025-02-01T00:00:00Z",
    ] {
        alice.get(&format!("/api/messages{query}")).await.refused(400, "invalid_query");
    }
}
