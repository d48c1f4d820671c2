//! How much of the database the commonest things take.

use std::sync::{Arc, Mutex};

use vestnik::config::Observer;

use crate::support::*;

on_both_stores! {
    a_message_takes_no_more_statements_than_before,
    a_page_as_it_is_asked_for_takes_one_statement_for_its_messages,
}

/// The statements that were run, in their order; those on the connection for writing, and the others.
#[derive(Clone, Default)]
struct Ran(Arc<Mutex<[Vec<String>; 2]>>);

impl Ran {
    fn observer(&self) -> Observer {
        let ran = self.0.clone();
        Observer::new(move |statement, is_writing| {
            let mut ran = ran.lock().expect("no panic while held");
            ran[usize::from(!is_writing)].push(statement.sql.clone());
        })
    }

    /// What was run since it was asked for the last time.
    fn taken(&self) -> [Vec<String>; 2] {
        std::mem::take(&mut *self.0.lock().expect("no panic while held"))
    }
}

async fn a_message_takes_no_more_statements_than_before(setup: Setup) {
    let ran = Ran::default();
    let node = setup.observed_node(&[], ran.observer()).await;
    let [alice, bob] = node.join_all(["alice", "bob"]).await;
    let chat = alice.create_group(&[&bob]).await;
    let mut socket = alice.socket(chat).await;
    socket.say_keyed("the first one", "first").await;
    let mut fewest: Option<Vec<String>> = None;
    for round in 0..8 {
        ran.taken();
        socket.say_keyed("hello", &format!("k{round}")).await;
        let [written, _] = ran.taken();
        if fewest.as_ref().is_none_or(|fewest| written.len() < fewest.len()) {
            fewest = Some(written);
        }
    }
    let fewest = fewest.unwrap_or_default();
    // The head, who they are, what has this key, the message, what they have read.
    assert!(!fewest.is_empty() && fewest.len() <= 5, "{fewest:#?}");
}

async fn a_page_as_it_is_asked_for_takes_one_statement_for_its_messages(setup: Setup) {
    let ran = Ran::default();
    let node = setup.observed_node(&[], ran.observer()).await;
    let alice = node.join("alice").await;
    let chat = alice.create_group(&[]).await;
    let mut socket = alice.socket(chat).await;
    for i in 1..=60 {
        socket.say(&format!("message {i}")).await;
    }
    socket.message("message 60").await;
    for query in ["", "?before=58", "?after=3"] {
        ran.taken();
        let page = alice.get(&format!("/api/chats/{chat}/messages{query}")).await.is(200);
        assert_eq!(page["messages"].as_array().map(Vec::len), Some(50));
        let [_, read] = ran.taken();
        let of_messages = read.iter().filter(|sql| sql.contains(r#"FROM "messages""#));
        assert_eq!(of_messages.count(), 1, "{query}: {read:#?}");
    }
}
