//! Texts that have been checked. A value of one of these types *is* the proof that the bound holds,
//! so nothing further in asks again.

use std::fmt;
use std::sync::Arc;

use crate::domain::Refusal;

/// Shortest and longest username, in characters.
pub const USERNAME_CHARS: (usize, usize) = (3, 32);
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

/// A username: 3–32 letters of any script, digits and `._-`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Username(String);

impl Username {
    /// Checks `text`; `invalid_username` if it is none.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let chars = text.chars().count();
        let allowed = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-');
        if chars < USERNAME_CHARS.0 || chars > USERNAME_CHARS.1 || !text.chars().all(allowed) {
            return Err(Refusal::InvalidUsername);
        }
        Ok(Self(text.to_owned()))
    }

    /// As the person wrote it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form that is unique: lower case in every script.
    pub fn key(&self) -> String {
        fold(&self.0)
    }
}

/// The form in which names and addresses are compared. SQLite's own `lower()` knows ASCII only, so
/// the comparison is made here and the result is stored.
pub fn fold(text: &str) -> String {
    text.to_lowercase()
}

/// An email address: one `@` with something on both sides, no spaces or control characters.
/// Whether it takes mail only a mail can tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email(String);

impl Email {
    /// Checks `text`; `invalid_email` if it is none.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let well_formed = text.len() <= EMAIL_BYTES
            && !text.chars().any(|c| c.is_whitespace() || c.is_control())
            && text.split_once('@').is_some_and(|(local, domain)| {
                !local.is_empty() && !domain.is_empty() && !domain.contains('@')
            });
        if !well_formed {
            return Err(Refusal::InvalidEmail);
        }
        Ok(Self(text.to_owned()))
    }

    /// As the person wrote it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form that is unique.
    pub fn key(&self) -> String {
        fold(&self.0)
    }
}

/// A password in clear, on its way to the hash. Never printed.
#[derive(Clone)]
pub struct Password(String);

impl Password {
    /// Checks the length; `invalid_password` if it is out of bounds.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        if text.len() < PASSWORD_BYTES.0 || text.len() > PASSWORD_BYTES.1 {
            return Err(Refusal::InvalidPassword);
        }
        Ok(Self(text.to_owned()))
    }

    /// The bytes to hash.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
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

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its share of the queue's byte bound.
    pub fn bytes(&self) -> usize {
        self.0.len()
    }
}

/// A conversation's name: at most 128 characters without control characters; may be empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatName(String);

impl ChatName {
    /// No name.
    pub const NONE: Self = Self(String::new());

    /// Checks `text`; `invalid_chat_name` if it is none.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let trimmed = text.trim();
        if trimmed.chars().count() > CHAT_NAME_CHARS || trimmed.chars().any(char::is_control) {
            return Err(Refusal::InvalidChatName);
        }
        Ok(Self(trimmed.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What an account is shown as instead of its username: 1–64 characters without control characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DisplayName(String);

impl DisplayName {
    /// Checks `text`; `invalid_display_name` if it is none.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let trimmed = text.trim();
        let is_bounded = (1..=DISPLAY_NAME_CHARS).contains(&trimmed.chars().count());
        if !is_bounded || trimmed.chars().any(char::is_control) {
            return Err(Refusal::InvalidDisplayName);
        }
        Ok(Self(trimmed.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form that is searched.
    pub fn key(&self) -> String {
        fold(&self.0)
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
