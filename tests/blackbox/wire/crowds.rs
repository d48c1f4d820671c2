//! Many sockets at once, and readers that do not read: one stalled reader costs the others nothing.

use std::time::Duration;

use futures_util::future::join_all;
use futures_util::stream::{self, StreamExt};

use crate::support::raw_frames::{RawFrames, allow_many_files, number};
use crate::support::*;

on_both_stores! {
    a_thousand_sockets_hear_everything_and_one_that_never_reads_is_cut,
}

on_sqlite! {
    a_slow_reader_is_cut_with_4001_and_the_others_get_everything,
    sockets_that_come_and_go_leave_nothing_behind,
}

/// Counts what one socket hears.
struct ReadState {
    frames: RawFrames,
    last: Option<i64>,
    heard: usize,
}

impl ReadState {
    fn new(socket: TestSocket) -> Self {
        Self {
            frames: RawFrames::new(socket),
            last: None,
            heard: 0,
        }
    }

    /// Counts messages until there are so many; they must be without a gap.
    async fn hear(&mut self, messages: usize) {
        while self.heard < messages {
            let frame = self.frames.next().await;
            let frame = frame.unwrap_or_else(|| panic!("closed after {} messages", self.heard));
            assert_eq!(frame[0], 0x81, "no text: {frame:?}");
            let seq = number(frame, "seq").expect("a seq");
            let is_next = self.last.is_none_or(|last| seq == last + 1);
            assert!(is_next, "{seq} after {:?}", self.last);
            self.last = Some(seq);
            self.heard += 1;
        }
    }
}

/// A socket of `user` that will not be read, with room for little.
async fn deaf(user: &TestClient, chat: i64) -> TestSocket {
    let path = format!("/ws?chat_id={chat}&user_id={}", user.id);
    let bearer = user.bearer();
    let headers = [("Authorization", bearer.as_str())];
    TestSocket::open_narrow(user.node().address(), &path, &headers)
        .await
        .expect("a socket")
}

async fn a_thousand_sockets_hear_everything_and_one_that_never_reads_is_cut(setup: Setup) {
    const SOCKETS: usize = 1_000;
    const MESSAGES: usize = 180;
    const PER_SECOND: u64 = 50;
    const STANDSTILL: Duration = Duration::from_secs(3);
    allow_many_files();
    // A reader that stands still for so long is cut; one that is only slow, on a busy machine, is
    // not, however much waits for it.
    let allowed = format!("--outbox-seconds={}", STANDSTILL.as_secs());
    let flags = [&allowed, "--outbox-bytes=16777216", "--user-sessions=0"];
    let node = setup.node(&flags).await;
    let alice = node.join("alice").await;
    let chat = alice.create_group(&[]).await;
    let mut never_reads = deaf(&alice, chat).await;
    let sockets = stream::iter(0..SOCKETS).map(|_| alice.socket(chat)).buffer_unordered(32);
    let sockets: Vec<TestSocket> = sockets.collect().await;
    let readers: Vec<_> = sockets
        .into_iter()
        .map(|socket| {
            let mut read_state = ReadState::new(socket);
            tokio::spawn(async move {
                read_state.hear(MESSAGES).await;
                read_state.last
            })
        })
        .collect();

    // The pace is the load, not a wait.
    let mut pace = tokio::time::interval(Duration::from_millis(1_000 / PER_SECOND));
    let mut writing = alice.socket(chat).await;
    let text = "x".repeat(3_500);
    for _ in 0..MESSAGES {
        pace.tick().await;
        writing.say(&text).await;
    }
    let last = within("a thousand readers", join_all(readers)).await;
    let last: Vec<_> = last.into_iter().map(|reader| reader.expect("a reader")).collect();
    assert!(last.iter().all(|seq| *seq == last[0]), "all end at the same message");

    // However much the kernel takes for one that never reads, it is full now. To stand still for
    // longer than is allowed is what is tested here, so for once the time itself is waited for.
    let more = "y".repeat(16_000);
    for _ in 0..100 {
        writing.say(&more).await;
    }
    tokio::time::sleep(2 * STANDSTILL).await;
    // It comes back after a while and learns why it was cut.
    let (_, code) = never_reads.closed().await;
    assert_eq!(code, Some(4001));
}

async fn a_slow_reader_is_cut_with_4001_and_the_others_get_everything(setup: Setup) {
    const MESSAGES: usize = 200;
    let node = setup.node(&["--outbox-bytes=65536", "--workers=1"]).await;
    let [alice, bob] = node.join_all(["alice", "bob"]).await;
    let chat = alice.create_group(&[&bob]).await;
    let mut slow = deaf(&bob, chat).await;
    let mut reader = bob.socket(chat).await;
    let mut writing = alice.socket(chat).await;
    let text = "x".repeat(16_000);
    let reading = tokio::spawn(async move {
        for n in 1..=MESSAGES {
            assert_eq!(reader.next("message").await["n"], n);
        }
    });
    for i in 0..MESSAGES {
        writing.say_keyed(&text, &format!("k{i}")).await;
    }
    reading.await.expect("the other reader got everything");

    // What it reads at last is whole and without a gap, up to where it was cut.
    let (frames, code) = slow.closed().await;
    assert_eq!(code, Some(4001));
    let heard: Vec<_> = frames.iter().map(|frame| frame["n"].as_i64()).collect();
    let expected: Vec<_> = (1..).map(Some).take(heard.len()).collect();
    assert_eq!(heard, expected);
    assert!(heard.len() < MESSAGES, "it was cut");
}

async fn sockets_that_come_and_go_leave_nothing_behind(setup: Setup) {
    let node = setup.node(&[]).await;
    let alice = node.join("alice").await;
    let chat = alice.create_group(&[]).await;
    for round in 0..5 {
        let mut sockets = join_all((0..40).map(|_| alice.socket(chat))).await;
        for (i, socket) in sockets.iter_mut().enumerate() {
            if i % 2 == 0 {
                socket.close(1000).await;
            }
        }
        // The others just vanish.
        drop(sockets);
        alice.say(chat, "into the churn", &format!("k{round}")).await;
    }
    let none = || async {
        let metrics = alice.get("/metrics").await.text;
        metrics.lines().any(|line| line == "vestnik_sockets 0").then_some(())
    };
    eventually("all sockets to be gone", none).await;
}
