//! An upload as its row has it.

use chrono::{DateTime, Utc};
use sea_orm::DbErr;

use crate::domain::UserId;
use crate::domain::files::{Attachment, StoredUpload, UploadId, UploadState};
use crate::store::statements::DbRow;

/// The columns that are read of an upload, for a statement in which `p` is `uploads`.
pub(in crate::store) const COLUMNS: &str = "p.id, p.key, p.user_id, p.name, p.size, p.received, p.sha256, p.type, \
    p.width, p.height, p.thumbhash, p.message_id, p.expires_at";

/// An upload of which not all has arrived, or that is whole.
#[derive(Clone, Debug)]
pub(crate) struct UploadRow {
    /// As the rules see it.
    pub upload: StoredUpload,
    /// Bytes that are on the disk.
    pub received: u64,
    /// When it is forgotten, unless a message carries it.
    pub expires_at: Option<DateTime<Utc>>,
}

impl UploadRow {
    /// Bytes that it is to have.
    pub(crate) fn size(&self) -> u64 {
        u64::try_from(self.upload.attachment.size).unwrap_or(0)
    }
}

pub(in crate::store) fn stored_upload(row: &DbRow) -> Result<StoredUpload, DbErr> {
    let sha256: Option<String> = row.get("sha256")?;
    let message: Option<i64> = row.get("message_id")?;
    let (key, name): (String, String) = (row.get("key")?, row.get("name")?);
    let kind: Option<String> = row.get("type")?;
    let thumbhash: Option<String> = row.get("thumbhash")?;
    let upload = UploadId::parse(&key).map_err(|refusal| DbErr::Custom(refusal.to_string()))?;
    Ok(StoredUpload {
        owner: row.get::<Option<i64>>("user_id")?.map(UserId),
        state: match (sha256, message) {
            (_, Some(_)) => UploadState::Taken,
            (Some(_), None) => UploadState::Whole,
            (None, None) => UploadState::Open,
        },
        attachment: Attachment {
            id: row.get("id")?,
            upload,
            name: name.into(),
            size: row.get("size")?,
            kind: kind.unwrap_or_default().into(),
            width: row.get("width")?,
            height: row.get("height")?,
            thumbhash: thumbhash.map(Into::into),
        },
    })
}

pub(super) fn upload_row(row: &DbRow) -> Result<UploadRow, DbErr> {
    Ok(UploadRow {
        upload: stored_upload(row)?,
        received: u64::try_from(row.get::<i64>("received")?).unwrap_or(0),
        expires_at: row.get("expires_at")?,
    })
}
