//! The frames that the server sends. A batch of events becomes one run of ready WebSocket frames,
//! once, and every recipient shares the bytes.

use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::conversation::Segment;
use crate::domain::event::AnnotationsByMessage;
use crate::domain::unread::ReadState;
use crate::domain::{ClientMsgId, ConversationId, Event, UserId};
use crate::wire::change::{ChangeFrame, ChangeFrames};
use crate::wire::error_subject::About;
use crate::wire::errors::{ErrorCode, Problem};
use crate::wire::frame_encoding::text_frame;
use crate::wire::instant::instant;

/// Ready WebSocket frames, shared and immutable.
pub type Encoded = Bytes;

/// A frame about a socket, or about where its user stands. What happens to a chat is a
/// [`ChangeFrame`].
#[derive(Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum ServerFrame<'a> {
    /// The first frame of a socket that is bound to no chat: where its user stands in each.
    Ready {
        /// `null` for nobody in particular (`--trust`).
        #[schema(required)]
        user_id: Option<i64>,
        /// The history that all positions belong to; a restored database has another one.
        epoch: &'a str,
        /// The server's clock.
        #[schema(format = "date-time")]
        now: String,
        /// The user's chats by id, up to some 2,000.
        chats: &'a [ReadyChat],
    },
    /// A step of the answer to an `open`.
    Opened {
        chat_id: i64,
        /// The position reached: after this step the client has everything up to here.
        seq: i64,
        /// Forget what you have of this chat.
        #[serde(skip_serializing_if = "is_false")]
        reset: bool,
        /// Another step follows.
        #[serde(skip_serializing_if = "is_false")]
        more: bool,
        /// What changed, by `seq`.
        changes: ChangeFrames<'a>,
        /// Of the members, in the last step, if that is told in this chat.
        #[serde(skip_serializing_if = "Option::is_none")]
        online: Option<Vec<i64>>,
    },
    /// What another process has stored in a chat that is live: everything after one position up to
    /// another.
    Changes {
        chat_id: i64,
        /// The position until now.
        after: i64,
        /// The position reached: with this the client has everything up to here.
        seq: i64,
        /// What changed, by `seq`, as in an `opened`.
        changes: ChangeFrames<'a>,
    },
    /// A send, or a change of a message, that carried a `client_msg_id` is stored.
    Ack {
        chat_id: i64,
        client_msg_id: &'a str,
        /// Of the message; absent if there was nothing to change.
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<i64>,
        /// Of the change; if there was nothing to change, the chat's last one.
        seq: i64,
        #[serde(skip_serializing_if = "Option::is_none")]
        n: Option<i64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(format = "date-time")]
        created_at: Option<String>,
        /// Nothing was stored now: a repeat, or it was so already.
        dup: bool,
    },
    /// What this socket asked was refused, or is to be repeated.
    Error {
        #[schema(value_type = ErrorCode)]
        code: &'a str,
        /// What a person reads.
        error: &'a str,
        /// May the same succeed later?
        retry: bool,
        /// When; with `retry` only.
        #[serde(skip_serializing_if = "Option::is_none")]
        retry_after_ms: Option<u64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        chat_id: Option<i64>,
        /// Of the message, if what was asked named one.
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<i64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        client_msg_id: Option<&'a str>,
    },
    /// Where the user stands in a chat, in absolute values.
    Unread(&'a Counters),
    /// The user is notified of a chat no longer, or again.
    Muted { chat_id: i64, muted: bool },
    /// The user has hidden a private chat, until something is said there.
    Hidden { chat_id: i64 },
    /// A chat in the background is the user's no more.
    Gone {
        chat_id: i64,
        /// `left` (left or removed) or `deleted`.
        change: &'static str,
    },
    /// A member is writing. Never the user themselves; shown for 5 seconds.
    Typing {
        chat_id: i64,
        user_id: i64,
        username: &'a str,
    },
    /// All members of a chat who are there, by id.
    Presence { chat_id: i64, online: Vec<i64> },
    /// The answer to a `ping`.
    Pong {},
    /// The server stops, and the socket closes in a moment.
    Goaway {
        /// Why it stops: `restart`.
        reason: &'a str,
        /// When to come back, after the close.
        after_ms: u64,
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
        put(&mut buffer, &ChangeFrame::new(conversation, event, None));
        ends.push(buffer.len());
    }
    (buffer.freeze(), ends)
}

/// Where a user stands in a chat: absolute values, so that they cannot drift.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
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
    /// Those among them that mention the user, the last thousand at most.
    pub mentions: i64,
}

impl Counters {
    /// Where somebody stands in a conversation whose last `(seq, n)` is `head`.
    pub fn of(conversation: ConversationId, (seq, n): (i64, i64), read_state: &ReadState) -> Self {
        let read_n = read_state.read_position().n;
        Self {
            chat_id: conversation.0,
            seq,
            // What has been read is there, though the news of it may be on its way.
            n: n.max(read_n),
            read_n,
            unread: read_state.unread(n),
            mentions: read_state.mentioned(),
        }
    }
}

/// A chat as the first frame tells of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReadyChat {
    /// Where the user stands.
    #[serde(flatten)]
    pub counters: Counters,
    /// No notifications?
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub muted: bool,
}

