//! A right that ends while something is on its way: nothing is stored by it afterwards and nothing is
//! delivered to it. The moment is held: by a transaction beside the server, before the frame is written; by
//! a lock, between the writing and the commit; by a fault that was asked for, between the commit and the
//! delivery.

use std::fs;

use sea_orm::{ConnectionTrait, DatabaseConnection};

use crate::messages::events::stream;
use crate::support::*;

on_both_stores! {
    a_frame_is_not_stored_once_its_device_is_signed_out,
    a_frame_is_not_stored_once_its_account_has_ended,
    a_frame_is_not_stored_once_its_sender_is_removed,
    a_mark_is_not_stored_once_its_device_is_signed_out,
    a_request_is_not_stored_once_its_device_is_signed_out,
    what_is_committed_is_not_delivered_to_a_right_that_has_ended,
    what_is_committed_is_delivered_in_order_to_one_who_is_removed_afterwards,
}

on_sqlite! {
    what_waits_for_a_slow_reader_ends_with_its_right,
}

on_postgres! {
    a_device_that_signs_out_while_its_frame_waits_for_the_database_stores_nothing,
    a_device_is_signed_out_only_when_what_it_has_written_is_decided,
}

/// A transaction beside the server that lets it write nothing, or nothing in this chat.
struct Hold(DatabaseConnection);

impl Hold {
    async fn on(setup: &Setup, chat: i64) -> Self {
        let row = format!("SELECT * FROM conversations WHERE id = {chat} FOR UPDATE");
        Self::with(setup, &row).await
    }

    async fn on_all(setup: &Setup) -> Self {
        Self::with(setup, "SELECT * FROM conversations ORDER BY id FOR UPDATE").await
    }

    async fn with(setup: &Setup, lock: &str) -> Self {
        // One connection, so that all is said in one transaction.
        let mut options = sea_orm::ConnectOptions::new(setup.url());
        options.max_connections(1);
        let database = sea_orm::Database::connect(options).await.expect("the database");
        let hold = Self(database);
        match setup.kind() {
            Kind::Sqlite => hold.run("BEGIN IMMEDIATE").await,
            Kind::Postgres => {
                hold.run("BEGIN").await;
                hold.run(lock).await;
            }
        }
        hold
    }

    async fn run(&self, sql: &str) {
        self.0
            .execute_unprepared(sql)
            .await
            .unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    async fn release(self) {
        self.run("COMMIT").await;
        self.0.close().await.expect("a clean close");
    }
}

/// Waits until so many sessions of Postgres wait for a lock.
async fn waiting(setup: &Setup, many: i64) {
    if setup.kind() == Kind::Sqlite {
        return;
    }
    let sql = "SELECT COUNT(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' \
               AND datname = current_database()";
    eventually("somebody to wait for a lock", async || {
        (setup.number(sql).await >= many).then_some(())
    })
    .await;
}

/// Who talks, and who loses a right.
struct Scene {
    node: TestNode,
    alice: TestClient,
    eve: TestClient,
    chat: i64,
    /// What Eve has said.
    message: i64,
}

impl Scene {
    async fn at(node: &TestNode) -> Self {
        // Alice comes first, and is the administrator.
        let alice = node.join("alice").await;
        let eve = node.join("evelyn").await;
        let chat = alice.create_group(&[&eve]).await;
        let message = eve.said(chat, "before").await["id"].as_i64().expect("an id");
        Self {
            node: node.clone(),
            alice,
            eve,
            chat,
            message,
        }
    }

    async fn new(setup: &Setup) -> Self {
        Self::at(&setup.node(&[]).await).await
    }

    /// One frame of each kind that changes something, and how many of them.
    async fn ask_everything(&self, socket: &mut TestSocket) -> usize {
        let id = self.message;
        let frames = [
            json!({"content": "without a key"}),
            json!({"content": "with one", "client_msg_id": "late"}),
            json!({"type": "edit", "id": id, "content": "edited"}),
            json!({"type": "react", "id": id, "emoji": "👍", "on": true}),
            json!({"type": "delete", "id": id}),
            json!({"chat_id": 1, "content": "elsewhere"}),
        ];
        let many = frames.len();
        for frame in frames {
            socket.send(frame).await;
        }
        // What was sent before it has been heard, and handed on.
        socket.ping(b"heard").await;
        while !matches!(socket.hear().await, Heard::Pong(_)) {}
        many
    }

