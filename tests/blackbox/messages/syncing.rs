//! `POST /api/sync`: one trip brings a client up to date.

use crate::support::*;

on_both_stores! {
    a_client_without_a_cache_gets_the_last_twenty_of_the_ten_last_active_chats,
    a_client_with_a_cache_gets_only_what_changed,
    positions_of_another_history_mean_nothing,
    a_sync_shows_nothing_of_chats_that_are_not_ones_own,
    what_is_long_is_told_in_parts,
    what_is_no_sync_is_refused,
}

async fn sync(user: &TestClient, known: Value) -> Value {
    user.post("/api/sync", known).await.is(200)
}

fn ids(list: &Value) -> Vec<i64> {
    let list = list.as_array().expect("a list");
    list.iter().map(|chat| chat["chat_id"].as_i64().expect("an id")).collect()
}

async fn a_client_without_a_cache_gets_the_last_twenty_of_the_ten_last_active_chats(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, bob] = node.join_all(["alice", "bob"]).await;
    let mut chats = Vec::new();
    for i in 0..12 {
        let chat = alice.create_group(&[&bob]).await;
        alice.say(chat, "first", &format!("first-{i}")).await;
        chats.push(chat);
    }
    for i in 0..25 {
        bob.say(chats[3], &format!("message {i}"), &format!("more-{i}")).await;
    }
    // To read is to be active.
    let path = format!("/api/chats/{}/read", chats[0]);
    alice.put(&path, json!({"n": 1})).await.is(200);
    alice.say(chats[5], "again", "again").await;

    let synced = sync(&alice, json!({})).await;
    assert_eq!(synced["user_id"], alice.id);
    let all: Vec<_> = std::iter::once(1).chain(chats.iter().copied()).collect();
    assert_eq!(ids(&synced["chats"]), all, "all of them, General too");
    let crowded = &synced["chats"][4];
    assert_eq!((&crowded["n"], &crowded["unread"]), (&json!(26), &json!(25)));
    assert_eq!((&crowded["type"], &crowded["role"]), (&json!("group"), &json!("owner")));
    let made = &alice.get(&format!("/api/chats/{}", chats[3])).await.is(200)["created_at"];
    assert_eq!(&crowded["created_at"], made);
    let recent = ids(&synced["recent"]);
    assert_eq!(recent.len(), 10);
    assert_eq!(recent[0], chats[5], "where one spoke last comes first");
    assert!(recent.contains(&chats[11]) && !recent.contains(&chats[1]), "{recent:?}");

    let last = synced["recent"]
        .as_array()
        .and_then(|all| all.iter().find(|c| c["chat_id"] == chats[3]));
    let last = last.expect("the crowded one");
    assert_eq!(last["state"], "reset");
    let texts: Vec<_> = last["changes"].as_array().expect("changes").iter().collect();
    assert_eq!(texts.len(), 20);
    assert_eq!(texts[0]["content"], "message 5");
    assert_eq!(texts[19]["content"], "message 24");
    assert_eq!(texts[19]["type"], "message");
    assert_eq!(last["seq"], texts[19]["seq"]);
}

async fn a_client_with_a_cache_gets_only_what_changed(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, bob] = node.join_all(["alice", "bob"]).await;
    let [same, little, much] = [
        alice.create_group(&[&bob]).await,
        alice.create_group(&[&bob]).await,
        alice.create_group(&[&bob]).await,
    ];
    for chat in [same, little, much] {
        alice.say(chat, "one", &format!("{chat}")).await;
    }
    let first = sync(&alice, json!({})).await;
    let position = |chat: i64| {
        let of = first["recent"]
            .as_array()
            .and_then(|all| all.iter().find(|c| c["chat_id"] == chat));
        of.expect("a recent chat")["seq"].clone()
    };
    let known = json!({
        "epoch": first["epoch"],
        "chats": {
            same.to_string(): position(same),
            little.to_string(): position(little),
            much.to_string(): position(much),
        },
    });

    let sent = bob.say(little, "two", "two").await.is(201);
    bob.patch(&format!("/api/chats/{little}/messages/{}", sent["id"]), json!({"content": "2"}))
        .await
        .is(200);
    for i in 0..101 {
        bob.say(much, "much", &format!("much-{i}")).await;
    }
    let second = sync(&alice, known).await;
    let of = |chat: i64| {
        let all = second["recent"].as_array().expect("recent");
        all.iter().find(|c| c["chat_id"] == chat).expect("a recent chat").clone()
    };
    assert_eq!(of(same)["state"], "unchanged");
    assert_eq!(of(same)["changes"], json!([]));
    assert_eq!(of(little)["state"], "changed");
    let changes = of(little)["changes"].clone();
    assert_eq!(changes.as_array().map(Vec::len), Some(1), "the edit supersedes: {changes}");
    assert_eq!((&changes[0]["type"], &changes[0]["content"]), (&json!("message"), &json!("2")));
    assert_eq!(of(little)["seq"], changes[0]["seq"]);
    assert_eq!(of(much)["state"], "reset");
    assert_eq!(of(much)["changes"].as_array().map(Vec::len), Some(20));
}

