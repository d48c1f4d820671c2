//! Two servers on the same Postgres, which tell each other nothing. Each delivers what the other stores
//! within about a second, in its place, and closes no socket for it.

use crate::support::*;

on_postgres! {
    what_another_server_stores_is_delivered_and_closes_nobody,
    what_has_changed_twice_comes_in_one_frame,
    an_ack_comes_behind_what_another_server_stored_before_it,
    who_is_removed_at_one_server_hears_no_more_at_the_other,
    a_position_of_a_server_that_is_ahead_is_none_of_another_history,
    who_becomes_a_member_at_one_server_may_write_at_the_other,
    a_stream_goes_on_over_what_another_server_stored,
    a_chat_in_the_background_counts_what_another_server_stored,
    a_token_that_is_revoked_there_is_seen_here_at_the_next_look,
}

/// What a client keeps of one chat, by the rules of `docs/protocol.md`.
#[derive(Default)]
struct Reader {
    position: i64,
    /// What each message says, by its number.
    says: std::collections::BTreeMap<i64, String>,
    runs: usize,
}

impl Reader {
    fn at(position: i64) -> Self {
        Self {
            position,
            ..Self::default()
        }
    }

    /// Applies a frame, if it is one of the chat's changes.
    fn apply_frame(&mut self, frame: &Value) {
        let seq = frame["seq"].as_i64().unwrap_or_default();
        match frame["type"].as_str().expect("a type") {
            "changes" => {
                assert_eq!(frame["after"], self.position, "it begins where one is: {frame}");
                let changes = frame["changes"].as_array().expect("changes");
                let seqs: Vec<_> = changes.iter().filter_map(|one| one["seq"].as_i64()).collect();
                assert!(
                    seqs.is_sorted()
                        && seqs.iter().all(|at| (self.position + 1..=seq).contains(at))
                );
                changes.iter().for_each(|change| self.apply(change));
                self.runs += 1;
            }
            "message" | "edited" | "deleted" | "reaction" | "pin" | "member" | "chat" => {
                assert_eq!(seq, self.position + 1, "no gap, nothing twice: {frame}");
                self.apply(frame);
            }
            _ => return,
        }
        self.position = seq;
    }

    fn apply(&mut self, change: &Value) {
        if let (Some(n), Some(content)) = (change["n"].as_i64(), change["content"].as_str()) {
            self.says.insert(n, content.to_owned());
        }
    }

    /// Reads until it stands at `seq`; the last frame.
    async fn read_to(&mut self, socket: &mut TestSocket, chat: i64, seq: i64) -> Value {
        loop {
            let frame = socket.until(|frame| frame["chat_id"] == chat).await;
            self.apply_frame(&frame);
            if self.position >= seq {
                return frame;
            }
        }
    }
}

/// Two people in a chat: alice at the first server, bob at the second, where he has it open.
struct Two {
    here: TestNode,
    alice: TestClient,
    bob: TestClient,
    chat: i64,
    /// Bob's, which has opened the chat.
    socket: TestSocket,
    reader: Reader,
}

async fn two(setup: &Setup) -> Two {
    let here = setup.node(&["--bus=none"]).await;
    let there = setup.node(&["--bus=none"]).await;
    let [alice, bob] = here.join_all(["alice", "bob"]).await;
    let chat = alice.create_group(&[&bob]).await;
    let bob = bob.at(&there);
    let mut socket = bob.any_socket().await;
    socket.next("ready").await;
    socket.send(json!({"type": "open", "chat_id": chat, "after": 2})).await;
    socket.next("opened").await;
    Two {
        here,
        alice,
        bob,
        chat,
        socket,
        reader: Reader::at(2),
    }
}

async fn what_another_server_stores_is_delivered_and_closes_nobody(setup: Setup) {
    // The other one is a process of its own.
    let process = setup.process(&["--bus=none"]).await;
    let here = setup.node(&["--bus=none"]).await;
    let [alice, bob] = here.join_all(["alice", "bob"]).await;
    let chat = alice.create_group(&[&bob]).await;
    let mut socket = bob.any_socket().await;
    socket.next("ready").await;
    socket.send(json!({"type": "open", "chat_id": chat, "after": 2})).await;
    socket.next("opened").await;
    let mut bound = bob.socket(chat).await;
    let alice = alice.at(process.node());
    for i in 0..5 {
        alice.say(chat, &format!("from there {i}"), &format!("k{i}")).await.is(201);
    }
    let mut reader = Reader::at(2);
    reader.read_to(&mut socket, chat, 7).await;
    assert_eq!(reader.says[&5], "from there 4");
    for i in 0..5 {
        // Who has named a chat in the URL hears single messages, as ever.
        assert_eq!(bound.message(&format!("from there {i}")).await["seq"], 3 + i);
    }
    // And on, from both sides.
    bob.say(chat, "from here", "k").await.is(201);
    assert_eq!(reader.read_to(&mut socket, chat, 8).await["content"], "from here");
    bound.message("from here").await;
    process.kill().await;
}

