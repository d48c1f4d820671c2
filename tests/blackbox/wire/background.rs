//! A chat of ten thousand members, of whom two thousand are online and have it in the background. What
//! a message costs does not grow with either: nothing of it is delivered to them, and each is told a
//! few times a second how much waits.

use std::time::Instant;

use futures_util::future::join_all;
use futures_util::stream::{self, StreamExt};
use vestnik::app::Extensions;

use crate::support::many_members::{self, CHAT};
use crate::support::metric_counts::Counts;
use crate::support::process::finish;
use crate::support::raw_frames::{RawFrames, allow_many_files, number, payload};
use crate::support::*;

on_sqlite! {
    a_message_to_ten_thousand_costs_what_it_costs_to_three,
}

const MEMBERS: i64 = 10_000;
const ONLINE: i64 = 2_000;
const BURSTS: usize = 3;
const BURST: usize = 400;
/// The relays, of which there is one a worker thread.
const WORKERS: f64 = 2.0;
/// How often, at most, a chat in the background is told of; in seconds.
const QUIET: f64 = 0.3;

async fn a_message_to_ten_thousand_costs_what_it_costs_to_three(setup: Setup) {
    allow_many_files();
    many_members::fill(&setup, MEMBERS, ONLINE).await;
    let (holds, said) =
        finish(setup.dir(), &[vec!["verify".into()], setup.arguments(&[])].concat()).await;
    assert!(holds, "the members are none that a server would have made: {said}");
    // What an index takes is not counted.
    let extensions = Extensions {
        keeps_no_index: true,
        ..Extensions::default()
    };
    let node = setup.extended_node(&["--send-rate=0"], extensions).await;
    let alice = node.sign_in("alice", "secret").await;
    let (bob, carol) = (many_members::client(&node, 2), many_members::client(&node, 3));
    let small = alice.create_group(&[&bob, &carol]).await;
    let crowd = stream::iter(4..=ONLINE)
        .map(|id| {
            let user = many_members::client(&node, id);
            async move {
                let mut frames = RawFrames::connect(&user).await.expect("a socket");
                told(&mut frames, "ready").await;
                frames
            }
        })
        .buffer_unordered(32);
    let crowd: Vec<RawFrames> = within("two thousand sockets", crowd.collect()).await;

    // What is told of who came is told before anything is counted.
    let mut present = alice.any_socket().await;
    let watched = alice.create_group(&[&bob]).await;
    present.send(json!({"type": "open", "chat_id": watched})).await;
    present.next("opened").await;
    let mut bobs = bob.any_socket().await;
    let is_told =
        |frame: &Heard| matches!(frame, Heard::Frame(frame) if frame["type"] == "presence");
    while !is_told(&present.hear().await) {}

    let few = burst(&alice, &mut bobs, small).await;
    let many = burst(&alice, &mut bobs, CHAT).await;
    assert_eq!(few.statements, many.statements, "statements a transaction");
    let expected = BURST * BURSTS;
    let arrived = crowd.into_iter().map(|mut frames| async move {
        // In absolute values, so the last one is all that counts.
        while told(&mut frames, "unread").await != expected as i64 {}
    });
    within("everybody to be told of the last message", join_all(arrived)).await;
}

/// What a burst has cost.
struct Cost {
    /// Statements a transaction, rounded.
    statements: i64,
}

/// Says much in a chat several times, and checks what it costs while nobody has it open.
async fn burst(alice: &TestClient, socket: &mut TestSocket, chat: i64) -> Cost {
    let (before, began) = (Counts::of(alice).await, Instant::now());
    for round in 0..BURSTS {
        for i in 0..BURST {
            socket.send(json!({"type": "typing", "chat_id": chat})).await;
            let key = format!("{chat}-{round}-{i}");
            let send = json!({"chat_id": chat, "client_msg_id": key, "content": "to everybody"});
            socket.send(send).await;
        }
        let last = format!("{chat}-{round}-{}", BURST - 1);
        let is_last = |frame: &Value| frame["type"] == "ack" && frame["client_msg_id"] == *last;
        socket.until(is_last).await;
    }
    let (after, seconds) = (Counts::of(alice).await, began.elapsed().as_secs_f64());
    let grown = |name| after.since(&before, name);
    let told = seconds / QUIET + 2.0;
    let (commits, messages) = (grown("commits"), (BURST * BURSTS) as f64);
    assert!(grown("changes_stored") >= messages, "all is stored");
    assert!(commits <= messages, "{commits} commits");
    // To the sender alone: an `ack` each at most.
    assert!(grown("deliveries") <= messages, "{} deliveries", grown("deliveries"));
    // A batch goes to the sender's thread, and news goes to each.
    let relayed = grown("relay_messages");
    assert!(relayed <= 2.0 * commits + WORKERS * told, "{relayed} messages to relays");
    let frames = grown("background_frames");
    assert!(frames <= ONLINE as f64 * told, "{frames} counts in {seconds} s");
    assert!(grown("ephemeral_deliveries") == 0.0, "typing or presence was delivered");
    Cost {
        statements: (grown("statements") / commits).round() as i64,
    }
}

/// The `n` of the next frame of this type about the big chat, or 0 of one that has none.
async fn told(frames: &mut RawFrames, kind: &str) -> i64 {
    let mark = format!(r#"{{"type":"{kind}""#);
    loop {
        let frame = payload(frames.next().await.expect("nobody is cut"));
        let is_here = kind == "ready" || number(frame, "chat_id") == Some(CHAT);
        if frame.starts_with(mark.as_bytes()) && is_here {
            return number(frame, "n").unwrap_or(0);
        }
    }
}
