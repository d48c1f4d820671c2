//! The files that the messages of a batch carry: uploads that are whole, each of which goes into one message.

use std::collections::BTreeSet;

use sea_orm::DbBackend;
use serde::Serialize;

use crate::domain::change::Post;
use crate::domain::files::{Attachment, UploadId};
use crate::domain::ledger::Ledger;
use crate::domain::{Change, MessageId};
use crate::store::StoreError;
use crate::store::commit::Batch;
use crate::store::commit::rows::{Type, execute, query, rows_from_json, to_json};
use crate::store::files::rows::{COLUMNS, stored_upload};
use crate::store::messages::write_attachments;
use crate::store::statements::StatementRunner;

#[derive(Serialize)]
struct NamedUpload<'a> {
    key: &'a str,
}

const NAMED: [(&str, Type); 1] = [("key", Type::Text)];

fn named(batch: &Batch) -> impl Iterator<Item = &UploadId> {
    batch.changes.iter().flat_map(|change| match change {
        Change::Post(post) => post.uploads.as_slice(),
        _ => &[],
    })
}

/// Reads what the batches name into their ledgers, only where there is any; on Postgres under a lock, in the
/// order of their ids, so that none expires or goes into another message meanwhile.
pub(super) async fn read_uploads(
    db: &dyn StatementRunner,
    batches: &[Batch],
    ledgers: &mut [Ledger],
) -> Result<(), StoreError> {
    let keys: BTreeSet<&UploadId> = batches.iter().flat_map(named).collect();
    if keys.is_empty() {
        return Ok(());
    }
    let backend = db.backend();
    let rows = rows_from_json(backend, &NAMED);
    let lock = match backend {
        DbBackend::Postgres => " FOR NO KEY UPDATE",
        _ => "",
    };
    let sql = format!(
        "SELECT {COLUMNS} FROM uploads p WHERE p.key IN (SELECT v.key FROM {rows}) ORDER BY p.id{lock}"
    );
    let keys: Vec<_> = keys.iter().map(|key| NamedUpload { key: key.as_str() }).collect();
    for row in query(db, &sql, [to_json(&keys)?]).await? {
        let upload = stored_upload(&row)?;
        let key = upload.attachment.upload.clone();
        for (batch, ledger) in batches.iter().zip(ledgers.iter_mut()) {
            if named(batch).any(|named| *named == key) {
                ledger.uploads.insert(key.clone(), upload.clone());
            }
        }
    }
    Ok(())
}

/// What an accepted post carries.
pub(super) fn attachments(ledger: &Ledger, post: &Post) -> Vec<Attachment> {
    let known = post.uploads.iter().filter_map(|id| ledger.uploads.get(id));
    known.map(|upload| upload.attachment.clone()).collect()
}

#[derive(Serialize)]
struct TakenUpload<'a> {
    key: &'a str,
    message_id: i64,
    place: i64,
}

#[derive(Serialize)]
struct CarryingMessage {
    id: i64,
    attachments: Option<String>,
}

/// Gives these messages their files, in two statements if there are any. Two chats of one batch may name the same
/// upload: the second finds it taken, and the batch is given up, so that each of its changes is tried alone.
pub(super) async fn attach(
    db: &dyn StatementRunner,
    messages: &[(MessageId, Vec<Attachment>)],
) -> Result<(), StoreError> {
    if messages.is_empty() {
        return Ok(());
    }
    let taken = messages.iter().flat_map(|(message, files)| {
        files.iter().zip(0..).map(|(file, place)| TakenUpload {
            key: file.upload.as_str(),
            message_id: message.0,
            place,
        })
    });
    let taken: Vec<_> = taken.collect();
    let columns = [
        ("key", Type::Text),
        ("message_id", Type::Number),
        ("place", Type::Number),
    ];
    let sql = format!(
        "UPDATE uploads SET message_id = v.message_id, place = v.place, expires_at = NULL FROM {} \
         WHERE uploads.key = v.key AND uploads.message_id IS NULL AND uploads.sha256 IS NOT NULL",
        rows_from_json(db.backend(), &columns)
    );
    let changed = execute(db, &sql, [to_json(&taken)?]).await?;
    if usize::try_from(changed) != Ok(taken.len()) {
        let why = "an upload is in two messages of one transaction";
        return Err(StoreError::Rejected(why.to_owned()));
    }
    let rows = messages.iter().map(|(message, files)| CarryingMessage {
        id: message.0,
        attachments: write_attachments(files),
    });
    let sql = format!(
        "UPDATE messages SET attachments = v.attachments FROM {} WHERE messages.id = v.id",
        rows_from_json(db.backend(), &[("id", Type::Number), ("attachments", Type::Text)])
    );
    execute(db, &sql, [to_json(&rows.collect::<Vec<_>>())?]).await?;
    Ok(())
}