async fn what_has_changed_twice_comes_in_one_frame(setup: Setup) {
    let Two {
        alice,
        chat,
        mut socket,
        mut reader,
        bob,
        ..
    } = two(&setup).await;
    let mut bound = bob.socket(chat).await;
    let (mut head, mut n) = (2, 0);
    // Until it is not cut by a look between the two.
    while reader.runs == 0 {
        n += 1;
        let said = alice.say(chat, "Suop", &format!("k{n}")).await.is(201);
        let message = format!("/api/chats/{chat}/messages/{}", said["id"]);
        alice.patch(&message, json!({"content": "Soup"})).await.is(200);
        head += 2;
        reader.read_to(&mut socket, chat, head).await;
        assert_eq!(reader.says[&n], "Soup");
        assert!(n < 50, "never at once");
    }
    let once = |frame: &Value| frame["n"] == n && frame["content"] == "Soup";
    assert_eq!(bound.until(once).await["type"], "message", "which knows no other frames");
}

async fn an_ack_comes_behind_what_another_server_stored_before_it(setup: Setup) {
    let Two {
        alice,
        chat,
        mut socket,
        mut reader,
        ..
    } = two(&setup).await;
    for round in 0..10 {
        let said = alice.say(chat, "Suop", &format!("a{round}")).await.is(201);
        let message = format!("/api/chats/{chat}/messages/{}", said["id"]);
        alice.patch(&message, json!({"content": "Soup"})).await.is(200);
        let key = format!("b{round}");
        socket
            .send(json!({"chat_id": chat, "content": "mine", "client_msg_id": key}))
            .await;
        loop {
            let frame = socket.until(|frame| frame["chat_id"] == chat).await;
            if frame["type"] == "ack" {
                assert_eq!(frame["seq"], reader.position, "behind its message");
                assert_eq!(frame["client_msg_id"], key);
                break;
            }
            reader.apply_frame(&frame);
        }
        assert_eq!(reader.position, 2 + 3 * (round + 1));
    }
    let says: Vec<_> = reader.says.values().map(String::as_str).collect();
    assert_eq!(says, ["Soup", "mine"].repeat(10));
}

async fn who_is_removed_at_one_server_hears_no_more_at_the_other(setup: Setup) {
    let Two {
        alice,
        bob,
        chat,
        mut socket,
        mut reader,
        ..
    } = two(&setup).await;
    let mut bound = bob.socket(chat).await;
    alice.say(chat, "before", "k1").await.is(201);
    alice.remove(chat, &bob).await.is(204);
    alice.say(chat, "after", "k2").await.is(201);
    let (heard, code) = bound.closed().await;
    assert_eq!(code, Some(4503));
    assert!(heard.iter().all(|frame| !frame.to_string().contains("\"after\"")), "{heard:?}");
    let last = reader.read_to(&mut socket, chat, 4).await;
    assert_eq!(reader.says.values().collect::<Vec<_>>(), ["before"], "{last}");
    alice.say(1, "general", "k3").await.is(201);
    let general = |frame: &Value| {
        assert!(!frame.to_string().contains("\"content\":\"after\""), "{frame}");
        frame["content"] == "general"
    };
    socket.until(general).await;
    bob.get(&format!("/api/chats/{chat}/messages"))
        .await
        .refused(404, "chat_not_found");
}

async fn a_position_of_a_server_that_is_ahead_is_none_of_another_history(setup: Setup) {
    let Two {
        alice,
        chat,
        mut socket,
        bob,
        ..
    } = two(&setup).await;
    let mut again = bob.any_socket().await;
    again.next("ready").await;
    for round in 1..=5 {
        let said = alice.say(chat, "on", &format!("k{round}")).await.is(201);
        let after = said["seq"].as_i64().expect("a seq");
        // As one who has been at the other server until now.
        again.send(json!({"type": "open", "chat_id": chat, "after": after})).await;
        let opened = again.next("opened").await;
        assert_eq!((&opened["reset"], &opened["seq"]), (&Value::Null, &json!(after)), "{opened}");
    }
    // What nobody has is another history.
    again.send(json!({"type": "open", "chat_id": chat, "after": 4_711})).await;
    assert_eq!(again.next("opened").await["reset"], true);
    let mut reader = Reader::at(2);
    reader.read_to(&mut socket, chat, 7).await;
}

