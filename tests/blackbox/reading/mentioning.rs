//! Who is mentioned, and how many mentions wait: by absolute values, on every device, whatever becomes
//! of the messages.

use std::collections::HashMap;
use std::sync::Arc;

use crate::support::faulty_bus::FaultyBus;
use crate::support::*;

on_both_stores! {
    members_are_mentioned_by_name_in_any_case_and_all_at_once,
    mentions_are_counted_until_they_are_read_or_taken_back,
    who_joins_later_was_not_mentioned,
    who_has_left_or_is_deleted_is_not_called,
    no_name_is_called_in_code_or_an_address,
}

on_sqlite! {
    counts_are_the_same_in_memory_and_from_the_store_whatever_happens,
}

on_postgres! {
    counts_are_the_same_at_whichever_server,
    counts_are_the_same_though_the_bus_loses_in_silence,
    counts_are_the_same_whatever_the_bus_does,
    members_come_and_go_whatever_the_bus_does,
    members_come_and_go_though_the_bus_reorders,
    whoever_is_back_is_not_told_gone_by_older_news,
}

async fn connect(user: &TestClient) -> TestSocket {
    let mut socket = user.any_socket().await;
    socket.next("ready").await;
    socket
}

/// Waits until a socket is told that it stands so: messages and mentions that wait.
async fn told(socket: &mut TestSocket, chat: i64, unread: i64, mentions: i64) {
    let stands = |frame: &Value| {
        frame["type"] == "unread"
            && frame["chat_id"] == chat
            && frame["unread"] == unread
            && frame["mentions"] == mentions
    };
    socket.until(stands).await;
}

/// What the store says of the same.
async fn stored(user: &TestClient, chat: i64) -> (i64, i64) {
    let chat = user.get(&format!("/api/chats/{chat}")).await.is(200);
    let number = |name: &str| chat[name].as_i64().expect("a number");
    (number("unread"), number("mentions"))
}

async fn members_are_mentioned_by_name_in_any_case_and_all_at_once(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, maria, eve] = node.join_all(["alice", "мария.п", "eve"]).await;
    let chat = alice.create_group(&[&maria]).await;
    for (text, ids, all) in [
        ("@Мария.П, @ALICE", vec![maria.id, alice.id], false),
        ("@мария.п. @nobody @eve", vec![maria.id], false),
        ("mail@alice", vec![], false),
        ("@All: soup", vec![], true),
    ] {
        let message = alice.said(chat, text).await;
        let ids = (!ids.is_empty()).then(|| json!(ids));
        assert_eq!(message.get("mentions"), ids.as_ref(), "{text}");
        let flag = all.then_some(Value::Bool(true));
        assert_eq!(message.get("mentions_all"), flag.as_ref(), "{text}");
        let read = maria.history(chat).await.pop().expect("a message");
        assert_eq!((read.get("mentions"), read.get("mentions_all")), (ids.as_ref(), flag.as_ref()));
    }
    assert_eq!(stored(&maria, chat).await, (4, 3));
    assert_eq!(stored(&alice, chat).await, (0, 0), "one has read what one wrote");
    assert_eq!(stored(&eve, 1).await, (0, 0));
}

