//! Many who read at once: their read commands cost a few transactions, and hold up nobody.

use std::time::Instant;

use futures_util::future::join_all;
use futures_util::stream::{self, StreamExt};
use sea_orm::{ConnectionTrait, DatabaseTransaction, TransactionTrait};

use crate::support::many_members::{self, CHAT};
use crate::support::metric_counts::Counts;
use crate::support::*;

on_both_stores! {
    a_message_that_three_hundred_read_costs_a_few_transactions,
    marks_of_a_socket_end_as_if_each_had_been_stored,
}

on_postgres! {
    a_mark_that_cannot_be_stored_holds_up_nobody_else,
    readers_do_not_hold_up_those_who_write,
}

const READERS: i64 = 300;

async fn a_message_that_three_hundred_read_costs_a_few_transactions(setup: Setup) {
    many_members::fill(&setup, READERS + 1, READERS + 1).await;
    let node = setup.node(&[]).await;
    let alice = node.sign_in("alice", "secret").await;
    alice.said(CHAT, "read this").await;
    let sockets = stream::iter(2..=READERS + 1).map(|id| {
        let user = many_members::client(&node, id);
        async move {
            let mut socket = user.any_socket().await;
            socket.next("ready").await;
            socket
        }
    });
    let sockets: Vec<TestSocket> = sockets.buffer_unordered(16).collect().await;

    let (before, began) = (Counts::of(&alice).await, Instant::now());
    let reading = sockets.into_iter().map(|mut socket| async move {
        // Said twice, it is no more.
        for _ in 0..2 {
            socket.send(json!({"type": "read", "chat_id": CHAT, "n": 1})).await;
        }
        while socket.next("unread").await["unread"] != 0 {}
        socket
    });
    let _sockets = within("everybody to have read it", join_all(reading)).await;
    let all = || async {
        let commands = Counts::of(&alice).await.since(&before, "read_commands");
        (commands == 2.0 * READERS as f64).then_some(())
    };
    eventually("all read commands to have been taken", all).await;
    let (after, took) = (Counts::of(&alice).await, began.elapsed().as_secs_f64());
    let commits = after.since(&before, "read_command_commits");
    assert!(commits >= 1.0 && commits <= 5.0 + 20.0 * took, "{commits} in {took} s");
    assert!(commits < READERS as f64 / 4.0, "{commits}");
    let statements = after.since(&before, "statements");
    assert!(statements < READERS as f64, "{statements}");
    let read =
        format!("SELECT COUNT(*) FROM members WHERE conversation_id = {CHAT} AND read_n = 1");
    assert_eq!(setup.number(&read).await, READERS + 1);
}

async fn marks_of_a_socket_end_as_if_each_had_been_stored(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, bob] = node.join_all(["alice", "bob"]).await;
    let chat = alice.create_group(&[&bob]).await;
    for i in 1..=9 {
        alice.said(chat, &format!("{i}")).await;
    }
    let mut phone = bob.any_socket().await;
    for i in 0..60 {
        phone.send(json!({"type": "read", "chat_id": chat, "n": i % 10})).await;
        phone.send(json!({"type": "unread", "chat_id": chat, "n": i % 7})).await;
    }
    phone.send(json!({"type": "unread", "chat_id": chat, "n": 3})).await;
    phone.send(json!({"type": "read", "chat_id": chat, "n": 5})).await;
    phone.send(json!({"type": "read", "chat_id": chat, "n": 4})).await;
    // What is asked next is stored after all of them, and is what everybody is told last.
    phone.send(json!({"type": "read", "chat_id": chat, "n": 6})).await;
    while phone.next("unread").await["read_n"] != 6 {}
    let stands = bob.put(&format!("/api/chats/{chat}/read"), json!({"n": 0})).await.is(200);
    assert_eq!((&stands["read_n"], &stands["unread"]), (&json!(6), &json!(3)));
}

/// Runs `sql` in a transaction that stays open.
async fn holding(setup: &Setup, sql: &str) -> DatabaseTransaction {
    let database = setup.open().await;
    let transaction = database.begin().await.expect("a transaction");
    transaction.execute_unprepared(sql).await.expect(sql);
    transaction
}

async fn a_mark_that_cannot_be_stored_holds_up_nobody_else(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, bob, carol] = node.join_all(["alice", "bob", "carol"]).await;
    let chat = alice.create_group(&[&bob, &carol]).await;
    for i in 1..=3 {
        alice.said(chat, &format!("{i}")).await;
    }
    let row = format!("SELECT * FROM members WHERE user_id = {} FOR UPDATE", bob.id);
    let path = format!("/api/chats/{chat}/read");
    let held = holding(&setup, &row).await;
    let (bobs, bobs_path) = (bob.clone(), path.clone());
    let waiting = tokio::spawn(async move { bobs.put(&bobs_path, json!({"n": 2})).await });
    for n in 1..=3 {
        assert_eq!(carol.put(&path, json!({"n": n})).await.is(200)["read_n"], n);
    }
    assert!(!waiting.is_finished(), "the row is held");
    held.rollback().await.expect("the end of it");
    let answer = within("the mark that waited", waiting).await.expect("an answer");
    assert_eq!(answer.is(200)["read_n"], 2);

    let held = holding(&setup, &row).await;
    bob.put(&path, json!({"n": 3})).await.refused(503, "busy");
    held.rollback().await.expect("the end of it");
    assert_eq!(bob.put(&path, json!({"n": 1})).await.is(200)["read_n"], 2, "it was not stored");
}

async fn readers_do_not_hold_up_those_who_write(setup: Setup) {
    let node = setup.node(&[]).await;
    // Of one alone few are read at once.
    let people = node.join_all(["alice", "bob", "carol", "dave"]).await;
    setup.execute("UPDATE users SET is_admin = TRUE").await;
    let mut socket = people[0].socket(1).await;
    socket.say_keyed("all is well", "k0").await;
    let held = holding(&setup, "LOCK TABLE invites IN ACCESS EXCLUSIVE MODE").await;
    let readers: Vec<_> = (0..40)
        .map(|reader| {
            let person = people[reader % people.len()].clone();
            tokio::spawn(async move { person.get("/api/invites").await })
        })
        .collect();
    let waiting = "SELECT COUNT(*) FROM pg_stat_activity \
                   WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let stuck = || async { (setup.number(waiting).await >= 3).then_some(()) };
    eventually("the readers to be stuck", stuck).await;
    for i in 1..=5 {
        socket.say_keyed("written meanwhile", &format!("k{i}")).await;
    }
    assert!(!readers.iter().any(|reader| reader.is_finished()), "they are stuck still");
    held.rollback().await.expect("the end of it");
    for reader in readers {
        within("an answer", reader).await.expect("an answer");
    }
}
