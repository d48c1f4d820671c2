//! The other side of a socket: what a client writes and reads. For those who have no WebSocket and
//! whom the server itself speaks for (event streams).

use actix_http::ws::{CloseReason, OpCode, Parser, ProtocolError};
use bytes::{Bytes, BytesMut};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::wire::client::Open;

/// Longer than any frame that the server makes.
const LIMIT: usize = 64 << 20;

/// What the server said.
#[derive(Debug, PartialEq, Eq)]
pub enum PeerFrame {
    /// A text frame: JSON on one line.
    Text(Bytes),
    /// Is anybody there?
    Ping,
    /// The end, and why; without a code if it gave none.
    Close(Option<(u16, String)>),
}

/// Takes the next whole frame from what was read; `None` if more must be read first.
pub fn next(buffer: &mut BytesMut) -> Result<Option<PeerFrame>, ProtocolError> {
    while let Some((_, opcode, payload)) = Parser::parse(buffer, false, LIMIT)? {
        let payload = payload.unwrap_or_default();
        match opcode {
            OpCode::Text => return Ok(Some(PeerFrame::Text(payload.freeze()))),
            OpCode::Ping => return Ok(Some(PeerFrame::Ping)),
            OpCode::Close => {
                let reason = Parser::try_parse_close_payload(&payload)?;
                return Ok(Some(PeerFrame::Close(reason.map(in_words))));
            }
            OpCode::Pong | OpCode::Binary | OpCode::Continue | OpCode::Bad => {}
        }
    }
    Ok(None)
}

fn in_words(reason: CloseReason) -> (u16, String) {
    (reason.code.into(), reason.description.unwrap_or_default())
}

/// What of a frame says what it is about.
#[derive(Debug, Deserialize, PartialEq, Eq)]
pub struct FrameHeader<'a> {
    /// Its type.
    #[serde(rename = "type")]
    pub kind: &'a str,
    /// The chat, if it is about one.
    #[serde(default)]
    pub chat_id: Option<i64>,
    /// A position in that chat.
    #[serde(default)]
    pub seq: Option<i64>,
    /// The position before it.
    #[serde(default)]
    pub after: Option<i64>,
    /// Of an error: may the same succeed later?
    #[serde(default)]
    pub retry: bool,
    /// Of such an error: when.
    #[serde(default)]
    pub retry_after_ms: Option<u64>,
    /// Of a `goaway`: when to come back.
    #[serde(default)]
    pub after_ms: Option<u64>,
}

impl<'a> FrameHeader<'a> {
    /// Of the payload of a text frame.
    pub fn of(text: &'a [u8]) -> Option<Self> {
        serde_json::from_slice(text).ok()
    }

    /// The chat and the place of a durable change in it: what must be neither missed nor taken
    /// twice. Other frames that have a `seq` only say where the chat stands.
    pub fn change(&self) -> Option<(i64, i64)> {
        match self.kind {
            "ack" | "unread" | "opened" | "changes" => None,
            _ => Some((self.chat_id?, self.seq?)),
        }
    }
}

/// What a client takes a `changes` for that knows only replays: a step of one.
pub fn as_opened(changes: &[u8]) -> Option<Vec<u8>> {
    #[derive(Deserialize)]
    struct Run<'a> {
        chat_id: i64,
        seq: i64,
        #[serde(borrow)]
        changes: &'a RawValue,
    }
    #[derive(Serialize)]
    struct Step<'a> {
        #[serde(rename = "type")]
        kind: &'a str,
        chat_id: i64,
        seq: i64,
        changes: &'a RawValue,
    }
    let run: Run<'_> = serde_json::from_slice(changes).ok()?;
    let step = Step {
        kind: "opened",
        chat_id: run.chat_id,
        seq: run.seq,
        changes: run.changes,
    };
    serde_json::to_vec(&step).ok()
}

#[derive(Serialize)]
struct OpenFrame<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    chat_id: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    epoch: Option<&'a str>,
}

/// Appends an `open`.
pub fn open(buffer: &mut BytesMut, open: &Open) {
    let frame = OpenFrame {
        kind: "open",
        chat_id: open.chat.0,
        after: open.after,
        epoch: open.epoch.as_deref(),
    };
    // Strings and integers always serialise.
    let json = serde_json::to_vec(&frame).unwrap_or_default();
    Parser::write_message(buffer, &json[..], OpCode::Text, true, true);
}

/// The answer to a ping.
pub fn pong() -> BytesMut {
    let mut buffer = BytesMut::new();
    Parser::write_message(&mut buffer, &[][..], OpCode::Pong, true, true);
    buffer
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use chrono::DateTime;

    use super::*;
    use crate::domain::event::AnnotationsByMessage;
    use crate::domain::{ConversationId, Event, Fact, UserId};
    use crate::wire::client::{ClientFrame, decode};
    use crate::wire::server::{self, Counters, ReplayStep};
    use crate::wire::{Close, frame_encoding};

    fn left() -> Event {
        Event {
            seq: 5,
            at: DateTime::UNIX_EPOCH,
            fact: Fact::Left {
                user: UserId(1),
                username: Arc::from("alice"),
            },
        }
    }

    #[test]
    fn what_the_server_writes_reads_back() {
        let counters = Counters {
            chat_id: 7,
            seq: 6,
            n: 0,
            read_n: 0,
            unread: 0,
            mentions: 0,
        };
        let step = ReplayStep {
            conversation: ConversationId(7),
            events: &[left()],
            annotations: &AnnotationsByMessage::default(),
            seq: 5,
            reset: false,
            more: false,
            online: None,
        };
        let mut bytes = BytesMut::new();
        for frames in [
            server::events(ConversationId(7), &[left()]).0,
            frame_encoding::ping(),
            server::unread(&counters),
            server::opened(step),
            frame_encoding::close(Close::SLOW),
        ] {
            bytes.extend_from_slice(&frames);
        }
        let mut changes = Vec::new();
        let mut others = Vec::new();
        while let Some(said) = next(&mut bytes).expect("frames") {
            match said {
                PeerFrame::Text(text) => {
                    changes.push(FrameHeader::of(&text).expect("a header").change())
                }
                other => others.push(other),
            }
        }
        assert_eq!(changes, [Some((7, 5)), None, None], "only the change moves on");
        let slow = (Close::SLOW.code, Close::SLOW.reason.to_owned());
        assert_eq!(others, [PeerFrame::Ping, PeerFrame::Close(Some(slow))]);
    }

    #[test]
    fn half_a_frame_waits() {
        let whole = server::events(ConversationId(7), &[left()]).0;
        let mut bytes = BytesMut::from(&whole[..whole.len() - 1]);
        assert_eq!(next(&mut bytes).expect("no error"), None);
        bytes.extend_from_slice(&whole[whole.len() - 1..]);
        assert!(matches!(next(&mut bytes), Ok(Some(PeerFrame::Text(_)))));
    }

    #[test]
    fn an_open_reads_back_at_the_server() {
        let wanted = Open {
            chat: ConversationId(7),
            after: Some(42),
            epoch: None,
        };
        let mut bytes = BytesMut::new();
        open(&mut bytes, &wanted);
        let (_, opcode, payload) =
            Parser::parse(&mut bytes, true, 1_000).expect("a frame").expect("a whole one");
        assert_eq!(opcode, OpCode::Text);
        let text = String::from_utf8(payload.expect("a payload").to_vec()).expect("UTF-8");
        assert_eq!(decode(&text), Ok(ClientFrame::Open(wanted)));
    }
}
