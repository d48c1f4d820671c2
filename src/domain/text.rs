//! Texts that have been checked. A value of one of these types *is* the proof that the bound holds,
//! so nothing further in asks again.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use crate::domain::Refusal;
use crate::domain::mentions::{Named, named};
use crate::domain::names::forms::{address_key, composed, former_key, key, searched};
use crate::domain::names::letters::is_name_char;
use crate::domain::names::likeness::Skeletons;
use crate::domain::names::rules::{self, USERNAME_CHARS, USERNAME_TYPED_CHARS};

/// Shortest and longest password, in bytes. The upper bound keeps argon2's input small (OWASP).
pub const PASSWORD_BYTES: (usize, usize) = (6, 1024);
/// Longest email address, in bytes (RFC 5321 §4.5.3.1.3).
pub const EMAIL_BYTES: usize = 254;
/// Shortest and longest message, in bytes.
pub const MESSAGE_BYTES: (usize, usize) = (1, 16_384);
/// Longest chat name, in characters. A private chat may have none.
pub const CHAT_NAME_CHARS: usize = 128;
/// Longest display name, in characters.
pub const DISPLAY_NAME_CHARS: usize = 64;
/// Longest `client_msg_id`, in bytes: a UUID or ULID with room to spare.
pub const CLIENT_MSG_ID_BYTES: usize = 64;

/// A username that may be taken: 3–32 letters of one script with their marks, digits and `._-`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Username(String);

impl Username {
    /// Checks `text`; `invalid_username` if it is none.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        // Before anything is folded.
        if text.chars().nth(USERNAME_TYPED_CHARS).is_some() {
            return Err(Refusal::InvalidUsername);
        }
        let name = composed(text);
        let chars = name.chars().count();
        let is_bounded = (USERNAME_CHARS.0..=USERNAME_CHARS.1).contains(&chars);
        if !is_bounded || !rules::is_username(&name) {
            return Err(Refusal::InvalidUsername);
        }
        Ok(Self(name))
    }

    /// As the person wrote it, composed.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form that is unique.
    pub fn key(&self) -> String {
        key(&self.0)
    }

    /// What it looks like, for telling it from other names.
    pub fn skeletons(&self) -> Skeletons {
        Skeletons::of(&self.0)
    }
}

/// A name that somebody typed to say whom they mean: it need not be one that may be taken today.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypedName(String);

impl TypedName {
    /// Checks the length; `invalid_username` for what can be nobody's name.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let is_bounded = !text.is_empty() && text.chars().nth(USERNAME_TYPED_CHARS).is_none();
        match is_bounded && text.chars().all(|c| c.is_alphanumeric() || is_name_char(c)) {
            true => Ok(Self(text.to_owned())),
            false => Err(Refusal::InvalidUsername),
        }
    }

    /// As it was typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form that is unique.
    pub fn key(&self) -> String {
        key(&self.0)
    }

    /// The forms under which it may be found, the best first: an old account may have kept its
    /// former one.
    pub fn keys(&self) -> [String; 2] {
        [former_key(&self.0), key(&self.0)]
    }
}

/// An email address: one `@` with something on both sides, no spaces or control characters.
/// Whether it takes mail only a mail can tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email(String);

impl Email {
    /// Checks `text`; `invalid_email` if it is none.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        if text.len() > EMAIL_BYTES {
            return Err(Refusal::InvalidEmail);
        }
        let address = composed(text);
        let well_formed = rules::line(&address).is_some_and(|line| line == address)
            && !address.chars().any(char::is_whitespace)
            && address.split_once('@').is_some_and(|(local, domain)| {
                !local.is_empty() && !domain.is_empty() && !domain.contains('@')
            });
        if !well_formed {
            return Err(Refusal::InvalidEmail);
        }
        Ok(Self(address))
    }

    /// As the person wrote it, composed.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form that is unique.
    pub fn key(&self) -> String {
        address_key(&self.0)
    }
}

/// A password in clear, on its way to the hash. Never printed.
#[derive(Clone)]
pub struct Password {
    /// As keyboards of all systems type it (`OpaqueString` in RFC 8265).
    prepared: String,
    /// As it was typed, if that differs: older hashes are of it.
    typed: Option<String>,
}

impl Password {
    /// Checks the length; `invalid_password` if it is out of bounds.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        if text.len() < PASSWORD_BYTES.0 || text.len() > PASSWORD_BYTES.1 {
            return Err(Refusal::InvalidPassword);
        }
        let is_space = |c: char| !c.is_control() && c.is_whitespace();
        let spaced: String = text.chars().map(|c| if is_space(c) { ' ' } else { c }).collect();
        let prepared = composed(&spaced);
        Ok(Self {
            typed: (prepared != text).then(|| text.to_owned()),
            prepared,
        })
    }

    /// The bytes to hash.
    pub fn as_bytes(&self) -> &[u8] {
        self.prepared.as_bytes()
    }

    /// What a hash may be of: these bytes, and those that were typed, if they are others.
    pub fn candidates(&self) -> impl Iterator<Item = &[u8]> {
        let typed = self.typed.as_deref().map(str::as_bytes);
        std::iter::once(self.as_bytes()).chain(typed)
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// What somebody said: 1–16,384 bytes, shared rather than copied on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageText(Arc<str>);

impl MessageText {
    /// Checks `text`; `message_empty`, `message_too_long`, or `message_invalid` for U+0000, which
    /// Postgres cannot store.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        if text.len() < MESSAGE_BYTES.0 {
            return Err(Refusal::MessageEmpty);
        }
        if text.len() > MESSAGE_BYTES.1 {
            return Err(Refusal::MessageTooLong);
        }
        if text.contains('\0') {
            return Err(Refusal::MessageInvalid);
        }
        Ok(Self(text.into()))
    }

    /// The same for what stands beside files, which may be nothing.
    pub fn parse_caption(text: &str) -> Result<Self, Refusal> {
        match text.is_empty() {
            true => Ok(Self("".into())),
            false => Self::parse(text),
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its share of the queue's byte bound.
    pub fn bytes(&self) -> usize {
        self.0.len()
    }

    /// Its bytes in JSON, where a character of control is six.
    pub fn json_bytes(&self) -> usize {
        let escaped = |byte: u8| match byte {
            b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 8 | 12 => 2,
            0..=31 => 6,
            _ => 1,
        };
        self.0.bytes().map(escaped).sum()
    }
}

/// A text that is said now, with the names that it calls. They are read out once, here, on the thread
/// of whoever brings the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewText {
    text: MessageText,
    named: Named,
}

