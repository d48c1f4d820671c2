//! The conversations in `tests/transcripts`, played frame by frame; the README there has the format.
//! Every frame that comes is also compared with its JSON Schema at `/api/asyncapi.json`.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use tokio_tungstenite::tungstenite::Message;

use crate::schema::{Schemas, Side};
use crate::support::*;

/// A test on each store of each file.
macro_rules! transcripts {
    ($($name:ident),* $(,)?) => {
        on_both_stores! { $($name),* }

        $(async fn $name(setup: Setup) {
            play(&setup, stringify!($name)).await;
        })*

        const PLAYED: &[&str] = &[$(stringify!($name)),*];
    };
}

transcripts! {
    bound_chat,
    changes_elsewhere,
    changes_live,
    changes_replayed,
    chat_gopher,
    errors,
    exactly_once,
    hiding,
    gone,
    members,
    one_socket,
    reading,
    reset,
    restart,
    resume,
    typing,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts")
}

#[test]
fn every_transcript_is_played() {
    let files = fs::read_dir(folder())
        .expect("the folder")
        .map(|file| file.expect("a file").path());
    let transcripts = files.filter(|path| path.extension().is_some_and(|it| it == "jsonl"));
    let names: BTreeSet<String> = transcripts
        .map(|path| path.file_stem().expect("a name").to_string_lossy().into_owned())
        .collect();
    assert_eq!(names, PLAYED.iter().map(|name| (*name).to_owned()).collect());
}

/// A line that is no comment.
#[derive(Deserialize)]
struct Line {
    c: String,
    #[serde(flatten)]
    happens: Happens,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Happens {
    Connect(String),
    Send(Value),
    Raw(String),
    Recv(Value),
    Call(Call),
    /// SQL, as another process on the same database gives it.
    Elsewhere(String),
    Cut(bool),
    Stop(bool),
    Closed(u16),
}

#[derive(Deserialize)]
struct Call {
    method: String,
    path: String,
    body: Option<Value>,
    status: u16,
}

struct Player {
    setup: Setup,
    server: ServerProcess,
    people: HashMap<String, TestClient>,
    sockets: HashMap<String, TestSocket>,
    /// What placeholders stand for.
    known: HashMap<String, Value>,
    schemas: Schemas,
}

async fn play(setup: &Setup, name: &str) {
    let mut player = Player::on(setup).await;
    let text = fs::read_to_string(folder().join(name).with_extension("jsonl")).expect("the file");
    for (index, text) in text.lines().enumerate() {
        let place = format!("{name}.jsonl:{}", index + 1);
        let value: Value = serde_json::from_str(text).expect("JSON on each line");
        if value.get("#").is_none() {
            let line = serde_json::from_value(value).unwrap_or_else(|e| panic!("{place}: {e}"));
            player.perform(line, &place).await;
        }
    }
    player.end().await;
}

impl Player {
    /// With the people and the chat of the README.
    async fn on(setup: &Setup) -> Self {
        let server = setup.process(&[]).await;
        let node = server.node();
        let mut people = HashMap::new();
        for (name, id) in [("alice", 1), ("bob", 2), ("carol", 3)] {
            let person = node.join(name).await;
            assert_eq!(person.id, id);
            people.insert(name.to_owned(), person);
        }
        let alice = &people["alice"];
        assert_eq!(alice.create_chat("group", "Lunch").await, 2);
        alice.add(2, &people["bob"], "member").await.is(201);
        let document = node.nobody().get("/api/asyncapi.json").await.is(200);
        Self {
            setup: setup.clone(),
            server,
            people,
            sockets: HashMap::new(),
            known: HashMap::new(),
            schemas: Schemas::of(document),
        }
    }

