//! `vestnik backup`: a whole copy of a SQLite file, made beside a running server.
//!
//! `VACUUM INTO` reads one state of the database in one transaction of its own. In WAL mode a reader holds up no
//! writer, so the server goes on meanwhile. The copy has another name until it has been checked and is on the disk.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use sea_orm::{ConnectionTrait, Statement};

use crate::config::Observer;
use crate::store::connect::{self, OpenError};
use crate::store::single_value::scalar;
use crate::store::verify::{self, Check};
use crate::store::{Store, StoreError};

/// What is left free beside the copy.
const SPARE: u64 = 16 << 20;

/// Why there is no backup.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BackupError {
    /// The database does not do what it was asked.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The copy cannot be opened.
    #[error("the copy cannot be opened to be checked: {0}")]
    Open(#[from] OpenError),
    /// There is something.
    #[error(
        "{0} is there already; choose another name, or say --force to put the new backup in its place"
    )]
    Exists(PathBuf),
    /// It is no file.
    #[error("{0} is no file; name one for the backup")]
    NoFile(PathBuf),
    /// It would be written over what is backed up.
    #[error("{0} belongs to the database itself; choose another name for the backup")]
    Itself(PathBuf),
    /// What lies beside would be taken for the log of the backup.
    #[error(
        "{0} lies beside and would be taken for a part of the backup; move it away, or choose another name for the backup"
    )]
    Beside(PathBuf),
    /// There is no room.
    #[error("the backup needs {} MiB, and {} MiB are free where it is to be", mib(*.0), mib(*.1))]
    NoRoom(u64, u64),
    /// Two at once.
    #[error("another backup is being written to {0}")]
    Raced(PathBuf),
    /// The system does not do what it was asked.
    #[error("cannot write {0}: {1}")]
    Write(PathBuf, io::Error),
    /// SQLite cannot write the copy.
    #[error("cannot write the copy to {0}, where the disk may be full or broken: {1}")]
    Copying(PathBuf, StoreError),
    /// The copy is not what it should be.
    #[error("the copy is damaged, and so is the database or the disk ({0}); nothing is kept of it")]
    Damaged(String),
    /// The database does not keep its promises, and neither does the copy.
    #[error(
        "the copy is whole, but does not hold what it should: {0}. It is kept as {1}, and no backup took its name; \
         `vestnik verify` says the same of the database"
    )]
    Broken(String, PathBuf),
}

/// Bytes as whole MiB, rounded up.
pub(crate) fn mib(bytes: u64) -> u64 {
    bytes.div_ceil(1 << 20)
}

/// What has been made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Backup {
    pub bytes: u64,
    /// Messages in it.
    pub messages: i64,
}

/// Writes all of `store`, which is the SQLite file `of`, to `file`; over what is there only with `force`.
pub(crate) async fn back_up(
    store: &Store,
    of: &Path,
    file: &Path,
    force: bool,
) -> Result<Backup, BackupError> {
    check_name(of, file, force)?;
    check_room(store, file).await?;
    let partial = beside(file, ".partial");
    let lock = begin(&partial)?;
    let made = write_and_check(store, &partial).await;
    let made = match made {
        Ok(made) => made,
        Err(kept @ BackupError::Broken(..)) => return Err(kept),
        Err(error) => {
            let _ = std::fs::remove_file(&partial);
            return Err(error);
        }
    };
    // It may have come meanwhile.
    check_name(of, file, force)?;
    publish(&partial, file).map_err(|error| BackupError::Write(file.to_owned(), error))?;
    drop(lock);
    Ok(made)
}

