//! The frames in the documents and in the transcripts look like the schemas that are served.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use vestnik::http::asyncapi;

use crate::schema::{Schemas, Side};

fn schemas() -> Schemas {
    Schemas::of(asyncapi::document())
}

/// The types of frames that one side sends.
fn kinds_of(schemas: &Schemas, side: Side) -> BTreeSet<String> {
    let names = schemas.messages(side).map(|(_, message)| message["name"].as_str().unwrap());
    names.map(str::to_owned).collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The lines of a document that are a frame.
fn frames_in(document: &str) -> Vec<Value> {
    let text = fs::read_to_string(root().join(document)).unwrap();
    let frames = text.lines().filter(|line| line.starts_with("{\"type\":"));
    frames
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}")))
        .collect()
}

/// Both sides have some types; an example of those may be either's.
fn complaint(schemas: &Schemas, frame: &Value) -> Option<String> {
    let server = schemas.check(Side::Server, frame).err()?;
    let client = schemas.check(Side::Client, frame).err()?;
    Some(format!("{server}; {client}"))
}

#[test]
fn the_examples_of_the_protocol_are_frames_and_every_frame_has_one() {
    let (schemas, examples) = (schemas(), frames_in("docs/protocol.md"));
    let complaints: Vec<_> = examples.iter().filter_map(|it| complaint(&schemas, it)).collect();
    assert!(complaints.is_empty(), "{complaints:#?}");
    for side in [Side::Server, Side::Client] {
        for kind in kinds_of(&schemas, side) {
            let is_shown = |it: &Value| it["type"] == *kind && schemas.check(side, it).is_ok();
            assert!(examples.iter().any(is_shown), "no example of {kind} of the {side:?}");
        }
    }
}

/// What the sockets of the transcripts say, and what they hear, changes of a replay included.
fn transcribed() -> (Vec<Value>, Vec<Value>) {
    let (mut sent, mut received) = (Vec::new(), Vec::new());
    for file in fs::read_dir(root().join("tests/transcripts")).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "jsonl") {
            continue;
        }
        for line in fs::read_to_string(path).unwrap().lines() {
            let line: Value = serde_json::from_str(line).unwrap();
            sent.extend(line.get("send").cloned());
            let heard = line.get("recv").cloned();
            let changes = heard.iter().flat_map(|frame| frame["changes"].as_array().cloned());
            received.extend(changes.flatten().collect::<Vec<_>>());
            received.extend(heard);
        }
    }
    (sent, received)
}

fn kinds(frames: &[Value]) -> BTreeSet<String> {
    frames
        .iter()
        .map(|frame| frame["type"].as_str().unwrap_or("send").to_owned())
        .collect()
}

#[test]
fn every_frame_occurs_in_a_transcript() {
    let (schemas, (sent, received)) = (schemas(), transcribed());
    assert_eq!(kinds(&sent), kinds_of(&schemas, Side::Client));
    assert_eq!(kinds(&received), kinds_of(&schemas, Side::Server));
}

#[test]
fn what_does_not_look_like_its_schema_is_seen() {
    let schemas = schemas();
    let time = "2026-11-23T22:34:31.253343Z";
    let message = json!({"type": "message", "chat_id": 2, "seq": 3, "n": 1, "id": 1, "user_id": 1,
                         "username": "alice", "content": "hi", "created_at": time});
    let wrong = |change: Value| {
        let mut frame = message.clone();
        frame.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        schemas.check(Side::Server, &frame).is_err()
    };
    assert_eq!(schemas.check(Side::Server, &message), Ok(()));
    assert!(!wrong(json!({"user_id": null})), "nobody in particular may say something");
    for change in [
        json!({"type": "massage"}),
        json!({"type": "deleted", "reactions": [{"emoji": "👍"}]}),
        json!({"type": "ready"}),
        json!({"seq": "3"}),
        json!({"seq": null}),
        json!({"seq": 3.5}),
        json!({"reply_to": null}),
        json!({"created_at": "yesterday"}),
        json!({"colour": "red"}),
        json!({"reactions": {}}),
    ] {
        assert!(wrong(change.clone()), "{change}");
    }
    let opened = json!({"type": "opened", "chat_id": 2, "seq": 3, "changes": [message]});
    assert_eq!(schemas.check(Side::Server, &opened), Ok(()));
    let ready = json!({"type": "ready", "user_id": 1, "epoch": "e", "now": time, "chats": []});
    let no_change = json!({"type": "opened", "chat_id": 2, "seq": 3, "changes": [ready]});
    assert!(schemas.check(Side::Server, &no_change).is_err());
    let member = json!({"type": "member", "chat_id": 2, "seq": 3, "change": "promoted",
                        "user_id": 1, "username": "alice", "created_at": time});
    assert!(schemas.check(Side::Server, &member).is_err());
    assert!(schemas.check(Side::Client, &json!({"content": "hi"})).is_ok());
    assert!(
        schemas
            .check(Side::Client, &json!({"content": "hi", "client_msg_id": "a b"}))
            .is_err()
    );
    assert!(schemas.check(Side::Client, &json!({"type": "open"})).is_err());
}
