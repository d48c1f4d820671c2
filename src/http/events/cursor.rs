//! What becomes of each frame on its way into a stream, as a function on values.
//!
//! Every event bears the position that the client has once it has taken it. So a change that the
//! client has already is left out; so is one of a chat whose past has not been replayed yet, since
//! the replay will have it, and the position must not jump over the past.

use std::collections::BTreeSet;
use std::fmt::Write;

use bytes::{BufMut, Bytes, BytesMut};
use serde::Serialize;

use crate::domain::ConversationId;
use crate::http::events::last_event_id::StreamPosition;
use crate::wire::Close;
use crate::wire::client_side::{self, FrameHeader};

/// How far a stream has come in what it tells.
#[derive(Debug)]
pub(super) struct StreamCursor {
    position: StreamPosition,
    /// Chats whose `open` has not been answered.
    opening: BTreeSet<ConversationId>,
}

/// What becomes of a frame.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Output {
    /// This goes out.
    Event(Bytes),
    /// Nothing does.
    Nothing,
    /// This goes out, and it is the last.
    Last(Bytes),
}

#[derive(Serialize)]
struct EndEvent<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<u16>,
    reason: &'a str,
}

/// How a change stands to what the client has.
enum Order {
    Next,
    Known,
    Beyond,
}

impl StreamCursor {
    /// A stream that begins at `position` and opens these chats.
    pub(super) fn new(position: StreamPosition, opening: BTreeSet<ConversationId>) -> Self {
        Self { position, opening }
    }

    /// A text frame comes.
    pub(super) fn pass_on(&mut self, text: &[u8]) -> Output {
        let Some(header) = FrameHeader::of(text) else {
            return Output::Nothing;
        };
        let chat = header.chat_id.map(ConversationId);
        match (header.kind, chat) {
            ("opened", Some(chat)) => {
                self.opening.remove(&chat);
                self.position.chats.insert(chat, header.seq.unwrap_or_default());
            }
            ("changes", Some(chat)) => return self.go_on(chat, &header, text),
            // An open that fails for now: the client comes back, and opens it from where it is.
            ("error", _) if header.retry => return self.resync(header.retry_after_ms),
            ("error", Some(chat)) => {
                self.opening.remove(&chat);
                self.position.chats.remove(&chat);
            }
            _ => match header.change().map(|(chat, seq)| self.order(ConversationId(chat), seq)) {
                Some(Order::Known) => return Output::Nothing,
                Some(Order::Beyond) => return self.resync(None),
                Some(Order::Next) | None => {}
            },
        }
        Output::Event(self.event(name(header.kind), header.after_ms, text))
    }

    /// A run of changes comes. It goes out as what it is to a client: a step of a replay.
    fn go_on(&mut self, chat: ConversationId, header: &FrameHeader<'_>, text: &[u8]) -> Output {
        let (after, seq) = (header.after.unwrap_or_default(), header.seq.unwrap_or_default());
        let position = match self.position.chats.get_mut(&chat) {
            Some(position) if !self.opening.contains(&chat) => position,
            _ => return Output::Nothing,
        };
        if seq <= *position {
            return Output::Nothing;
        }
        if after > *position {
            return self.resync(None);
        }
        *position = seq;
        match client_side::as_opened(text) {
            Some(opened) => Output::Event(self.event("opened", None, &opened)),
            None => self.resync(None),
        }
    }

    /// The close frame comes, or the end without one.
    pub(super) fn end(&self, reason: Option<(u16, String)>) -> Bytes {
        let (code, reason) = reason.unzip();
        self.ended(code, reason.as_deref().unwrap_or_default(), None)
    }

    fn resync(&self, retry: Option<u64>) -> Output {
        Output::Last(self.ended(Some(Close::RESYNC.code), Close::RESYNC.reason, retry))
    }

    fn ended(&self, code: Option<u16>, reason: &str, retry: Option<u64>) -> Bytes {
        // An integer and a string always serialise.
        let data = serde_json::to_vec(&EndEvent { code, reason }).unwrap_or_default();
        self.event("close", retry, &data)
    }

    /// Moves on to a change if it is the next one of its chat.
    fn order(&mut self, chat: ConversationId, seq: i64) -> Order {
        if self.opening.contains(&chat) {
            return Order::Known;
        }
        match self.position.chats.get_mut(&chat) {
            Some(last) if seq == *last + 1 => {
                *last = seq;
                Order::Next
            }
            Some(last) if seq > *last => Order::Beyond,
            Some(_) | None => Order::Known,
        }
    }

    /// An event with the position that the client has with it. `retry` is how many milliseconds a
    /// browser waits before it comes back, from now on.
    fn event(&self, name: &str, retry: Option<u64>, data: &[u8]) -> Bytes {
        let mut event = BytesMut::with_capacity(128 + data.len());
        let _ = write!(event, "event: {name}\nid: {}\n", self.position);
        if let Some(retry) = retry {
            let _ = writeln!(event, "retry: {retry}");
        }
        event.put_slice(b"data: ");
        event.put_slice(data);
        event.put_slice(b"\n\n");
        event.freeze()
    }
}

