//! Promise 4: who knows a position gets everything after it, from any moment in the past, without a
//! window between history and live. One socket for many chats.

use crate::support::*;

on_both_stores! {
    a_socket_without_a_chat_is_told_where_its_user_stands,
    who_comes_back_gets_exactly_what_was_missed,
    a_replay_joins_a_stream_at_full_speed_without_a_gap,
    a_position_of_another_history_is_reset,
    a_chat_in_the_background_counts_by_absolute_values,
}

on_sqlite! {
    a_chat_is_active_until_it_is_closed,
    a_chat_that_is_not_ones_own_is_not_opened,
    what_is_read_moves_forward_only_and_on_all_sockets,
    a_long_replay_goes_at_its_readers_pace,
    an_open_of_the_bound_chat_still_ends_with_its_membership,
    a_socket_that_goes_during_a_replay_leaves_nothing,
    an_answer_comes_though_the_chat_is_opened_right_behind_the_send,
}

/// A socket for all chats, and its first frame.
async fn connect(user: &TestClient) -> (TestSocket, Value) {
    let mut socket = user.any_socket().await;
    let ready = socket.frame().await;
    assert_eq!(ready["type"], "ready", "{ready}");
    (socket, ready)
}

async fn open(socket: &mut TestSocket, chat: i64, after: i64) {
    socket.send(json!({"type": "open", "chat_id": chat, "after": after})).await;
}

/// Everything that an `open` answers, up to its last step: the changes, and the position reached.
async fn opened(socket: &mut TestSocket, chat: i64) -> (Vec<Value>, i64) {
    let mut changes = Vec::new();
    loop {
        let step = socket
            .until(|frame| frame["type"] == "opened" && frame["chat_id"] == chat)
            .await;
        changes.extend(step["changes"].as_array().expect("changes").iter().cloned());
        if step["more"].is_null() {
            return (changes, step["seq"].as_i64().expect("a position"));
        }
    }
}

/// The next frame that is no count of a background chat.
async fn said(socket: &mut TestSocket) -> Value {
    socket.until(|frame| frame["type"] != "unread").await
}

fn seqs(changes: &[Value]) -> Vec<i64> {
    changes.iter().map(|change| change["seq"].as_i64().expect("a seq")).collect()
}

async fn a_socket_without_a_chat_is_told_where_its_user_stands(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, bob] = node.join_all(["alice", "bob"]).await;
    let chat = alice.create_group(&[&bob]).await;
    for i in 0..3 {
        alice.say(chat, "hi", &format!("k{i}")).await;
    }
    let (_, ready) = connect(&bob).await;
    assert_eq!(ready["user_id"], bob.id);
    assert!(ready["epoch"].as_str().is_some_and(|epoch| epoch.len() == 32), "{ready}");
    let stands = ready["chats"].as_array().expect("chats");
    assert_eq!(stands[0]["chat_id"], 1, "General is one of them");
    let expected = json!({
        "chat_id": chat, "seq": 5, "n": 3, "read_n": 0, "unread": 3, "mentions": 0,
    });
    assert_eq!(stands[1], expected);
    let (_, ready) = connect(&alice).await;
    assert_eq!(ready["chats"][1]["unread"], 0, "one has read what one wrote");
}

async fn who_comes_back_gets_exactly_what_was_missed(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, bob] = node.join_all(["alice", "bob"]).await;
    let chat = alice.create_group(&[&bob]).await;
    let (mut socket, _) = connect(&bob).await;
    open(&mut socket, chat, 0).await;
    let (changes, position) = opened(&mut socket, chat).await;
    assert_eq!((seqs(&changes), position), (vec![1, 2], 2));
    alice.say(chat, "live", "k0").await;
    assert_eq!(socket.message("live").await["seq"], 3);
    drop(socket);

    for i in 1..=5 {
        alice.say(chat, &format!("missed {i}"), &format!("k{i}")).await;
    }
    alice
        .patch(&format!("/api/chats/{chat}"), json!({"name": "Renamed"}))
        .await
        .is(200);
    let (mut socket, _) = connect(&bob).await;
    open(&mut socket, chat, 3).await;
    let (changes, position) = opened(&mut socket, chat).await;
    assert_eq!((seqs(&changes), position), ((4..=9).collect(), 9));
    assert_eq!(changes[0]["content"], "missed 1");
    assert_eq!(changes[0]["client_msg_id"], "k1");
    assert_eq!((&changes[5]["type"], &changes[5]["name"]), (&json!("chat"), &json!("Renamed")));
    alice.say(chat, "live again", "k9").await;
    assert_eq!(socket.message("live again").await["seq"], 10);

    // Nothing missed is an answer too.
    open(&mut socket, chat, 10).await;
    assert_eq!(opened(&mut socket, chat).await, (vec![], 10));
}

