//! The one table of errors. `docs/protocol.md` prints it, and a test compares the two.

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::domain::refusal::Surface;
use crate::domain::{ConversationId, Refusal};

/// A stable code with what it means for a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code {
    /// The `code` member of an error, `snake_case`, never renamed.
    pub name: &'static str,
    /// The HTTP status over REST.
    pub status: u16,
    /// May the same request succeed later?
    pub retry: bool,
}

macro_rules! codes {
    ($($konst:ident = $name:literal, $status:literal, $retry:literal;)*) => {
        impl Code {
            $(
                #[allow(missing_docs, reason = "the name in the table says it")]
                pub const $konst: Self = Self { name: $name, status: $status, retry: $retry };
            )*

            /// The whole table.
            pub const ALL: &'static [Self] = &[$(Self::$konst),*];
        }
    };
}

codes! {
    MALFORMED = "malformed", 400, false;
    UNKNOWN_TYPE = "unknown_type", 400, false;
    INVALID_QUERY = "invalid_query", 400, false;
    INVALID_USERNAME = "invalid_username", 400, false;
    INVALID_EMAIL = "invalid_email", 400, false;
    INVALID_PASSWORD = "invalid_password", 400, false;
    INVALID_DISPLAY_NAME = "invalid_display_name", 400, false;
    INVALID_CHAT_NAME = "invalid_chat_name", 400, false;
    INVALID_CHAT_TYPE = "invalid_chat_type", 400, false;
    INVALID_ROLE = "invalid_role", 400, false;
    INVALID_CLIENT_MSG_ID = "invalid_client_msg_id", 400, false;
    INVALID_EMOJI = "invalid_emoji", 400, false;
    INVALID_INVITE_TERMS = "invalid_invite_terms", 400, false;
    TOO_MANY_ATTACHMENTS = "too_many_attachments", 400, false;
    INVALID_UPLOAD = "invalid_upload", 400, false;
    NOT_CONFIRMED = "not_confirmed", 400, false;
    MESSAGE_EMPTY = "message_empty", 400, false;
    MESSAGE_TOO_LONG = "message_too_long", 400, false;
    MESSAGE_INVALID = "message_invalid", 400, false;
    UNAUTHENTICATED = "unauthenticated", 401, false;
    WRONG_CREDENTIALS = "wrong_credentials", 401, false;
    FORBIDDEN = "forbidden", 403, false;
    FOREIGN_ORIGIN = "foreign_origin", 403, false;
    REGISTRATION_CLOSED = "registration_closed", 403, false;
    INVITE_REQUIRED = "invite_required", 403, false;
    INVITE_INVALID = "invite_invalid", 403, false;
    CURRENT_PASSWORD_REQUIRED = "current_password_required", 403, false;
    WRONG_PASSWORD = "wrong_password", 403, false;
    NOT_MEMBER = "not_member", 403, false;
    READ_ONLY = "read_only", 403, false;
    QUOTA_REACHED = "quota_reached", 403, false;
    GENERAL_IS_FOR_ALL = "general_is_for_all", 403, false;
    NOT_FOUND = "not_found", 404, false;
    USER_NOT_FOUND = "user_not_found", 404, false;
    CHAT_NOT_FOUND = "chat_not_found", 404, false;
    MEMBER_NOT_FOUND = "member_not_found", 404, false;
    MESSAGE_NOT_FOUND = "message_not_found", 404, false;
    UPLOAD_NOT_FOUND = "upload_not_found", 404, false;
    FILE_NOT_FOUND = "file_not_found", 404, false;
    TOKEN_NOT_FOUND = "token_not_found", 404, false;
    INVITE_NOT_FOUND = "invite_not_found", 404, false;
    METHOD_NOT_ALLOWED = "method_not_allowed", 405, false;
    TOO_SLOW = "too_slow", 408, false;
    USERNAME_TAKEN = "username_taken", 409, false;
    EMAIL_TAKEN = "email_taken", 409, false;
    ALREADY_MEMBER = "already_member", 409, false;
    PRIVATE_CHAT_FULL = "private_chat_full", 409, false;
    PRIVATE_CHAT_EXISTS = "private_chat_exists", 409, false;
    LAST_OWNER = "last_owner", 409, false;
    TOO_MANY_REACTIONS = "too_many_reactions", 409, false;
    TOO_MANY_PINS = "too_many_pins", 409, false;
    TOO_MANY_EDITS = "too_many_edits", 409, false;
    TOO_MANY_CHATS = "too_many_chats", 409, false;
    LAST_ADMIN = "last_admin", 409, false;
    UPLOAD_INCOMPLETE = "upload_incomplete", 409, false;
    UPLOAD_TAKEN = "upload_taken", 409, false;
    WRONG_OFFSET = "wrong_offset", 409, false;
    KEY_REUSED = "key_reused", 409, false;
    WRONG_TUS_VERSION = "wrong_tus_version", 412, false;
    TOO_LARGE = "too_large", 413, false;
    FILE_TOO_LARGE = "file_too_large", 413, false;
    UNSUPPORTED_ENCODING = "unsupported_encoding", 415, false;
    INVALID_RANGE = "invalid_range", 416, false;
    UPLOAD_IN_USE = "upload_in_use", 423, false;
    UPGRADE_REQUIRED = "upgrade_required", 426, false;
    TOO_FAST = "too_fast", 429, true;
    TOO_MANY_LOGINS = "too_many_logins", 429, true;
    TOO_MANY_SESSIONS = "too_many_sessions", 429, true;
    TOO_MANY_UPLOADS = "too_many_uploads", 429, true;
    HEAD_TOO_LARGE = "head_too_large", 431, false;
    CHECKSUM_MISMATCH = "checksum_mismatch", 460, false;
    NOT_STORED = "not_stored", 500, false;
    INTERNAL = "internal", 500, false;
    BUSY = "busy", 503, true;
    OUTCOME_UNKNOWN = "outcome_unknown", 503, true;
    GOING_AWAY = "going_away", 503, true;
    UNAVAILABLE = "unavailable", 503, true;
    STORAGE_FULL = "storage_full", 507, false;
}

