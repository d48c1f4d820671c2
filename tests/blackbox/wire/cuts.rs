//! Promise 4 by the thousand: sessions are cut at random, without a word, while messages flow; after
//! each resume nothing is missing, nothing comes twice, and all is in order.
//!
//! By default it is short. `VESTNIK_TEST_SESSIONS=1000 VESTNIK_TEST_SECONDS=60` is the whole of it.

mod session;

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use sea_orm::{ConnectionTrait, Statement};
use tokio::sync::watch;

use crate::support::raw_frames::{RawFrames, allow_many_files, number, payload};
use crate::support::seeded_random::Chance;
use crate::support::setup::setting;
use crate::support::tools::say_aloud;
use crate::support::*;

use session::{Course, Session, Stands};

on_sqlite! {
    sessions_that_are_cut_at_random_have_everything_once_and_in_order,
}

const CHATS: usize = 10;
/// Chats that a session has open.
const OPEN: usize = 2;
const USERS: usize = 8;

async fn sessions_that_are_cut_at_random_have_everything_once_and_in_order(setup: Setup) {
    let sessions = setting("SESSIONS", 300);
    let seconds = setting("SECONDS", 10);
    let rate = setting("RATE", 200);
    allow_many_files();
    // Who opens what how often is not what is tested here.
    let node = setup.node(&["--open-rate=100000"]).await;
    let names: Vec<_> = (0..USERS).map(|i| format!("user{i}")).collect();
    let users = join_all(names.iter().map(|name| node.join(name))).await;
    let others: Vec<_> = users.iter().skip(1).collect();
    let chats = join_all((0..CHATS).map(|_| users[0].create_group(&others))).await;
    let ready = users[0].any_socket().await.next("ready").await;
    let course = Arc::new(Course {
        begin: USERS as i64,
        // Some four cuts for each session.
        life: seconds * 500,
        epoch: ready["epoch"].as_str().expect("an epoch").to_owned(),
        end: watch::Sender::new(None),
    });
    let crowd: Vec<_> = (0..sessions)
        .map(|i| {
            let user = users[i % USERS].clone();
            let chance = Chance::new(i as u64);
            let open: Vec<_> = (0..OPEN).map(|k| chats[(i + 3 * k) % CHATS]).collect();
            tokio::spawn(Session::new(course.clone(), user, &open, chance).run())
        })
        .collect();

    let began = Instant::now();
    let messages = rate * seconds;
    say_all(&users[0], &chats, messages, rate).await;
    let said = began.elapsed();
    let mut truth = Stands::new();
    for chat in &chats {
        truth.insert(*chat, fingerprint(&setup, *chat).await);
    }
    course.end.send_replace(Some(truth.clone()));
    let arrived = tokio::time::timeout(2 * PATIENCE, join_all(crowd)).await;
    let arrived = arrived.expect("all sessions have everything");
    let arrived: Vec<_> = arrived.into_iter().map(|session| session.expect("a session")).collect();
    for session in &arrived {
        assert!(session.stands().iter().all(|(chat, stands)| truth[chat] == *stands));
    }
    let sum = |count: fn(&Session) -> usize| arrived.iter().map(count).sum::<usize>();
    let (cuts, live) = (sum(|session| session.cuts), sum(|session| session.live));
    let (replayed, closed) = (sum(|session| session.replayed), sum(|session| session.closed));
    let put_off = sum(|session| session.put_off);
    assert_eq!(live + replayed, messages * sessions * OPEN / CHATS, "each has each of them");
    assert!(cuts > sessions, "{cuts} cuts");
    say_aloud(&format!(
        "{sessions} sessions, {messages} messages in {said:.1?}: {cuts} cuts, {live} live, \
         {replayed} replayed, {closed} closed and {put_off} put off by the server, all there after \
         {:.1?}",
        began.elapsed()
    ));
}

/// Says so many messages at this rate, in one chat after the other, until all are acknowledged.
async fn say_all(user: &TestClient, chats: &[i64], messages: usize, rate: usize) {
    let mut socket = RawFrames::connect(user).await.expect("a socket");
    // The pace is the load, not a wait.
    let mut pace =
        tokio::time::interval(Duration::from_secs(1) / u32::try_from(rate).expect("few"));
    let (mut said, mut stored) = (0, 0);
    while stored < messages {
        tokio::select! {
            _ = pace.tick(), if said < messages => {
                let chat = chats[said % chats.len()];
                let send = format!(
                    r#"{{"chat_id":{chat},"client_msg_id":"k{said}","content":"message {said}"}}"#
                );
                socket.send(&send).await;
                said += 1;
            }
            frame = socket.next() => {
                let frame = payload(frame.expect("the sender is not cut"));
                assert!(!frame.starts_with(br#"{"type":"error""#), "{}", frame.escape_ascii());
                stored += usize::from(frame.starts_with(br#"{"type":"ack""#));
            }
        }
    }
}

/// The head of a chat, and what one has who has all its messages in their order.
async fn fingerprint(setup: &Setup, chat: i64) -> (i64, i64) {
    let database = setup.open().await;
    let sql = format!("SELECT seq, id FROM messages WHERE conversation_id = {chat} ORDER BY seq");
    let statement = Statement::from_string(database.get_database_backend(), sql);
    let rows = database.query_all_raw(statement).await.expect("the messages");
    rows.iter().fold((0, 0), |(_, sum), row| {
        let column = |index| row.try_get_by_index::<i64>(index).expect("a number");
        (column(0), session::with(sum, column(1)))
    })
}
