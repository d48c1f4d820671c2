//! Who may do what in a chat, and that removed means removed (promise 6).

use crate::support::*;

on_both_stores! {
    each_role_may_do_what_it_may,
    a_removed_member_hears_nothing_more,
    a_removal_cuts_a_stream_of_messages_at_its_seq,
    who_has_a_chat_in_the_background_is_told_that_it_is_gone,
    one_may_leave_and_come_back,
    whoever_is_told_of_a_member_is_told_what_they_are_called,
    the_last_owner_cannot_leave_the_others,
    an_owner_may_leave_those_whose_accounts_have_ended,
}

async fn each_role_may_do_what_it_may(setup: Setup) {
    let node = setup.node(&[]).await;
    let [owner, admin, member, guest] = node.join_all(["owner", "admin", "member", "guest"]).await;
    let other = node.join("other").await;
    let chat = owner.create_chat("group", "roles").await;
    owner.add(chat, &admin, "admin").await.is(201);
    owner.add(chat, &member, "member").await.is(201);
    admin.add(chat, &guest, "guest").await.is(201);

    // Writing.
    for (i, client) in [&owner, &admin, &member].into_iter().enumerate() {
        client.say(chat, "hello", &format!("k{i}")).await.is(201);
    }
    guest.say(chat, "hello", "k").await.refused(403, "read_only");
    assert_eq!(guest.history(chat).await.len(), 3);
    let mut socket = guest.socket(chat).await;
    socket.send(json!({"content": "hello", "client_msg_id": "k"})).await;
    let error = socket.refused("read_only").await;
    assert_eq!((&error["client_msg_id"], &error["retry"]), (&json!("k"), &json!(false)));

    // Managing.
    for client in [&member, &guest] {
        client.add(chat, &other, "member").await.refused(403, "forbidden");
        client.remove(chat, &admin).await.refused(403, "forbidden");
        let path = format!("/api/chats/{chat}");
        client.patch(&path, json!({"name": "mine"})).await.refused(403, "forbidden");
    }
    let role = |client: &TestClient| format!("/api/chats/{chat}/members/{}", client.id);
    admin.patch(&role(&member), json!({"role": "guest"})).await.is(200);
    member.say(chat, "no more", "k9").await.refused(403, "read_only");
    admin
        .patch(&role(&member), json!({"role": "owner"}))
        .await
        .refused(403, "forbidden");
    admin
        .patch(&role(&admin), json!({"role": "owner"}))
        .await
        .refused(403, "forbidden");
    admin.remove(chat, &owner).await.refused(403, "forbidden");
    admin.delete("/deleteChat", json!({"id": chat})).await.refused(403, "forbidden");
    admin.add(chat, &member, "member").await.refused(409, "already_member");
    admin.remove(chat, &other).await.refused(404, "member_not_found");
    owner.add(chat, &other, "captain").await.refused(400, "invalid_role");
    owner.patch(&role(&admin), json!({"role": "owner"})).await.is(200);
    admin.delete("/deleteChat", json!({"id": chat})).await.is(204);
}

async fn a_removed_member_hears_nothing_more(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, bob] = node.join_all(["alice", "bob"]).await;
    let chat = alice.create_group(&[&bob]).await;
    let mut removed = bob.socket(chat).await;
    let mut elsewhere = bob.socket(1).await;
    let mut staying = alice.socket(chat).await;

    staying.say("together").await;
    staying.message("together").await;
    alice.remove(chat, &bob).await.is(204);
    alice.say(chat, "alone", "k1").await.is(201);
    staying.message("alone").await;

    let (frames, code) = removed.closed().await;
    assert_eq!(code, Some(4503));
    assert!(frames.iter().any(|frame| frame["content"] == "together"), "{frames:?}");
    assert!(!frames.iter().any(|frame| frame["content"] == "alone"), "{frames:?}");
    // His sockets elsewhere live, and everything here is as if the chat did not exist.
    elsewhere.say("still in General").await;
    elsewhere.message("still in General").await;
    bob.get(&format!("/api/chats/{chat}")).await.refused(404, "chat_not_found");
    bob.get(&format!("/api/chats/{chat}/messages"))
        .await
        .refused(404, "chat_not_found");
    bob.get(&format!("/api/chats/{chat}/members"))
        .await
        .refused(404, "chat_not_found");
    bob.say(chat, "let me in", "k2").await.refused(404, "chat_not_found");
    let refused = bob.try_socket(chat).await.expect_err("no socket");
    refused.refused(403, "not_member");
    let chats = bob.get("/api/chats").await.is(200);
    assert!(!chats["chats"].as_array().expect("chats").iter().any(|c| c["id"] == chat));
}

async fn a_removal_cuts_a_stream_of_messages_at_its_seq(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, bob] = node.join_all(["alice", "bob"]).await;
    let chat = alice.create_group(&[&bob]).await;
    let mut writing = alice.socket(chat).await;
    let mut removed = bob.socket(chat).await;
    let stream = tokio::spawn(async move {
        for i in 0..300 {
            writing.say(&format!("{i}")).await;
        }
        let mut heard = Vec::new();
        while heard.last() != Some(&"299".to_owned()) {
            let frame = writing.frame().await;
            if frame["type"] == "member" {
                return (frame["seq"].as_i64(), writing, heard);
            }
            heard.push(frame["content"].as_str().expect("a message").to_owned());
        }
        let gone = writing.next("member").await;
        (gone["seq"].as_i64(), writing, heard)
    });
    removed.message("20").await;
    alice.remove(chat, &bob).await.is(204);
    let (cut, mut writing, _) = stream.await.expect("the stream");
    writing.say("the end").await;
    writing.message("the end").await;

    let (frames, code) = removed.closed().await;
    assert_eq!(code, Some(4503));
    let seqs: Vec<_> = frames.iter().map(|frame| frame["seq"].as_i64()).collect();
    assert!(seqs.iter().all(|seq| *seq <= cut), "nothing after {cut:?}: {:?}", seqs.last());
    assert!(seqs.is_sorted());
}

