//! What is large goes out in pages that end at a bound in bytes, or in pieces; and readers that do not
//! read hold little, and not for long.

use reqwest::Method;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use vestnik::actors::request_permits::READINGS;

use crate::support::setup::setting;
use crate::support::*;

on_both_stores! {
    a_page_ends_at_a_bound_in_bytes_and_nothing_is_left_out,
    a_span_of_general_is_told_whole_and_in_pieces,
}

on_sqlite! {
    an_answer_beyond_the_budget_is_busy_until_a_reader_that_does_not_read_is_cut,
    who_reads_nothing_on_one_device_reads_on_on_another,
    hundreds_of_readers_that_read_nothing_cost_little_and_hold_nobody_up,
}

/// A page, with room for its last item.
const PAGE: usize = (256 << 10) + 1_024;
/// Six times as long in JSON.
const LONG: usize = 10_000;

async fn say_long(client: &TestClient, chat: i64, many: usize) {
    for i in 0..many {
        let text = format!("{i}{}", "\u{1}".repeat(LONG));
        client.say(chat, &text, &format!("k{i}")).await.is(201);
    }
}

async fn a_page_ends_at_a_bound_in_bytes_and_nothing_is_left_out(setup: Setup) {
    const MANY: usize = 23;
    let node = setup.node(&[]).await;
    let alice = node.join("alice").await;
    let chat = alice.create_chat("group", "long").await;
    say_long(&alice, chat, MANY).await;
    let path = format!("/api/chats/{chat}/messages");
    let page = async |query: String| {
        let answer = alice.get(&format!("{path}?limit=200{query}")).await;
        assert!(answer.text.len() <= PAGE, "{query}: {}", answer.text.len());
        let page = answer.is(200);
        let ns: Vec<_> = page["messages"].as_array().expect("messages").iter().map(n).collect();
        assert!(ns.windows(2).all(|pair| pair[0] + 1 == pair[1]), "{query}: {ns:?}");
        (ns, page["next"].as_i64())
    };
    let (mut all, mut next) = page(String::new()).await;
    assert!(all.len() >= 3 && all.ends_with(&[MANY as i64]), "{all:?}");
    while let Some(before) = next {
        assert_eq!(before, all[0]);
        let (mut earlier, further) = page(format!("&before={before}")).await;
        earlier.append(&mut all);
        (all, next) = (earlier, further);
    }
    assert_eq!(all, (1..=MANY as i64).collect::<Vec<_>>());
    let (mut all, mut next) = page("&after=0".into()).await;
    while let Some(after) = next {
        let (mut later, further) = page(format!("&after={after}")).await;
        all.append(&mut later);
        next = further;
    }
    assert_eq!(all, (1..=MANY as i64).collect::<Vec<_>>());
    for around in [1, 2, 12, MANY as i64] {
        let (ns, next) = page(format!("&around={around}")).await;
        assert!(ns.contains(&around), "{around}: {ns:?}");
        assert_eq!(next.is_some(), !ns.ends_with(&[MANY as i64]), "{around}: {ns:?}");
    }
    pins_and_versions(&alice, chat, MANY).await;
}

fn n(message: &Value) -> i64 {
    message["n"].as_i64().expect("a number")
}

async fn pins_and_versions(alice: &TestClient, chat: i64, many: usize) {
    for id in 1..=many {
        alice.put(&format!("/api/chats/{chat}/pins/{id}"), json!({})).await.is(204);
        let content = format!("{id}{}", "\u{2}".repeat(LONG));
        let path = format!("/api/chats/{chat}/messages/1");
        alice.patch(&path, json!({"content": content})).await.is(200);
    }
    for (path, list, whole) in [
        (format!("/api/chats/{chat}/pins"), "messages", many),
        (format!("/api/chats/{chat}/messages/1/versions"), "versions", many + 1),
    ] {
        let (mut told, mut after) = (Vec::new(), String::new());
        loop {
            let answer = alice.get(&format!("{path}{after}")).await;
            assert!(answer.text.len() <= PAGE, "{path}: {}", answer.text.len());
            let page = answer.is(200);
            told.extend(page[list].as_array().expect("a list").clone());
            match page["next"].as_i64() {
                Some(next) => after = format!("?after={next}"),
                None => break,
            }
        }
        assert_eq!(told.len(), whole, "{path}");
        told.dedup_by_key(|item| item["content"].to_string() + &item["id"].to_string());
        assert_eq!(told.len(), whole, "{path}");
    }
}

