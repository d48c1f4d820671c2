//! Why the server says no. A refusal is told to the user and is never a surprise; its stable code,
//! HTTP status and whether to retry stand in one table, `wire::errors`.

use crate::domain::ConversationId;

/// A reason to say no. The message says what happened and, where it helps, what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[allow(missing_docs, reason = "each variant's message is its documentation")]
pub enum Refusal {
    #[error(
        "the username must be 3 to 32 letters of one script, digits, dots, dashes or underscores, and \
         no word that means everybody, like all"
    )]
    InvalidUsername,
    #[error("the email address is not valid")]
    InvalidEmail,
    #[error("the password must be 6 to 1024 bytes long")]
    InvalidPassword,
    #[error(
        "the display name must be 1 to 64 characters that can be seen, each word in letters of one \
         script"
    )]
    InvalidDisplayName,
    #[error("the chat name must be at most 128 characters, all of which can be seen")]
    InvalidChatName,
    #[error("the message is empty; it needs a text or a file")]
    MessageEmpty,
    #[error("the message is longer than 16384 bytes")]
    MessageTooLong,
    #[error("the message has a character that cannot be stored (U+0000)")]
    MessageInvalid,
    #[error("client_msg_id must be 1 to 64 visible ASCII characters")]
    InvalidClientMsgId,
    #[error("a reaction must be one emoji")]
    InvalidEmoji,
    #[error("type must be private or group")]
    InvalidChatType,
    #[error("role must be owner, admin, member or guest")]
    InvalidRole,
    #[error("expires_in_hours must be 1 to 720 and max_uses 1 to 1000")]
    InvalidInviteTerms,

    #[error("this username is taken, was given up lately, or looks like one that is taken")]
    UsernameTaken,
    #[error("this email address is taken")]
    EmailTaken,
    #[error(
        "registration is closed; an administrator makes accounts on the server itself, the first \
         one too: vestnik user create USERNAME EMAIL"
    )]
    RegistrationClosed,
    #[error(
        "registration needs an administrator's invitation; the first account is made on the \
         server itself: vestnik user create USERNAME EMAIL"
    )]
    InviteRequired,
    #[error("this invitation is not good (any more); ask for another one")]
    InviteInvalid,
    #[error("there is no such invitation")]
    InviteNotFound,
    #[error("this is the last administrator; make another account one first")]
    LastAdmin,
    #[error("there is no such user")]
    UserNotFound,
    #[error("there is no such chat")]
    ChatNotFound,
    #[error("there is no such message")]
    MessageNotFound,
    #[error("you are not a member of this chat")]
    NotMember,
    #[error("this user is not a member of this chat")]
    MemberNotFound,
    #[error("guests may read but not write here")]
    ReadOnly,
    #[error("your role does not allow this")]
    Forbidden,
    #[error("not signed in (any more), or the token has expired; POST /auth gives a new one")]
    SignedOut,
    #[error("this is for administrators")]
    NotAdministrator,
    #[error("this user is a member already")]
    AlreadyMember,
    #[error("a private chat is for the two people it began with, and takes no third")]
    PrivateChatFull,
    #[error("these two have a private chat already; it is chat {0}")]
    PrivateChatExists(ConversationId),
    #[error("the last owner cannot leave; make somebody else an owner first")]
    LastOwner,
    #[error("everybody belongs to General; it cannot be left or deleted")]
    GeneralIsForAll,
    #[error("this message has as many reactions as it can have")]
    TooManyReactions,
    #[error("this message was edited as often as it can be; send another one")]
    TooManyEdits,
    #[error("you have made as many chats as a user may have; delete one first")]
    TooManyChats,
    #[error("this chat has as many pinned messages as it can have; unpin one first")]
    TooManyPins,
    #[error(
        "there is no such upload of yours; it was cancelled, has expired, or never was: upload the file \
         again"
    )]
    UploadNotFound,
    #[error("not all of this upload has arrived; send the rest first")]
    UploadIncomplete,
    #[error("this upload is in another message already; upload the file again")]
    UploadTaken,
    #[error("a message carries 10 files at most; send the others with another one")]
    TooManyAttachments,
    #[error("there is no such file")]
    FileNotFound,
    #[error("the file is larger than this server takes")]
    FileTooLarge,
    #[error(
        "you have as many uploads that no message carries as you may have; send or cancel some"
    )]
    TooManyUploads,
    #[error("your files are as many bytes as a user may keep here; delete messages with files")]
    QuotaReached,
    #[error("the server has no room for files; its administrator can make some")]
    StorageFull,
    #[error("this client_msg_id was used for another message")]
    KeyReused,

    #[error("the server is busy; nothing was stored, try again")]
    Busy,
    #[error("it is not known yet whether this was stored; try again with the same client_msg_id")]
    OutcomeUnknown,
    #[error("the server is shutting down; nothing was stored, come back in a moment")]
    GoingAway,
    #[error("the server could not store this")]
    NotStored,
}

/// What a refusal answers. A chat that there is not and a chat that is not theirs are one and the same
/// to whoever asks, or the answer would say which chats there are; each surface has its own code for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Surface {
    /// A request over HTTP: there is no such chat.
    Request,
    /// A frame about a chat, or the opening of a socket: they are no member of it.
    Frame,
    /// A frame about a message, which need not say a chat: there is no such message.
    FrameOfMessage,
    /// Anything under `--trust`, where nobody is a stranger.
    Trusted,
}

impl Refusal {
    /// This refusal as it is told.
    pub fn told(self, surface: Surface) -> Self {
        match (self, surface) {
            (Self::ChatNotFound | Self::NotMember, Surface::Request) => Self::ChatNotFound,
            (Self::ChatNotFound | Self::NotMember, Surface::Frame) => Self::NotMember,
            (Self::ChatNotFound | Self::NotMember, Surface::FrameOfMessage) => {
                Self::MessageNotFound
            }
            (refusal, _) => refusal,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_absent_chat_and_a_foreign_one_are_told_alike() {
        for (surface, told) in [
            (Surface::Request, Refusal::ChatNotFound),
            (Surface::Frame, Refusal::NotMember),
            (Surface::FrameOfMessage, Refusal::MessageNotFound),
        ] {
            assert_eq!(Refusal::ChatNotFound.told(surface), told);
            assert_eq!(Refusal::NotMember.told(surface), told);
            assert_eq!(Refusal::Forbidden.told(surface), Refusal::Forbidden);
        }
        assert_eq!(Refusal::NotMember.told(Surface::Trusted), Refusal::NotMember);
        assert_eq!(Refusal::ChatNotFound.told(Surface::Trusted), Refusal::ChatNotFound);
    }
}