async fn a_replay_joins_a_stream_at_full_speed_without_a_gap(setup: Setup) {
    const BEFORE: i64 = 300;
    const MEANWHILE: i64 = 1_500;
    let node = setup.node(&["--outbox-bytes=16384", "--send-rate=0"]).await;
    let [alice, bob] = node.join_all(["alice", "bob"]).await;
    let chat = alice.create_group(&[&bob]).await;
    let mut writing = alice.socket(chat).await;
    for i in 0..BEFORE {
        writing.say(&format!("before {i}")).await;
    }
    writing.message(&format!("before {}", BEFORE - 1)).await;
    let stream = tokio::spawn(async move {
        for i in 0..MEANWHILE {
            writing.say(&format!("meanwhile {i}")).await;
            // It must read, or be cut as slow.
            writing.message(&format!("meanwhile {i}")).await;
        }
    });
    // Again and again into the middle of it: what was replayed and what is live are one run.
    let last = 2 + BEFORE + MEANWHILE;
    let mut position = 2;
    while position < last {
        let (mut socket, _) = connect(&bob).await;
        open(&mut socket, chat, position).await;
        let (changes, reached) = opened(&mut socket, chat).await;
        let expected: Vec<i64> = (position + 1..=reached).collect();
        assert_eq!(seqs(&changes), expected, "the replay has everything");
        position = reached;
        for _ in 0..40.min(last - position) {
            let live = socket.until(|frame| frame["chat_id"] == chat).await;
            assert_eq!(live["seq"], position + 1, "live goes on where the replay ends");
            position += 1;
        }
    }
    stream.await.expect("the stream");
}

async fn a_position_of_another_history_is_reset(setup: Setup) {
    let node = setup.node(&[]).await;
    let alice = node.join("alice").await;
    let chat = alice.create_group(&[]).await;
    for i in 0..60 {
        alice.say(chat, &format!("{i}"), &format!("k{i}")).await;
    }
    let (mut socket, ready) = connect(&alice).await;
    for frame in [
        json!({"type": "open", "chat_id": chat, "after": 1_000}),
        json!({"type": "open", "chat_id": chat, "after": -1}),
        json!({"type": "open", "chat_id": chat, "after": 5, "epoch": "another"}),
        json!({"type": "open", "chat_id": chat}),
    ] {
        socket.send(frame.clone()).await;
        let fresh = socket.next("opened").await;
        assert_eq!((&fresh["reset"], &fresh["seq"]), (&json!(true), &json!(61)), "{frame}");
        let page = fresh["changes"].as_array().expect("a page");
        assert_eq!((page.len(), &page[49]["n"]), (50, &json!(60)));
    }
    let epoch = &ready["epoch"];
    socket
        .send(json!({"type": "open", "chat_id": chat, "after": 60, "epoch": epoch}))
        .await;
    let resumed = socket.next("opened").await;
    assert_eq!((&resumed["reset"], &resumed["seq"]), (&Value::Null, &json!(61)));
}

