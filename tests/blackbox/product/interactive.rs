//! How soon one is heard: five people in a chat who say the next thing when the last was acknowledged,
//! beside what a bare commit costs on the same disk at the same time.

use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use sea_orm::{ConnectionTrait, Database};

use crate::support::tools::say_aloud;
use crate::support::*;

on_sqlite! {
    people_who_talk_at_once_wait_for_the_disk_and_little_else,
}

const PEOPLE: usize = 5;
const MESSAGES: usize = 60;
/// What a message may cost beyond a commit. Without a wait for anybody's acknowledgement it is a few
/// milliseconds; with one it is 40.
const BEYOND: Duration = Duration::from_millis(20);
/// A machine that does other things beside is asked again.
const ROUNDS: usize = 8;

/// What so many transactions take that store a row as long as a message, synced as the server's are.
pub(crate) async fn bare_commits(dir: &Path, count: usize) -> Vec<Duration> {
    let file = dir.join("bare.db");
    let url = format!("sqlite://{}?mode=rwc", file.display());
    let mut options = sea_orm::ConnectOptions::new(url);
    options.max_connections(1);
    let database = Database::connect(options).await.expect("a database");
    for statement in [
        "PRAGMA journal_mode = WAL",
        "PRAGMA synchronous = FULL",
        "CREATE TABLE IF NOT EXISTS said (id INTEGER PRIMARY KEY, text TEXT)",
    ] {
        database.execute_unprepared(statement).await.expect(statement);
    }
    let row = format!("INSERT INTO said (text) VALUES ('{}')", "x".repeat(300));
    let mut took = Vec::new();
    for _ in 0..count {
        let began = Instant::now();
        // Outside a transaction a statement is one.
        database.execute_unprepared(&row).await.expect("a commit");
        took.push(began.elapsed());
    }
    database.close().await.expect("the file is left alone");
    took
}

/// The value that so many of a hundred do not exceed.
pub(crate) fn percentile(times: &[Duration], percent: usize) -> Duration {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    sorted[(sorted.len() * percent / 100).min(sorted.len() - 1)]
}

/// Five who talk; how long each waited for each acknowledgement.
async fn talk(people: &[TestClient], chat: i64, round: usize) -> Vec<Duration> {
    let talking = people.iter().cloned().map(|person| async move {
        let mut socket = person.socket(chat).await;
        let mut took = Vec::new();
        for i in 0..MESSAGES {
            let key = format!("{}-{round}-{i}", person.id);
            let began = Instant::now();
            socket.say_keyed("the next thing that I have to say", &key).await;
            took.push(began.elapsed());
        }
        took
    });
    let tasks = talking.map(tokio::spawn);
    let took = join_all(tasks).await.into_iter().map(|took| took.expect("a talker"));
    took.flatten().collect()
}

async fn people_who_talk_at_once_wait_for_the_disk_and_little_else(setup: Setup) {
    let server = setup.process(&[]).await;
    let people = server.node().join_all(["alice", "bob", "carol", "dave", "erin"]).await;
    let [alice, others @ ..] = &people;
    let others: Vec<&TestClient> = others.iter().collect();
    let chat = alice.create_group(&others).await;
    let mut said = String::new();
    for round in 0..ROUNDS {
        let bare = bare_commits(setup.dir(), 2 * MESSAGES).await;
        let acks = talk(&people, chat, round).await;
        let ms = |times: &[Duration], percent| 1_000.0 * percentile(times, percent).as_secs_f64();
        let _ = writeln!(
            said,
            "FIGURE: {PEOPLE} people who talk at once: an ack after {:.1} ms (p50), {:.1} ms (p95); \
             a bare commit {:.1} ms, {:.1} ms; ratio {:.1}, difference {:.1} ms (p50)",
            ms(&acks, 50),
            ms(&acks, 95),
            ms(&bare, 50),
            ms(&bare, 95),
            ms(&acks, 50) / ms(&bare, 50),
            ms(&acks, 50) - ms(&bare, 50),
        );
        if percentile(&acks, 50) <= percentile(&bare, 50) + BEYOND {
            say_aloud(said.trim_end());
            return;
        }
    }
    panic!("whoever says something waits too long to be heard:\n{said}");
}