/// `backup.db` and `-wal`: `backup.db-wal`.
fn beside(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn check_name(of: &Path, file: &Path, force: bool) -> Result<(), BackupError> {
    if file.file_name().is_none() || file.is_dir() {
        return Err(BackupError::NoFile(file.to_owned()));
    }
    let own = ["", "-wal", "-shm", "-journal", ".lock"].map(|suffix| beside(of, suffix));
    let place = placed(file);
    if own.iter().any(|own| placed(own) == place) {
        return Err(BackupError::Itself(file.to_owned()));
    }
    for suffix in ["-wal", "-journal"] {
        let log = beside(file, suffix);
        if log.exists() {
            return Err(BackupError::Beside(log));
        }
    }
    match file.symlink_metadata() {
        Ok(found) if !force || !(found.is_file() || found.is_symlink()) => {
            Err(BackupError::Exists(file.to_owned()))
        }
        _ => Ok(()),
    }
}

/// Where it is, whether it is there or not.
fn placed(file: &Path) -> Option<PathBuf> {
    if let Ok(place) = file.canonicalize() {
        return Some(place);
    }
    let folder = folder_of(file).canonicalize().ok()?;
    Some(folder.join(file.file_name()?))
}

fn folder_of(file: &Path) -> &Path {
    file.parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

async fn check_room(store: &Store, file: &Path) -> Result<(), BackupError> {
    let pages = number(
        store,
        "SELECT page_count - freelist_count FROM pragma_page_count, pragma_freelist_count",
    )
    .await?;
    let size = number(store, "SELECT page_size FROM pragma_page_size").await?;
    let needed = u64::try_from(pages.saturating_mul(size)).unwrap_or(0).saturating_add(SPARE);
    let folder = folder_of(file);
    let free = rustix::fs::statvfs(folder)
        .map_err(|error| BackupError::Write(file.to_owned(), error.into()))?;
    let free = free.f_bavail.saturating_mul(free.f_frsize);
    match is_room(needed, free) {
        true => Ok(()),
        false => Err(BackupError::NoRoom(needed, free)),
    }
}

fn is_room(needed: u64, free: u64) -> bool {
    free >= needed
}

/// An empty file that only its owner may read, and nobody else writes to. One that was left by a backup that
/// died is taken again.
fn begin(partial: &Path) -> Result<File, BackupError> {
    let failed = |error| BackupError::Write(partial.to_owned(), error);
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false).mode(0o600);
    options.custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed());
    let file = options.open(partial).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(BackupError::Raced(partial.to_owned())),
        Err(TryLockError::Error(error)) => return Err(failed(error)),
    }
    file.set_len(0).map_err(failed)?;
    Ok(file)
}

async fn write_and_check(store: &Store, partial: &Path) -> Result<Backup, BackupError> {
    let name = partial.to_str().ok_or_else(|| {
        let error = io::Error::other("its name is no UTF-8");
        BackupError::Write(partial.to_owned(), error)
    })?;
    let copy = Statement::from_sql_and_values(store.backend(), "VACUUM INTO $1", [name.into()]);
    let copied = store.readers().pool().execute_raw(copy).await.map_err(StoreError::from);
    copied.map_err(|error| BackupError::Copying(partial.to_owned(), error))?;
    let failed = |error| BackupError::Write(partial.to_owned(), error);
    let written = File::open(partial).map_err(failed)?;
    written.sync_all().map_err(failed)?;
    let bytes = written.metadata().map_err(failed)?.len();
    let copy = connect::open_copy(partial, &Observer::default()).await?;
    let checked = check(&copy, partial).await;
    copy.close().await?;
    let messages = checked?;
    Ok(Backup { bytes, messages })
}

async fn check(copy: &Store, partial: &Path) -> Result<i64, BackupError> {
    let found: Option<String> = scalar(copy.readers(), "PRAGMA integrity_check(1)", []).await?;
    match found.as_deref() {
        Some("ok") => {}
        found => return Err(BackupError::Damaged(found.unwrap_or("no answer").to_owned())),
    }
    let report = verify::run(copy).await?;
    let broken = |check: &Check| (check.violations > 0).then_some(check.promise);
    let broken: Vec<_> = report.iter().filter_map(broken).collect();
    if !broken.is_empty() {
        let broken = broken.join("; ");
        return Err(BackupError::Broken(format!("it breaks \"{broken}\""), partial.to_owned()));
    }
    Ok(number(copy, "SELECT COUNT(*) FROM messages").await?)
}

async fn number(store: &Store, sql: &str) -> Result<i64, StoreError> {
    Ok(scalar(store.readers(), sql, []).await?.unwrap_or(0))
}

/// Gives it its name, so that a power cut leaves either what was there or all of the new one.
fn publish(partial: &Path, file: &Path) -> io::Result<()> {
    std::fs::rename(partial, file)?;
    File::open(folder_of(file))?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_with_too_little_room_is_found_out_before() {
        assert!(is_room(SPARE, SPARE));
        assert!(!is_room(SPARE + 1, SPARE));
        let said = BackupError::NoRoom(SPARE + 1, SPARE).to_string();
        assert!(said.contains("needs 17 MiB, and 16 MiB are free"), "{said}");
    }
}