    /// The socket hears nothing of Eve's: the next thing that it hears is this.
    async fn nothing_came(&self, listening: &mut TestSocket) {
        self.alice.say(self.chat, "the end", "end").await.is(201);
        let next = listening.frame().await;
        assert_eq!(next["content"], "the end", "{next}");
        let history = self.alice.history(self.chat).await;
        let said: Vec<_> = history.iter().map(|message| &message["content"]).collect();
        assert_eq!(said, ["before", "the end"]);
        assert_eq!(history[0]["reactions"], json!([]), "{}", history[0]);
        assert!(self.alice.history(1).await.is_empty(), "nor anywhere else");
    }
}

/// What a socket or a stream of this chat is told of sends whose right has ended.
async fn all_are_refused(socket: &mut TestSocket, many: usize) {
    let (frames, code) = socket.closed().await;
    let refused = frames.iter().filter(|frame| frame["code"] == "unauthenticated").count();
    assert!(frames.iter().all(|frame| frame["type"] != "ack"), "{frames:?}");
    // Those that were not told so before the end were dropped with it.
    assert!(refused <= many, "{frames:?}");
    assert_eq!(code, Some(4505), "{frames:?}");
}

async fn a_frame_is_not_stored_once_its_device_is_signed_out(setup: Setup) {
    let scene = Scene::new(&setup).await;
    let mut on_eves = scene.eve.socket(scene.chat).await;
    let mut on_alices = scene.alice.socket(scene.chat).await;
    let hold = Hold::on_all(&setup).await;
    let many = scene.ask_everything(&mut on_eves).await;
    waiting(&setup, 1).await;
    hold.run(&format!("DELETE FROM tokens WHERE user_id = {}", scene.eve.id)).await;
    hold.release().await;
    all_are_refused(&mut on_eves, many).await;
    scene.nothing_came(&mut on_alices).await;
}

async fn a_frame_is_not_stored_once_its_account_has_ended(setup: Setup) {
    let scene = Scene::new(&setup).await;
    let mut on_eves = scene.eve.socket(scene.chat).await;
    let mut on_alices = scene.alice.socket(scene.chat).await;
    let hold = Hold::on_all(&setup).await;
    let many = scene.ask_everything(&mut on_eves).await;
    waiting(&setup, 1).await;
    let eve = scene.eve.id;
    let end =
        format!("UPDATE users SET deactivated_at = '2026-01-01 00:00:00+00:00' WHERE id = {eve}");
    hold.run(&end).await;
    hold.run(&format!("DELETE FROM tokens WHERE user_id = {eve}")).await;
    hold.release().await;
    all_are_refused(&mut on_eves, many).await;
    scene.nothing_came(&mut on_alices).await;
}

async fn a_frame_is_not_stored_once_its_sender_is_removed(setup: Setup) {
    let scene = Scene::new(&setup).await;
    let mut on_eves = scene.eve.any_socket().await;
    let mut on_alices = scene.alice.socket(scene.chat).await;
    let say = |text: &str| json!({"chat_id": scene.chat, "content": text, "client_msg_id": text});
    let hold = Hold::on(&setup, scene.chat).await;
    on_eves.send(say("first")).await;
    on_eves.ping(b"heard").await;
    while !matches!(on_eves.hear().await, Heard::Pong(_)) {}
    waiting(&setup, 1).await;
    let removing = {
        let (alice, eve, chat) = (scene.alice.clone(), scene.eve.clone(), scene.chat);
        tokio::spawn(async move { alice.remove(chat, &eve).await.is(204) })
    };
    // In line behind the first, one after the other: the removal, and whatever Eve says until she knows.
    let mut sent = 0;
    while !removing.is_finished() && sent < 20 {
        sent += 1;
        on_eves.send(say(&format!("later {sent}"))).await;
        on_eves.ping(b"heard").await;
        while !matches!(on_eves.hear().await, Heard::Pong(_)) {}
    }
    hold.release().await;
    within("the removal", removing).await.expect("it is removed");
    on_eves.send(say("last")).await;
    let last = on_eves.until(|frame| frame["client_msg_id"] == "last").await;
    assert_eq!(last["code"], "not_member", "{last}");
    // Whatever was stored was stored before the removal, and nothing came behind it.
    scene.alice.say(scene.chat, "the end", "end").await.is(201);
    let mut is_removed = false;
    loop {
        let frame = on_alices.frame().await;
        if frame["content"] == "the end" {
            break;
        }
        assert!(!is_removed, "{frame} came behind the removal");
        is_removed = frame["change"] == "left";
    }
    assert!(is_removed);
}

async fn a_mark_is_not_stored_once_its_device_is_signed_out(setup: Setup) {
    let scene = Scene::new(&setup).await;
    scene.alice.say(scene.chat, "unread", "k1").await.is(201);
    let mut on_eves = scene.eve.socket(scene.chat).await;
    let eve = scene.eve.id;
    let row = format!("SELECT * FROM members WHERE user_id = {eve} FOR UPDATE");
    let hold = Hold::with(&setup, &row).await;
    on_eves.send(json!({"type": "read", "chat_id": scene.chat, "n": 2})).await;
    on_eves.ping(b"heard").await;
    while !matches!(on_eves.hear().await, Heard::Pong(_)) {}
    hold.run(&format!("DELETE FROM tokens WHERE user_id = {eve}")).await;
    hold.release().await;
    all_are_refused(&mut on_eves, 1).await;
    let place = format!(
        "SELECT CAST(read_n AS BIGINT) FROM members WHERE user_id = {eve} AND conversation_id = {}",
        scene.chat
    );
    assert_eq!(setup.number(&place).await, 1, "where her own message put it");
}

async fn a_request_is_not_stored_once_its_device_is_signed_out(setup: Setup) {
    let scene = Scene::new(&setup).await;
    let mut on_alices = scene.alice.socket(scene.chat).await;
    let hold = Hold::on(&setup, scene.chat).await;
    let (eve, chat, message) = (scene.eve.clone(), scene.chat, scene.message);
    let asking = tokio::spawn(async move {
        let one = format!("/api/chats/{chat}/messages/{message}");
        let said = eve.say(chat, "late", "late");
        let edited = eve.patch(&one, json!({"content": "edited"}));
        let renamed = eve.patch("/api/chats/1", json!({"name": "Eve's"}));
        let (said, edited, renamed) = tokio::join!(said, edited, renamed);
        [said.status, edited.status, renamed.status]
    });
    waiting(&setup, 1).await;
    if setup.kind() == Kind::Sqlite {
        // Nobody tells who waits there: their use of the chat is in memory by then.
        scene.alice.get("/api/me").await.is(200);
    }
    hold.run(&format!("DELETE FROM tokens WHERE user_id = {}", scene.eve.id)).await;
    hold.release().await;
    let answers = within("the answers", asking).await.expect("answers");
    assert_eq!(answers[..2], [401, 401], "{answers:?}");
    scene.nothing_came(&mut on_alices).await;
}

async fn a_device_that_signs_out_while_its_frame_waits_for_the_database_stores_nothing(
    setup: Setup,
) {
    let scene = Scene::new(&setup).await;
    let laptop = scene.node.sign_in("evelyn", "secret").await;
    let mut on_alices = scene.alice.socket(scene.chat).await;
    let mut on_eves = scene.eve.socket(scene.chat).await;
    let hold = Hold::on(&setup, scene.chat).await;
    on_eves.send(json!({"content": "late", "client_msg_id": "late"})).await;
    waiting(&setup, 1).await;
    sign_out(&laptop, &scene.eve).await;
    hold.release().await;
    all_are_refused(&mut on_eves, 1).await;
    scene.nothing_came(&mut on_alices).await;
}

async fn a_device_is_signed_out_only_when_what_it_has_written_is_decided(setup: Setup) {
    let scene = Scene::new(&setup).await;
    let laptop = scene.node.sign_in("evelyn", "secret").await;
    let mut on_alices = scene.alice.socket(scene.chat).await;
    let mut on_eves = scene.eve.socket(scene.chat).await;
    // Its rights are read by then, and its message is being written.
    let hold = Hold::with(&setup, "LOCK TABLE messages IN SHARE MODE").await;
    on_eves.send(json!({"content": "in time", "client_msg_id": "k"})).await;
    waiting(&setup, 1).await;
    let eve = scene.eve.clone();
    let ending = tokio::spawn(async move { sign_out(&laptop, &eve).await });
    let sql = "SELECT COUNT(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' \
               AND datname = current_database()";
    eventually("the sign-out to wait", async || {
        (ending.is_finished() || setup.number(sql).await >= 2).then_some(())
    })
    .await;
    assert!(
        !ending.is_finished(),
        "it was signed out while something by it was being stored"
    );
    hold.release().await;
    within("the sign-out", ending).await.expect("it is signed out");
    on_alices.message("in time").await;
    assert_eq!(on_eves.closed().await.1, Some(4505));
}

/// Signs another device of the same person out.
async fn sign_out(laptop: &TestClient, other: &TestClient) {
    assert_eq!(laptop.id, other.id);
    let devices = laptop.get("/api/tokens").await.is(200);
    for device in devices["tokens"].as_array().expect("tokens") {
        if device["current"] == false {
            laptop.delete(&format!("/api/tokens/{}", device["id"]), json!({})).await.is(204);
        }
    }
}

/// Two people whose conversation is held between a commit and its delivery.
struct Held {
    server: ServerProcess,
    alice: TestClient,
    eve: TestClient,
    /// The same person's.
    laptop: TestClient,
    chat: i64,
    held: std::path::PathBuf,
}

impl Held {
    /// Two people with a chat; which.
    async fn people(setup: &Setup) -> i64 {
        let server = setup.process(&["--trust"]).await;
        let Scene { chat, .. } = Scene::at(server.node()).await;
        server.kill().await;
        chat
    }

