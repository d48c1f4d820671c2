//! The frames that the server sends. A batch of events becomes one run of ready WebSocket frames,
//! once, and every recipient shares the bytes.

use bytes::{BufMut, Bytes, BytesMut};
use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Serialize, Serializer};

use crate::domain::{ClientMsgId, ConversationId, Event, Fact, Role, UserId};
use crate::wire::errors::Problem;
use crate::wire::framing::text_frame;

/// Ready WebSocket frames, shared and immutable.
pub type Encoded = Bytes;

/// RFC 3339, UTC, to the microsecond: what both stores keep.
pub fn instant(at: &DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// For `#[serde(serialize_with)]`.
pub fn serialize_instant<S: Serializer>(at: &DateTime<Utc>, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&instant(at))
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum ServerFrame<'a> {
    Message {
        chat_id: i64,
        seq: i64,
        n: i64,
        id: i64,
        user_id: Option<i64>,
        username: &'a str,
        content: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        client_msg_id: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        sequence: Option<i64>,
        created_at: String,
    },
    Ack {
        chat_id: i64,
        client_msg_id: &'a str,
        id: i64,
        seq: i64,
        n: i64,
        created_at: String,
        dup: bool,
    },
    Error {
        code: &'a str,
        error: &'a str,
        retry: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        retry_after_ms: Option<u64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        chat_id: Option<i64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        client_msg_id: Option<&'a str>,
    },
    Member {
        chat_id: i64,
        seq: i64,
        /// `joined`, `left` or `role`.
        change: &'a str,
        user_id: i64,
        username: &'a str,
        /// From now on; absent for one who left.
        #[serde(skip_serializing_if = "Option::is_none")]
        role: Option<Role>,
        created_at: String,
    },
    Ready {
        user_id: Option<i64>,
        epoch: &'a str,
        now: String,
        chats: &'a [Counters],
    },
    Opened {
        chat_id: i64,
        seq: i64,
        #[serde(skip_serializing_if = "is_false")]
        reset: bool,
        #[serde(skip_serializing_if = "is_false")]
        more: bool,
        changes: Vec<ServerFrame<'a>>,
    },
    Unread(&'a Counters),
    Chat {
        chat_id: i64,
        seq: i64,
        /// `renamed` or `deleted`.
        change: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<&'a str>,
        created_at: String,
    },
}

/// A run of events as frames, in order, and where in it each event's frame ends.
pub fn events<'a>(
    conversation: ConversationId,
    events: impl IntoIterator<Item = &'a Event>,
) -> (Encoded, Vec<usize>) {
    let mut buffer = BytesMut::with_capacity(512);
    let mut ends = Vec::new();
    for event in events {
        put(&mut buffer, &event_frame(conversation, event));
        ends.push(buffer.len());
    }
    (buffer.freeze(), ends)
}

/// Where a user stands in a chat: absolute values, so that they cannot drift.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Counters {
    /// Which chat.
    pub chat_id: i64,
    /// The last change.
    pub seq: i64,
    /// The last message.
    pub n: i64,
    /// The last message that they have read.
    pub read_n: i64,
    /// Messages after that.
    pub unread: i64,
}

/// The first frame of a socket that is bound to no chat.
pub fn ready(
    user: Option<UserId>,
    epoch: &str,
    now: &DateTime<Utc>,
    chats: &[Counters],
) -> Encoded {
    one(&ServerFrame::Ready {
        user_id: user.map(|user| user.0),
        epoch,
        now: instant(now),
        chats,
    })
}

/// A step of a replay: everything up to `seq` has been said.
#[derive(Clone, Copy, Debug)]
pub struct Step<'a> {
    /// Which chat.
    pub conversation: ConversationId,
    /// What changed, by `seq`.
    pub events: &'a [Event],
    /// Up to where.
    pub seq: i64,
    /// Does this replace what the client has?
    pub reset: bool,
    /// Does another step follow?
    pub more: bool,
}

