//! Private chats: one for each two people, whoever asks first.

use crate::support::*;

on_both_stores! {
    two_people_have_one_private_chat,
    both_may_ask_at_once,
    there_is_no_private_chat_with_nobody,
    a_list_shows_the_other_one_and_what_was_said_last,
    a_private_chat_that_was_deleted_begins_anew,
}

async fn start(user: &TestClient, other: &TestClient) -> Answer {
    user.post(&format!("/api/users/{}/chat", other.id), json!({})).await
}

async fn two_people_have_one_private_chat(stage: Stage) {
    let node = stage.node(&[]).await;
    let [alice, bob, carol] = node.join_all(["alice", "bob", "carol"]).await;
    let chat = start(&alice, &bob).await.is(201);
    assert_eq!((&chat["type"], &chat["peer"]["username"]), (&json!("private"), &json!("bob")));
    let again = start(&alice, &bob).await.is(200);
    let other_side = start(&bob, &alice).await.is(200);
    assert_eq!((&again["id"], &other_side["id"]), (&chat["id"], &chat["id"]));
    assert_eq!(other_side["peer"]["username"], "alice");
    let id = chat["id"].as_i64().expect("an id");
    alice.add(id, &carol, "member").await.refused(409, "private_chat_full");
    bob.say(id, "hi", "k").await.is(201);

    // Who has left is back when the other one writes to them, and nobody takes the place meanwhile.
    bob.remove(id, &bob).await.is(204);
    alice.add(id, &carol, "member").await.refused(409, "private_chat_full");
    assert_eq!(start(&alice, &bob).await.is(200)["id"], id);
    bob.say(id, "again", "k2").await.is(201);

    // The seed's way to make one counts too.
    let seeds = alice.create_chat("private", "").await;
    alice.add(seeds, &carol, "member").await.is(201);
    assert_eq!(start(&carol, &alice).await.is(200)["id"], seeds);
}

async fn both_may_ask_at_once(stage: Stage) {
    let node = stage.node(&[]).await;
    let [alice, bob] = node.join_all(["alice", "bob"]).await;
    for _ in 0..5 {
        let asked = (0..4).flat_map(|_| [start(&alice, &bob), start(&bob, &alice)]);
        let answers = futures_util::future::join_all(asked).await;
        let first = answers[0].json()["id"].clone();
        assert!(answers.iter().all(|answer| answer.status < 300 && answer.json()["id"] == first));
        let members = alice.get(&format!("/api/chats/{first}/members")).await.is(200);
        assert_eq!(members["members"].as_array().map(Vec::len), Some(2));
        let owner = [&alice, &bob].map(|user| user.delete("/deleteChat", json!({"id": first})));
        let gone = futures_util::future::join_all(owner).await;
        assert!(gone.iter().any(|answer| answer.status == 204), "one of them is its owner");
    }
}

async fn there_is_no_private_chat_with_nobody(stage: Stage) {
    let node = stage.node(&[]).await;
    let [alice, bob] = [node.join("alice").await, node.join("bob").await];
    start(&alice, &alice).await.refused(400, "invalid_query");
    alice
        .post("/api/users/999/chat", json!({}))
        .await
        .refused(404, "user_not_found");
    bob.delete("/deleteUser", json!({"id": bob.id, "current_password": "secret"}))
        .await
        .is(204);
    start(&alice, &bob).await.refused(404, "user_not_found");
    let chats = alice.get("/api/chats").await.is(200);
    assert_eq!(chats["chats"].as_array().map(Vec::len), Some(1), "nothing was made");
}

async fn a_list_shows_the_other_one_and_what_was_said_last(stage: Stage) {
    let node = stage.node(&[]).await;
    let [alice, bob] = [node.join("alice").await, node.join("bob").await];
    let chat = start(&alice, &bob).await.is(201)["id"].as_i64().expect("an id");
    let group = alice.create_group(&[&bob]).await;
    bob.say(chat, &"ж".repeat(300), "k").await.is(201);
    let show = |id: i64| {
        let alice = alice.clone();
        async move { alice.get(&format!("/api/chats/{id}")).await.is(200) }
    };
    let shown = show(chat).await;
    assert_eq!(shown["last"]["content"], "ж".repeat(200));
    assert_eq!((&shown["last"]["username"], &shown["last"]["n"]), (&json!("bob"), &json!(1)));
    assert_eq!(shown["peer"]["id"], bob.id);
    assert_eq!(show(group).await.get("last"), None);
    assert_eq!(show(group).await.get("peer"), None);

    let id = bob.history(chat).await[0]["id"].clone();
    bob.delete(&format!("/api/chats/{chat}/messages/{id}"), Value::Null)
        .await
        .is(204);
    assert_eq!(show(chat).await["last"]["content"], "");
    assert_eq!(show(chat).await["last"]["deleted"], true);
    bob.delete("/deleteUser", json!({"id": bob.id, "current_password": "secret"}))
        .await
        .is(204);
    assert_eq!(show(chat).await["peer"]["username"], "deleted user");
    let synced = alice.post("/api/sync", json!({})).await.is(200);
    assert_eq!(synced["chats"][1]["peer"]["username"], "deleted user");
    assert_eq!(synced["chats"][1]["last"]["deleted"], true);
}

async fn a_private_chat_that_was_deleted_begins_anew(stage: Stage) {
    let node = stage.node(&[]).await;
    let [alice, bob] = node.join_all(["alice", "bob"]).await;
    let first = start(&alice, &bob).await.is(201)["id"].clone();
    alice.delete("/deleteChat", json!({"id": first})).await.is(204);
    let second = start(&bob, &alice).await.is(201)["id"].clone();
    assert_ne!(first, second);
}