async fn who_has_a_chat_in_the_background_is_told_that_it_is_gone(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, bob] = node.join_all(["alice", "bob"]).await;
    let [left, deleted] = [
        alice.create_group(&[&bob]).await,
        alice.create_group(&[&bob]).await,
    ];
    let [mut background, mut active] = [bob.any_socket().await, bob.any_socket().await];
    for socket in [&mut background, &mut active] {
        socket.next("ready").await;
    }
    active.send(json!({"type": "open", "chat_id": left, "after": 0})).await;
    active.next("opened").await;
    for again in [false, true] {
        alice.remove(left, &bob).await.is(204);
        let gone = background.next("gone").await;
        assert_eq!(gone, json!({"type": "gone", "chat_id": left, "change": "left"}));
        if !again {
            // Who has it open hears the change itself, and that is the last of it.
            assert_eq!(active.next("member").await["change"], "left");
        }
        alice.add(left, &bob, "member").await.is(201);
        for socket in [&mut background, &mut active] {
            while socket.next("unread").await["chat_id"] != left {}
        }
    }
    alice.delete("/deleteChat", json!({"id": deleted})).await.is(204);
    for socket in [&mut background, &mut active] {
        let gone = loop {
            let gone = socket.next("gone").await;
            if gone["chat_id"] == deleted {
                break gone;
            }
        };
        assert_eq!(gone["change"], "deleted");
    }
}

async fn one_may_leave_and_come_back(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, bob] = node.join_all(["alice", "bob"]).await;
    let chat = alice.create_group(&[&bob]).await;
    let mut socket = bob.socket(chat).await;
    bob.remove(chat, &bob).await.is(204);
    assert_eq!(socket.closed().await.1, Some(4503));
    bob.remove(chat, &bob).await.refused(404, "chat_not_found");
    alice.add(chat, &bob, "member").await.is(201);
    let mut socket = bob.socket(chat).await;
    socket.say("back again").await;
    socket.message("back again").await;
}

async fn an_owner_may_leave_those_whose_accounts_have_ended(setup: Setup) {
    let node = setup.node(&[]).await;
    let alice = node.join("alice").await;
    let [bob, carol] = node.join_all(["bob", "carol"]).await;
    let chat = bob.create_group(&[&carol]).await;
    bob.remove(chat, &bob).await.refused(409, "last_owner");
    alice.delete(&format!("/api/users/{}", carol.id), json!({})).await.is(204);
    bob.remove(chat, &bob).await.is(204);
}

async fn the_last_owner_cannot_leave_the_others(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, bob] = node.join_all(["alice", "bob"]).await;
    let chat = alice.create_group(&[&bob]).await;
    alice.remove(chat, &alice).await.refused(409, "last_owner");
    let path = format!("/api/chats/{chat}/members/{}", alice.id);
    alice.patch(&path, json!({"role": "member"})).await.refused(409, "last_owner");
    let path = format!("/api/chats/{chat}/members/{}", bob.id);
    alice.patch(&path, json!({"role": "owner"})).await.is(200);
    alice.remove(chat, &alice).await.is(204);
}

/// By the answer, live, and to one who missed it; and what they are called is what they are called now.
async fn whoever_is_told_of_a_member_is_told_what_they_are_called(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, bob, carol] = node.join_all(["alice", "bob", "carol"]).await;
    bob.patch("/api/me", json!({"display_name": "Боб Яновский"})).await.is(200);
    let chat = alice.create_group(&[&carol]).await;
    let mut socket = carol.socket(chat).await;

    let members = format!("/api/chats/{chat}/members");
    let added = alice.post(&members, json!({"user_id": bob.id, "role": "guest"})).await.is(201);
    assert_eq!(
        (&added["username"], &added["display_name"]),
        (&json!("bob"), &json!("Боб Яновский"))
    );
    let joined = socket.next("member").await;
    assert_eq!(
        (&joined["change"], &joined["display_name"]),
        (&json!("joined"), &json!("Боб Яновский"))
    );

    let path = format!("{members}/{}", bob.id);
    let changed = alice.patch(&path, json!({"role": "member"})).await.is(200);
    assert_eq!(changed["display_name"], json!("Боб Яновский"));
    let role = socket.next("member").await;
    assert_eq!(
        (&role["change"], &role["display_name"]),
        (&json!("role"), &json!("Боб Яновский"))
    );

    bob.patch("/api/me", json!({"display_name": "Bob"})).await.is(200);
    let mut late = alice.any_socket().await;
    late.send(json!({"type": "open", "chat_id": chat, "after": 0})).await;
    let opened = late.next("opened").await;
    let replayed: Vec<_> = opened["changes"]
        .as_array()
        .expect("changes")
        .iter()
        .filter(|change| change["type"] == "member")
        .map(|change| (change["user_id"].as_i64(), change.get("display_name").cloned()))
        .collect();
    assert!(replayed.contains(&(Some(bob.id), Some(json!("Bob")))), "{replayed:?}");
    assert!(replayed.contains(&(Some(carol.id), None)), "{replayed:?}");

    alice.remove(chat, &bob).await.is(204);
    let left = socket.next("member").await;
    assert_eq!((&left["change"], left.get("display_name")), (&json!("left"), None));
}
