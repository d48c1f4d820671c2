//! Whoever listens inside the server hears of everything that is committed, once it is.

use std::sync::{Arc, Mutex};

use vestnik::actors::announcing::{Announcement, Listener};
use vestnik::app::Extensions;

use crate::support::*;

on_both_stores! {
    everything_that_is_committed_is_announced,
}

/// Writes down what it hears.
#[derive(Default)]
struct Recorder(Mutex<Vec<String>>);

impl Recorder {
    async fn has(&self, fact: &str) {
        let has =
            || async { self.0.lock().unwrap().iter().any(|heard| heard == fact).then_some(()) };
        eventually(fact, has).await;
    }
}

impl Listener for Recorder {
    fn name(&self) -> &'static str {
        "the recorder"
    }

    fn hear(&self, announcement: &Announcement<'_>) {
        let fact = match announcement {
            Announcement::Changed {
                conversation,
                segment,
                ..
            } => format!("changed {conversation} {}-{}", segment.after, segment.seq),
            Announcement::Advanced { news, .. } => {
                format!("advanced {} {}", news.conversation, news.seq)
            }
            Announcement::Founded { chat, .. } => format!("founded {}", chat.id),
            Announcement::Read { user, snapshot } => {
                format!("read {user} {}", snapshot.conversation)
            }
            Announcement::Muted {
                user,
                conversation,
                muted,
            } => format!("muted {user} {conversation} {muted}"),
            Announcement::Hidden { user, conversation } => format!("hidden {user} {conversation}"),
            Announcement::Shown { user, snapshot } => {
                format!("shown {user} {}", snapshot.conversation)
            }
            Announcement::TokensEnded { tokens, .. } => format!("ended {} tokens", tokens.len()),
            Announcement::AccountEnded { user, .. } => format!("ended {user}"),
            Announcement::Present(changes) => format!("moved {}", changes.len()),
            Announcement::SignInFailed { name, .. } => format!("no sign-in of {name}"),
            Announcement::Typing { user, .. } => format!("typing {user}"),
        };
        self.0.lock().unwrap().push(fact);
    }
}

async fn everything_that_is_committed_is_announced(setup: Setup) {
    let recorder = Arc::new(Recorder::default());
    let extensions = Extensions {
        listeners: vec![recorder.clone()],
        ..Extensions::default()
    };
    let node = setup.extended_node(&[], extensions).await;
    // One after the other: the first is the administrator.
    let alice = node.join("alice").await;
    let bob = node.join("bob").await;
    let chat = alice.create_group(&[&bob]).await;
    alice.say(chat, "one", "k1").await.is(201);
    alice.say(chat, "two", "k2").await.is(201);
    let read = format!("/api/chats/{chat}/read");
    bob.put(&read, json!({"n": 1})).await.is(200);
    bob.put(&format!("/api/chats/{chat}/mute"), json!({"muted": true}))
        .await
        .is(204);
    let private = alice.post(&format!("/api/users/{}/chat", bob.id), json!({})).await.json();
    let private = private["id"].as_i64().expect("an id");
    alice.remove(private, &alice).await.is(204);
    // What another process stores is announced like what is stored here.
    let mut socket = alice.any_socket().await;
    socket.next("ready").await;
    setup.user_done(&["create", "carol", "carol@example.com"], "secret").await;
    let joined = socket.next("member").await;
    let general = joined["seq"].as_i64().expect("a seq");
    bob.delete("/api/tokens/current", json!({})).await.is(204);
    let own = format!("/api/users/{}", bob.id);
    alice.delete(&own, json!({})).await.is(204);
    let (alice, bob) = (alice.id, bob.id);
    for fact in [
        format!("founded {chat}"),
        format!("changed {chat} 1-2"),
        format!("changed {chat} 2-3"),
        format!("changed {chat} 3-4"),
        format!("advanced {chat} 4"),
        format!("read {bob} {chat}"),
        format!("changed 1 {}-{general}", general - 1),
        format!("muted {bob} {chat} true"),
        format!("hidden {alice} {private}"),
        "ended 1 tokens".to_owned(),
        format!("ended {bob}"),
    ] {
        recorder.has(&fact).await;
    }
}
