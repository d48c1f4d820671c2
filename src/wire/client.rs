//! The frames that a client sends: one flat JSON object a text frame. One without `type` is a
//! `send`, one without `chat_id` means the chat that the URL bound, so `{"content":"hi"}` is whole.
//! Unknown fields are ignored; an unknown `type` is an error.

use serde::Deserialize;

use crate::domain::files::{UploadId, parse_uploads};
use crate::domain::{ClientMsgId, ConversationId, Emoji, MessageId, NewText, Refusal};
use crate::wire::error_subject::About;
use crate::wire::errors::{Code, Problem};
use crate::wire::integer;

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
    /// This `n` is the first that has not been read.
    Unread(ConversationId, i64),
    /// The user is writing.
    Typing(ConversationId),
    /// Say that you are there.
    Ping,
    /// Change a message.
    Change(ChangeMessage),
}

impl ClientFrame {
    /// What an answer to it is told under.
    pub fn about(&self) -> About {
        match self {
            Self::Send(send) => About::change(send.chat, None, send.client_msg_id.as_ref()),
            Self::Open(open) => About::chat(open.chat),
            Self::Close(chat)
            | Self::Read(chat, _)
            | Self::Unread(chat, _)
            | Self::Typing(chat) => About::chat(*chat),
            Self::Ping => About::default(),
            Self::Change(change) => {
                About::change(change.chat, Some(change.message), change.client_msg_id.as_ref())
            }
        }
    }
}

/// `edit`, `delete`, `react` or `pin`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeMessage {
    /// Where it is, if the client says so.
    pub chat: Option<ConversationId>,
    /// Which message.
    pub message: MessageId,
    /// What becomes of it.
    pub alteration: Alteration,
    /// With it the change is acknowledged.
    pub client_msg_id: Option<ClientMsgId>,
}

/// What becomes of a message. Each may be asked again: it changes nothing then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Alteration {
    /// It says this.
    Edit(NewText),
    /// It is deleted.
    Delete,
    /// It has this reaction of the user, or not.
    React(Emoji, bool),
    /// It is pinned, or not.
    Pin(bool),
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
    /// What is said.
    pub text: NewText,
    /// With it the send may be repeated for ever, and is acknowledged.
    pub client_msg_id: Option<ClientMsgId>,
    /// The message that it answers.
    pub reply_to: Option<MessageId>,
    /// The files that it carries.
    pub uploads: Vec<UploadId>,
}

/// Why a frame was not understood, and which it was, as far as that could be found out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// What to tell the client.
    pub problem: Problem,
    /// What to tell it under.
    pub about: About,
}

/// Every field of every frame, borrowed where it can be: a frame is read once, into this.
#[derive(Deserialize)]
pub(super) struct Raw<'a> {
    #[serde(rename = "type", borrow, default)]
    kind: Option<std::borrow::Cow<'a, str>>,
    #[serde(default, deserialize_with = "integer::optional")]
    chat_id: Option<i64>,
    #[serde(borrow, default)]
    content: Option<std::borrow::Cow<'a, str>>,
    #[serde(borrow, default)]
    client_msg_id: Option<std::borrow::Cow<'a, str>>,
    #[serde(default, deserialize_with = "integer::optional")]
    after: Option<i64>,
    #[serde(borrow, default)]
    epoch: Option<std::borrow::Cow<'a, str>>,
    #[serde(default, deserialize_with = "integer::optional")]
    n: Option<i64>,
    #[serde(default, deserialize_with = "integer::optional")]
    id: Option<i64>,
    #[serde(default, deserialize_with = "integer::optional")]
    reply_to: Option<i64>,
    #[serde(borrow, default)]
    emoji: Option<std::borrow::Cow<'a, str>>,
    #[serde(default)]
    on: Option<bool>,
    #[serde(borrow, default)]
    uploads: Option<Vec<std::borrow::Cow<'a, str>>>,
}

