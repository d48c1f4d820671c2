//! What is found out of a file before its message is shown.

use std::fs::File;
use std::io;

use bytes::Bytes;
use ring::digest::{Context, SHA256};

use crate::domain::files::UploadId;
use crate::domain::files::media::{HEAD_BYTES, is_picture, kind};
use crate::store::files::folder::{Folder, read_at};
use crate::store::files::pictures::{PICTURE_BYTES, look};

/// What a file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Inspected {
    /// In hexadecimal digits.
    pub sha256: String,
    pub size: u64,
    /// A media type.
    pub kind: &'static str,
    /// Of a picture as it is shown.
    pub width: Option<i64>,
    pub height: Option<i64>,
    /// In base64.
    pub thumbhash: Option<String>,
}

/// Bytes that are read at once.
const STEP: usize = 128 << 10;

/// What a file is by its beginning, and whether it is a picture that is to be looked into.
pub(crate) fn kind_of(file: &File) -> io::Result<(&'static str, bool)> {
    let kind = kind(&read_at(file, 0, HEAD_BYTES)?);
    Ok((kind, is_picture(kind) && file.metadata()?.len() <= PICTURE_BYTES))
}

/// Looks at a file that is whole. Waits for the disk.
pub(crate) fn inspect(kind: &'static str, file: &File) -> io::Result<Inspected> {
    let (sha256, size) = digest(file)?;
    Ok(Inspected {
        sha256,
        size,
        kind,
        width: None,
        height: None,
        thumbhash: None,
    })
}

/// Looks into a picture, and puts one in its place that says nothing of its maker. `None` if it is none that
/// can be shown.
pub(crate) fn inspect_picture(
    folder: &Folder,
    upload: &UploadId,
    (kind, file): (&'static str, &File),
) -> io::Result<Option<Inspected>> {
    let size = usize::try_from(file.metadata()?.len()).unwrap_or(usize::MAX);
    let bytes = Bytes::from(read_at(file, 0, size)?);
    let Some(picture) = look(kind, bytes.clone()) else {
        return Ok(None);
    };
    if picture.bytes != bytes {
        folder.replace_part(upload, &picture.bytes)?;
    }
    Ok(Some(Inspected {
        sha256: hex(ring::digest::digest(&SHA256, &picture.bytes).as_ref()),
        size: picture.bytes.len() as u64,
        kind,
        width: Some(picture.width),
        height: Some(picture.height),
        thumbhash: Some(picture.thumbhash),
    }))
}

fn digest(file: &File) -> io::Result<(String, u64)> {
    let mut context = Context::new(&SHA256);
    let mut size = 0;
    loop {
        let bytes = read_at(file, size, STEP)?;
        if bytes.is_empty() {
            break;
        }
        context.update(&bytes);
        size += bytes.len() as u64;
    }
    Ok((hex(context.finish().as_ref()), size))
}

/// In small hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}
