//! One account at full tilt, in each way that there is, while others talk: what they notice. The figures
//! are printed; the bound is wide, since the attacker, the others and the server share a machine here.
//! `docs/performance.md` has figures of a longer run, and says how it is made.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;

use crate::support::setup::setting;
use crate::support::*;

on_sqlite! {
    one_at_full_tilt_holds_the_others_up_by_little,
}

/// People who talk, each in a chat of their own, and how often.
const TALKERS: usize = 5;
const EVERY: Duration = Duration::from_millis(50);
/// What the attacker does at once.
const AT_ONCE: usize = 32;

type Doing = Pin<Box<dyn Future<Output = ()> + Send>>;
type Attack = fn(Attacker, u64) -> Doing;

#[derive(Clone)]
struct Attacker {
    client: TestClient,
    chat: i64,
}

/// What is done again and again, as fast as it is answered. Refusals are part of it.
const ATTACKS: [(&str, Attack); 8] = [
    ("sends", |one, i| {
        Box::pin(async move { drop(one.client.say(one.chat, "x", &format!("s{i}")).await) })
    }),
    ("texts that are hard to read", |one, i| {
        let text = format!("@{}{}", "Я".repeat(7_000), ".".repeat(40));
        Box::pin(async move { drop(one.client.say(one.chat, &text, &format!("t{i}")).await) })
    }),
    ("new chats", |one, i| {
        let chat = json!({"type": "group", "name": format!("{i}")});
        Box::pin(async move { drop(one.client.post("/api/chats", chat).await) })
    }),
    ("changes of the account", |one, i| {
        let change = json!({"display_name": format!("name {i}")});
        Box::pin(async move { drop(one.client.patch("/api/me", change).await) })
    }),
    ("registrations", |one, i| {
        let name = format!("new{i}");
        let account = json!({"username": name, "password": "secret",
                             "email": format!("{name}@example.com")});
        Box::pin(async move { drop(one.client.node().nobody().post("/register", account).await) })
    }),
    ("sign-ins", |one, _| {
        let credentials = json!({"username": "attacker", "password": "secret"});
        Box::pin(async move { drop(one.client.node().nobody().post("/auth", credentials).await) })
    }),
    ("large pages", |one, _| {
        let path = format!("/api/chats/{}/messages?limit=200", one.chat);
        Box::pin(async move { drop(one.client.get(&path).await) })
    }),
    ("sockets", |one, _| {
        Box::pin(async move { drop(one.client.try_socket(1).await) })
    }),
];

/// One who says something, waits for its acknowledgement, and says how long that took.
async fn talk(client: TestClient, chat: i64, mode: usize, until: Instant) -> Vec<Duration> {
    let mut socket = client.socket(chat).await;
    let mut took = Vec::new();
    let mut next = tokio::time::interval(EVERY);
    while Instant::now() < until {
        next.tick().await;
        let began = Instant::now();
        socket.say_keyed("how are you?", &format!("{mode}-{}", took.len())).await;
        took.push(began.elapsed());
    }
    took
}

async fn latencies(talkers: &[(TestClient, i64)], mode: usize, span: Duration) -> (f64, f64) {
    let until = Instant::now() + span;
    let talking: Vec<_> = talkers
        .iter()
        .map(|(client, chat)| tokio::spawn(talk(client.clone(), *chat, mode, until)))
        .collect();
    let mut all = Vec::new();
    for one in talking {
        let talked = tokio::time::timeout(span + PATIENCE, one).await;
        all.extend(talked.expect("those who talk come to an end").expect("they go on"));
    }
    all.sort_unstable();
    let at = |share: f64| {
        let place = ((all.len() as f64 * share) as usize).min(all.len() - 1);
        all[place].as_secs_f64() * 1_000.0
    };
    (at(0.5), at(0.99))
}

/// Where the attacker is: threads that take what the others leave, since in earnest they would take nothing
/// of the server's machine.
fn elsewhere() -> Runtime {
    let step_back = || {
        #[cfg(target_os = "linux")]
        let _ = rustix::process::setpriority_process(None, 19);
    };
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .on_thread_start(step_back)
        .enable_all()
        .build()
        .expect("a runtime for the attacker")
}

async fn at_full_tilt(attack: Attack, attacker: Attacker, stop: Arc<AtomicBool>) -> u64 {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let before = COUNTER.load(Ordering::Relaxed);
    let doing: Vec<_> = (0..AT_ONCE)
        .map(|_| {
            let (attacker, stop) = (attacker.clone(), Arc::clone(&stop));
            tokio::spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    attack(attacker.clone(), COUNTER.fetch_add(1, Ordering::Relaxed)).await;
                }
            })
        })
        .collect();
    for one in doing {
        let _ = one.await;
    }
    COUNTER.load(Ordering::Relaxed) - before
}

async fn one_at_full_tilt_holds_the_others_up_by_little(setup: Setup) {
    let span = Duration::from_secs(setting("ISOLATION_SECONDS", 2) as u64);
    // As it is unless somebody sets something.
    let server = setup.process(&["--rates=", "--cheap-hashes=false"]).await;
    let node = server.node();
    let client = node.join("attacker").await;
    let chat = client.create_chat("group", "the attacker's").await;
    for i in 0..30 {
        client.say(chat, &"\u{1}".repeat(10_000), &format!("l{i}")).await.is(201);
    }
    // With connections of its own.
    let client = client.at(&TestNode::at(node.address()));
    let (attacker, elsewhere) = (Attacker { client, chat }, elsewhere());
    let mut talkers = Vec::new();
    for i in 0..TALKERS {
        let talker = node.join(&format!("talker{i}")).await;
        let chat = talker.create_chat("group", "a quiet one").await;
        talkers.push((talker, chat));
    }
    latencies(&talkers, 98, span).await;
    let (p50, alone) = latencies(&talkers, 99, span).await;
    eprintln!("{:30} p50 {p50:7.2} ms   p99 {alone:7.2} ms", "nobody else");
    let chosen = std::env::var("VESTNIK_TEST_ISOLATION").unwrap_or_default();
    let attacks = ATTACKS.into_iter().filter(|(what, _)| what.contains(chosen.as_str()));
    for (mode, (what, attack)) in attacks.enumerate() {
        let stop = Arc::new(AtomicBool::new(false));
        let running = elsewhere.spawn(at_full_tilt(attack, attacker.clone(), Arc::clone(&stop)));
        let (p50, p99) = latencies(&talkers, mode, span).await;
        stop.store(true, Ordering::Relaxed);
        let often = running.await.expect("the attack ends") as f64 / span.as_secs_f64();
        let times = p99 / alone;
        eprintln!(
            "{what:30} p50 {p50:7.2} ms   p99 {p99:7.2} ms   {times:.1} times   {often:.0} a second"
        );
        assert!(p99 < 10.0 * alone + 150.0, "{what}: {p99:.0} ms, and {alone:.0} ms without");
    }
    // Not where it would wait for its threads.
    elsewhere.shutdown_background();
}