/// Decodes the payload of a text frame.
#[expect(clippy::result_large_err, reason = "it is taken apart at once, and rare")]
pub fn decode(text: &str) -> Result<ClientFrame, Rejected> {
    let malformed = |complaint: String| Rejected {
        problem: Problem::new(Code::MALFORMED, format!("not a frame: {complaint}")),
        about: About::find(text),
    };
    // An array would be taken for the fields in their order.
    if text.trim_start().starts_with('[') {
        return Err(malformed("it must be a JSON object".to_owned()));
    }
    let raw: Raw<'_> = serde_json::from_str(text).map_err(|error| malformed(error.to_string()))?;
    let key = raw.client_msg_id.as_deref().map(ClientMsgId::parse).transpose();
    let reject = |problem: Problem| Rejected {
        problem,
        about: About::of(raw.chat_id, raw.id, raw.client_msg_id.as_deref()),
    };
    let decoded = match raw.kind.as_deref().unwrap_or("send") {
        "open" => open(&raw),
        "close" => chat(&raw, "close").map(ClientFrame::Close),
        "read" => position(&raw, "read").map(|(chat, n)| ClientFrame::Read(chat, n)),
        "unread" => position(&raw, "unread").map(|(chat, n)| ClientFrame::Unread(chat, n)),
        "typing" => chat(&raw, "typing").map(ClientFrame::Typing),
        "ping" => Ok(ClientFrame::Ping),
        "send" => send(&raw, key.clone()),
        kind @ ("edit" | "delete" | "react" | "pin") => change(&raw, kind, key.clone()),
        other => {
            let shown: String = other.chars().take(32).collect();
            let text = format!("there is no frame of type {shown:?}");
            Err(Problem::new(Code::UNKNOWN_TYPE, text))
        }
    };
    decoded.map_err(reject)
}

/// The key of a frame, if it has one and it is one.
type FrameKey = Result<Option<ClientMsgId>, Refusal>;

fn chat(raw: &Raw<'_>, frame: &str) -> Result<ConversationId, Problem> {
    needs(raw.chat_id, frame, "chat_id").map(ConversationId)
}

fn position(raw: &Raw<'_>, frame: &str) -> Result<(ConversationId, i64), Problem> {
    Ok((chat(raw, frame)?, needs(raw.n, frame, "n")?))
}

fn open(raw: &Raw<'_>) -> Result<ClientFrame, Problem> {
    Ok(ClientFrame::Open(Open {
        chat: chat(raw, "open")?,
        after: raw.after,
        epoch: raw.epoch.as_deref().map(str::to_owned),
    }))
}

fn text(raw: &Raw<'_>, frame: &str) -> Result<NewText, Problem> {
    let content = raw
        .content
        .as_deref()
        .ok_or_else(|| Problem::new(Code::MALFORMED, format!("{frame} needs content, a string")))?;
    Ok(NewText::parse(content)?)
}

/// Beside files the text may be nothing, or be missing.
fn send(raw: &Raw<'_>, key: FrameKey) -> Result<ClientFrame, Problem> {
    let uploads = raw.uploads.as_deref().unwrap_or_default();
    let uploads = parse_uploads(uploads.iter().map(|id| id.as_ref()))?;
    let text = match uploads.is_empty() {
        true => text(raw, "send")?,
        false => NewText::parse_caption(raw.content.as_deref().unwrap_or_default())?,
    };
    Ok(ClientFrame::Send(Send {
        chat: raw.chat_id.map(ConversationId),
        text,
        client_msg_id: key?,
        reply_to: raw.reply_to.map(MessageId),
        uploads,
    }))
}

