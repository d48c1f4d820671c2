//! Promise 8: `kill -9` at any instant loses memory only. The real binary, on both stores.

use std::collections::BTreeMap;
use std::time::Instant;

use crate::support::process::{ServerProcess, finish};
use crate::support::*;

on_both_stores! {
    nothing_acknowledged_is_lost_to_kill_9,
}

on_sqlite! {
    a_full_disk_loses_nothing_acknowledged,
    a_disk_with_room_again_has_what_was_acknowledged_and_takes_the_rest,
}

const SENDERS: usize = 4;
/// How often the server is killed.
const ROUNDS: usize = 3;

/// Sends one message after another until the server is gone; what was acknowledged, by key.
async fn stream(mut socket: TestSocket, prefix: String) -> BTreeMap<String, Option<Value>> {
    let mut sent = BTreeMap::new();
    for i in 0.. {
        // Up to eight are on their way at once.
        let key = format!("{prefix}-{i}");
        socket.send(json!({"content": key, "client_msg_id": key})).await;
        sent.insert(key, None);
        while sent.values().filter(|ack| ack.is_none()).count() >= 8 {
            match socket.hear_ever().await {
                Heard::Frame(frame) if frame["type"] == "ack" => {
                    let key = frame["client_msg_id"].as_str().expect("a key").to_owned();
                    sent.insert(key, Some(frame));
                }
                Heard::Frame(_) | Heard::Pong(_) => {}
                Heard::Closed(_) => return sent,
            }
        }
    }
    sent
}

async fn nothing_acknowledged_is_lost_to_kill_9(setup: Setup) {
    let mut server = setup.process(&[]).await;
    let mut alice = server.node().join("alice").await;
    let chat = alice.create_group(&[]).await;
    let mut sent: BTreeMap<String, Option<Value>> = BTreeMap::new();

    for round in 0..ROUNDS {
        let mut streams = Vec::new();
        for sender in 0..SENDERS {
            let socket = alice.socket(chat).await;
            streams.push(tokio::spawn(stream(socket, format!("{round}-{sender}"))));
        }
        // In the middle of it, at another point each round.
        let mut watching = alice.socket(chat).await;
        for _ in 0..100 * (round + 1) {
            watching.next("message").await;
        }
        server.kill().await;
        for stream in streams {
            sent.extend(stream.await.expect("a sender"));
        }

        let restarted = Instant::now();
        server = setup.process(&[]).await;
        assert!(restarted.elapsed().as_secs_f64() < 5.0, "it took {:?}", restarted.elapsed());
        alice = alice.at(server.node());
    }
    assert!(sent.values().any(Option::is_some), "something was acknowledged");
    assert!(sent.values().any(Option::is_none), "something was cut off");

    // Every send again, as a client does that was cut off: what was acknowledged gets the same
    // answer, what was not is stored now at the latest.
    let mut socket = alice.socket(chat).await;
    for (key, ack) in &sent {
        let again = socket.say_keyed(key, key).await;
        if let Some(ack) = ack {
            assert_eq!(again["dup"], true, "{key} was acknowledged and is lost");
            for member in ["id", "seq", "n", "created_at"] {
                assert_eq!(again[member], ack[member], "{key}: {member}");
            }
        }
    }
    let all = i64::try_from(sent.len()).expect("a count");
    let of_chat =
        |what: &str| format!("SELECT {what} FROM messages WHERE conversation_id = {chat}");
    for what in [
        "COUNT(*)",
        "COUNT(DISTINCT client_msg_id)",
        "MAX(n)",
        "COUNT(DISTINCT seq)",
    ] {
        assert_eq!(setup.number(&of_chat(what)).await, all, "{what}");
    }
    server.terminate();
    assert!(server.ended().await.success());
    let (succeeded, report) =
        finish(setup.dir(), &[&["verify".into()], &setup.arguments(&[])[..]].concat()).await;
    assert!(succeeded, "{report}");
}