    async fn perform(&mut self, line: Line, place: &str) {
        let c = line.c;
        match line.happens {
            Happens::Connect(path) => {
                let person = &self.people[&c];
                let headers = [("Authorization", &*person.bearer())];
                let socket = person.node().try_socket(&path, &headers).await;
                self.sockets.insert(c, socket.unwrap_or_else(|no| panic!("{place}: {no:?}")));
            }
            Happens::Send(frame) => {
                let frame = self.filled(&frame);
                assert_eq!(self.schemas.check(Side::Client, &frame), Ok(()), "{place}");
                self.socket(&c).send(frame).await;
            }
            Happens::Raw(text) => self.socket(&c).send_raw(Message::text(text)).await,
            Happens::Recv(frame) => self.receive(&c, &frame, place).await,
            Happens::Call(call) => {
                let method = call.method.parse().expect("a method");
                let body = call.body.map(|body| body.to_string());
                let answer = self.people[&c].request(method, &call.path, body, &[]).await;
                answer.is(call.status);
            }
            Happens::Elsewhere(sql) => self.setup.execute(&sql).await,
            Happens::Cut(yes) => assert!(yes && self.sockets.remove(&c).is_some(), "{place}"),
            Happens::Stop(yes) => {
                assert!(yes, "{place}");
                self.server.terminate();
            }
            Happens::Closed(code) => {
                let mut socket = self.sockets.remove(&c).expect("a socket");
                let (frames, closed) = socket.closed().await;
                assert!(frames.iter().all(comes_by_time), "{place}: {frames:?}");
                assert_eq!(closed, Some(code), "{place}");
            }
        }
    }

    fn socket(&mut self, c: &str) -> &mut TestSocket {
        self.sockets.get_mut(c).unwrap_or_else(|| panic!("{c} has no socket"))
    }

    /// The next frame but those that come by time, unless one of those is awaited.
    async fn receive(&mut self, c: &str, expected: &Value, place: &str) {
        loop {
            let heard = self.socket(c).hear().await;
            let Heard::Frame(frame) = heard else {
                panic!("{place}: expected {expected}, heard {heard:?}");
            };
            assert_eq!(self.schemas.check(Side::Server, &frame), Ok(()), "{place}");
            let mut known = self.known.clone();
            if fits(expected, &frame, &mut known) {
                self.known = known;
                return;
            }
            assert!(comes_by_time(&frame), "{place}: expected {expected}, heard {frame}");
        }
    }

    /// With what is known in place of what stands for it.
    fn filled(&self, frame: &Value) -> Value {
        let filled = |(name, value): (&String, &Value)| {
            let known = value.as_str().and_then(|text| self.known.get(text));
            (name.clone(), known.unwrap_or(value).clone())
        };
        frame.as_object().expect("a frame").iter().map(filled).collect()
    }

    /// Nothing more has come on any socket before the answer to a ping.
    async fn end(mut self) {
        for (c, socket) in &mut self.sockets {
            socket.ping(b"the end").await;
            loop {
                match socket.hear().await {
                    Heard::Pong(_) => break,
                    Heard::Frame(frame) if comes_by_time(&frame) => {}
                    other => panic!("{c} heard {other:?} after the end"),
                }
            }
        }
    }
}

fn comes_by_time(frame: &Value) -> bool {
    frame["type"] == "unread" || frame["type"] == "presence"
}

/// Is it the one that is expected? What placeholders stand for becomes known with it.
fn fits(expected: &Value, frame: &Value, known: &mut HashMap<String, Value>) -> bool {
    match (expected, frame) {
        (Value::String(name), _) if name.starts_with('$') => match name.as_str() {
            "$time" | "$text" => frame.as_str().is_some_and(|text| !text.is_empty()),
            "$online" => frame.is_array(),
            _ => known.entry(name.clone()).or_insert_with(|| frame.clone()) == frame,
        },
        (Value::Object(expected), Value::Object(frame)) => {
            let mut members = expected.iter();
            expected.len() == frame.len()
                && members.all(|(name, member)| {
                    frame.get(name).is_some_and(|found| fits(member, found, known))
                })
        }
        (Value::Array(expected), Value::Array(frame)) => {
            let mut items = expected.iter().zip(frame);
            expected.len() == frame.len() && items.all(|(item, found)| fits(item, found, known))
        }
        _ => expected == frame,
    }
}

#[test]
fn a_frame_that_differs_does_not_fit() {
    let differs = |expected: Value, frame: Value| !fits(&expected, &frame, &mut HashMap::new());
    for (expected, frame) in [
        (json!({"seq": 1}), json!({"seq": 2})),
        (json!({"seq": 1}), json!({"seq": 1, "n": 1})),
        (json!({"seq": 1, "n": 1}), json!({"seq": 1})),
        (json!({"changes": [1, 2]}), json!({"changes": [2, 1]})),
        (json!({"changes": [1]}), json!({"changes": []})),
        (json!({"a": "$id1", "b": "$id1"}), json!({"a": 1, "b": 2})),
        (json!({"at": "$time"}), json!({"at": null})),
    ] {
        assert!(differs(expected.clone(), frame), "{expected}");
    }
    assert!(!differs(json!({"a": "$id1", "b": "$id1"}), json!({"a": 1, "b": 1})));
}