/// The `code` of an error, for documents.
pub(super) struct ErrorCode;

impl PartialSchema for ErrorCode {
    fn schema() -> RefOr<Schema> {
        let names = Code::ALL.iter().map(|code| code.name);
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some(
                "What a program acts on. There may be more; `retry` says enough then.",
            ))
            .enum_values(Some(names))
            .build()
            .into()
    }
}

impl ToSchema for ErrorCode {}

impl From<Refusal> for Code {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::InvalidUsername => Self::INVALID_USERNAME,
            Refusal::InvalidEmail => Self::INVALID_EMAIL,
            Refusal::InvalidPassword => Self::INVALID_PASSWORD,
            Refusal::InvalidDisplayName => Self::INVALID_DISPLAY_NAME,
            Refusal::InvalidChatName => Self::INVALID_CHAT_NAME,
            Refusal::InvalidChatType => Self::INVALID_CHAT_TYPE,
            Refusal::InvalidRole => Self::INVALID_ROLE,
            Refusal::InvalidClientMsgId => Self::INVALID_CLIENT_MSG_ID,
            Refusal::InvalidEmoji => Self::INVALID_EMOJI,
            Refusal::MessageEmpty => Self::MESSAGE_EMPTY,
            Refusal::MessageTooLong => Self::MESSAGE_TOO_LONG,
            Refusal::MessageInvalid => Self::MESSAGE_INVALID,
            Refusal::InvalidInviteTerms => Self::INVALID_INVITE_TERMS,
            Refusal::RegistrationClosed => Self::REGISTRATION_CLOSED,
            Refusal::InviteRequired => Self::INVITE_REQUIRED,
            Refusal::InviteInvalid => Self::INVITE_INVALID,
            Refusal::InviteNotFound => Self::INVITE_NOT_FOUND,
            Refusal::LastAdmin => Self::LAST_ADMIN,
            Refusal::UsernameTaken => Self::USERNAME_TAKEN,
            Refusal::EmailTaken => Self::EMAIL_TAKEN,
            Refusal::UserNotFound => Self::USER_NOT_FOUND,
            Refusal::ChatNotFound => Self::CHAT_NOT_FOUND,
            Refusal::MessageNotFound => Self::MESSAGE_NOT_FOUND,
            Refusal::NotMember => Self::NOT_MEMBER,
            Refusal::MemberNotFound => Self::MEMBER_NOT_FOUND,
            Refusal::ReadOnly => Self::READ_ONLY,
            Refusal::Forbidden | Refusal::NotAdministrator => Self::FORBIDDEN,
            Refusal::SignedOut => Self::UNAUTHENTICATED,
            Refusal::AlreadyMember => Self::ALREADY_MEMBER,
            Refusal::PrivateChatFull => Self::PRIVATE_CHAT_FULL,
            Refusal::PrivateChatExists(_) => Self::PRIVATE_CHAT_EXISTS,
            Refusal::LastOwner => Self::LAST_OWNER,
            Refusal::GeneralIsForAll => Self::GENERAL_IS_FOR_ALL,
            Refusal::TooManyReactions => Self::TOO_MANY_REACTIONS,
            Refusal::TooManyPins => Self::TOO_MANY_PINS,
            Refusal::TooManyEdits => Self::TOO_MANY_EDITS,
            Refusal::TooManyChats => Self::TOO_MANY_CHATS,
            Refusal::KeyReused => Self::KEY_REUSED,
            Refusal::UploadNotFound => Self::UPLOAD_NOT_FOUND,
            Refusal::UploadIncomplete => Self::UPLOAD_INCOMPLETE,
            Refusal::UploadTaken => Self::UPLOAD_TAKEN,
            Refusal::TooManyAttachments => Self::TOO_MANY_ATTACHMENTS,
            Refusal::FileNotFound => Self::FILE_NOT_FOUND,
            Refusal::FileTooLarge => Self::FILE_TOO_LARGE,
            Refusal::TooManyUploads => Self::TOO_MANY_UPLOADS,
            Refusal::QuotaReached => Self::QUOTA_REACHED,
            Refusal::StorageFull => Self::STORAGE_FULL,
            Refusal::Busy => Self::BUSY,
            Refusal::OutcomeUnknown => Self::OUTCOME_UNKNOWN,
            Refusal::GoingAway => Self::GOING_AWAY,
            Refusal::NotStored => Self::NOT_STORED,
        }
    }
}

