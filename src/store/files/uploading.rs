//! How an upload begins, goes on, becomes whole and is given up. Each step is one transaction that asks anew
//! whether the sender may: a body takes its time.

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use sea_orm::{DbBackend, Value};

use crate::domain::files::quota::{FileBounds, Kept};
use crate::domain::files::{Attachment, FileName, UploadId, UploadState};
use crate::domain::{Refusal, Right, UserId};
use crate::faults::FaultPoint;
use crate::store::commit::rows::{execute, query};
use crate::store::files::inspecting::Inspected;
use crate::store::files::on_disk;
use crate::store::files::rows::{COLUMNS, UploadRow, upload_row};
use crate::store::rights::{Locked, require};
use crate::store::statements::{DbRow, StatementRunner};
use crate::store::{Store, StoreError, finish};

/// What is about to come.
#[derive(Clone, Debug)]
pub(crate) struct NewUpload {
    pub upload: UploadId,
    pub name: FileName,
    /// Bytes that it is to have, or may have.
    pub size: u64,
    /// For how long it is kept without a message.
    pub lifetime: TimeDelta,
}

type Refusable<T> = Result<Result<T, Refusal>, StoreError>;

/// Begins an upload if there is room for it. Its bytes are reserved.
pub(crate) async fn begin(
    store: &Store,
    right: Right,
    new: &NewUpload,
    bounds: FileBounds,
) -> Refusable<DateTime<Utc>> {
    let owner = right.device().map(|(_, user)| user);
    let folder = store.files().clone();
    let free = match on_disk(move || folder.free()).await? {
        Ok(free) => free,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let now = store.now().trunc_subsecs(6);
    let transaction = store.begin().await?;
    let admitted = match require(&transaction, (right, now), &[], Locked::People).await? {
        Err(refusal) => Err(refusal),
        Ok(()) => {
            let kept = kept(&transaction, owner, free).await?;
            bounds.admit(new.size, kept)
        }
    };
    if let Err(refusal) = admitted {
        transaction.rollback().await?;
        return Ok(Err(refusal));
    }
    let expires_at = now + new.lifetime;
    let sql = "INSERT INTO uploads (key, user_id, name, size, received, created_at, expires_at) \
               VALUES ($1, $2, $3, $4, 0, $5, $6)";
    let values: [Value; 6] = [
        new.upload.as_str().into(),
        owner.map(|user| user.0).into(),
        new.name.as_str().into(),
        signed(new.size).into(),
        now.into(),
        expires_at.into(),
    ];
    execute(&transaction, sql, values).await?;
    finish(transaction).await?;
    Ok(Ok(expires_at))
}

fn signed(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

/// What is there: by query, since a sum that is kept drifts.
async fn kept(
    db: &dyn StatementRunner,
    owner: Option<UserId>,
    free: u64,
) -> Result<Kept, StoreError> {
    let sum = |rows: Vec<DbRow>, column: &str| -> Result<u64, StoreError> {
        let first = rows.first().map(|row| row.get::<i64>(column)).transpose()?;
        Ok(first.and_then(|sum| u64::try_from(sum).ok()).unwrap_or(0))
    };
    let whose = match owner {
        Some(_) => "user_id = $1",
        None => "user_id IS NULL AND $1 IS NULL",
    };
    let sql = format!(
        "SELECT CAST(COALESCE(SUM(size), 0) AS BIGINT) AS bytes, \
                CAST(COUNT(*) - COUNT(message_id) AS BIGINT) AS open \
         FROM uploads WHERE {whose}"
    );
    let owner: Value = owner.map(|user| user.0).into();
    let theirs = query(db, &sql, [owner]).await?;
    let all = "SELECT CAST(COALESCE(SUM(size), 0) AS BIGINT) AS bytes FROM uploads";
    let all = query(db, all, []).await?;
    // What is reserved, and has not arrived, is not on the disk yet.
    let coming = "SELECT CAST(COALESCE(SUM(size - received), 0) AS BIGINT) AS bytes FROM uploads \
                  WHERE sha256 IS NULL AND message_id IS NULL";
    let coming = sum(query(db, coming, []).await?, "bytes")?;
    let open = theirs.first().map(|row| row.get::<i64>("open")).transpose()?;
    Ok(Kept {
        open: open.and_then(|open| u64::try_from(open).ok()).unwrap_or(0),
        user: sum(theirs, "bytes")?,
        server: sum(all, "bytes")?,
        free: free.saturating_sub(coming),
    })
}

/// An upload of somebody's, if it is there: another's is not.
pub(crate) async fn find(
    store: &Store,
    owner: Option<UserId>,
    upload: &UploadId,
) -> Result<Result<UploadRow, Refusal>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM uploads p WHERE p.key = $1");
    let rows = query(store.readers(), &sql, [upload.as_str().into()]).await?;
    let found = rows.first().map(upload_row).transpose()?;
    let now = store.now();
    let theirs = found.filter(|row| {
        row.upload.owner == owner && row.expires_at.is_none_or(|expires_at| expires_at > now)
    });
    Ok(theirs.ok_or(Refusal::UploadNotFound))
}

/// So many bytes of it are on the disk, where `before` were.
pub(crate) async fn advance(
    store: &Store,
    right: Right,
    upload: &UploadId,
    (before, received): (u64, u64),
) -> Refusable<()> {
    store.faults.pass(FaultPoint::AfterPart);
    let transaction = store.begin().await?;
    let right = (right, store.now());
    if let Err(refusal) = require(&transaction, right, &[], Locked::People).await? {
        transaction.rollback().await?;
        return Ok(Err(refusal));
    }
    let sql =
        "UPDATE uploads SET received = $1 WHERE key = $2 AND received = $3 AND sha256 IS NULL";
    let values: [Value; 3] = [
        signed(received).into(),
        upload.as_str().into(),
        signed(before).into(),
    ];
    let advanced = execute(&transaction, sql, values).await?;
    finish(transaction).await?;
    Ok((advanced == 1).then_some(()).ok_or(Refusal::UploadNotFound))
}

/// All of it is on the disk, and this is what it is. The bytes get their name before the row can be seen, under
/// the lock of the row of these bytes, so that nobody who collects what is unused takes them away meanwhile.
pub(crate) async fn complete(
    store: &Store,
    right: Right,
    upload: &UploadId,
    file: &Inspected,
) -> Refusable<Attachment> {
    let now = store.now().trunc_subsecs(6);
    note(store, file, now).await?;
    let transaction = store.begin().await?;
    if let Err(refusal) = require(&transaction, (right, now), &[], Locked::People).await? {
        transaction.rollback().await?;
        return Ok(Err(refusal));
    }
    let lock = match store.backend() {
        DbBackend::Postgres => " FOR UPDATE",
        _ => "",
    };
    let sql = format!("SELECT {COLUMNS} FROM uploads p WHERE p.key = $1{lock}");
    let rows = query(&transaction, &sql, [upload.as_str().into()]).await?;
    let found = rows.first().map(upload_row).transpose()?;
    let is_open = |row: &UploadRow| row.upload.state == UploadState::Open;
    let Some(found) = found.filter(is_open) else {
        transaction.rollback().await?;
        return Ok(Err(Refusal::UploadNotFound));
    };
    let known = "INSERT INTO files (sha256, size, created_at) VALUES ($1, $2, $3) \
                 ON CONFLICT (sha256) DO UPDATE SET dying_since = NULL";
    let values: [Value; 3] = [
        file.sha256.as_str().into(),
        signed(file.size).into(),
        now.into(),
    ];
    execute(&transaction, known, values).await?;
    let (folder, key, sha256) = (store.files().clone(), upload.clone(), file.sha256.clone());
    if let Err(refusal) = on_disk(move || folder.keep(&key, &sha256)).await? {
        transaction.rollback().await?;
        return Ok(Err(refusal));
    }
    store.faults.pass(FaultPoint::BeforeFileCommit);
    let sql = "UPDATE uploads SET sha256 = $1, type = $2, size = $3, received = $3, width = $4, \
               height = $5, thumbhash = $6 WHERE key = $7";
    let values: [Value; 7] = [
        file.sha256.as_str().into(),
        file.kind.into(),
        signed(file.size).into(),
        file.width.into(),
        file.height.into(),
        file.thumbhash.clone().into(),
        upload.as_str().into(),
    ];
    execute(&transaction, sql, values).await?;
    finish(transaction).await?;
    store.faults.pass(FaultPoint::AfterFileCommit);
    let (folder, key) = (store.files().clone(), upload.clone());
    // What is left behind is swept.
    let _ = on_disk(move || folder.remove_part(&key)).await?;
    Ok(Ok(Attachment {
        size: signed(file.size),
        kind: file.kind.into(),
        width: file.width,
        height: file.height,
        thumbhash: file.thumbhash.as_deref().map(Into::into),
        ..found.upload.attachment
    }))
}

/// Notes bytes before they get their name, as unused: if nothing comes of it, they are collected like any others.
async fn note(store: &Store, file: &Inspected, now: DateTime<Utc>) -> Result<(), StoreError> {
    let sql = "INSERT INTO files (sha256, size, created_at, dying_since) VALUES ($1, $2, $3, $3) \
               ON CONFLICT (sha256) DO NOTHING";
    let values: [Value; 3] = [
        file.sha256.as_str().into(),
        signed(file.size).into(),
        now.into(),
    ];
    execute(&store.write().await?, sql, values)
        .await
        .map_err(StoreError::of_single)?;
    Ok(())
}

/// Gives an upload up: its row goes, then what has arrived of it. One that a message carries stays.
pub(crate) async fn give_up(
    store: &Store,
    owner: Option<UserId>,
    upload: &UploadId,
) -> Refusable<()> {
    let found = match find(store, owner, upload).await? {
        Ok(found) => found,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let sql = "DELETE FROM uploads WHERE key = $1 AND message_id IS NULL";
    let db = store.write().await?;
    let deleted = execute(&db, sql, [upload.as_str().into()])
        .await
        .map_err(StoreError::of_single)?;
    drop(db);
    if deleted == 0 {
        let is_taken = found.upload.state == UploadState::Taken;
        return Ok(Err(if is_taken {
            Refusal::UploadTaken
        } else {
            Refusal::UploadNotFound
        }));
    }
    let (folder, key) = (store.files().clone(), upload.clone());
    on_disk(move || folder.remove_part(&key)).await
}