impl NewText {
    /// Checks `text` as [`MessageText::parse`] does.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let checked = MessageText::parse(text)?;
        Ok(Self {
            named: named(text),
            text: checked,
        })
    }

    /// The same for what stands beside files, which may be nothing.
    pub fn parse_caption(text: &str) -> Result<Self, Refusal> {
        Ok(Self {
            named: named(text),
            text: MessageText::parse_caption(text)?,
        })
    }

    /// The text alone.
    pub fn text(&self) -> &MessageText {
        &self.text
    }

    /// The names that it calls.
    pub fn named(&self) -> &Named {
        &self.named
    }
}

impl Deref for NewText {
    type Target = MessageText;

    fn deref(&self) -> &MessageText {
        &self.text
    }
}

/// A conversation's name: at most 128 characters in one line, all of which can be seen; may be empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatName(String);

impl ChatName {
    /// No name.
    pub const NONE: Self = Self(String::new());

    /// Checks `text`; `invalid_chat_name` if it is none.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let name = bounded_line(text, CHAT_NAME_CHARS);
        name.map(Self).ok_or(Refusal::InvalidChatName)
    }

    /// A name that was given before, by whatever rules held then.
    pub fn given(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A text in one line of at most so many characters. Decomposed there may be four times as many.
fn bounded_line(text: &str, most: usize) -> Option<String> {
    let is_bounded = text.trim().chars().nth(4 * most).is_none();
    let line = is_bounded.then(|| rules::line(text.trim())).flatten();
    line.filter(|line| line.chars().count() <= most)
}

/// What an account is shown as instead of its username: 1–64 characters in one line, each word of one
/// script, in which something can be seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DisplayName(String);

impl DisplayName {
    /// Checks `text`; `invalid_display_name` if it is none.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let is_name =
            |line: &String| rules::shows_something(line) && rules::words_are_of_one_script(line);
        let name = bounded_line(text, DISPLAY_NAME_CHARS).filter(is_name);
        name.map(Self).ok_or(Refusal::InvalidDisplayName)
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form that is searched.
    pub fn key(&self) -> String {
        searched(&self.0)
    }
}

/// The client's own key for a message: 1–64 visible ASCII characters. A send with the same key may
/// be repeated for ever.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClientMsgId(Arc<str>);

impl ClientMsgId {
    /// Checks `text`; `invalid_client_msg_id` if it is none.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let visible = text.bytes().all(|b| b.is_ascii_graphic());
        if text.is_empty() || text.len() > CLIENT_MSG_ID_BYTES || !visible {
            return Err(Refusal::InvalidClientMsgId);
        }
        Ok(Self(text.into()))
    }

    /// The key.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usernames_take_letters_of_any_script() {
        for good in ["testuser1", "мария.п", "Łukasz_9", "李小龙", "a-b"] {
            assert!(Username::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "ab",
            "a b c",
            "x\u{200b}yz",
            "<script>",
            &"a".repeat(33),
            "a\nbc",
            "",
        ] {
            assert_eq!(Username::parse(bad), Err(Refusal::InvalidUsername), "{bad:?}");
        }
    }

    #[test]
    fn names_that_differ_in_case_only_have_one_key() {
        let key = |name: &str| Username::parse(name).map(|n| n.key());
        assert_eq!(key("МАРИЯ"), key("мария"));
        assert_ne!(key("мария"), key("марья"));
    }

    #[test]
    fn emails_have_one_at() {
        for good in ["user1@example.com", "a@b", "почта@пример.рф"] {
            assert!(Email::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "@", "a@", "@b", "a b@c", "a@b@c", "plain", "a@b\r\n"] {
            assert_eq!(Email::parse(bad), Err(Refusal::InvalidEmail), "{bad:?}");
        }
    }

    #[test]
    fn bounds_are_inclusive() {
        assert!(MessageText::parse(&"x".repeat(MESSAGE_BYTES.1)).is_ok());
        assert_eq!(
            MessageText::parse(&"x".repeat(MESSAGE_BYTES.1 + 1)),
            Err(Refusal::MessageTooLong)
        );
        assert_eq!(MessageText::parse(""), Err(Refusal::MessageEmpty));
        assert_eq!(MessageText::parse("a\0b"), Err(Refusal::MessageInvalid));
        assert!(Password::parse("secret").is_ok());
        assert!(Password::parse("short").is_err());
        assert!(ChatName::parse("").is_ok());
        assert!(ChatName::parse(&"ж".repeat(129)).is_err());
    }

    #[test]
    fn a_password_is_never_printed() {
        let shown = Password::parse("correct horse").map(|p| format!("{p:?}"));
        assert_eq!(shown.ok().as_deref(), Some("Password(…)"));
    }
}