/// An error on its way to a person: the code, and what happened in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What a program acts on.
    pub code: Code,
    /// What a person reads: what happened, and what to do.
    pub text: String,
    /// When to come back, milliseconds; only with a `retry` code.
    pub retry_after_ms: Option<u64>,
    /// The chat to go to instead, if there is one.
    pub chat: Option<ConversationId>,
}

impl Problem {
    /// An error with its own words. A code that invites a retry says when: after a second.
    pub fn new(code: Code, text: impl Into<String>) -> Self {
        Self {
            code,
            text: text.into(),
            retry_after_ms: code.retry.then_some(1_000),
            chat: None,
        }
    }

    /// The same, to be tried again after this long.
    pub fn after(mut self, wait: std::time::Duration) -> Self {
        self.retry_after_ms = Some(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).max(1));
        self
    }
}

/// As a request is refused.
impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Self::told(refusal, Surface::Request)
    }
}

impl Problem {
    /// A refusal as it is told there.
    pub fn told(refusal: Refusal, surface: Surface) -> Self {
        let refusal = refusal.told(surface);
        let chat = match refusal {
            Refusal::PrivateChatExists(chat) => Some(chat),
            _ => None,
        };
        Self {
            chat,
            ..Self::new(refusal.into(), refusal.to_string())
        }
    }
}

/// Why a socket is closed. 4000–4499: come back; 4500–4999: do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Close {
    /// The code of the close frame (RFC 6455 §7.4).
    pub code: u16,
    /// Its reason, at most 123 bytes.
    pub reason: &'static str,
}

macro_rules! closes {
    ($($konst:ident = $code:literal, $reason:literal;)*) => {
        impl Close {
            $(
                #[allow(missing_docs, reason = "the reason says it")]
                pub const $konst: Self = Self { code: $code, reason: $reason };
            )*

            /// The whole table.
            pub const ALL: &'static [Self] = &[$(Self::$konst),*];
        }
    };
}

closes! {
    NORMAL = 1000, "bye";
    PROTOCOL = 1002, "protocol error";
    UNSUPPORTED = 1003, "text frames only";
    NOT_UTF8 = 1007, "not UTF-8";
    RESTART = 1012, "restarting, come back";
    RESYNC = 4000, "come back and resume";
    SLOW = 4001, "slow reader, come back and resume";
    NO_PONG = 4003, "no pong";
    TOO_FAST = 4029, "too fast";
    UNAUTHENTICATED = 4501, "unauthenticated";
    REMOVED = 4503, "removed from the chat";
    NO_SUCH_CHAT = 4504, "no such chat";
    REVOKED = 4505, "token revoked";
    TOO_LARGE = 4513, "frame too large";
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn codes_are_unique_and_only_retryable_ones_say_so() {
        let names: HashSet<_> = Code::ALL.iter().map(|code| code.name).collect();
        assert_eq!(names.len(), Code::ALL.len());
        for code in Code::ALL {
            assert_eq!(code.retry, matches!(code.status, 429 | 503), "{}", code.name);
        }
    }

    #[test]
    fn close_reasons_fit_a_control_frame() {
        assert!(Close::ALL.iter().all(|close| close.reason.len() <= 123));
    }
}
