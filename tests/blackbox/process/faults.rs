//! The process dies at named places on the way of a message. Whatever the place: what was acknowledged
//! is there, and what was not is told by its repeat, once.

use crate::support::*;

on_both_stores! {
    before_the_commit_nothing_is_stored_and_the_repeat_stores_it,
    after_the_commit_the_repeat_is_answered_like_the_first_time,
    before_the_delivery_the_message_is_resumed,
    after_the_delivery_nothing_is_told_twice,
    without_its_writer_the_server_ends_to_be_started_again,
    a_conversation_that_fails_is_begun_anew_and_resumed,
    a_send_that_is_lost_with_its_conversation_is_answered,
    a_fault_is_taken_only_where_everybody_is_believed,
}

const CHAT: &str = "/ws?chat_id=1&user_id=1";

/// Sends one after another until the process dies: the keys, and those that were acknowledged.
async fn send_until_death(setup: &Setup, fault: &str) -> (Vec<String>, Vec<String>) {
    let fault = format!("--fault={fault}");
    let server = setup.process(&["--trust", &fault]).await;
    let mut socket = server.node().socket(CHAT).await;
    let (mut sent, mut acked) = (Vec::new(), Vec::new());
    for i in 0..50 {
        let key = format!("key-{i}");
        socket.send(json!({"content": key, "client_msg_id": key})).await;
        sent.push(key);
        loop {
            match socket.hear_ever().await {
                Heard::Frame(frame) if frame["type"] == "ack" => {
                    acked.push(frame["client_msg_id"].as_str().expect("a key").to_owned());
                    break;
                }
                Heard::Frame(_) | Heard::Pong(_) => {}
                Heard::Closed(_) => {
                    assert!(!server.ended().await.success(), "it died");
                    return (sent, acked);
                }
            }
        }
    }
    panic!("it did not die of {fault}");
}

/// Repeats the last send on a server that lives: the answer, after the whole history was checked.
async fn repeat(setup: &Setup, sent: &[String], acked: &[String]) -> Value {
    let server = setup.process(&["--trust"]).await;
    let mut socket = server.node().socket(CHAT).await;
    let key = sent.last().expect("a send");
    socket.send(json!({"content": key, "client_msg_id": key})).await;
    let ack = socket.until(|frame| frame["type"] == "ack").await;
    let history = server.node().nobody().history(1).await;
    let stored: Vec<_> = history.iter().map(|m| m["content"].as_str().expect("a text")).collect();
    assert_eq!(stored, sent, "each once, in order");
    assert!(acked.iter().all(|key| stored.contains(&key.as_str())));
    ack
}

/// Somebody to speak.
async fn with_a_user(setup: &Setup) {
    let server = setup.process(&[]).await;
    server.node().join("alice").await;
    server.kill().await;
}

async fn before_the_commit_nothing_is_stored_and_the_repeat_stores_it(setup: Setup) {
    with_a_user(&setup).await;
    let (sent, acked) = send_until_death(&setup, "before_commit@4").await;
    assert_eq!((sent.len(), acked.len()), (4, 3));
    let ack = repeat(&setup, &sent, &acked).await;
    assert_eq!(ack["dup"], false);
}

async fn after_the_commit_the_repeat_is_answered_like_the_first_time(setup: Setup) {
    with_a_user(&setup).await;
    let (sent, acked) = send_until_death(&setup, "after_commit@4").await;
    assert_eq!((sent.len(), acked.len()), (4, 3), "stored, and nobody was told");
    let ack = repeat(&setup, &sent, &acked).await;
    assert_eq!((&ack["dup"], &ack["n"]), (&json!(true), &json!(4)));
}

async fn before_the_delivery_the_message_is_resumed(setup: Setup) {
    with_a_user(&setup).await;
    let (sent, acked) = send_until_death(&setup, "before_delivery@4").await;
    assert_eq!((sent.len(), acked.len()), (4, 3), "nobody has seen it");
    let server = setup.process(&["--trust"]).await;
    let mut socket = server.node().socket("/ws?user_id=1").await;
    let ready = socket.next("ready").await;
    let head = ready["chats"][0]["seq"].as_i64().expect("a seq");
    socket.send(json!({"type": "open", "chat_id": 1, "after": head - 1})).await;
    let opened = socket.next("opened").await;
    assert_eq!(opened["changes"][0]["content"], "key-3", "{opened}");
    assert_eq!(opened["changes"].as_array().map(Vec::len), Some(1));
}