async fn a_full_disk_loses_nothing_acknowledged(setup: Setup) {
    // The schema and the accounts fit, the messages do not.
    let arguments = setup.arguments(&[]);
    let server = ServerProcess::start_on_a_small_disk(setup.dir(), &arguments, 600).await;
    let alice = server.node().join("alice").await;
    let chat = alice.create_group(&[]).await;
    let path = format!("/api/chats/{chat}/messages");
    let text = "x".repeat(16_000);
    let (mut stored, mut refused) = (Vec::new(), Vec::new());
    let mut key = 0;
    while refused.len() < 3 {
        key += 1;
        let answer = alice
            .post(&path, json!({"content": text, "client_msg_id": format!("k{key}")}))
            .await;
        match answer.status {
            201 => stored.push(answer.is(201)),
            503 => refused.push(key),
            other => panic!("{other}: {}", answer.text),
        }
        assert!(key < 200, "the disk is full at last");
    }
    assert!(!stored.is_empty(), "something fitted");
    // Nobody is told what is not there: a reader of its own sees all that was acknowledged.
    let count = format!("SELECT COUNT(*) FROM messages WHERE conversation_id = {chat}");
    let acknowledged = i64::try_from(stored.len()).expect("a count");
    assert_eq!(setup.number(&count).await, acknowledged);
    server.kill().await;

    let server = setup.process(&[]).await;
    let alice = alice.at(server.node());
    assert_eq!(setup.number(&count).await, acknowledged);
    for key in &refused {
        let again = json!({"content": text, "client_msg_id": format!("k{key}")});
        alice.post(&path, again).await.is(201);
    }
    for message in &stored {
        let again = json!({"content": text, "client_msg_id": message["client_msg_id"]});
        let answer = alice.post(&path, again).await.is(200);
        assert_eq!((&answer["id"], &answer["dup"]), (&message["id"], &json!(true)));
    }
}

/// Sends this over a socket; its `ack`, or the error that says to repeat it.
async fn try_to_say(socket: &mut TestSocket, text: &str, key: &str) -> Value {
    socket.send(json!({"content": text, "client_msg_id": key})).await;
    let of_it = |frame: &Value| {
        frame["client_msg_id"] == key && (frame["type"] == "ack" || frame["type"] == "error")
    };
    socket.until(of_it).await
}

/// The keys of all messages of a chat, through all pages, each of which ends where it has enough bytes.
async fn keys_through_pages(reader: &TestClient, chat: i64) -> Vec<String> {
    let (mut keys, mut before) = (Vec::new(), String::new());
    loop {
        let path = format!("/api/chats/{chat}/messages?limit=200{before}");
        let page = reader.get(&path).await.is(200);
        for message in page["messages"].as_array().expect("messages") {
            keys.push(message["client_msg_id"].as_str().expect("a key").to_owned());
        }
        let Some(next) = page["next"].as_i64() else {
            keys.sort();
            return keys;
        };
        before = format!("&before={next}");
    }
}

/// The same process goes on, over the same socket.
async fn a_disk_with_room_again_has_what_was_acknowledged_and_takes_the_rest(setup: Setup) {
    let arguments = setup.arguments(&[]);
    let mut server = ServerProcess::start_on_a_small_disk(setup.dir(), &arguments, 3_000).await;
    let alice = server.node().join("alice").await;
    let chat = alice.create_group(&[]).await;
    let mut socket = alice.socket(chat).await;
    let text = "x".repeat(16_000);
    let (mut stored, mut refused) = (Vec::new(), Vec::new());
    for number in 100.. {
        let key = format!("k{number}");
        let answer = try_to_say(&mut socket, &text, &key).await;
        match answer["type"].as_str() {
            Some("ack") => stored.push(key),
            _ => {
                assert_eq!((&answer["code"], &answer["retry"]), (&json!("busy"), &json!(true)));
                refused.push(key);
            }
        }
        if refused.len() == 3 {
            break;
        }
        assert!(number < 300, "the disk is full at last");
    }
    assert!(stored.len() > 20, "more than a page has by its bytes");
    assert_eq!(keys_through_pages(&alice, chat).await, stored);

    server.has_room_again();
    for (keys, is_known) in [(&refused, false), (&stored, true)] {
        for key in keys {
            let ack = try_to_say(&mut socket, &text, key).await;
            assert_eq!((&ack["type"], &ack["dup"]), (&json!("ack"), &json!(is_known)), "{ack}");
        }
    }
    let all = [stored, refused].concat();
    let count = format!("SELECT COUNT(*) FROM messages WHERE conversation_id = {chat}");
    let there = i64::try_from(all.len()).expect("a count");
    for round in ["with room again", "after a kill"] {
        assert_eq!(keys_through_pages(&alice.at(server.node()), chat).await, all, "{round}");
        assert_eq!(setup.number(&count).await, there, "{round}");
        server.kill().await;
        server = setup.process(&[]).await;
    }
}
