//! Private chats: one for each two people, whoever asks first.

use sea_orm::ConnectionTrait;

use crate::support::process::finish;
use crate::support::*;

on_both_stores! {
    neither_is_the_others_master,
    each_hides_it_for_themselves_until_something_is_said,
    it_is_gone_when_nobody_has_it_in_view,
    one_pair_has_one_private_chat_however_it_is_made,
    many_ways_at_once_make_one_private_chat,
    private_chats_from_before_become_equal,
    two_people_have_one_private_chat,
    whoever_finds_a_private_chat_finds_the_other_one_in_it,
    both_may_ask_at_once,
    there_is_no_private_chat_with_nobody,
    a_list_shows_the_other_one_and_what_was_said_last,
    a_private_chat_that_was_deleted_begins_anew,
}

async fn start(user: &TestClient, other: &TestClient) -> Answer {
    user.post(&format!("/api/users/{}/chat", other.id), json!({})).await
}

async fn two_people_have_one_private_chat(setup: Setup) {
    let node = setup.node(&[]).await;
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

    // Leaving it is hiding it, and nobody takes the place meanwhile.
    bob.remove(id, &bob).await.is(204);
    alice.add(id, &carol, "member").await.refused(409, "private_chat_full");
    assert_eq!(start(&alice, &bob).await.is(200)["id"], id);
    bob.say(id, "again", "k2").await.is(201);

    // Corp Messenger's way to make one counts too.
    let made = alice.create_chat("private", "").await;
    alice.add(made, &carol, "member").await.is(201);
    assert_eq!(start(&carol, &alice).await.is(200)["id"], made);
}

/// Also at the moment in which it is made.
async fn whoever_finds_a_private_chat_finds_the_other_one_in_it(setup: Setup) {
    const OTHERS: usize = 30;
    let node = setup.node(&[]).await;
    let alice = node.join("alice").await;
    let mut others = Vec::new();
    for i in 0..OTHERS {
        others.push(node.join(&format!("other{i}")).await);
    }
    let starting = async {
        for other in &others {
            start(&alice, other).await.is(201);
        }
    };
    let looking = async {
        loop {
            let chats = alice.get("/api/chats").await.is(200);
            let all = chats["chats"].as_array().cloned().unwrap_or_default();
            let private: Vec<_> = all.iter().filter(|chat| chat["type"] == "private").collect();
            for chat in &private {
                assert!(chat["peer"]["username"].is_string(), "{chat}");
            }
            if private.len() == OTHERS {
                break;
            }
        }
    };
    tokio::join!(starting, looking);
    // It took a number for each of the two.
    let heads = "SELECT COUNT(*) FROM conversations WHERE pair IS NOT NULL AND head_seq <> 2";
    assert_eq!(setup.number(heads).await, 0);
}

async fn both_may_ask_at_once(setup: Setup) {
    let node = setup.node(&[]).await;
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
        assert!(gone.iter().all(|answer| answer.status == 204), "{gone:?}");
        alice.get(&format!("/api/chats/{first}")).await.refused(404, "chat_not_found");
    }
}

