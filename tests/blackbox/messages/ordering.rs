//! Promise 2: one counter a conversation, no gap, the same order for every reader.

use std::collections::HashMap;

use crate::support::*;
use futures_util::future::join_all;

on_both_stores! {
    every_reader_sees_one_order,
    chats_do_not_share_a_counter,
}

const SENDERS: usize = 20;
const EACH: usize = 50;

async fn every_reader_sees_one_order(setup: Setup) {
    let node = setup.node(&[]).await;
    let people = node.join_all(["alice", "bob"]).await;
    let chat = people[0].create_group(&[&people[1]]).await;
    let sockets = join_all((0..SENDERS).map(|i| people[i % people.len()].socket(chat))).await;

    // Each sends without waiting for answers, and reads all the while.
    let seen = join_all(sockets.into_iter().enumerate().map(|(sender, mut socket)| {
        tokio::spawn(async move {
            for i in 0..EACH {
                let key = format!("{sender}-{i}");
                socket.send(json!({"content": key, "client_msg_id": key})).await;
            }
            let (mut heard, mut acks) = (Vec::new(), 0);
            while heard.len() < SENDERS * EACH || acks < EACH {
                let frame = socket.frame().await;
                match frame["type"].as_str() {
                    Some("message") => heard.push(frame),
                    Some("ack") => acks += 1,
                    _ => panic!("unexpected {frame}"),
                }
            }
            heard
        })
    }))
    .await;
    let seen: Vec<Vec<Value>> = seen.into_iter().map(|reader| reader.expect("a reader")).collect();

    let first = &seen[0];
    let start = first[0]["seq"].as_i64().expect("a seq");
    for (i, frame) in (0..).zip(first) {
        assert_eq!(frame["seq"], start + i, "no gap");
        assert_eq!(frame["n"], 1 + i, "messages are numbered alone");
    }
    for reader in &seen[1..] {
        assert_eq!(reader, first, "every reader sees the same");
    }
    let mut last: HashMap<String, usize> = HashMap::new();
    for frame in first {
        let (sender, i) = frame["content"].as_str().unwrap().split_once('-').unwrap();
        let expected = last.entry(sender.to_owned()).or_default();
        assert_eq!(i.parse::<usize>().unwrap(), *expected, "a sender's own order holds");
        *expected += 1;
    }
    let newest = people[0].history(chat).await;
    let heard = &first[first.len() - newest.len()..];
    for (stored, frame) in newest.iter().zip(heard) {
        assert_eq!(stored["id"], frame["id"]);
        assert_eq!(stored["seq"], frame["seq"]);
    }
}

async fn chats_do_not_share_a_counter(setup: Setup) {
    let node = setup.node(&[]).await;
    let alice = node.join("alice").await;
    let chats = [alice.create_group(&[]).await, alice.create_group(&[]).await];
    let answers = join_all((0..20).map(|i| {
        let (alice, chat) = (&alice, chats[i % 2]);
        async move { (chat, alice.say(chat, "x", &format!("k{i}")).await.is(201)) }
    }))
    .await;
    for chat in chats {
        let mut n: Vec<i64> = answers
            .iter()
            .filter(|(to, _)| *to == chat)
            .map(|(_, stored)| stored["n"].as_i64().unwrap())
            .collect();
        n.sort_unstable();
        assert_eq!(n, (1..=10).collect::<Vec<_>>());
    }
}