    async fn begin(setup: &Setup, chat: i64) -> Self {
        let server = setup.process(&["--trust", "--fault=hold:before_delivery@1"]).await;
        let node = server.node().clone();
        let alice = node.sign_in("alice", "secret").await;
        let eve = node.sign_in("evelyn", "secret").await;
        let laptop = node.sign_in("evelyn", "secret").await;
        Self {
            server,
            alice,
            eve,
            laptop,
            chat,
            held: setup.dir().join("held"),
        }
    }

    /// Says something that is stored and that nobody has heard of.
    async fn say(&self, socket: &mut TestSocket, key: &str) {
        socket.send(json!({"content": "a secret", "client_msg_id": key})).await;
        eventually("the delivery to be held", async || self.held.exists().then_some(())).await;
    }

    fn release(&self) {
        fs::remove_file(&self.held).expect("it was held");
    }
}

async fn what_is_committed_is_not_delivered_to_a_right_that_has_ended(setup: Setup) {
    let chat = Held::people(&setup).await;
    for end in ["device", "password", "account"] {
        let scene = Held::begin(&setup, chat).await;
        let mut speaking = scene.alice.socket(scene.chat).await;
        let mut socket = scene.eve.socket(scene.chat).await;
        let mut events = stream(&scene.eve, &format!("?chat_id={}", scene.chat), None).await;
        events.opened(scene.chat).await;
        scene.say(&mut speaking, end).await;
        match end {
            "device" => sign_out(&scene.laptop, &scene.eve).await,
            "password" => {
                let change = json!({"password": "secret", "current_password": "secret"});
                scene.laptop.patch("/api/me", change).await.is(200);
            }
            _ => {
                let eve = format!("/api/users/{}", scene.eve.id);
                scene.alice.delete(&eve, json!({})).await.is(204);
            }
        }
        scene.release();
        // It is stored: who said it is told so.
        speaking.until(|frame| frame["type"] == "ack").await;
        let (frames, code) = socket.closed().await;
        assert_eq!(code, Some(4505), "{end}");
        assert!(frames.iter().all(|frame| frame["type"] != "message"), "{end}: {frames:?}");
        let (heard, code) = events.closed().await;
        assert_eq!(code, Some(4505), "{end}");
        assert!(heard.iter().all(|event| event.name != "message"), "{end}: {heard:?}");
        scene.server.kill().await;
    }
}

async fn what_is_committed_is_delivered_in_order_to_one_who_is_removed_afterwards(setup: Setup) {
    let chat = Held::people(&setup).await;
    let scene = Held::begin(&setup, chat).await;
    let mut speaking = scene.alice.socket(scene.chat).await;
    let mut socket = scene.eve.socket(scene.chat).await;
    scene.say(&mut speaking, "k").await;
    let removing = {
        let (alice, eve, chat) = (scene.alice.clone(), scene.eve.clone(), scene.chat);
        tokio::spawn(async move { alice.remove(chat, &eve).await.is(204) })
    };
    // Its right ends with the removal, which is behind the message.
    speaking.send(json!({"content": "not for Eve"})).await;
    scene.release();
    within("the removal", removing).await.expect("it is removed");
    let (frames, code) = socket.closed().await;
    let last = frames.last().expect("the removal");
    assert_eq!((&last["change"], code), (&json!("left"), Some(4503)), "{frames:?}");
    assert!(frames.iter().any(|frame| frame["content"] == "a secret"), "{frames:?}");
    scene.server.kill().await;
}

async fn what_waits_for_a_slow_reader_ends_with_its_right(setup: Setup) {
    // More than the kernel keeps for one connection, and less than what is too slow.
    const MESSAGES: usize = 40;
    let node = setup.node(&["--outbox-bytes=4194304"]).await;
    let scene = Scene::at(&node).await;
    let laptop = node.sign_in("evelyn", "secret").await;
    let path = format!("/ws?chat_id={}", scene.chat);
    let bearer = scene.eve.bearer();
    let headers = [("Authorization", bearer.as_str())];
    let mut slow = TestSocket::open_narrow(node.address(), &path, &headers)
        .await
        .expect("a socket");
    for i in 0..MESSAGES {
        scene.alice.say(scene.chat, &"x".repeat(16_000), &format!("k{i}")).await.is(201);
    }
    sign_out(&laptop, &scene.eve).await;
    let (frames, code) = slow.closed().await;
    let heard = frames.iter().filter(|frame| frame["type"] == "message").count();
    assert!(heard < MESSAGES, "all {heard} came after it was signed out");
    assert_eq!(code, Some(4505));
}