async fn a_span_of_general_is_told_whole_and_in_pieces(setup: Setup) {
    let node = setup.node(&[]).await;
    let alice = node.join("alice").await;
    let span = "/api/messages?from=2020-01-01T00:00:00Z&to=2100-01-01T00:00:00Z";
    assert_eq!(alice.get(span).await.is(200), json!([]));
    say_long(&alice, 1, 12).await;
    for i in 0..40 {
        alice.say(1, &format!("short {i}"), &format!("s{i}")).await.is(201);
    }
    let answer = alice.get(span).await;
    assert_eq!(answer.headers.get("content-length"), None, "in pieces");
    assert_eq!(answer.headers.get("x-truncated"), None);
    assert!(answer.header("content-type").starts_with("application/json"));
    let told = answer.is(200);
    let ids: Vec<_> = told.as_array().expect("an array").iter().map(|one| &one["id"]).collect();
    assert_eq!(ids, (1..=52).collect::<Vec<_>>());
    assert_eq!(told[51]["text"], "short 39");
    // Less of it, and nothing of it.
    let last = told[51]["created_at"].as_str().expect("a time");
    let one = format!("/api/messages?from={last}&to={last}");
    assert_eq!(alice.get(&one).await.is(200)[0]["id"], 52);
}

/// Asks for this on a connection of its own that takes as little in as it can.
async fn ask_and_read_nothing(client: &TestClient, node: &TestNode, path: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4_096).expect("a small buffer");
    let mut stream = socket.connect(node.address()).await.expect("a connection");
    let token = client.token.as_deref().expect("signed in");
    let head = format!(
        "GET {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {token}\r\n\r\n",
        node.address()
    );
    stream.write_all(head.as_bytes()).await.expect("a live connection");
    stream
}

const SPAN: &str = "/api/messages?from=2020-01-01T00:00:00Z&to=2100-01-01T00:00:00Z";

async fn an_answer_beyond_the_budget_is_busy_until_a_reader_that_does_not_read_is_cut(
    setup: Setup,
) {
    let node = setup.node(&["--answer-bytes=400000"]).await;
    let [alice, bob] = node.join_all(["alice", "bob"]).await;
    // More than the kernel keeps for a reader.
    say_long(&alice, 1, 200).await;
    let page = "/api/chats/1/messages?limit=200";
    bob.get(page).await.is(200);
    let mut stalled = ask_and_read_nothing(&alice, &node, SPAN).await;
    let mut first = [0; 12];
    within("the head of an answer", stalled.read_exact(&mut first))
        .await
        .expect("an answer");
    assert_eq!(&first, b"HTTP/1.1 200");
    let refused = bob.get(page).await;
    assert!(!refused.header("retry-after").is_empty());
    refused.refused(503, "busy");
    bob.get("/api/me").await.is(200);
    bob.say(1, "undisturbed", "b1").await.is(201);
    // It is still there, and still takes nothing.
    let ask = || async { Some(bob.get(page).await).filter(|answer| answer.status == 200) };
    eventually("the end of a reader that does not read", ask).await;
    let mut rest = Vec::new();
    let _ = within("the end of its connection", stalled.read_to_end(&mut rest)).await;
    assert!(!rest.ends_with(b"\r\n0\r\n\r\n"), "it was cut");
}

async fn who_reads_nothing_on_one_device_reads_on_on_another(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, bob] = node.join_all(["alice", "bob"]).await;
    // More than the kernel keeps for a reader.
    say_long(&bob, 1, 200).await;
    // More than are made at once, each of which is being written.
    let mut stalled = Vec::new();
    for _ in 0..=READINGS {
        let mut one = ask_and_read_nothing(&alice, &node, SPAN).await;
        let mut first = [0; 12];
        within("the head of an answer", one.read_exact(&mut first))
            .await
            .expect("an answer");
        stalled.push(one);
    }
    alice.get("/api/me").await.is(200);
    alice.get("/api/chats/1/messages?limit=200").await.is(200);
    // Those did not wait until one of these was cut: it is there still, and whole.
    let mut rest = Vec::new();
    while !rest.ends_with(b"\r\n0\r\n\r\n") {
        let read = within("the rest of an answer", stalled[0].read_buf(&mut rest)).await;
        assert!(read.is_ok_and(|count| count > 0), "it was cut");
    }
}

async fn hundreds_of_readers_that_read_nothing_cost_little_and_hold_nobody_up(setup: Setup) {
    const ACCOUNTS: usize = 10;
    let readers = setting("READERS", 400);
    let server = setup.process(&[]).await;
    let node = server.node();
    let bob = node.join("bob").await;
    let mut accounts = Vec::new();
    for i in 0..ACCOUNTS {
        accounts.push(node.join(&format!("reader{i}")).await);
    }
    say_long(&bob, 1, 300).await;
    let before = server.resident_mib();
    let mut held = Vec::new();
    for i in 0..readers {
        let path = [SPAN, "/api/chats/1/messages?limit=200"][i % 2];
        held.push(ask_and_read_nothing(&accounts[i % ACCOUNTS], node, path).await);
    }
    for i in 0..50 {
        bob.say(1, "undisturbed", &format!("b{i}")).await.is(201);
        bob.get("/api/chats").await.is(200);
    }
    let after = server.resident_mib();
    eprintln!("{readers} readers that read nothing: {before} MiB before, {after} MiB with them");
    assert!(after < before + 200, "{before} MiB before, {after} MiB with them");
    drop(held);
    let answer = bob.request(Method::GET, SPAN, None, &[]).await;
    assert_eq!(answer.status, 200);
}