async fn a_chat_is_active_until_it_is_closed(setup: Setup) {
    let node = setup.node(&[]).await;
    let alice = node.join("alice").await;
    let (one, other) = (alice.create_group(&[]).await, alice.create_group(&[]).await);
    let (mut socket, _) = connect(&alice).await;
    open(&mut socket, one, 1).await;
    opened(&mut socket, one).await;
    // One dialect: a send names its chat; what is not open answers, and is not heard.
    socket
        .send(json!({"chat_id": other, "content": "x", "client_msg_id": "k1"}))
        .await;
    assert_eq!(said(&mut socket).await["type"], "ack");
    socket.send(json!({"chat_id": one, "content": "heard"})).await;
    assert_eq!(said(&mut socket).await["content"], "heard");
    socket.send(json!({"content": "to all"})).await;
    assert_eq!(said(&mut socket).await["chat_id"], 1, "without a chat it is General");

    socket.send(json!({"type": "close", "chat_id": one})).await;
    socket
        .send(json!({"chat_id": one, "content": "unheard", "client_msg_id": "k2"}))
        .await;
    assert_eq!(said(&mut socket).await["client_msg_id"], "k2");
    socket.send(json!({"type": "close", "chat_id": 1})).await;
    socket.send(json!({"content": "General stays"})).await;
    assert_eq!(said(&mut socket).await["content"], "General stays");
}

async fn a_chat_that_is_not_ones_own_is_not_opened(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, mallory] = node.join_all(["alice", "mallory"]).await;
    let chat = alice.create_group(&[]).await;
    let (mut socket, _) = connect(&mallory).await;
    let mut answers = Vec::new();
    for id in [chat, 4_711] {
        open(&mut socket, id, 0).await;
        let mut refused = socket.refused("not_member").await;
        assert_eq!(refused["chat_id"], id);
        refused["chat_id"] = Value::Null;
        answers.push(refused);
    }
    assert_eq!(answers[0], answers[1], "a foreign chat is answered like an absent one");
    alice.say(chat, "unheard", "k").await;
    alice.say(1, "heard", "g").await;
    assert_eq!(socket.next("message").await["content"], "heard");
}

async fn what_is_read_moves_forward_only_and_on_all_sockets(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, bob] = node.join_all(["alice", "bob"]).await;
    let chat = alice.create_group(&[&bob]).await;
    for i in 0..5 {
        alice.say(chat, "hi", &format!("k{i}")).await;
    }
    let (mut phone, _) = connect(&bob).await;
    let (mut desk, _) = connect(&bob).await;
    for (n, read_n) in [(3, 3), (1, 3), (99, 5)] {
        phone.send(json!({"type": "read", "chat_id": chat, "n": n})).await;
        for socket in [&mut phone, &mut desk] {
            let unread = socket.next("unread").await;
            let expected = json!({
                "type": "unread", "chat_id": chat, "seq": 7, "n": 5,
                "read_n": read_n, "unread": 5 - read_n, "mentions": 0,
            });
            assert_eq!(unread, expected);
        }
    }
}

async fn a_long_replay_goes_at_its_readers_pace(setup: Setup) {
    const MESSAGES: i64 = 400;
    let node = setup.node(&["--outbox-bytes=65536", "--send-rate=0"]).await;
    let alice = node.join("alice").await;
    let chat = alice.create_group(&[]).await;
    let mut writing = alice.socket(chat).await;
    let text = "x".repeat(16_000);
    for _ in 0..MESSAGES {
        writing.say(&text).await;
        writing.next("message").await;
    }
    let (mut socket, _) = connect(&alice).await;
    open(&mut socket, chat, 0).await;
    let (changes, position) = opened(&mut socket, chat).await;
    assert_eq!(position, MESSAGES + 1);
    assert_eq!(seqs(&changes), (1..=position).collect::<Vec<_>>());
}

async fn an_open_of_the_bound_chat_still_ends_with_its_membership(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, bob] = node.join_all(["alice", "bob"]).await;
    let chat = alice.create_group(&[&bob]).await;
    let mut socket = bob.socket(chat).await;
    open(&mut socket, chat, 0).await;
    opened(&mut socket, chat).await;
    let member = format!("/api/chats/{chat}/members/{}", bob.id);
    alice.delete(&member, json!({})).await.is(204);
    let (_, code) = socket.closed().await;
    assert_eq!(code, Some(4503));
}

/// The counts of `chat` that come until there are `unread`; how many it took.
async fn counted(socket: &mut TestSocket, chat: i64, unread: i64) -> usize {
    for frames in 1.. {
        let counts = socket.next("unread").await;
        assert_eq!(counts["chat_id"], chat, "{counts}");
        let behind = counts["n"].as_i64().expect("n") - counts["read_n"].as_i64().expect("n");
        assert_eq!(counts["unread"], behind, "{counts}");
        if behind == unread {
            return frames;
        }
    }
    unreachable!("it counts for ever")
}

