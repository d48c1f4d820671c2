//! Answers to a message, and the page around one.

use crate::support::*;

on_both_stores! {
    an_answer_says_what_it_answers,
    only_a_message_of_the_same_chat_is_answered,
    a_page_has_its_message_in_the_middle,
}

async fn an_answer_says_what_it_answers(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, bob] = node.join_all(["alice", "bob"]).await;
    let chat = alice.create_group(&[&bob]).await;
    let asked = alice.said(chat, "soup?").await;
    let mut alices = alice.socket(chat).await;
    let mut bobs = bob.socket(chat).await;
    bobs.send(json!({"content": "yes", "reply_to": asked["id"]})).await;
    assert_eq!(alices.message("yes").await["reply_to"], asked["id"]);
    let body = json!({"content": "no", "reply_to": asked["id"]});
    let answer = bob.post(&format!("/api/chats/{chat}/messages"), body).await.is(201);
    assert_eq!(answer["reply_to"], asked["id"]);
    let history = alice.history(chat).await;
    let answers: Vec<_> = history.iter().map(|message| message.get("reply_to")).collect();
    assert_eq!(answers, [None, Some(&asked["id"]), Some(&asked["id"])]);
}

async fn only_a_message_of_the_same_chat_is_answered(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, bob] = node.join_all(["alice", "bob"]).await;
    let (foreign, own) = (alice.create_group(&[]).await, bob.create_group(&[]).await);
    let message = alice.said(foreign, "secret").await;
    let mut socket = bob.socket(own).await;
    let mut refused = Vec::new();
    for id in [message["id"].clone(), json!(4_711), json!(-1)] {
        let frame = json!({"content": "and?", "reply_to": id, "client_msg_id": "k"});
        socket.send(frame).await;
        refused.push(socket.refused("message_not_found").await);
    }
    assert_eq!(refused[0], refused[1], "like one that there never was");
    for (id, status, code) in [
        (message["id"].clone(), 404, "message_not_found"),
        (json!("x"), 400, "malformed"),
    ] {
        let body = json!({"content": "and?", "reply_to": id});
        bob.post(&format!("/api/chats/{own}/messages"), body)
            .await
            .refused(status, code);
    }
    let said = socket.say_keyed("the key is free still", "k").await;
    assert_eq!((&said["seq"], &said["dup"]), (&json!(2), &json!(false)));
}

async fn a_page_has_its_message_in_the_middle(setup: Setup) {
    let node = setup.node(&[]).await;
    let alice = node.join("alice").await;
    let chat = alice.create_group(&[]).await;
    for i in 1..=9 {
        alice.said(chat, &format!("{i}")).await;
    }
    for (around, limit, expected, next) in [
        (5, 3, vec![4, 5, 6], Some(6)),
        (5, 4, vec![3, 4, 5, 6], Some(6)),
        (1, 3, vec![1, 2, 3], Some(3)),
        (9, 3, vec![8, 9], None),
        (99, 3, vec![], None),
        (-5, 3, vec![1, 2, 3], Some(3)),
        (7, 1, vec![7], Some(7)),
    ] {
        let path = format!("/api/chats/{chat}/messages?around={around}&limit={limit}");
        let page = alice.get(&path).await.is(200);
        let numbers: Vec<_> = page["messages"].as_array().expect("messages").iter().collect();
        let numbers: Vec<_> = numbers.iter().filter_map(|message| message["n"].as_i64()).collect();
        assert_eq!((numbers, page["next"].as_i64()), (expected, next), "around {around}");
    }
    for bad in ["around=x", "around=3&before=4", "around=3&after=1"] {
        let path = format!("/api/chats/{chat}/messages?{bad}");
        alice.get(&path).await.refused(400, "invalid_query");
    }
}