async fn who_becomes_a_member_at_one_server_may_write_at_the_other(setup: Setup) {
    let Two {
        here,
        alice,
        bob,
        chat,
        mut socket,
        mut reader,
    } = two(&setup).await;
    let carol = here.join("carol").await.at(bob.node());
    let mut carols = carol.any_socket().await;
    carols.next("ready").await;
    // The chat is in the memory of carol's server, without her.
    alice.add(chat, &carol, "member").await.is(201);
    carols.send(json!({"chat_id": chat, "content": "unkeyed"})).await;
    carols
        .send(json!({"chat_id": chat, "content": "keyed", "client_msg_id": "k"}))
        .await;
    assert_eq!(carols.next("ack").await["chat_id"], chat);
    let last = reader.read_to(&mut socket, chat, 5).await;
    assert_eq!(last["content"], "keyed");
    assert_eq!(reader.says.values().collect::<Vec<_>>(), ["unkeyed", "keyed"]);
}

async fn a_stream_goes_on_over_what_another_server_stored(setup: Setup) {
    let Two {
        alice, bob, chat, ..
    } = two(&setup).await;
    let query = format!("?open={chat}");
    let mut stream = TestStream::open(&bob, &query, None).await.expect("a stream");
    stream.opened(chat).await;
    let mut n = 0;
    loop {
        n += 1;
        let said = alice.say(chat, "Suop", &format!("k{n}")).await.is(201);
        let message = format!("/api/chats/{chat}/messages/{}", said["id"]);
        let edited = alice.patch(&message, json!({"content": "Soup"})).await.is(200);
        let head = edited["seq"].as_i64().expect("a seq");
        // However it comes, the position that the stream names is there with it.
        let mut is_run = false;
        while !stream.last.contains(&format!("{chat}:{head}")) {
            let event = stream.event().await.expect("the stream goes on");
            assert_ne!(event.name, "close", "{event:?}");
            is_run |= event.name == "opened" && event.data["chat_id"] == chat;
        }
        if is_run {
            return;
        }
        assert!(n < 50, "never at once");
    }
}

async fn a_chat_in_the_background_counts_what_another_server_stored(setup: Setup) {
    let Two {
        here,
        alice,
        bob,
        chat,
        // It keeps the chat open at the second server.
        socket: _open,
        ..
    } = two(&setup).await;
    let carol = here.join("carol").await;
    alice.add(chat, &carol, "member").await.is(201);
    let carol = carol.at(bob.node());
    let mut carols = carol.any_socket().await;
    carols.next("ready").await;
    alice.say(chat, "hello @carol", "k1").await.is(201);
    let counts = carols.until(|frame| frame["chat_id"] == chat && frame["n"] == 1).await;
    assert_eq!((&counts["unread"], &counts["mentions"]), (&json!(1), &json!(1)), "{counts}");
    // One's own word has been read, from whichever server it was said.
    carol.at(&here).say(chat, "I am here", "k2").await.is(201);
    let counts = carols.until(|frame| frame["chat_id"] == chat && frame["n"] == 2).await;
    assert_eq!((&counts["unread"], &counts["mentions"]), (&json!(0), &json!(0)), "{counts}");
}

/// One after the other: by the look at all rights in use, every 5 seconds, it would take most of a minute.
async fn a_token_that_is_revoked_there_is_seen_here_at_the_next_look(setup: Setup) {
    const DEVICES: usize = 10;
    let Two {
        here, bob, chat, ..
    } = two(&setup).await;
    let mut devices = Vec::new();
    for _ in 0..DEVICES {
        let device = here.sign_in("bob", "secret").await;
        devices.push((device.at(bob.node()).socket(chat).await, device));
    }
    let revoke = async {
        for (socket, device) in &mut devices {
            device.delete("/api/tokens/current", json!({})).await.is(204);
            assert_eq!(socket.closed().await.1, Some(4505));
        }
    };
    within("all devices to be closed", revoke).await;
}