async fn there_is_no_private_chat_with_nobody(setup: Setup) {
    let node = setup.node(&[]).await;
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

async fn a_list_shows_the_other_one_and_what_was_said_last(setup: Setup) {
    let node = setup.node(&[]).await;
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

async fn a_private_chat_that_was_deleted_begins_anew(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, bob] = node.join_all(["alice", "bob"]).await;
    let first = start(&alice, &bob).await.is(201)["id"].clone();
    for user in [&alice, &bob] {
        user.delete("/deleteChat", json!({"id": first})).await.is(204);
    }
    let second = start(&bob, &alice).await.is(201)["id"].clone();
    assert_ne!(first, second);
}

/// What a command of the server's says, which must succeed.
async fn command(setup: &Setup, words: &[&str]) -> String {
    let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    let (succeeded, output) = finish(setup.dir(), &[words, setup.arguments(&[])].concat()).await;
    assert!(succeeded, "{output}");
    output
}

/// What `verify` counts, beside a server; SQLite's file is that server's.
async fn verify_beside(setup: &Setup) {
    if setup.kind() == Kind::Postgres {
        let verified = command(setup, &["verify"]).await;
        assert!(
            verified.contains("two people have one private chat (0 violations)"),
            "{verified}"
        );
    }
}

/// The ids of the chats that a user has in view: listed, synced and at a socket's start.
async fn in_view(user: &TestClient) -> Vec<i64> {
    let ids = |chats: &Value, key: &str| -> Vec<i64> {
        let chats = chats["chats"].as_array().expect("chats").iter();
        chats.map(|chat| chat[key].as_i64().expect("an id")).collect()
    };
    let listed = ids(&user.get("/api/chats").await.is(200), "id");
    let synced = user.post("/api/sync", json!({})).await.is(200);
    assert_eq!(ids(&synced, "chat_id"), listed);
    assert!(synced["recent"].as_array().is_some_and(|recent| {
        recent
            .iter()
            .all(|chat| listed.contains(&chat["chat_id"].as_i64().expect("an id")))
    }));
    let ready = user.any_socket().await.next("ready").await;
    assert_eq!(ids(&ready, "chat_id"), listed);
    let page = user.get("/api/chats?limit=1").await.is(200);
    assert_eq!(page["next"].is_null(), listed.len() < 2, "pages are whole: {page}");
    listed
}

async fn neither_is_the_others_master(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, bob, carol] = node.join_all(["alice", "bob", "carol"]).await;
    let started = start(&alice, &bob).await.is(201)["id"].as_i64().expect("an id");
    let made = alice.create_chat("private", "").await;
    // Whatever is asked, both are the same.
    let added = alice.add(made, &carol, "guest").await.is(201);
    assert_eq!(added["role"], "member");
    for (chat, other) in [(started, &bob), (made, &carol)] {
        let path = format!("/api/chats/{chat}");
        let members = alice.get(&format!("{path}/members")).await.is(200);
        let members = members["members"].as_array().expect("members").clone();
        assert!(members.iter().all(|member| member["role"] == "member"), "{members:?}");
        let his = other.said(chat, "mine").await["id"].clone();
        for (one, two) in [(&alice, other), (other, &alice)] {
            let member = format!("{path}/members/{}", two.id);
            for role in ["owner", "admin", "member", "guest"] {
                for of in [&member, &format!("{path}/members/{}", one.id)] {
                    one.patch(of, json!({"role": role})).await.refused(403, "forbidden");
                }
            }
            one.delete(&member, json!({})).await.refused(403, "forbidden");
            one.remove(chat, two).await.refused(403, "forbidden");
            one.patch(&path, json!({"name": "mine"})).await.refused(403, "forbidden");
            one.put(&format!("{path}/pins/{his}"), json!({})).await.is(204);
        }
        alice
            .delete(&format!("{path}/messages/{his}"), json!({}))
            .await
            .refused(403, "forbidden");
        other.delete(&format!("{path}/messages/{his}"), json!({})).await.is(204);
    }
}