async fn positions_of_another_history_mean_nothing(setup: Setup) {
    let node = setup.node(&[]).await;
    let alice = node.join("alice").await;
    let chat = alice.create_group(&[]).await;
    let sent = alice.say(chat, "hi", "k").await.is(201);
    let epoch = sync(&alice, json!({})).await["epoch"].clone();
    for (epoch, seq) in [
        (json!("another"), sent["seq"].clone()),
        (Value::Null, sent["seq"].clone()),
        (epoch.clone(), json!(1_000)),
        (epoch.clone(), json!(-1)),
    ] {
        let known = json!({"epoch": epoch, "chats": {chat.to_string(): seq}});
        let synced = sync(&alice, known).await;
        assert_eq!(synced["recent"][0]["state"], "reset");
        assert_eq!(synced["recent"][0]["changes"][0]["content"], "hi");
    }
}

async fn a_sync_shows_nothing_of_chats_that_are_not_ones_own(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, bob] = node.join_all(["alice", "bob"]).await;
    let secret = alice.create_group(&[]).await;
    alice.say(secret, "secret", "k").await;
    let left = alice.create_group(&[&bob]).await;
    alice.say(left, "while bob was there", "k2").await;
    alice.remove(left, &bob).await.is(204);
    let epoch = sync(&bob, json!({})).await["epoch"].clone();
    let known = json!({
        "epoch": epoch,
        "chats": {secret.to_string(): 0, left.to_string(): 0, "999": 0},
    });
    let synced = sync(&bob, known).await;
    assert_eq!(ids(&synced["chats"]), [1]);
    assert_eq!(ids(&synced["recent"]), [1]);
    assert!(!synced.to_string().contains("secret"));
}

async fn what_is_long_is_told_in_parts(setup: Setup) {
    let node = setup.node(&[]).await;
    let alice = node.join("alice").await;
    let chat = alice.create_group(&[]).await;
    let text = "x".repeat(16_000);
    for i in 0..6 {
        alice.say(chat, &text, &format!("long-{i}")).await.is(201);
    }
    let numbers = |recent: &Value| -> Vec<i64> {
        let changes = recent["changes"].as_array().expect("changes");
        changes.iter().map(|change| change["n"].as_i64().expect("a number")).collect()
    };
    let synced = sync(&alice, json!({})).await;
    let fresh = &synced["recent"][0];
    assert_eq!((&fresh["chat_id"], &fresh["seq"]), (&json!(chat), &json!(7)));
    assert_eq!(numbers(fresh), [3, 4, 5, 6], "the newest");

    let known = json!({"epoch": synced["epoch"], "chats": {chat.to_string(): 1}});
    let changed = &sync(&alice, known).await["recent"][0];
    assert_eq!((&changed["state"], &changed["seq"]), (&json!("changed"), &json!(5)));
    assert_eq!(numbers(changed), [1, 2, 3, 4], "those that come next");
    let known = json!({"epoch": synced["epoch"], "chats": {chat.to_string(): 5}});
    let rest = &sync(&alice, known).await["recent"][0];
    assert_eq!((numbers(rest), &rest["seq"]), (vec![5, 6], &json!(7)));
}

async fn what_is_no_sync_is_refused(setup: Setup) {
    let node = setup.node(&[]).await;
    let alice = node.join("alice").await;
    for body in [
        json!({"chats": {"x": 1}}),
        json!({"chats": {"1": "x"}}),
        json!({"chats": [1]}),
        json!({"epoch": 7}),
        json!({"unknown": true}),
    ] {
        alice.post("/api/sync", body).await.refused(400, "malformed");
    }
    let many: serde_json::Map<_, _> = (0..1_001).map(|i| (i.to_string(), json!(1))).collect();
    alice.post("/api/sync", json!({"chats": many})).await.refused(400, "malformed");
}