/// The answer to an `open`, or a part of it.
pub fn opened(step: Step<'_>) -> Encoded {
    let frame = |event| event_frame(step.conversation, event);
    one(&ServerFrame::Opened {
        chat_id: step.conversation.0,
        seq: step.seq,
        reset: step.reset,
        more: step.more,
        changes: step.events.iter().map(frame).collect(),
    })
}

/// Where a user stands in a chat that they have not open.
pub fn unread(counters: &Counters) -> Encoded {
    one(&ServerFrame::Unread(counters))
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_false(flag: &bool) -> bool {
    !flag
}

/// The answer to a send that carried a key.
pub fn ack(conversation: ConversationId, event: &Event, dup: bool) -> Encoded {
    let Some((message, key)) = event
        .message()
        .and_then(|message| Some((message, message.client_msg_id.as_ref()?)))
    else {
        return Encoded::new();
    };
    one(&ServerFrame::Ack {
        chat_id: conversation.0,
        client_msg_id: key.as_str(),
        id: message.id.0,
        seq: event.seq,
        n: message.n,
        created_at: instant(&event.at),
        dup,
    })
}

/// An error, under the key and chat of what caused it, if they are known.
pub fn error(
    problem: &Problem,
    conversation: Option<ConversationId>,
    key: Option<&ClientMsgId>,
) -> Encoded {
    one(&ServerFrame::Error {
        code: problem.code.name,
        error: &problem.text,
        retry: problem.code.retry,
        retry_after_ms: problem.retry_after_ms,
        chat_id: conversation.map(|id| id.0),
        client_msg_id: key.map(ClientMsgId::as_str),
    })
}

fn event_frame(conversation: ConversationId, event: &Event) -> ServerFrame<'_> {
    let (chat_id, seq, created_at) = (conversation.0, event.seq, instant(&event.at));
    let member = |change, user: i64, username, role| ServerFrame::Member {
        chat_id,
        seq,
        change,
        user_id: user,
        username,
        role,
        created_at: created_at.clone(),
    };
    match &event.fact {
        Fact::Posted(message) => ServerFrame::Message {
            chat_id,
            seq,
            n: message.n,
            id: message.id.0,
            user_id: message.sender.map(|id| id.0),
            username: &message.username,
            content: message.text.as_ref().map_or("", |text| text.as_str()),
            client_msg_id: message.client_msg_id.as_ref().map(ClientMsgId::as_str),
            sequence: message.sequence,
            created_at,
        },
        Fact::Joined {
            user,
            username,
            role,
        } => member("joined", user.0, username, Some(*role)),
        Fact::RoleChanged {
            user,
            username,
            role,
        } => member("role", user.0, username, Some(*role)),
        Fact::Left { user, username } => member("left", user.0, username, None),
        Fact::Renamed { name } => ServerFrame::Chat {
            chat_id,
            seq,
            change: "renamed",
            name: Some(name.as_str()),
            created_at,
        },
        Fact::Dissolved => ServerFrame::Chat {
            chat_id,
            seq,
            change: "deleted",
            name: None,
            created_at,
        },
    }
}

fn one(frame: &ServerFrame<'_>) -> Encoded {
    let mut buffer = BytesMut::with_capacity(256);
    put(&mut buffer, frame);
    buffer.freeze()
}

fn put(buffer: &mut BytesMut, frame: &ServerFrame<'_>) {
    text_frame(buffer, |out| {
        // Strings and integers always serialise, and memory takes every write.
        if let Err(error) = serde_json::to_writer(out.writer(), frame) {
            log::error!("a frame could not be encoded: {error}");
        }
    });
}

/// The name that history shows for one whose account was deleted.
pub const DELETED_USER: &str = "deleted user";

/// The name that history shows for nobody in particular (`--trust`).
pub const NOBODY: &str = "anonymous";