async fn each_hides_it_for_themselves_until_something_is_said(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, bob] = node.join_all(["alice", "bob"]).await;
    let chat = start(&alice, &bob).await.is(201)["id"].as_i64().expect("an id");
    let path = format!("/api/chats/{chat}");
    alice.said(chat, "one").await;
    let mut elsewhere = alice.any_socket().await;
    elsewhere.next("ready").await;

    let ways: [(&str, Value); 4] = [
        (&path, json!({})),
        ("/deleteChat", json!({"id": chat})),
        ("/removeMember", json!({"conversation_id": chat, "user_id": alice.id})),
        (&format!("{path}/members/{}", alice.id), json!({})),
    ];
    for (way, body) in ways {
        assert!(in_view(&alice).await.contains(&chat));
        alice.delete(way, body.clone()).await.is(204);
        assert_eq!(elsewhere.next("hidden").await["chat_id"], chat);
        assert!(!in_view(&alice).await.contains(&chat), "{way}");
        // For the other one nothing has changed, and it may be read by who knows it.
        assert!(in_view(&bob).await.contains(&chat));
        assert_eq!(alice.history(chat).await, bob.history(chat).await);
        alice.delete(way, body).await.is(204);

        // A socket that has come while it was hidden hears of the next message too.
        let mut later = alice.any_socket().await;
        later.next("ready").await;
        bob.said(chat, "again").await;
        for socket in [&mut elsewhere, &mut later] {
            let unread = socket.next("unread").await;
            assert_eq!(&unread["chat_id"], &json!(chat));
        }
    }

    // Writing brings it back, and so does starting it.
    alice.delete(&path, json!({})).await.is(204);
    alice.said(chat, "me again").await;
    assert!(in_view(&alice).await.contains(&chat));
    alice.delete(&path, json!({})).await.is(204);
    assert_eq!(start(&alice, &bob).await.is(200)["id"], chat);
    assert!(in_view(&alice).await.contains(&chat));
    // An edit and a reaction are nothing new.
    let said = bob.said(chat, "a word").await["id"].clone();
    alice.delete(&path, json!({})).await.is(204);
    bob.patch(&format!("{path}/messages/{said}"), json!({"content": "another"}))
        .await
        .is(200);
    assert!(!in_view(&alice).await.contains(&chat));
}

async fn it_is_gone_when_nobody_has_it_in_view(setup: Setup) {
    let node = setup.node(&[]).await;
    let alice = node.join("alice").await;
    let [bob, carol] = node.join_all(["bob", "carol"]).await;
    let chat = start(&alice, &bob).await.is(201)["id"].as_i64().expect("an id");
    bob.said(chat, "one").await;
    alice.delete("/deleteChat", json!({"id": chat})).await.is(204);
    bob.said(chat, "two").await;
    bob.delete("/deleteChat", json!({"id": chat})).await.is(204);
    alice.said(chat, "three").await;
    assert!(in_view(&bob).await.contains(&chat));
    let mut socket = bob.socket(chat).await;
    for user in [&bob, &alice] {
        user.delete("/deleteChat", json!({"id": chat})).await.is(204);
    }
    assert_eq!(socket.closed().await.1, Some(4504));
    alice.get(&format!("/api/chats/{chat}")).await.refused(404, "chat_not_found");
    alice
        .delete("/deleteChat", json!({"id": chat}))
        .await
        .refused(404, "chat_not_found");

    // One that nobody else ever came to, and one whose other member is erased.
    let alone = carol.create_chat("private", "").await;
    carol.delete("/deleteChat", json!({"id": alone})).await.is(204);
    carol.get(&format!("/api/chats/{alone}")).await.refused(404, "chat_not_found");
    let left = start(&carol, &bob).await.is(201)["id"].as_i64().expect("an id");
    alice
        .post(&format!("/api/users/{}/erase", bob.id), json!({"confirm": "bob"}))
        .await
        .is(204);
    carol.delete("/deleteChat", json!({"id": left})).await.is(204);
    carol.get(&format!("/api/chats/{left}")).await.refused(404, "chat_not_found");
}

async fn one_pair_has_one_private_chat_however_it_is_made(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, bob, carol] = node.join_all(["alice", "bob", "carol"]).await;
    let chat = start(&alice, &bob).await.is(201)["id"].clone();
    for (one, two) in [(&alice, &bob), (&bob, &alice)] {
        let second = one.create_chat("private", "").await;
        let refused = one.add(second, two, "member").await.refused(409, "private_chat_exists");
        assert_eq!(refused["chat_id"], chat);
        let members = format!("/api/chats/{second}/members");
        let refused = one.post(&members, json!({"user_id": two.id})).await;
        assert_eq!(refused.refused(409, "private_chat_exists")["chat_id"], chat);
        // It is still for somebody else.
        one.add(second, &carol, "member").await.is(201);
        assert_eq!(start(&carol, one).await.is(200)["id"], second);
    }
    verify_beside(&setup).await;
}