/// The first frame of a socket that is bound to no chat.
pub fn ready(
    user: Option<UserId>,
    epoch: &str,
    now: &DateTime<Utc>,
    chats: &[ReadyChat],
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
pub struct ReplayStep<'a> {
    /// Which chat.
    pub conversation: ConversationId,
    /// What changed, by `seq`.
    pub events: &'a [Event],
    /// What hangs on the messages among them.
    pub annotations: &'a AnnotationsByMessage,
    /// Up to where.
    pub seq: i64,
    /// Does this replace what the client has?
    pub reset: bool,
    /// Does another step follow?
    pub more: bool,
    /// Which of the members are there; in the last step, if that is told in this chat.
    pub online: Option<&'a [UserId]>,
}

/// The answer to an `open`, or a part of it.
pub fn opened(step: ReplayStep<'_>) -> Encoded {
    one(&ServerFrame::Opened {
        chat_id: step.conversation.0,
        seq: step.seq,
        reset: step.reset,
        more: step.more,
        changes: ChangeFrames::new(step.conversation, step.events, step.annotations),
        online: step.online.map(|online| online.iter().map(|user| user.0).collect()),
    })
}

/// Changes of a chat that is live, some of whose numbers were taken again since.
pub fn changes(
    conversation: ConversationId,
    segment: &Segment,
    annotations: &AnnotationsByMessage,
) -> Encoded {
    let events = segment.events.iter().map(AsRef::as_ref);
    one(&ServerFrame::Changes {
        chat_id: conversation.0,
        after: segment.after,
        seq: segment.seq,
        changes: ChangeFrames::new(conversation, events, annotations),
    })
}

/// Where a user stands in a chat that they have not open.
pub fn unread(counters: &Counters) -> Encoded {
    one(&ServerFrame::Unread(counters))
}

/// The server is there.
pub fn pong() -> Encoded {
    one(&ServerFrame::Pong {})
}

/// The server stops; the socket closes in a moment, and its peer comes back so long after that.
pub fn goaway(after: Duration) -> Encoded {
    one(&ServerFrame::Goaway {
        reason: "restart",
        after_ms: u64::try_from(after.as_millis()).unwrap_or(u64::MAX),
    })
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_false(flag: &bool) -> bool {
    !flag
}

/// Whether a user is notified of a chat, for their other sockets.
pub fn muted(conversation: ConversationId, muted: bool) -> Encoded {
    one(&ServerFrame::Muted {
        chat_id: conversation.0,
        muted,
    })
}

/// A user has hidden a private chat, for their other sockets.
pub fn hidden(conversation: ConversationId) -> Encoded {
    one(&ServerFrame::Hidden {
        chat_id: conversation.0,
    })
}

/// A chat is its user's no more, for sockets that have it in the background.
pub fn gone(conversation: ConversationId, is_deleted: bool) -> Encoded {
    one(&ServerFrame::Gone {
        chat_id: conversation.0,
        change: if is_deleted { "deleted" } else { "left" },
    })
}

/// Somebody is writing.
pub fn typing(conversation: ConversationId, user: UserId, username: &str) -> Encoded {
    one(&ServerFrame::Typing {
        chat_id: conversation.0,
        user_id: user.0,
        username,
    })
}

/// Which members of a chat are there.
pub fn presence(conversation: ConversationId, online: &[UserId]) -> Encoded {
    one(&ServerFrame::Presence {
        chat_id: conversation.0,
        online: online.iter().map(|user| user.0).collect(),
    })
}

/// The answer to a send, or to a change of a message, that carried a key.
pub fn ack(conversation: ConversationId, key: &ClientMsgId, event: &Event, dup: bool) -> Encoded {
    let subject = event.subject();
    one(&ServerFrame::Ack {
        chat_id: conversation.0,
        client_msg_id: key.as_str(),
        id: subject.map(|(id, _)| id.0),
        seq: event.seq,
        n: subject.map(|(_, n)| n),
        created_at: Some(instant(&event.at)),
        dup,
    })
}

/// The answer to a change with a key that found everything so already.
pub fn unchanged(conversation: ConversationId, key: &ClientMsgId, seq: i64) -> Encoded {
    one(&ServerFrame::Ack {
        chat_id: conversation.0,
        client_msg_id: key.as_str(),
        id: None,
        seq,
        n: None,
        created_at: None,
        dup: true,
    })
}

/// An error, under all that is known of the frame that caused it.
pub fn error(problem: &Problem, about: &About) -> Encoded {
    one(&ServerFrame::Error {
        code: problem.code.name,
        error: &problem.text,
        retry: problem.code.retry,
        retry_after_ms: problem.retry_after_ms,
        chat_id: about.chat.map(|id| id.0),
        id: about.message.map(|id| id.0),
        client_msg_id: about.key.as_deref(),
    })
}

fn one(frame: &ServerFrame<'_>) -> Encoded {
    let mut buffer = BytesMut::with_capacity(256);
    put(&mut buffer, frame);
    buffer.freeze()
}

fn put(buffer: &mut BytesMut, frame: &impl Serialize) {
    text_frame(buffer, |out| {
        // Strings and integers always serialise, and memory takes every write.
        if let Err(error) = serde_json::to_writer(out.writer(), frame) {
            log::error!("a frame could not be encoded: {error}");
        }
    });
}
