//! Who may do what: every route and every frame, asked by everybody there is, of what is theirs and of
//! what is not. The tables ([`requests`], [`frames`]) are compared with the server's own documents, so a
//! route or a frame without a row fails the test.

mod callers;
mod frames;
mod requests;

use std::collections::BTreeSet;

use futures_util::future::join_all;

use callers::{Cast, EVERYBODY, Place, Who};

use crate::rights::authorization::frames::Frame;
use crate::rights::authorization::requests::{OPEN, Open, Row};
use crate::support::*;

on_both_stores! {
    everybody_is_answered_by_the_table_of_chats,
    everybody_is_answered_by_the_table_of_messages,
    everybody_is_answered_by_the_table_of_accounts,
    everybody_is_answered_by_the_table_of_frames,
}

on_sqlite! {
    each_route_has_a_row,
}

/// A chat that there is not.
const ABSENT: i64 = 4_711_000;

async fn each_route_has_a_row(setup: Setup) {
    let node = setup.node(&[]).await;
    let rows = [
        requests::of_chats(),
        requests::of_messages(),
        requests::of_accounts(),
    ]
    .concat();
    let rows = rows.iter().map(|row| row.operation.to_owned());
    let listed: BTreeSet<_> = rows.chain(OPEN.map(|(one, ..)| one.to_owned())).collect();
    let documented = operations(&node).await;
    let documented: BTreeSet<_> =
        documented.iter().map(|one| format!("{} {}", one.method, one.path)).collect();
    let differing: Vec<_> = documented.symmetric_difference(&listed).collect();
    assert!(differing.is_empty(), "without a row, or without a route: {differing:?}");
}

async fn everybody_is_answered_by_the_table_of_chats(setup: Setup) {
    everybody_is_answered(&setup, requests::of_chats(), &[]).await;
}

async fn everybody_is_answered_by_the_table_of_messages(setup: Setup) {
    everybody_is_answered(&setup, requests::of_messages(), &[]).await;
}

async fn everybody_is_answered_by_the_table_of_accounts(setup: Setup) {
    everybody_is_answered(&setup, requests::of_accounts(), &OPEN).await;
}

