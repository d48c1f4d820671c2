//! SIGTERM under load: thousands of sockets, some of which send all the time. Whoever sends knows
//! afterwards what became of it; everybody is told when to come back; nothing is lost, and nothing
//! is there twice.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use futures_util::stream::{self, StreamExt};
use tokio::sync::watch;

use crate::support::raw_frames::{RawFrames, allow_many_files, number};
use crate::support::*;

on_sqlite! {
    a_drain_under_load_answers_every_send_and_spreads_the_return,
}

/// Sockets, unless the environment says how many.
const SESSIONS: usize = 2_000;
const CHATS: usize = 40;
/// Sends that one sender has without an answer.
const WINDOW: usize = 4;
/// Refusals after which a sender believes it, and only waits for the end.
const ENOUGH: usize = 20;
/// Answers that each sender has before the server is told to stop.
const WARM: usize = 20;

/// How one socket ended.
struct Farewell {
    after_ms: Option<i64>,
    code: Option<u16>,
    /// The last `seq` of its chat that it heard.
    last: i64,
}

/// Listens to the end.
async fn listen(socket: TestSocket) -> Farewell {
    let mut frames = RawFrames::new(socket);
    let mut farewell = Farewell {
        after_ms: None,
        code: None,
        last: 0,
    };
    while let Some(frame) = frames.next().await {
        match frame[0] {
            0x81 => match (number(frame, "after_ms"), number(frame, "seq")) {
                (Some(after), None) => {
                    assert_eq!(farewell.after_ms.replace(after), None, "it is told once");
                }
                (_, Some(seq)) => {
                    let is_next = farewell.last == 0 || seq == farewell.last + 1;
                    assert!(is_next, "{seq} after {}", farewell.last);
                    farewell.last = seq;
                }
                _ => panic!("unexpected: {}", String::from_utf8_lossy(frame)),
            },
            0x88 => {
                farewell.code = Some(u16::from_be_bytes([frame[2], frame[3]]));
                break;
            }
            other => assert_eq!(other, 0x89, "a ping"),
        }
    }
    farewell
}

/// What one sender knows at the end.
#[derive(Default)]
struct Sender {
    acked: BTreeMap<String, Value>,
    /// To be repeated: refused for now, or without an answer.
    unknown: Vec<String>,
    refused: usize,
    goaways: usize,
    code: Option<u16>,
}

impl Sender {
    /// Sends all the time, until the socket is closed; also after it was told that the server stops.
    async fn send(name: usize, mut socket: TestSocket, warm: watch::Sender<usize>) -> Self {
        let mut sender = Self::default();
        let mut next = 0;
        loop {
            while sender.unknown.len() - sender.refused < WINDOW && sender.refused < ENOUGH {
                let key = format!("{name}-{next}");
                socket.send(json!({"content": key, "client_msg_id": key})).await;
                sender.unknown.push(key);
                next += 1;
            }
            let frame = match socket.hear().await {
                Heard::Frame(frame) => frame,
                Heard::Pong(_) => continue,
                Heard::Closed(code) => {
                    sender.code = code;
                    return sender;
                }
            };
            let key = || frame["client_msg_id"].as_str().expect("a key").to_owned();
            match frame["type"].as_str() {
                Some("ack") => {
                    let key = key();
                    sender.unknown.retain(|other| *other != key);
                    sender.acked.insert(key, frame);
                    if sender.acked.len() == WARM {
                        warm.send_modify(|senders| *senders += 1);
                    }
                }
                Some("error") => {
                    assert_eq!((&frame["code"], sender.goaways), (&json!("going_away"), 1));
                    assert_eq!(frame["retry"], true, "{frame}");
                    sender.refused += 1;
                }
                Some("goaway") => sender.goaways += 1,
                _ => {}
            }
        }
    }
}

/// The whole history of a chat, by key.
async fn history(user: &TestClient, chat: i64) -> BTreeMap<String, Value> {
    let mut all = BTreeMap::new();
    let mut after = 0;
    loop {
        let path = format!("/api/chats/{chat}/messages?after={after}&limit=200");
        let page = user.get(&path).await.is(200);
        for message in page["messages"].as_array().expect("messages") {
            let key = message["client_msg_id"].as_str().expect("a key").to_owned();
            assert_eq!(message["n"], all.len() + 1, "numbered without a gap");
            assert!(all.insert(key.clone(), message.clone()).is_none(), "{key} is there twice");
        }
        match page["next"].as_i64() {
            Some(next) => after = next,
            None => return all,
        }
    }
}