fn change(raw: &Raw<'_>, kind: &str, key: FrameKey) -> Result<ClientFrame, Problem> {
    let message = MessageId(needs(raw.id, kind, "id")?);
    let on = raw.on.unwrap_or(true);
    let alteration = match kind {
        "edit" => Alteration::Edit(text(raw, "edit")?),
        "react" => {
            let emoji = raw.emoji.as_deref().unwrap_or_default();
            let parse = if on { Emoji::parse } else { Emoji::of_reaction };
            Alteration::React(parse(emoji)?, on)
        }
        "pin" => Alteration::Pin(on),
        _ => Alteration::Delete,
    };
    Ok(ClientFrame::Change(ChangeMessage {
        chat: raw.chat_id.map(ConversationId),
        message,
        alteration,
        client_msg_id: key?,
    }))
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
    fn a_change_names_its_message() {
        let change = |text: &str| match decode(text) {
            Ok(ClientFrame::Change(change)) => Some((change.message.0, change.alteration)),
            _ => None,
        };
        let place = |text: &str| match decode(text) {
            Ok(ClientFrame::Change(change)) => change.chat.map(|chat| chat.0),
            _ => None,
        };
        assert_eq!(place(r#"{"type":"delete","id":7,"chat_id":2}"#), Some(2));
        assert_eq!(place(r#"{"type":"delete","id":7}"#), None);
        assert_eq!(change(r#"{"type":"delete","id":7}"#), Some((7, Alteration::Delete)));
        let pinned = change(r#"{"type":"pin","id":7}"#);
        assert_eq!(pinned, Some((7, Alteration::Pin(true))));
        let unpinned = change(r#"{"type":"pin","id":7,"on":false}"#);
        assert_eq!(unpinned, Some((7, Alteration::Pin(false))));
    }

    #[test]
    fn beside_files_there_may_be_no_text() {
        for text in [
            r#"{"uploads":["a","b"]}"#,
            r#"{"content":"","uploads":["a","b"]}"#,
            r#"{"content":null,"uploads":["a","b"]}"#,
        ] {
            let frame = send(text);
            assert_eq!(frame.as_ref().map(|f| f.text.as_str()), Some(""), "{text}");
            let uploads = frame.map(|f| f.uploads).unwrap_or_default();
            assert_eq!(uploads.iter().map(UploadId::as_str).collect::<Vec<_>>(), ["a", "b"]);
        }
    }

    #[test]
    fn escapes_and_unknown_fields_are_read() {
        let frame =
            send(r#"{"type":"send","chat_id":7,"content":"a\nb","x":[1],"client_msg_id":"k"}"#);
        assert_eq!(frame.as_ref().map(|f| f.text.as_str()), Some("a\nb"));
        assert_eq!(frame.and_then(|f| f.chat), Some(ConversationId(7)));
    }

    #[test]
    fn a_whole_number_may_have_a_fraction_of_nothing() {
        let frame = send(r#"{"content":"x","chat_id":7.0,"reply_to":4e1}"#);
        let places = frame.map(|frame| (frame.chat, frame.reply_to));
        assert_eq!(places, Some((Some(ConversationId(7)), Some(MessageId(40)))));
        assert_eq!(code(r#"{"type":"read","chat_id":1.0,"n":2.5}"#), "malformed");
    }

    #[test]
    fn what_is_no_frame_says_why() {
        for (text, expected) in [
            ("", "malformed"),
            ("[]", "malformed"),
            (r#"["send", 1, "x"]"#, "malformed"),
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
            (r#"{"type":"unread","chat_id":1}"#, "malformed"),
            (r#"{"type":"typing"}"#, "malformed"),
            (r#"{"type":"edit","content":"x"}"#, "malformed"),
            (r#"{"content":"","uploads":[]}"#, "message_empty"),
            (r#"{"uploads":[]}"#, "malformed"),
            (r#"{"uploads":["a/b"]}"#, "upload_not_found"),
            (r#"{"uploads":[7]}"#, "malformed"),
            (r#"{"uploads":"a"}"#, "malformed"),
            (r#"{"type":"edit","id":1}"#, "malformed"),
            (r#"{"type":"edit","id":1,"content":""}"#, "message_empty"),
            (r#"{"type":"delete"}"#, "malformed"),
            (r#"{"type":"react","id":1}"#, "invalid_emoji"),
            (r#"{"type":"react","id":1,"emoji":"ok"}"#, "invalid_emoji"),
            (r#"{"type":"pin","on":true}"#, "malformed"),
        ] {
            assert_eq!(code(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_refused_is_told_under_what_it_named() {
        for (text, chat, message, key) in [
            (r#"{"content":"","client_msg_id":"k"}"#, None, None, Some("k")),
            (
                r#"{"content":"\ud83d","client_msg_id":"k","chat_id":7}"#,
                Some(7),
                None,
                Some("k"),
            ),
            (
                r#"{"type":"edit","id":3,"content":7,"client_msg_id":"k"}"#,
                None,
                Some(3),
                Some("k"),
            ),
            (r#"{"type":"edit","id":3,"content":""}"#, None, Some(3), None),
            (r#"{"type":"delete","id":3,"client_msg_id":7}"#, None, Some(3), None),
            (r#"{"type":"react","id":3,"emoji":"ok"}"#, None, Some(3), None),
            (r#"{"type":"read","chat_id":7}"#, Some(7), None, None),
            (r#"{"type":"read","chat_id":7,"n":"1"}"#, Some(7), None, None),
            (r#"{"type":"open","chat_id":7,"after":"x"}"#, Some(7), None, None),
            (r#"{"type":7,"chat_id":7,"client_msg_id":"k"}"#, Some(7), None, Some("k")),
            (r#"{"type":"shout","client_msg_id":"k"}"#, None, None, Some("k")),
            (r#"{"content":"x","client_msg_id":"ключ 1"}"#, None, None, Some("ключ 1")),
        ] {
            let about = decode(text).err().map(|rejected| rejected.about).unwrap_or_default();
            let found = (about.chat.map(|id| id.0), about.message.map(|id| id.0));
            assert_eq!((found, about.key.as_deref()), ((chat, message), key), "{text}");
        }
    }
}
