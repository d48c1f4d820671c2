//! A company in whose database every table has something, and what its people know of it.

use crate::support::*;

/// What was so on the server before.
pub(super) struct Before {
    alice: TestClient,
    bob: TestClient,
    chat: i64,
    private: i64,
    epoch: Value,
    /// Where bob's socket in the chat stood.
    seq: i64,
    alices_chats: Value,
    bobs_chats: Value,
    history: Vec<Value>,
    invite: String,
}

/// What stores and encodings treat in ways of their own.
const TEXTS: [&str; 7] = [
    "plain",
    "it's \"quoted\" \\ and % _ ? $1",
    "Привет, мир: ё й ß ﬁ",
    "👩‍👩‍👧‍👦 🏳️‍🌈 𝕏 \u{10FFFF}",
    "مرحبا \u{202e}rtl\u{202c}\u{200b}\u{feff}",
    "tab\tline\nline\r\nend \u{7f}\u{1}",
    "null NULL \\N \\x00 ' ; -- DROP",
];

async fn gather(node: &TestNode) -> (TestClient, TestClient, TestClient, i64) {
    let alice = node.join("alice").await;
    let [bob, carol, dora] = node.join_all(["bob", "carol", "dora"]).await;
    bob.patch("/api/me", json!({"display_name": "Bob Ω"})).await.is(200);
    let chat = alice.create_group(&[&bob, &carol]).await;
    // An account that is gone for good leaves its name to nobody for a while.
    let confirm = json!({"confirm": "dora"});
    alice.delete(&format!("/api/users/{}", dora.id), json!({})).await.is(204);
    alice.post(&format!("/api/users/{}/erase", dora.id), confirm).await.is(204);
    (alice, bob, carol, chat)
}

/// Everything that can happen to a message.
async fn talk(alice: &TestClient, bob: &TestClient, chat: i64) {
    for (n, text) in TEXTS.iter().enumerate() {
        alice.say(chat, text, &format!("key{n}")).await.is(201);
    }
    let id = |message: Value| message["id"].as_i64().expect("an id");
    let of = |message: i64| format!("/api/chats/{chat}/messages/{message}");
    let edited = id(alice.said(chat, "to be changed").await);
    alice.patch(&of(edited), json!({"content": "changed"})).await.is(200);
    let reply = json!({"content": "@alice and @all: an answer", "reply_to": edited});
    bob.post(&format!("/api/chats/{chat}/messages"), reply).await.is(201);
    let deleted = id(bob.said(chat, "to be deleted").await);
    bob.delete(&of(deleted), json!({})).await.is(204);
    for emoji in ["👍", "❤️", "🎉"] {
        bob.put(&format!("{}/reactions/{emoji}", of(edited)), json!({})).await.is(204);
        alice.put(&format!("{}/reactions/{emoji}", of(edited)), json!({})).await.is(204);
    }
    bob.delete(&format!("{}/reactions/🎉", of(edited)), json!({})).await.is(204);
    let upload = alice.upload("a.txt", b"a file").await;
    alice.try_carry(chat, "with a file", &[&upload]).await.is(201);
    let pinned = id(alice.said(chat, "pinned").await);
    for message in [edited, pinned] {
        alice.put(&format!("/api/chats/{chat}/pins/{message}"), json!({})).await.is(204);
    }
    alice
        .delete(&format!("/api/chats/{chat}/pins/{pinned}"), json!({}))
        .await
        .is(204);
}

/// Makes all of it.
pub(super) async fn live(node: &TestNode) -> Before {
    let (alice, bob, carol, chat) = gather(node).await;
    let mut socket = bob.socket(chat).await;
    talk(&alice, &bob, chat).await;
    let private = alice.post(&format!("/api/users/{}/chat", bob.id), json!({})).await.is(201);
    let private = private["id"].as_i64().expect("an id");
    alice.said(private, "between us").await;
    alice.said(1, "to everybody").await;
    alice.remove(chat, &carol).await.is(204);
    let last = alice.said(chat, "what bob's socket heard last").await;
    socket.message("what bob's socket heard last").await;

    bob.put(&format!("/api/chats/{chat}/read"), json!({"n": 4})).await.is(200);
    bob.put(&format!("/api/chats/{chat}/unread"), json!({"n": 2})).await.is(200);
    bob.put(&format!("/api/chats/{private}/mute"), json!({"muted": true}))
        .await
        .is(204);
    let invite = alice.post("/api/invites", json!({"max_uses": 3})).await.is(201);
    let used = alice.post("/api/invites", json!({})).await.is(201);
    let id = used["id"].as_i64().expect("an id");
    alice.delete(&format!("/api/invites/{id}"), json!({})).await.is(204);
    bob.post("/api/ws-ticket", json!({})).await.is(200);
    let epoch = bob.any_socket().await.next("ready").await["epoch"].clone();
    // Said while bob is away.
    alice.say(chat, "missed by bob", "missed").await.is(201);
    Before {
        alices_chats: alice.get("/api/chats").await.is(200),
        bobs_chats: bob.get("/api/chats").await.is(200),
        history: bob.history(chat).await,
        seq: last["seq"].as_i64().expect("a seq"),
        invite: invite["code"].as_str().expect("a code").to_owned(),
        alice,
        bob,
        chat,
        private,
        epoch,
    }
}

/// Those who were signed in before come to the server of the copy.
pub(super) async fn resume(node: &TestNode, before: &Before) {
    let (alice, bob) = (before.alice.at(node), before.bob.at(node));
    assert_eq!(alice.get("/api/chats").await.is(200), before.alices_chats);
    assert_eq!(bob.get("/api/chats").await.is(200), before.bobs_chats);
    assert_eq!(bob.history(before.chat).await, before.history);

    let mut socket = bob.any_socket().await;
    assert_eq!(socket.next("ready").await["epoch"], before.epoch);
    let open = json!({
        "type": "open", "chat_id": before.chat, "after": before.seq, "epoch": before.epoch,
    });
    socket.send(open).await;
    let opened = socket.next("opened").await;
    let changes = opened["changes"].as_array().expect("changes");
    assert_ne!(opened["reset"], true, "{opened}");
    assert_eq!(changes.len(), 1, "{opened}");
    assert_eq!(changes[0]["content"], "missed by bob");

    // A send that had no answer before is repeated, and the next one takes the next number.
    alice.say(before.chat, "missed by bob", "missed").await.is(200);
    let next = alice.said(before.chat, "first on the new one").await;
    assert_eq!(next["seq"].as_i64(), Some(before.seq + 2));
    socket.message("first on the new one").await;
    alice.said(before.private, "still between us").await;
    let account = json!({
        "username": "erika", "password": "secret", "email": "erika@example.com", "invite": before.invite,
    });
    node.nobody().post("/register", account).await.is(201);
}
