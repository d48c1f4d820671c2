//! What a frame is about, so that an error can be told under it. A send has three answers and no
//! fourth, also one that cannot be read: whatever of it can be found is told back.

use std::borrow::Cow;

use crate::domain::{ClientMsgId, ConversationId, MessageId};

/// Longest key that is told back, in bytes. One that is longer than a key may be is still its client's.
const KEY_BYTES: usize = 256;

/// The fields by which a client knows its frame again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// The chat that it named.
    pub chat: Option<ConversationId>,
    /// The message that it named.
    pub message: Option<MessageId>,
    /// Its `client_msg_id`, which need not be a good one.
    pub key: Option<String>,
}

impl About {
    /// Of a chat alone.
    pub fn chat(chat: ConversationId) -> Self {
        Self {
            chat: Some(chat),
            ..Self::default()
        }
    }

    /// Of a message under a key, where they are known.
    pub fn change(
        chat: Option<ConversationId>,
        message: Option<MessageId>,
        key: Option<&ClientMsgId>,
    ) -> Self {
        Self {
            chat,
            message,
            key: key.map(|key| key.as_str().to_owned()),
        }
    }

    /// Of what is known of a frame that is JSON.
    pub(super) fn of(chat: Option<i64>, message: Option<i64>, key: Option<&str>) -> Self {
        let is_told = |key: &&str| (1..=KEY_BYTES).contains(&key.len());
        Self {
            chat: chat.map(ConversationId),
            message: message.map(MessageId),
            key: key.filter(is_told).map(str::to_owned),
        }
    }

    /// Of a frame that cannot be read: what can be found in it, in one pass. A field counts if it
    /// belongs to the outermost object and its value is whole; of several, the last, as in most
    /// readers of JSON.
    pub(super) fn find(text: &str) -> Self {
        let (mut chat, mut message, mut key) = (None, None, None);
        for (name, value) in Fields::of(text) {
            match name.as_ref() {
                "chat_id" => chat = value.parse().ok(),
                "id" => message = value.parse().ok(),
                "client_msg_id" => key = unquote(value),
                _ => {}
            }
        }
        Self::of(chat, message, key.as_deref())
    }
}

/// A string of JSON without its quotes; `None` if it is none.
fn unquote(text: &str) -> Option<Cow<'_, str>> {
    serde_json::from_str::<Cow<'_, str>>(text).ok()
}

/// The fields of an object that need not be whole, with what their values begin with: all of a string
/// or a number.
struct Fields<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    name: Option<Cow<'a, str>>,
}

impl<'a> Fields<'a> {
    fn of(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            depth: 0,
            name: None,
        }
    }

    fn end_of_string(&self) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let mut at = self.at + 1;
        loop {
            match bytes.get(at)? {
                b'"' => return Some(at + 1),
                b'\\' => at += 2,
                _ => at += 1,
            }
        }
    }

    fn end_of_number(&self) -> usize {
        let rest = &self.text[self.at..];
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
        self.at + rest.find(|c| !is_part(c)).unwrap_or(rest.len())
    }

    /// A string or a number: the name of a field, or the value of one.
    fn token(&mut self, end: usize) -> Option<(Cow<'a, str>, &'a str)> {
        let token = self.text.get(self.at..end)?;
        self.at = end;
        if self.depth != 1 {
            return None;
        }
        if let Some(name) = self.name.take() {
            return Some((name, token));
        }
        let rest = self.text[end..].trim_start();
        if rest.starts_with(':') {
            self.name = unquote(token);
        }
        None
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = (Cow<'a, str>, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        while let Some(byte) = self.text.as_bytes().get(self.at) {
            let found = match byte {
                b'"' => {
                    let end = self.end_of_string()?;
                    self.token(end)
                }
                b'-' | b'0'..=b'9' => {
                    let end = self.end_of_number();
                    self.token(end)
                }
                byte => {
                    match byte {
                        b'{' | b'[' => self.depth += 1,
                        b'}' | b']' => self.depth = self.depth.saturating_sub(1),
                        _ => {}
                    }
                    if matches!(byte, b'{' | b'[' | b',') {
                        self.name = None;
                    }
                    self.at += 1;
                    None
                }
            };
            if found.is_some() {
                return found;
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_found_in_a_broken_frame_is_found() {
        let found = |text: &str| {
            let about = About::find(text);
            (about.chat.map(|id| id.0), about.message.map(|id| id.0), about.key)
        };
        let key = || Some("k".to_owned());
        for (text, expected) in [
            (
                r#"{"content":"\ud83d","client_msg_id":"k","chat_id":7}"#,
                (Some(7), None, key()),
            ),
            (r#"{"client_msg_id":"k","content":"\ud83d"#, (None, None, key())),
            (r#"{"client_msg_id":"k","content":"half"#, (None, None, key())),
            (r#"{"chat_id":7,"client_msg_id":"k""#, (Some(7), None, key())),
            (r#"{"id":3,"client_msg_id":"k","content":7}"#, (None, Some(3), key())),
            (r#"{"chat_id":"1","client_msg_id":"k"}"#, (None, None, key())),
            (r#"{"chat_id":1.5,"client_msg_id":"k"}"#, (None, None, key())),
            (r#"{"x":{"client_msg_id":"other"},"client_msg_id":"k"}"#, (None, None, key())),
            (r#"{"x":["client_msg_id","other"],"client_msg_id":"k"}"#, (None, None, key())),
            (r#"{"client_msg_id":"k","x":{"client_msg_id":"other"}"#, (None, None, key())),
            (
                r#"{"content":"\"client_msg_id\":\"other\"","client_msg_id":"k",}"#,
                (None, None, key()),
            ),
            (r#"{"client\u005fmsg_id" : "k",,}"#, (None, None, key())),
            (r#"{"a":"client_msg_id","client_msg_id":"\u006b" x}"#, (None, None, key())),
            (r#"{"client_msg_id":"a","client_msg_id":"k"}"#, (None, None, key())),
            (r#"{"client_msg_id":"k"}}"#, (None, None, key())),
            (r#"{'content':'x',"client_msg_id":"k"}"#, (None, None, key())),
            (r#"{"client_msg_id":7}"#, (None, None, None)),
            (r#"{"client_msg_id":"\ud83d"}"#, (None, None, None)),
            (r#"["client_msg_id","k"]"#, (None, None, None)),
            (r#""client_msg_id":"k""#, (None, None, None)),
            (r#"{"client_msg_id":"k"#, (None, None, None)),
            ("", (None, None, None)),
            ("{\"client_msg_id\":\"k\\", (None, None, None)),
        ] {
            assert_eq!(found(text), expected, "{text}");
        }
        let long = format!(r#"{{"content":7,"client_msg_id":"{}"}}"#, "k".repeat(257));
        assert_eq!(found(&long).2, None);
    }

    proptest::proptest! {
        #[test]
        fn no_text_breaks_the_search(text: String, more in "[{}\\[\\]\":,\\\\a1ё-]{0,40}") {
            About::find(&text);
            About::find(&more);
        }
    }
}