async fn mentions_are_counted_until_they_are_read_or_taken_back(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, bob] = node.join_all(["alice", "bob"]).await;
    let chat = alice.create_group(&[&bob]).await;
    let (mut phone, mut desk) = (connect(&bob).await, connect(&bob).await);
    let at = |message: &Value| format!("/api/chats/{chat}/messages/{}", message["id"]);
    let one = alice.said(chat, "@bob").await;
    let two = alice.said(chat, "nobody").await;
    let three = alice.said(chat, "@all").await;
    for socket in [&mut phone, &mut desk] {
        told(socket, chat, 3, 2).await;
    }
    alice.patch(&at(&two), json!({"content": "@Bob"})).await.is(200);
    for socket in [&mut phone, &mut desk] {
        told(socket, chat, 3, 3).await;
    }
    alice.patch(&at(&one), json!({"content": "me"})).await.is(200);
    told(&mut phone, chat, 3, 2).await;
    alice.delete(&at(&three), json!({})).await.is(204);
    for socket in [&mut phone, &mut desk] {
        told(socket, chat, 3, 1).await;
    }
    assert_eq!(stored(&bob, chat).await, (3, 1));

    phone.send(json!({"type": "read", "chat_id": chat, "n": 2})).await;
    for socket in [&mut phone, &mut desk] {
        told(socket, chat, 1, 0).await;
    }
    let back = bob.put(&format!("/api/chats/{chat}/unread"), json!({"n": 1})).await.is(200);
    assert_eq!((&back["unread"], &back["mentions"]), (&json!(3), &json!(1)));
    for socket in [&mut phone, &mut desk] {
        told(socket, chat, 3, 1).await;
    }
    desk.send(json!({"type": "unread", "chat_id": chat, "n": 3})).await;
    for socket in [&mut phone, &mut desk] {
        told(socket, chat, 1, 0).await;
    }
    // An edit of what has been read counts nothing.
    alice.patch(&at(&one), json!({"content": "@bob again"})).await.is(200);
    assert_eq!(stored(&bob, chat).await, (1, 0));
    alice.said(chat, "@bob?").await;
    told(&mut phone, chat, 2, 1).await;
    // What one writes oneself says that one has read.
    bob.said(chat, "yes").await;
    for socket in [&mut phone, &mut desk] {
        told(socket, chat, 0, 0).await;
    }
    assert_eq!(stored(&bob, chat).await, (0, 0));
}

async fn who_joins_later_was_not_mentioned(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, bob] = node.join_all(["alice", "bob"]).await;
    let chat = alice.create_group(&[]).await;
    let mut socket = connect(&bob).await;
    alice.said(chat, "@bob @all").await;
    alice.add(chat, &bob, "member").await.is(201);
    alice.said(chat, "@bob").await;
    told(&mut socket, chat, 1, 1).await;
    let back = bob.put(&format!("/api/chats/{chat}/unread"), json!({"n": 1})).await.is(200);
    assert_eq!(
        (&back["unread"], &back["mentions"]),
        (&json!(1), &json!(1)),
        "not before the join"
    );
    alice.remove(chat, &bob).await.is(204);
    alice.said(chat, "@bob, where are you?").await;
    let chats = bob.get("/api/chats").await.is(200);
    assert_eq!(chats["chats"].as_array().map(Vec::len), Some(1), "General alone");
    for path in ["read", "unread"] {
        let path = format!("/api/chats/{chat}/{path}");
        bob.put(&path, json!({"n": 1})).await.refused(404, "chat_not_found");
    }
    alice.add(chat, &bob, "member").await.is(201);
    assert_eq!(stored(&bob, chat).await, (0, 0), "one begins anew");
    alice.said(chat, "@bob!").await;
    told(&mut socket, chat, 1, 1).await;
}

async fn who_has_left_or_is_deleted_is_not_called(setup: Setup) {
    let node = setup.node(&[]).await;
    // The first one is the administrator.
    let alice = node.join("alice").await;
    let [bob, carol, dora] = node.join_all(["bob", "carol", "dora"]).await;
    let chat = alice.create_group(&[&bob, &carol, &dora]).await;
    alice.remove(chat, &bob).await.is(204);
    alice.delete("/deleteUser", json!({"id": carol.id})).await.is(204);
    let said = alice.said(chat, "@bob @carol @dora").await;
    assert_eq!(said["mentions"], json!([dora.id]));
    let members = alice.get(&format!("/api/chats/{chat}/members")).await.is(200);
    let gone = members["members"].as_array().expect("members").iter();
    let gone: Vec<_> = gone.filter(|member| member["deleted"] == true).collect();
    assert_eq!(gone.len(), 1);
    assert_eq!(gone[0]["user_id"], carol.id);
}

async fn no_name_is_called_in_code_or_an_address(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, bob] = node.join_all(["alice", "bob"]).await;
    let chat = alice.create_group(&[&bob]).await;
    for text in [
        "`@bob`",
        "```\n@all\n```",
        "https://x.example/@bob",
        "\\@bob",
        "[x](@bob)",
    ] {
        let said = alice.said(chat, text).await;
        assert_eq!((said.get("mentions"), said.get("mentions_all")), (None, None), "{text}");
    }
    let said = alice.said(chat, "`@bob`").await;
    let path = format!("/api/chats/{chat}/messages/{}", said["id"]);
    let edited = alice.patch(&path, json!({"content": "`x` @bob"})).await.is(200);
    assert_eq!(edited["mentions"], json!([bob.id]));
    assert_eq!(stored(&bob, chat).await, (6, 1));
}

