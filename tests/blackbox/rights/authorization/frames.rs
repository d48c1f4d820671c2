//! Every frame of a client, and what it is answered. `$chat` is the chat in which everybody is in their
//! role, `$mine` a message there of whoever asks, `$theirs` somebody else's, `$elsewhere` one of a chat
//! in which only somebody else is.

/// A frame with ids, and its answers to all who may have a socket, from the stranger on.
pub(super) struct Frame {
    pub(super) kind: &'static str,
    pub(super) text: &'static str,
    /// The type of the answer to a success.
    pub(super) answer: &'static str,
    /// Is nothing answered, whatever comes of it?
    pub(super) is_silent: bool,
    /// Is the chat another one after it?
    pub(super) changes: bool,
    pub(super) answers: [&'static str; 8],
}

const N: &str = "not_member";
const M: &str = "message_not_found";
const R: &str = "read_only";
const F: &str = "forbidden";
const A: &str = "ack";

const fn keyed(kind: &'static str, text: &'static str, answers: [&'static str; 8]) -> Frame {
    Frame {
        kind,
        text,
        answer: "ack",
        is_silent: false,
        changes: false,
        answers,
    }
}

const fn changing(kind: &'static str, text: &'static str, answers: [&'static str; 8]) -> Frame {
    Frame {
        changes: true,
        ..keyed(kind, text, answers)
    }
}

const fn answered(kind: &'static str, text: &'static str, answer: &'static str) -> Frame {
    Frame {
        answer,
        ..keyed(kind, text, [N, N, N, answer, answer, answer, answer, answer])
    }
}

const fn silent(kind: &'static str, text: &'static str) -> Frame {
    Frame {
        answer: "nothing",
        is_silent: true,
        ..keyed(kind, text, ["nothing"; 8])
    }
}

/// A socket that is bound to the chat by its URL.
pub(super) const UPGRADE: [&str; 8] = [N, N, N, "101", "101", "101", "101", "101"];

/// To everybody who has a socket, whatever they are in the chat.
const PONG: [&str; 8] = ["pong"; 8];

/// Stranger, removed, administrator; guest, member, member and administrator, admin, owner.
pub(super) const FRAMES: &[Frame] = &[
    keyed(
        "send",
        r#"{"type":"send","chat_id":$chat,"content":"x","client_msg_id":"$key"}"#,
        [N, N, N, R, A, A, A, A],
    ),
    answered("open", r#"{"type":"open","chat_id":$chat}"#, "opened"),
    answered("open", r#"{"type":"open","chat_id":$chat,"after":0}"#, "opened"),
    Frame {
        answer: "pong",
        ..keyed("ping", r#"{"type":"ping"}"#, PONG)
    },
    silent("typing", r#"{"type":"typing","chat_id":$chat}"#),
    silent("close", r#"{"type":"close","chat_id":$chat}"#),
    answered("read", r#"{"type":"read","chat_id":$chat,"n":2}"#, "unread"),
    answered("unread", r#"{"type":"unread","chat_id":$chat,"n":1}"#, "unread"),
    keyed(
        "edit",
        r#"{"type":"edit","id":$mine,"content":"y","client_msg_id":"$key"}"#,
        [M, M, M, R, A, A, A, A],
    ),
    keyed(
        "edit",
        r#"{"type":"edit","id":$theirs,"content":"y","client_msg_id":"$key"}"#,
        [M, M, M, R, F, F, F, F],
    ),
    keyed(
        "edit",
        r#"{"type":"edit","id":$elsewhere,"content":"y","client_msg_id":"$key"}"#,
        [M; 8],
    ),
    keyed(
        "edit",
        r#"{"type":"edit","chat_id":$chat,"id":$mine,"content":"z","client_msg_id":"$key"}"#,
        [M, M, M, R, A, A, A, A],
    ),
    keyed(
        "edit",
        r#"{"type":"edit","chat_id":1,"id":$mine,"content":"z","client_msg_id":"$key"}"#,
        [M; 8],
    ),
    changing(
        "delete",
        r#"{"type":"delete","id":$mine,"client_msg_id":"$key"}"#,
        [M, M, M, A, A, A, A, A],
    ),
    changing(
        "delete",
        r#"{"type":"delete","id":$theirs,"client_msg_id":"$key"}"#,
        [M, M, M, F, F, F, A, A],
    ),
    keyed("delete", r#"{"type":"delete","id":$elsewhere,"client_msg_id":"$key"}"#, [M; 8]),
    keyed(
        "react",
        r#"{"type":"react","id":$theirs,"emoji":"👍","client_msg_id":"$key"}"#,
        [M, M, M, R, A, A, A, A],
    ),
    keyed(
        "react",
        r#"{"type":"react","id":$elsewhere,"emoji":"👍","client_msg_id":"$key"}"#,
        [M; 8],
    ),
    keyed(
        "pin",
        r#"{"type":"pin","id":$theirs,"client_msg_id":"$key"}"#,
        [M, M, M, F, F, F, A, A],
    ),
    keyed("pin", r#"{"type":"pin","id":$elsewhere,"client_msg_id":"$key"}"#, [M; 8]),
];