async fn a_chat_in_the_background_counts_by_absolute_values(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, bob] = node.join_all(["alice", "bob"]).await;
    let chat = alice.create_group(&[&bob]).await;
    let (mut socket, _) = connect(&bob).await;
    let mut writing = alice.socket(chat).await;
    for i in 0..100 {
        writing.say(&format!("{i}")).await;
    }
    let frames = counted(&mut socket, chat, 100).await;
    assert!(frames < 30, "a hundred messages are a few counts, not {frames}");

    // One's own word has been read, from wherever it was said.
    bob.say(chat, "mine", "k1").await;
    counted(&mut socket, chat, 0).await;
    alice.say(chat, "one more", "k2").await;
    counted(&mut socket, chat, 1).await;
    socket.send(json!({"type": "read", "chat_id": chat, "n": 102})).await;
    counted(&mut socket, chat, 0).await;

    // Active: the words themselves, and no counts.
    open(&mut socket, chat, 104).await;
    opened(&mut socket, chat).await;
    alice.say(chat, "heard", "k3").await;
    assert_eq!(said(&mut socket).await["content"], "heard");
    socket.send(json!({"type": "close", "chat_id": chat})).await;
    alice.say(chat, "counted", "k4").await;
    counted(&mut socket, chat, 2).await;

    // A chat that one is added to counts too, and one that one is removed from no longer.
    let new = alice.create_group(&[]).await;
    alice.say(new, "before you came", "k5").await;
    alice.add(new, &bob, "member").await.is(201);
    counted(&mut socket, new, 0).await;
    alice.say(new, "after", "k6").await;
    counted(&mut socket, new, 1).await;
    alice.remove(chat, &bob).await.is(204);
    alice.say(chat, "not for you", "k7").await;
    alice.say(new, "for you", "k8").await;
    counted(&mut socket, new, 2).await;
}

async fn a_socket_that_goes_during_a_replay_leaves_nothing(setup: Setup) {
    const MESSAGES: i64 = 200;
    let node = setup.node(&["--idle-seconds=0", "--send-rate=0"]).await;
    let alice = node.join("alice").await;
    let chat = alice.create_group(&[]).await;
    let mut writing = alice.socket(chat).await;
    for _ in 0..MESSAGES {
        writing.say(&"x".repeat(16_000)).await;
        writing.next("message").await;
    }
    drop(writing);
    for _ in 0..10 {
        let (mut socket, _) = connect(&alice).await;
        open(&mut socket, chat, 0).await;
        assert_eq!(socket.next("opened").await["more"], true);
    }
    // Who listens keeps a conversation in memory.
    eventually("nobody to listen", || async {
        let metrics = alice.get("/metrics").await.text;
        metrics.lines().any(|line| line == "vestnik_conversations 0").then_some(())
    })
    .await;
}

async fn an_answer_comes_though_the_chat_is_opened_right_behind_the_send(setup: Setup) {
    let node = setup.node(&["--send-rate=0"]).await;
    let [alice, bob] = node.join_all(["alice", "bob"]).await;
    let chat = alice.create_group(&[]).await;
    alice.add(chat, &bob, "guest").await.is(201);
    let (mut writing, _) = connect(&alice).await;
    let (mut reading, _) = connect(&bob).await;
    for i in 0..100 {
        let key = format!("k{i}");
        for (socket, answer) in [(&mut writing, "ack"), (&mut reading, "error")] {
            socket
                .send(json!({"chat_id": chat, "content": "x", "client_msg_id": key}))
                .await;
            open(socket, chat, 0).await;
            let answer = |frame: &Value| frame["type"] == answer && frame["client_msg_id"] == *key;
            let mut answered = false;
            let mut opened = false;
            while !(answered && opened) {
                let frame = socket.frame().await;
                answered |= answer(&frame);
                opened |= frame["type"] == "opened" && frame["more"].is_null();
            }
        }
    }
}