async fn after_the_delivery_nothing_is_told_twice(setup: Setup) {
    with_a_user(&setup).await;
    let (mut sent, acked) = send_until_death(&setup, "after_delivery@4").await;
    // It may have been told, or not; another send that was quick enough was not read.
    assert!((3..=4).contains(&acked.len()));
    sent.truncate(4);
    let ack = repeat(&setup, &sent, &acked).await;
    assert_eq!(ack["dup"], true);
}

async fn without_its_writer_the_server_ends_to_be_started_again(setup: Setup) {
    with_a_user(&setup).await;
    let (sent, acked) = send_until_death(&setup, "panic:after_commit@4").await;
    assert_eq!((sent.len(), acked.len()), (4, 3));
    let ack = repeat(&setup, &sent, &acked).await;
    assert_eq!(ack["dup"], true);
}

async fn a_conversation_that_fails_is_begun_anew_and_resumed(setup: Setup) {
    with_a_user(&setup).await;
    let server = setup.process(&["--trust", "--fault=panic:before_delivery@4"]).await;
    let mut listener = server.node().socket(CHAT).await;
    let mut socket = server.node().socket(CHAT).await;
    for i in 0..3 {
        socket.say_keyed("before", &format!("key-{i}")).await;
    }
    socket.send(json!({"content": "at last", "client_msg_id": "key-3"})).await;
    let (_, code) = socket.closed().await;
    assert_eq!(code, Some(4000), "come back at once");
    // Somebody comes to the successor before the old sockets are gone, or after it.
    let mut socket = server.node().socket(CHAT).await;
    socket.send(json!({"content": "at last", "client_msg_id": "key-3"})).await;
    let ack = socket.until(|frame| frame["type"] == "ack").await;
    assert_eq!((&ack["dup"], &ack["n"]), (&json!(true), &json!(4)));
    socket.send(json!({"content": "and on", "client_msg_id": "key-4"})).await;
    socket.until(|frame| frame["type"] == "ack" && frame["n"] == 5).await;
    let (heard, code) = listener.closed().await;
    assert_eq!(code, Some(4000), "it has missed one, and hears nothing of what came after");
    let heard: Vec<_> = heard.iter().filter_map(|frame| frame["n"].as_i64()).collect();
    assert_eq!(heard, [1, 2, 3]);
}

/// A socket that does not listen to a conversation does not close with it, and would wait for ever.
async fn a_send_that_is_lost_with_its_conversation_is_answered(setup: Setup) {
    with_a_user(&setup).await;
    let server = setup.process(&["--trust", "--fault=panic:before_delivery@2"]).await;
    let chat = server.node().nobody().create_chat("group", "elsewhere").await;
    let member = json!({"conversation_id": chat, "user_id": 1});
    server.node().nobody().post("/addMember", member).await.is(201);
    let mut socket = server.node().socket("/ws?user_id=1").await;
    for key in ["key-0", "key-1"] {
        let frame = json!({"type": "send", "chat_id": chat, "content": key, "client_msg_id": key});
        socket.send(frame).await;
    }
    let error = socket.until(|frame| frame["type"] == "error").await;
    assert_eq!((&error["code"], &error["retry"]), (&json!("outcome_unknown"), &json!(true)));
    let key = error["client_msg_id"].as_str().expect("a key").to_owned();
    let again = json!({"type": "send", "chat_id": chat, "content": key, "client_msg_id": key});
    socket.send(again).await;
    socket
        .until(|frame| frame["type"] == "ack" && frame["client_msg_id"] == key.as_str())
        .await;
}

async fn a_fault_is_taken_only_where_everybody_is_believed(setup: Setup) {
    use crate::support::process::finish;
    for (words, said) in [
        (&["--listen=127.0.0.1:0", "--fault=after_commit@1"][..], "--trust"),
        (&["--trust", "--fault=nowhere@1"], "nowhere@1"),
    ] {
        let words: Vec<_> = words.iter().map(ToString::to_string).collect();
        let (succeeded, output) = finish(setup.dir(), &words).await;
        assert!(!succeeded && output.contains(said), "{output}");
    }
}
