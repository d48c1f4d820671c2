//! The frames that a client sends: one flat JSON object a text frame. One without `type` is a
//! `send`, one without `chat_id` means the chat that the URL bound, so `{"content":"hi"}` is whole.
//! Unknown fields are ignored; an unknown `type` is an error.

use serde::Deserialize;

use crate::domain::{ClientMsgId, ConversationId, MessageText};
use crate::wire::errors::{Code, Problem};

/// A frame, decoded and checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientFrame {
    /// Say something.
    Send(Send),
    /// Listen to a chat from now on: background becomes active. Also the way to resume.
    Open(Open),
    /// Listen to it no longer.
    Close(ConversationId),
    /// Everything up to this `n` has been read.
    Read(ConversationId, i64),
}

/// `open`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    /// Which chat.
    pub chat: ConversationId,
    /// The last `seq` that the client has; everything after it is replayed. Without it the client
    /// begins afresh.
    pub after: Option<i64>,
    /// The epoch that `after` is from; of another one it means nothing here.
    pub epoch: Option<String>,
}

/// `send`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Send {
    /// Where; `None` is the chat that the URL bound.
    pub chat: Option<ConversationId>,
    /// What.
    pub text: MessageText,
    /// With it the send may be repeated for ever, and is acknowledged.
    pub client_msg_id: Option<ClientMsgId>,
}

/// Why a frame was not understood, and which send it was, if that much could be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// What to tell the client.
    pub problem: Problem,
    /// The `client_msg_id` to tell it under.
    pub client_msg_id: Option<ClientMsgId>,
}

#[derive(Deserialize)]
struct Raw<'a> {
    #[serde(rename = "type", borrow, default)]
    kind: Option<std::borrow::Cow<'a, str>>,
    #[serde(default)]
    chat_id: Option<i64>,
    #[serde(borrow, default)]
    content: Option<std::borrow::Cow<'a, str>>,
    #[serde(borrow, default)]
    client_msg_id: Option<std::borrow::Cow<'a, str>>,
    #[serde(default)]
    after: Option<i64>,
    #[serde(borrow, default)]
    epoch: Option<std::borrow::Cow<'a, str>>,
    #[serde(default)]
    n: Option<i64>,
}

/// Decodes the payload of a text frame.
pub fn decode(text: &str) -> Result<ClientFrame, Rejected> {
    let raw: Raw<'_> = serde_json::from_str(text).map_err(|error| Rejected {
        problem: Problem::new(Code::MALFORMED, format!("not a frame: {error}")),
        client_msg_id: None,
    })?;
    let key = raw.client_msg_id.as_deref().map(ClientMsgId::parse).transpose();
    let reject = |problem: Problem| Rejected {
        problem,
        client_msg_id: key.clone().ok().flatten(),
    };
    match raw.kind.as_deref().unwrap_or("send") {
        "open" => Ok(ClientFrame::Open(Open {
            chat: needs(raw.chat_id, "open", "chat_id").map(ConversationId).map_err(reject)?,
            after: raw.after,
            epoch: raw.epoch.map(std::borrow::Cow::into_owned),
        })),
        "close" => {
            let chat = needs(raw.chat_id, "close", "chat_id").map_err(reject)?;
            Ok(ClientFrame::Close(ConversationId(chat)))
        }
        "read" => {
            let chat = needs(raw.chat_id, "read", "chat_id").map_err(&reject)?;
            let n = needs(raw.n, "read", "n").map_err(reject)?;
            Ok(ClientFrame::Read(ConversationId(chat), n))
        }
        "send" => {
            let content = raw.content.as_deref().ok_or_else(|| {
                reject(Problem::new(Code::MALFORMED, "a send needs content, a string"))
            })?;
            Ok(ClientFrame::Send(Send {
                chat: raw.chat_id.map(ConversationId),
                text: MessageText::parse(content).map_err(|refusal| reject(refusal.into()))?,
                client_msg_id: key.clone().map_err(|refusal| reject(refusal.into()))?,
            }))
        }
        other => {
            let shown: String = other.chars().take(32).collect();
            Err(reject(Problem::new(
                Code::UNKNOWN_TYPE,
                format!("there is no frame of type {shown:?}"),
            )))
        }
    }
}

fn needs(number: Option<i64>, frame: &str, name: &str) -> Result<i64, Problem> {
    let text = || format!("{frame} needs {name}, an integer");
    number.ok_or_else(|| Problem::new(Code::MALFORMED, text()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn send(text: &str) -> Option<Send> {
        match decode(text) {
            Ok(ClientFrame::Send(send)) => Some(send),
            _ => None,
        }
    }

    fn code(text: &str) -> &'static str {
        decode(text).err().map_or("ok", |rejected| rejected.problem.code.name)
    }

    #[test]
    fn the_seeds_frame_is_whole() {
        let frame = send(r#"{"content": "Сообщение"}"#);
        assert_eq!(frame.as_ref().map(|f| f.text.as_str()), Some("Сообщение"));
        assert_eq!(frame.and_then(|f| f.chat), None);
    }

    #[test]
    fn an_open_says_where_to_go_on() {
        let open = |text: &str| match decode(text) {
            Ok(ClientFrame::Open(open)) => Some((open.chat.0, open.after, open.epoch)),
            _ => None,
        };
        let resumed = open(r#"{"type":"open","chat_id":7,"after":42,"epoch":"e"}"#);
        assert_eq!(resumed, Some((7, Some(42), Some("e".into()))));
        assert_eq!(open(r#"{"type":"open","chat_id":7}"#), Some((7, None, None)));
    }

    #[test]
    fn escapes_and_unknown_fields_are_read() {
        let frame =
            send(r#"{"type":"send","chat_id":7,"content":"a\nb","x":[1],"client_msg_id":"k"}"#);
        assert_eq!(frame.as_ref().map(|f| f.text.as_str()), Some("a\nb"));
        assert_eq!(frame.and_then(|f| f.chat), Some(ConversationId(7)));
    }

    #[test]
    fn what_is_no_frame_says_why() {
        for (text, expected) in [
            ("", "malformed"),
            ("[]", "malformed"),
            ("{", "malformed"),
            ("{}", "malformed"),
            (r#"{"content":7}"#, "malformed"),
            (r#"{"content":"x","chat_id":"1"}"#, "malformed"),
            (r#"{"content":""}"#, "message_empty"),
            (r#"{"content":"x","client_msg_id":""}"#, "invalid_client_msg_id"),
            (r#"{"type":"shout","content":"x"}"#, "unknown_type"),
            (r#"{"type":"open"}"#, "malformed"),
            (r#"{"type":"open","chat_id":1,"after":"x"}"#, "malformed"),
            (r#"{"type":"close"}"#, "malformed"),
            (r#"{"type":"read","chat_id":1}"#, "malformed"),
        ] {
            assert_eq!(code(text), expected, "{text}");
        }
    }

    #[test]
    fn a_refused_send_keeps_its_key() {
        let rejected = decode(r#"{"content":"","client_msg_id":"k1"}"#).err();
        let key = rejected.and_then(|r| r.client_msg_id);
        assert_eq!(key.as_ref().map(ClientMsgId::as_str), Some("k1"));
    }
}
