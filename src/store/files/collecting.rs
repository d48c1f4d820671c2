//! What nothing refers to any more goes: uploads that no message took in time, and then the bytes that no upload
//! names. Bytes are marked first and go when they have been marked for long, in a transaction that looks
//! again, so that neither a backup nor a new upload of the same bytes loses them.

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use sea_orm::{DbBackend, Value};

use crate::domain::files::UploadId;
use crate::store::commit::rows::{execute, query};
use crate::store::files::on_disk;
use crate::store::{Store, StoreError, finish};

/// How many files go in one sweep, so that none runs long; the others go in the next.
const AT_ONCE: i64 = 1_000;
/// Is it named by no upload?
const UNUSED: &str = "NOT EXISTS (SELECT 1 FROM uploads p WHERE p.sha256 = files.sha256)";

/// Forgets uploads that have expired, marks what is unused, and removes what was marked before `kept`.
pub(crate) async fn sweep(
    store: &Store,
    now: DateTime<Utc>,
    kept: TimeDelta,
) -> Result<(), StoreError> {
    forget_expired(store, now).await?;
    forget_parts(store).await?;
    let mark = format!("UPDATE files SET dying_since = $1 WHERE dying_since IS NULL AND {UNUSED}");
    let db = store.write().await?;
    execute(&db, &mark, [now.trunc_subsecs(6).into()])
        .await
        .map_err(StoreError::of_single)?;
    drop(db);
    let dead = format!(
        "SELECT sha256 FROM files WHERE dying_since <= $1 AND {UNUSED} ORDER BY dying_since LIMIT {AT_ONCE}"
    );
    let dead = query(store.readers(), &dead, [(now - kept).into()]).await?;
    for row in dead {
        remove(store, row.get("sha256")?, now - kept).await?;
    }
    Ok(())
}

async fn forget_expired(store: &Store, now: DateTime<Utc>) -> Result<(), StoreError> {
    let sql = "DELETE FROM uploads WHERE expires_at <= $1 AND message_id IS NULL RETURNING key";
    let db = store.write().await?;
    let expired = query(&db, sql, [now.into()]).await.map_err(StoreError::of_single)?;
    drop(db);
    for row in expired {
        let key: String = row.get("key")?;
        if let Ok(upload) = UploadId::parse(&key) {
            let folder = store.files().clone();
            let _ = on_disk(move || folder.remove_part(&upload)).await?;
        }
    }
    Ok(())
}

/// Removes what has arrived of uploads that are not there any more. A row is there before its part is.
async fn forget_parts(store: &Store) -> Result<(), StoreError> {
    let folder = store.files().clone();
    let parts = on_disk(move || folder.parts()).await?.unwrap_or_default();
    for upload in parts {
        let sql = "SELECT 1 AS one FROM uploads WHERE key = $1 AND sha256 IS NULL";
        if query(store.readers(), sql, [upload.as_str().into()]).await?.is_empty() {
            let folder = store.files().clone();
            let _ = on_disk(move || folder.remove_part(&upload)).await?;
        }
    }
    Ok(())
}

/// Removes bytes that are still unused, with the lock of their row held until they are gone.
async fn remove(store: &Store, sha256: String, before: DateTime<Utc>) -> Result<(), StoreError> {
    let transaction = store.begin().await?;
    let lock = match store.backend() {
        DbBackend::Postgres => " FOR UPDATE",
        _ => "",
    };
    let values = || -> [Value; 2] { [sha256.as_str().into(), before.into()] };
    let locked = format!("SELECT sha256 FROM files WHERE sha256 = $1 AND dying_since <= $2{lock}");
    let is_there = !query(&transaction, &locked, values()).await?.is_empty();
    // Seen only now: an upload that waited for the lock is committed, or waits for ours.
    let unused =
        format!("SELECT sha256 FROM files WHERE sha256 = $1 AND dying_since <= $2 AND {UNUSED}");
    if !is_there || query(&transaction, &unused, values()).await?.is_empty() {
        return Ok(transaction.rollback().await?);
    }
    let (folder, name) = (store.files().clone(), sha256.clone());
    if on_disk(move || folder.remove(&name)).await?.is_err() {
        return Ok(transaction.rollback().await?);
    }
    execute(&transaction, "DELETE FROM files WHERE sha256 = $1", [sha256.into()]).await?;
    finish(transaction).await
}