/// The event that a frame becomes. A browser fires `error` itself when the connection is lost.
fn name(kind: &str) -> &str {
    match kind {
        "error" => "refused",
        kind => kind,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cursor(chats: &[(i64, i64)], opening: &[i64]) -> StreamCursor {
        let position = StreamPosition {
            epoch: "e".into(),
            chats: chats.iter().map(|(chat, seq)| (ConversationId(*chat), *seq)).collect(),
        };
        StreamCursor::new(position, opening.iter().copied().map(ConversationId).collect())
    }

    fn event(told: &Output) -> String {
        match told {
            Output::Event(event) => String::from_utf8(event.to_vec()).expect("UTF-8"),
            other => panic!("no event: {other:?}"),
        }
    }

    fn message(chat: i64, seq: i64) -> String {
        format!(r#"{{"type":"message","chat_id":{chat},"seq":{seq},"content":"x"}}"#)
    }

    #[test]
    fn an_event_has_its_type_its_position_and_its_frame() {
        let mut cursor = cursor(&[(1, 40), (7, 2)], &[]);
        let frame = message(7, 3);
        let told = cursor.pass_on(frame.as_bytes());
        assert_eq!(event(&told), format!("event: message\nid: e;1:40,7:3\ndata: {frame}\n\n"));
    }

    #[test]
    fn what_the_client_has_is_left_out_and_a_gap_ends_it() {
        let mut cursor = cursor(&[(7, 2)], &[]);
        assert_eq!(cursor.pass_on(message(7, 2).as_bytes()), Output::Nothing);
        assert_eq!(cursor.pass_on(message(8, 1).as_bytes()), Output::Nothing, "not open here");
        let Output::Last(last) = cursor.pass_on(message(7, 4).as_bytes()) else {
            panic!("a gap must end it");
        };
        assert!(last.starts_with(b"event: close\nid: e;7:2\n"), "{last:?}");
    }

    #[test]
    fn the_position_never_jumps_over_a_past_that_is_still_to_come() {
        let mut cursor = cursor(&[(7, 2)], &[7]);
        assert_eq!(cursor.pass_on(message(7, 9).as_bytes()), Output::Nothing);
        let opened = r#"{"type":"opened","chat_id":7,"seq":5,"more":true,"changes":[]}"#;
        assert!(event(&cursor.pass_on(opened.as_bytes())).contains("id: e;7:5\n"));
        let opened = r#"{"type":"opened","chat_id":7,"seq":9,"changes":[]}"#;
        assert!(event(&cursor.pass_on(opened.as_bytes())).contains("id: e;7:9\n"));
        assert!(event(&cursor.pass_on(message(7, 10).as_bytes())).contains("id: e;7:10\n"));
    }

    #[test]
    fn what_another_process_stored_moves_on_like_a_step_of_a_replay() {
        let changes = |after: i64, seq: i64| {
            format!(r#"{{"type":"changes","chat_id":7,"after":{after},"seq":{seq},"changes":[]}}"#)
        };
        let mut cursor = cursor(&[(7, 2), (8, 1)], &[8]);
        let told = event(&cursor.pass_on(changes(2, 5).as_bytes()));
        let opened = r#"{"type":"opened","chat_id":7,"seq":5,"changes":[]}"#;
        assert_eq!(told, format!("event: opened\nid: e;7:5,8:1\ndata: {opened}\n\n"));
        assert!(event(&cursor.pass_on(message(7, 6).as_bytes())).contains("id: e;7:6,8:1\n"));
        assert_eq!(cursor.pass_on(changes(2, 5).as_bytes()), Output::Nothing, "known");
        assert!(event(&cursor.pass_on(changes(5, 8).as_bytes())).contains("id: e;7:8,8:1\n"));
        let of_8 = changes(1, 4).replace(":7,", ":8,");
        assert_eq!(cursor.pass_on(of_8.as_bytes()), Output::Nothing, "its past will have it");
        assert!(matches!(cursor.pass_on(changes(9, 10).as_bytes()), Output::Last(_)), "a gap");
    }

    #[test]
    fn counts_and_goodbyes_move_nothing() {
        let mut cursor = cursor(&[(7, 2)], &[]);
        let unread = r#"{"type":"unread","chat_id":7,"seq":3,"n":1,"read_n":0,"unread":1}"#;
        assert!(event(&cursor.pass_on(unread.as_bytes())).contains("id: e;7:2\n"));
        let goaway = r#"{"type":"goaway","reason":"restart","after_ms":4200}"#;
        assert!(event(&cursor.pass_on(goaway.as_bytes())).contains("\nretry: 4200\n"));
        let end = cursor.end(Some((1012, "restarting".into())));
        let expected =
            "event: close\nid: e;7:2\ndata: {\"code\":1012,\"reason\":\"restarting\"}\n\n";
        assert_eq!(end, expected);
    }

    #[test]
    fn a_chat_that_cannot_be_opened_is_dropped_or_tried_again() {
        let mut cursor = cursor(&[(7, 2), (8, 1)], &[7, 8]);
        let stranger =
            r#"{"type":"error","code":"not_member","error":"…","retry":false,"chat_id":7}"#;
        let told = event(&cursor.pass_on(stranger.as_bytes()));
        assert!(told.starts_with("event: refused\nid: e;8:1\n"), "{told}");
        let busy = r#"{"type":"error","code":"busy","error":"…","retry":true,"retry_after_ms":1000,"chat_id":8}"#;
        let Output::Last(last) = cursor.pass_on(busy.as_bytes()) else {
            panic!("it must come back");
        };
        let last = String::from_utf8(last.to_vec()).expect("UTF-8");
        assert!(last.contains("id: e;8:1\nretry: 1000\ndata: {\"code\":4000"), "{last}");
    }
}