async fn everybody_is_answered(setup: &Setup, rows: Vec<Row>, open: &[Open]) {
    let node = setup.node(&["--registration=open"]).await;
    let cast = Cast::assemble(setup, &node).await;
    let mut place = cast.place().await;
    let mut wrong = Vec::new();
    for row in &rows {
        let asked = EVERYBODY.into_iter().zip(row.answers);
        if row.changes {
            for (who, expected) in asked {
                let answered = cast.ask(&place, row, who).await;
                wrong.extend(complaint(row, who, &answered, expected));
                if answered.starts_with('2') {
                    place = cast.place().await;
                }
            }
        } else {
            let asked = asked.map(async |(who, expected)| {
                complaint(row, who, &cast.ask(&place, row, who).await, expected)
            });
            wrong.extend(join_all(asked).await.into_iter().flatten());
        }
        wrong.extend(absent(&cast, row).await);
    }
    // Each costs a password's hash, and these three are all the kinds of callers that there are.
    let callers = [Who::Nobody, Who::Deactivated, Who::Owner];
    let open = join_all(callers.map(|who| cast.ask_open(who, open))).await;
    wrong.extend(open.into_iter().flatten());
    assert!(wrong.is_empty(), "{} answers are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

fn complaint(row: &Row, who: Who, answered: &str, expected: &str) -> Option<String> {
    let Row {
        operation, path, ..
    } = row;
    (answered != expected)
        .then(|| format!("{operation} {path} of {who:?}: {answered}, not {expected}"))
}

/// A chat that there is not is answered like one that is somebody else's, to whoever is signed in.
async fn absent(cast: &Cast, row: &Row) -> Vec<String> {
    if !row.is_of_a_chat() {
        return Vec::new();
    }
    let place = Place::absent(ABSENT);
    let expected = row.answers[Who::Stranger as usize];
    let asked = [Who::Stranger, Who::Owner].map(async |who| {
        let answered = cast.ask(&place, row, who).await;
        complaint(row, who, &answered, expected).map(|complaint| complaint + ", where no chat is")
    });
    join_all(asked).await.into_iter().flatten().collect()
}

async fn everybody_is_answered_by_the_table_of_frames(setup: Setup) {
    let node = setup.node(&["--registration=open"]).await;
    let cast = Cast::assemble(&setup, &node).await;
    let document = node.nobody().get("/api/asyncapi.json").await.is(200);
    let messages = document["operations"]["receiveFromAll"]["messages"].as_array().expect("frames");
    let name = |message: &Value| {
        let reference = message["$ref"].as_str().expect("a reference");
        let name = reference.rsplit('/').next().expect("a name");
        document["components"]["messages"][name]["name"]
            .as_str()
            .expect("a type")
            .to_owned()
    };
    let documented: BTreeSet<_> = messages.iter().map(name).collect();
    let listed: BTreeSet<_> = frames::FRAMES.iter().map(|frame| frame.kind.to_owned()).collect();
    let differing: Vec<_> = documented.symmetric_difference(&listed).collect();
    assert!(differing.is_empty(), "without a row, or without a frame: {differing:?}");

    let mut place = cast.place().await;
    let mut wrong = Vec::new();
    for who in EVERYBODY {
        let bearer = cast.client(who).bearer();
        let opened = node.try_socket("/ws", &[("Authorization", bearer.as_str())]).await;
        let mut socket = match opened {
            Ok(socket) => socket,
            Err(refused) => {
                refused.refused(401, "unauthenticated");
                assert!(matches!(who, Who::Nobody | Who::Deactivated), "{who:?} has no socket");
                continue;
            }
        };
        assert!(!matches!(who, Who::Nobody | Who::Deactivated), "{who:?} has a socket");
        let bound = cast.client(who).try_socket(place.chat).await.map(drop);
        let bound = bound.map_or_else(|refused| refused.json()["code"].clone(), |()| json!("101"));
        assert_eq!(bound, frames::UPGRADE[who as usize - Who::Stranger as usize], "{who:?}");
        for (at, frame) in frames::FRAMES.iter().enumerate() {
            let expected = frame.answers[who as usize - Who::Stranger as usize];
            let answered = tell(&cast, &place, &mut socket, frame, who, at).await;
            wrong.extend(
                (answered != expected)
                    .then(|| format!("{} of {who:?}: {answered}, not {expected}", frame.text)),
            );
            if answered == "ack" && frame.changes {
                place = cast.place().await;
            }
            let foreign = frame.answers[0];
            let absent = Place::absent(ABSENT);
            let answered = tell(&cast, &absent, &mut socket, frame, who, at + 1_000).await;
            wrong.extend(
                (answered != foreign).then(|| {
                    format!("{} of {who:?}, absent: {answered}, not {foreign}", frame.text)
                }),
            );
        }
    }
    assert!(wrong.is_empty(), "{} answers are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// Sends a frame; the type of its answer, the code if that is an error, or nothing if what is asked
/// next is answered first.
async fn tell(
    cast: &Cast,
    place: &Place,
    socket: &mut TestSocket,
    frame: &Frame,
    who: Who,
    at: usize,
) -> String {
    let key = format!("{at}.{}", place.chat);
    let text = cast.fill(frame.text, place, who).replace("$key", &key);
    let sent: Value = serde_json::from_str(&text).expect("a frame");
    socket.send(sent.clone()).await;
    if frame.is_silent {
        socket.send(json!({"content": "", "client_msg_id": "the end"})).await;
    }
    let chat = &sent["chat_id"];
    let heard = socket.until(|heard| match heard["type"].as_str() {
        Some("error") => true,
        Some("ack") => heard["client_msg_id"] == key,
        Some("pong") => frame.answer == "pong",
        Some(kind @ ("opened" | "unread")) => {
            kind == frame.answer && heard["chat_id"] == *chat && !frame.is_silent
        }
        _ => false,
    });
    let heard = heard.await;
    match heard["type"].as_str() {
        Some("error") if heard["client_msg_id"] == "the end" => "nothing".to_owned(),
        Some("error") => heard["code"].as_str().expect("a code").to_owned(),
        kind => kind.expect("a type").to_owned(),
    }
}
