//! What was said, page by page.

use crate::support::*;

on_both_stores! {
    history_is_read_in_pages_from_both_ends,
}

on_sqlite! {
    a_page_is_asked_for_within_bounds,
}

fn numbers(page: &Value) -> Vec<i64> {
    let messages = page["messages"].as_array().expect("messages");
    messages.iter().map(|message| message["n"].as_i64().expect("an n")).collect()
}

async fn history_is_read_in_pages_from_both_ends(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, bob] = node.join_all(["alice", "bob"]).await;
    let chat = alice.create_group(&[&bob]).await;
    let other = alice.create_group(&[]).await;
    let mut socket = alice.socket(chat).await;
    for i in 1..=120 {
        socket.say(&format!("message {i}")).await;
    }
    socket.message("message 120").await;
    alice.say(other, "elsewhere", "k1").await.is(201);
    let page = |query: &str| {
        let (bob, path) = (bob.clone(), format!("/api/chats/{chat}/messages{query}"));
        async move { bob.get(&path).await.is(200) }
    };

    let newest = page("").await;
    assert_eq!(numbers(&newest), (71..=120).collect::<Vec<_>>(), "50 unless asked, ascending");
    let message = &newest["messages"][49];
    assert_eq!(
        keys(message),
        [
            "chat_id",
            "content",
            "created_at",
            "id",
            "n",
            "pinned",
            "reactions",
            "seq",
            "user_id",
            "username"
        ]
    );
    assert_eq!(message["content"], "message 120");
    assert_eq!(message["username"], "alice");

    assert_eq!(numbers(&page("?before=41&limit=5").await), [36, 37, 38, 39, 40]);
    assert_eq!(numbers(&page("?after=41&limit=5").await), [42, 43, 44, 45, 46]);
    assert_eq!(numbers(&page("?before=1").await), [0; 0]);
    assert_eq!(numbers(&page("?after=120").await), [0; 0]);

    for (direction, start) in [("before", None), ("after", Some(0))] {
        let (mut position, mut seen) = (start, Vec::new());
        loop {
            let from = position.map_or(String::new(), |n| format!("&{direction}={n}"));
            let answer = page(&format!("?limit=7{from}")).await;
            seen.extend(numbers(&answer));
            match answer["next"].as_i64() {
                Some(next) => position = Some(next),
                None => break,
            }
        }
        seen.sort_unstable();
        assert_eq!(seen, (1..=120).collect::<Vec<_>>(), "each once, by {direction}");
    }
}

async fn a_page_is_asked_for_within_bounds(setup: Setup) {
    let node = setup.node(&[]).await;
    let alice = node.join("alice").await;
    for query in [
        "limit=0",
        "limit=201",
        "limit=-1",
        "limit=x",
        "before=x",
        "before=1&after=2",
    ] {
        let path = format!("/api/chats/1/messages?{query}");
        alice.get(&path).await.refused(400, "invalid_query");
    }
    alice.get("/api/chats/1/messages?limit=200&unknown=1").await.is(200);
}