/// Posts, edits, deletions and marks at once, from both sides: where the socket ends up is where the
/// store says one stands.
async fn counts_are_the_same_in_memory_and_from_the_store_whatever_happens(setup: Setup) {
    let node = setup.node(&["--send-rate=0", "--user-send-rate=0"]).await;
    let [alice, bob] = node.join_all(["alice", "bob"]).await;
    let (chat, stands, mut sockets) = anything_happens(&alice, &bob, [&node, &node]).await;
    // Nothing but that was told after it.
    alice.said(1, "the end").await;
    for socket in &mut sockets {
        loop {
            let frame = socket.frame().await;
            if frame["content"] == "the end" {
                break;
            }
            assert!(frame["chat_id"] != chat || frame["unread"] == stands["unread"], "{frame}");
        }
    }
}

/// Somebody writes at one server, and one's two devices are at two others, which miss much of what they are
/// told: the connections on which servers listen to each other are cut.
async fn counts_are_the_same_at_whichever_server(setup: Setup) {
    let flags = ["--send-rate=0", "--user-send-rate=0"];
    let (here, one, two) =
        (setup.node(&flags).await, setup.node(&flags).await, setup.node(&flags).await);
    let [alice, bob] = here.join_all(["alice", "bob"]).await;
    Box::pin(setup.deafened(anything_happens(&alice, &bob, [&one, &two]))).await;
}

/// The same, by a bus that loses much, and says nothing of it.
async fn counts_are_the_same_though_the_bus_loses_in_silence(setup: Setup) {
    Box::pin(counts_are_the_same_on(FaultyBus::silent(12), &setup)).await;
}

/// By one that repeats, delays, reorders and stands still besides.
async fn counts_are_the_same_whatever_the_bus_does(setup: Setup) {
    Box::pin(counts_are_the_same_on(FaultyBus::new(1_848), &setup)).await;
}

async fn counts_are_the_same_on(bus: Arc<FaultyBus>, setup: &Setup) {
    let (here, one, two) =
        (setup.node_on(&bus).await, setup.node_on(&bus).await, setup.node_on(&bus).await);
    let [alice, bob] = here.join_all(["alice", "bob"]).await;
    for _ in 0..6 {
        Box::pin(anything_happens(&alice, &bob, [&one, &two])).await;
    }
}

/// Whoever is removed and added again and again, somewhere else, in the end has the chat in the background, or not.
async fn members_come_and_go_whatever_the_bus_does(setup: Setup) {
    Box::pin(members_come_and_go_on(FaultyBus::new(5), &setup)).await;
}

async fn members_come_and_go_though_the_bus_reorders(setup: Setup) {
    Box::pin(members_come_and_go_on(FaultyBus::shuffling(5), &setup)).await;
}

/// Older news that come later, when what they were is over, do not count.
async fn whoever_is_back_is_not_told_gone_by_older_news(setup: Setup) {
    let bus = FaultyBus::faultless();
    let (here, there) = (setup.node_on(&bus).await, setup.node_on(&bus).await);
    let [alice, bob] = here.join_all(["alice", "bob"]).await;
    let chat = alice.create_group(&[&bob]).await;
    alice.say(chat, "soup", "k1").await.is(201);
    let (mut at_here, mut at_there) = (connect(&bob).await, connect(&bob.at(&there)).await);
    bus.hold();
    // Each is told in an envelope of its own.
    for is_back in [false, true] {
        let told = bus.held_of(0);
        let what = match is_back {
            false => {
                alice.remove(chat, &bob).await.is(204);
                "gone"
            }
            true => {
                alice.add(chat, &bob, "member").await.is(201);
                "unread"
            }
        };
        at_here.until(|frame| frame["chat_id"] == chat && frame["type"] == what).await;
        eventually("told", || async { (bus.held_of(0) > told).then_some(()) }).await;
    }
    bus.let_go_backwards();
    alice.say(chat, "bread", "k2").await.is(201);
    let is_news = |frame: &Value| frame["chat_id"] == chat && frame["n"] == 2;
    let told = within("the news", async {
        let mut told = Vec::new();
        while !told.last().is_some_and(is_news) {
            told.push(at_there.frame().await);
        }
        told
    });
    let told = told.await;
    assert!(told.iter().all(|frame| frame["type"] != "gone"), "{told:?}");
}