async fn many_ways_at_once_make_one_private_chat(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, bob] = node.join_all(["alice", "bob"]).await;
    let chats = [
        (&alice, alice.create_chat("private", "").await),
        (&bob, bob.create_chat("private", "").await),
        (&alice, alice.create_chat("private", "").await),
        (&bob, bob.create_chat("private", "").await),
    ];
    let added = chats.map(|(by, chat)| {
        let other = if by.id == alice.id { &bob } else { &alice };
        by.add(chat, other, "member")
    });
    let (added, one, two) = tokio::join!(
        futures_util::future::join_all(added),
        start(&alice, &bob),
        start(&bob, &alice)
    );
    let chat = one.json()["id"].clone();
    assert!(one.status < 300 && two.status < 300, "{one:?} {two:?}");
    assert_eq!(two.json()["id"], chat);
    let mut joined = 0;
    for (answer, (_, made)) in added.into_iter().zip(chats) {
        if answer.status == 201 {
            assert_eq!(chat, made);
            joined += 1;
        } else if chat == made {
            answer.refused(409, "already_member");
        } else {
            assert_eq!(answer.refused(409, "private_chat_exists")["chat_id"], chat);
        }
    }
    assert!(joined <= 1);
    verify_beside(&setup).await;
}

/// What a version before this one has stored: a master, two private chats of two people, and one who
/// has left.
async fn private_chats_from_before_become_equal(setup: Setup) {
    let server = setup.process(&[]).await;
    let [alice, bob, carol, dave] = server.node().join_all(["alice", "bob", "carol", "dave"]).await;
    let mut chats = Vec::new();
    for (one, other) in [(&alice, &bob), (&alice, &carol), (&alice, &dave)] {
        let chat = start(one, other).await.is(201)["id"].as_i64().expect("an id");
        one.said(chat, "from before").await;
        chats.push(chat);
    }
    let [first, second, third] = chats[..] else {
        panic!("three chats");
    };
    server.terminate();
    assert!(server.ended().await.success());
    let status = command(&setup, &["migrate", "status"]).await;
    let mine = status.lines().position(|line| line.contains("make_private_chats_equal"));
    let later = status.lines().count() - mine.expect("the migration");
    command(&setup, &["migrate", "down", "-n", &later.to_string()]).await;
    let owner =
        format!("SELECT COUNT(*) FROM members WHERE role = 'owner' AND conversation_id = {first}");
    assert_eq!(setup.number(&owner).await, 1, "the maker is its master again");
    for sql in [
        "UPDATE conversations SET pair = NULL".to_owned(),
        // The second is Alice's and Bob's too; the other one of the third has left.
        format!(
            "UPDATE members SET user_id = {} WHERE user_id = {} AND conversation_id = {second}",
            bob.id, carol.id
        ),
        format!(
            "UPDATE members SET role = 'guest' WHERE user_id = {} AND conversation_id = {first}",
            bob.id
        ),
        format!(
            "UPDATE members SET left_at = created_at WHERE user_id = {} AND conversation_id = {third}",
            dave.id
        ),
    ] {
        let database = setup.open().await;
        database.execute_unprepared(&sql).await.expect(&sql);
        database.close().await.expect("a clean close");
    }
    command(&setup, &["migrate", "up"]).await;
    let verified = command(&setup, &["verify"]).await;
    assert!(
        verified.contains("two people have one private chat (0 violations)"),
        "{verified}"
    );
    let node = setup.node(&[]).await;
    let [alice, bob, dave] = [alice.at(&node), bob.at(&node), dave.at(&node)];
    assert_eq!(start(&bob, &alice).await.is(200)["id"], first);
    for chat in [first, second] {
        bob.said(chat, "I may answer").await;
        assert_eq!(alice.history(chat).await.len(), 2);
    }
    assert!(!in_view(&dave).await.contains(&third));
    alice.said(third, "are you there?").await;
    assert!(in_view(&dave).await.contains(&third));
    assert_eq!(start(&dave, &alice).await.is(200)["id"], third);
    // When the one is gone, the other takes its place.
    for user in [&alice, &bob] {
        user.delete("/deleteChat", json!({"id": first})).await.is(204);
    }
    assert_eq!(start(&bob, &alice).await.is(200)["id"], second);
}
