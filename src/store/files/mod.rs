//! The files that messages carry. Their bytes are in a folder, each under its SHA-256; their rows are in the
//! database. What a row names is on the disk before the row can be seen: bytes are written and synced, then
//! named and the folder synced inside the transaction that stores the row, under the lock of that row.
//!
//! - [`folder`]: the bytes. [`rows`]: an upload as its row has it.
//! - [`uploading`]: how an upload begins, goes on, becomes whole and is given up.
//! - [`inspecting`]: what is found out of a file before its message is shown.
//! - [`pictures`]: what is done with pictures.
//! - [`serving`]: whose file may be read.
//! - [`comparing`]: what the rows say against what is there.
//! - [`collecting`]: what nothing refers to is marked, waits, and goes.

pub(crate) mod collecting;
pub(crate) mod comparing;
pub(crate) mod folder;
pub(crate) mod inspecting;
pub(crate) mod pictures;
pub(crate) mod rows;
pub(crate) mod serving;
pub(crate) mod uploading;

use std::io;
use std::path::{Path, PathBuf};

use crate::config::{Config, ConfigError};
use crate::domain::Refusal;
use crate::store::{StoreError, connect};

/// Where there is no file of a database beside which they could be.
const WITHOUT_FILE: &str = "./data/files";

/// The folder that is set, or else the one beside the file of the database.
pub(crate) fn folder_of(config: &Config) -> Result<PathBuf, ConfigError> {
    if let Some(folder) = &config.files.folder {
        return Ok(folder.clone());
    }
    let database = connect::file(&config.database)?;
    let beside = database.map(|file| file.parent().unwrap_or(Path::new("")).join("files"));
    Ok(beside.unwrap_or_else(|| WITHOUT_FILE.into()))
}

/// Runs what waits for the disk on a thread that may.
pub(crate) async fn on_disk<T: Send + 'static>(
    act: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<Result<T, Refusal>, StoreError> {
    let done = tokio::task::spawn_blocking(act).await;
    let done = done.map_err(|error| StoreError::Rejected(format!("the disk's thread: {error}")))?;
    match done {
        Ok(done) => Ok(Ok(done)),
        Err(error) if is_full(&error) => Ok(Err(Refusal::StorageFull)),
        Err(error) => Err(StoreError::Unavailable(format!("the folder of files: {error}"))),
    }
}

fn is_full(error: &io::Error) -> bool {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded | FileTooLarge)
}