async fn members_come_and_go_on(bus: Arc<FaultyBus>, setup: &Setup) {
    let (here, there) = (setup.node_on(&bus).await, setup.node_on(&bus).await);
    let [alice, bob] = here.join_all(["alice", "bob"]).await;
    let mut bobs = connect(&bob.at(&there)).await;
    let mut chats = Vec::new();
    for course in 0..12 {
        let chat = alice.create_group(&[&bob]).await;
        for _ in 0..5 {
            alice.remove(chat, &bob).await.is(204);
            alice.add(chat, &bob, "member").await.is(201);
        }
        let is_member = course % 2 == 0;
        if !is_member {
            alice.remove(chat, &bob).await.is(204);
        }
        chats.push((chat, is_member));
    }
    // A chat that was never told of is one that he is not in.
    let mut known: HashMap<i64, bool> = HashMap::new();
    let is_known = |known: &HashMap<i64, bool>| {
        chats
            .iter()
            .all(|(chat, is_in)| known.get(chat).copied().unwrap_or(false) == *is_in)
    };
    let listen = async {
        while !is_known(&known) {
            let frame = bobs.frame().await;
            if let Some(chat) = frame["chat_id"].as_i64() {
                known.insert(chat, frame["type"] != "gone");
            }
        }
    };
    within("what bob is in, in the end", listen).await;
    // It stays so: what he is told next is what is said next, and nothing of what was before.
    for (chat, is_member) in &chats {
        if *is_member {
            let said = alice.said(*chat, "the last").await;
            bobs.until(|frame| frame["chat_id"] == *chat && frame["n"] == said["n"]).await;
        }
    }
}

/// Alice says and changes much, bob reads and marks unread on two devices; the chat, where he stands in the end,
/// and the devices, which have been told that.
async fn anything_happens(
    alice: &TestClient,
    bob: &TestClient,
    devices: [&TestNode; 2],
) -> (i64, Value, [TestSocket; 2]) {
    let chat = alice.create_group(&[bob]).await;
    let [at_phones, at_desks] = devices.map(|node| bob.at(node));
    let (mut phone, mut desk) = (connect(&at_phones).await, connect(&at_desks).await);
    let mut writing = alice.socket(chat).await;
    let mut ids = Vec::new();
    for round in 0..60_i64 {
        let text = if round % 2 == 0 { "@bob" } else { "soup" };
        writing.say(text).await;
        ids.push(writing.next("message").await["id"].clone());
        let (some, other) = (&ids[(round * 7 % (round + 1)) as usize], &ids[ids.len() / 2]);
        let text = if round % 3 == 0 { "@all" } else { "bread" };
        writing.send(json!({"type": "edit", "id": some, "content": text})).await;
        if round % 5 == 0 {
            writing.send(json!({"type": "delete", "id": other})).await;
        }
        phone.send(json!({"type": "read", "chat_id": chat, "n": round * 5 % 31})).await;
        desk.send(json!({"type": "unread", "chat_id": chat, "n": round * 3 % 17})).await;
    }
    writing.say_keyed("the last", "last").await;
    // What is asked of two servers is in no order: the desk's is done before the phone's last.
    desk.send(json!({"type": "ping"})).await;
    desk.next("pong").await;
    let read = format!("/api/chats/{chat}/read");
    at_desks.put(&read, json!({"n": 1})).await.is(200);
    phone.send(json!({"type": "unread", "chat_id": chat, "n": 2})).await;
    let stands = eventually("the last mark", || async {
        let chat = bob.get(&format!("/api/chats/{chat}")).await.is(200);
        (chat["read_n"] == 1).then_some(chat)
    });
    let stands = stands.await;
    for socket in [&mut phone, &mut desk] {
        let is_it = |frame: &Value| {
            frame["type"] == "unread"
                && ["seq", "n", "read_n", "unread", "mentions"]
                    .iter()
                    .all(|name| frame[*name] == stands[*name])
        };
        socket.until(is_it).await;
    }
    (chat, stands, [phone, desk])
}