/// All within the window of so many sessions, and every tenth of it has its share.
fn assert_spread(after: &[i64], sessions: usize) {
    let window = (sessions as i64 * 5).clamp(1_000, 60_000);
    let mut tenths = [0; 10];
    for after in after {
        assert!((1..=window).contains(after), "{after} of {window}");
        tenths[((after - 1) * 10 / window) as usize] += 1;
    }
    let share = after.len() / 10;
    assert!(tenths.iter().all(|tenth| (share / 2..2 * share).contains(tenth)), "{tenths:?}");
}

async fn a_drain_under_load_answers_every_send_and_spreads_the_return(setup: Setup) {
    let sessions = std::env::var("VESTNIK_TEST_DRAIN_SESSIONS");
    let sessions = sessions.map_or(SESSIONS, |number| number.parse().expect("a number"));
    allow_many_files();
    // The crowd is slow, as it shares the machine with the server; that is not what is tried here.
    let flags = [
        "--outbox-seconds=60",
        "--outbox-bytes=16777216",
        "--drain-seconds=6",
        "--send-rate=0",
        "--user-sessions=0",
    ];
    let server = setup.process(&flags).await;
    let alice = server.node().join("alice").await;
    let chats = join_all((0..CHATS).map(|_| alice.create_group(&[]))).await;
    let sockets = (0..sessions).map(|i| {
        let (alice, chat) = (&alice, chats[i % CHATS]);
        async move { (i, alice.socket(chat).await) }
    });
    let sockets: Vec<_> = stream::iter(sockets).buffer_unordered(32).collect().await;
    let (warm, mut warmed) = watch::channel(0);
    let (mut listening, mut sending) = (Vec::new(), Vec::new());
    for (i, socket) in sockets {
        let chat = chats[i % CHATS];
        if i < CHATS {
            sending.push((chat, tokio::spawn(Sender::send(i, socket, warm.clone()))));
        } else {
            listening.push((chat, tokio::spawn(listen(socket))));
        }
    }
    within("every sender to be under way", warmed.wait_for(|senders| *senders == CHATS))
        .await
        .expect("senders");

    let asked = Instant::now();
    server.terminate();
    let status = server.ended().await;
    let took = asked.elapsed();
    assert_eq!(status.code(), Some(0), "{status}");
    assert!(took < Duration::from_secs(10), "it took {took:?}");

    let (mut after, mut last) = (Vec::new(), BTreeMap::new());
    for (chat, listener) in listening {
        let farewell = listener.await.expect("a listener");
        assert_eq!(farewell.code, Some(1012));
        after.push(farewell.after_ms.expect("it is told when to come back"));
        let heard = *last.entry(chat).or_insert(farewell.last);
        assert_eq!(heard, farewell.last, "all hear of chat {chat} up to the same place");
    }
    assert_spread(&after, sessions);

    let server = setup.process(&flags).await;
    let alice = alice.at(server.node());
    let (mut acked, mut refused, mut repeated, mut found) = (0, 0, 0, 0);
    for (chat, sender) in sending {
        let sender = sender.await.expect("a sender");
        assert_eq!((sender.goaways, sender.code), (1, Some(1012)));
        let head = alice.get(&format!("/api/chats/{chat}")).await.is(200)["seq"].clone();
        assert_eq!(head, last[&chat], "what was stored was delivered");
        for key in &sender.unknown {
            let answer = alice.say(chat, key, key).await;
            found += usize::from(answer.status == 200);
            assert!(matches!(answer.status, 200 | 201), "{answer:?}");
        }
        let stored = history(&alice, chat).await;
        assert_eq!(stored.len(), sender.acked.len() + sender.unknown.len());
        for (key, ack) in &sender.acked {
            assert_eq!((&stored[key]["id"], &stored[key]["seq"]), (&ack["id"], &ack["seq"]));
        }
        assert!(sender.unknown.iter().all(|key| stored[key]["content"] == **key));
        acked += sender.acked.len();
        refused += sender.refused;
        repeated += sender.unknown.len();
    }
    log::info!(
        "{sessions} sockets gone in {took:?}; {acked} sends stored, {refused} refused for now, \
         {repeated} repeated, of which {found} were stored"
    );
}
