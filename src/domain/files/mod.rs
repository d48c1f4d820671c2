//! Files that messages carry: what an upload is called, what a file may be called and how it may be shown.
//!
//! - [`name`]: a name that is harmless wherever it is written.
//! - [`media`]: which kinds of files a browser may show in place, by their first bytes.
//! - [`quota`]: how much may be kept.

pub mod media;
pub mod name;
pub mod quota;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::domain::{Refusal, UserId};

pub use name::FileName;

/// Files of one message at most.
pub const MAX_ATTACHMENTS: usize = 10;
/// Longest name of an upload, in bytes. Ours are of 32.
pub const UPLOAD_ID_BYTES: usize = 64;

/// What an upload is called by whoever has it: letters and digits that nobody guesses.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UploadId(Arc<str>);

impl UploadId {
    /// Checks `text`; what can be nobody's is `upload_not_found`.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let is_bounded = (1..=UPLOAD_ID_BYTES).contains(&text.len());
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        match is_bounded && text.bytes().all(is_plain) {
            true => Ok(Self(text.into())),
            false => Err(Refusal::UploadNotFound),
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The uploads that a send names, in their order: `too_many_attachments` for more than a message carries.
pub fn parse_uploads<'a>(ids: impl IntoIterator<Item = &'a str>) -> Result<Vec<UploadId>, Refusal> {
    let ids = ids.into_iter().take(MAX_ATTACHMENTS + 1);
    let ids: Vec<UploadId> = ids.map(UploadId::parse).collect::<Result<_, _>>()?;
    match ids.len() > MAX_ATTACHMENTS {
        true => Err(Refusal::TooManyAttachments),
        false => Ok(ids),
    }
}

/// A file of a message, as everybody sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// Its identity.
    pub id: i64,
    /// The upload that it was.
    pub upload: UploadId,
    /// What it is called.
    pub name: Arc<str>,
    /// Its bytes.
    pub size: i64,
    /// What it is, by its first bytes; a media type.
    #[serde(rename = "type")]
    pub kind: Arc<str>,
    /// A picture's, as it is shown, in pixels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<i64>,
    /// The same upwards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<i64>,
    /// What is shown until a picture is there, in base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thumbhash: Option<Arc<str>>,
}

/// How far an upload has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UploadState {
    /// Some of it has not arrived.
    Open,
    /// All of it is on the disk.
    Whole,
    /// A message has it.
    Taken,
}

/// An upload as the transaction sees it.
#[derive(Clone, Debug)]
pub struct StoredUpload {
    /// Whose it is; nobody's only under `--trust`.
    pub owner: Option<UserId>,
    /// How far it has come.
    pub state: UploadState,
    /// What becomes of it in a message.
    pub attachment: Attachment,
}

impl StoredUpload {
    /// May this sender put it into a message now?
    pub fn admit(&self, sender: Option<UserId>) -> Result<(), Refusal> {
        // What is another's does not exist.
        if self.owner.is_some() && self.owner != sender {
            return Err(Refusal::UploadNotFound);
        }
        match self.state {
            UploadState::Open => Err(Refusal::UploadIncomplete),
            UploadState::Taken => Err(Refusal::UploadTaken),
            UploadState::Whole => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upload_has_a_plain_name() {
        assert!(UploadId::parse("Ab-_9").is_ok());
        for text in ["", "a/b", "..", "ы", "a b", "a\0"] {
            assert_eq!(UploadId::parse(text), Err(Refusal::UploadNotFound), "{text:?}");
        }
        assert!(UploadId::parse(&"x".repeat(UPLOAD_ID_BYTES + 1)).is_err());
    }

    #[test]
    fn a_message_carries_ten_files_at_most() {
        assert_eq!(parse_uploads(["a"; 10]).map(|ids| ids.len()), Ok(10));
        assert_eq!(parse_uploads(["a"; 11]), Err(Refusal::TooManyAttachments));
        assert_eq!(parse_uploads(["a", "?"]), Err(Refusal::UploadNotFound));
    }

    #[test]
    fn an_upload_is_its_owners_until_a_message_has_it() {
        let upload = |owner: Option<i64>, state| StoredUpload {
            owner: owner.map(UserId),
            state,
            attachment: Attachment {
                id: 1,
                upload: UploadId("u".into()),
                name: "a".into(),
                size: 1,
                kind: "text/plain".into(),
                width: None,
                height: None,
                thumbhash: None,
            },
        };
        let (anna, boris) = (Some(UserId(1)), Some(UserId(2)));
        assert_eq!(upload(Some(1), UploadState::Whole).admit(anna), Ok(()));
        for (owner, state, sender, refusal) in [
            (Some(1), UploadState::Whole, boris, Refusal::UploadNotFound),
            (Some(1), UploadState::Taken, boris, Refusal::UploadNotFound),
            (Some(1), UploadState::Whole, None, Refusal::UploadNotFound),
            (Some(1), UploadState::Open, anna, Refusal::UploadIncomplete),
            (Some(1), UploadState::Taken, anna, Refusal::UploadTaken),
            (None, UploadState::Taken, anna, Refusal::UploadTaken),
        ] {
            assert_eq!(upload(owner, state).admit(sender), Err(refusal), "{owner:?} {state:?}");
        }
        assert_eq!(upload(None, UploadState::Whole).admit(anna), Ok(()));
    }
}
