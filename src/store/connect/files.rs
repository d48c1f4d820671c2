//! The files of SQLite. What is said in them is nobody else's on this machine.

use std::fs::{DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::time::{Duration, Instant};

use tokio::time::sleep;

use crate::store::connect::OpenError;

/// How long a server that has the file is waited for, since it may be about to end; and how often it is
/// looked.
const ENDS_WITHIN: Duration = Duration::from_secs(1);
const AGAIN: Duration = Duration::from_millis(20);
/// Its owner's alone.
const PRIVATE: u32 = 0o600;

fn failed(path: &Path) -> impl Fn(io::Error) -> OpenError {
    |error| OpenError::Folder {
        path: path.to_owned(),
        error,
    }
}

fn folder_of(path: &Path) -> Option<&Path> {
    path.parent().filter(|folder| !folder.as_os_str().is_empty())
}

/// Makes the folder and the file of a database if they are missing, so that nobody else can read
/// them. SQLite gives what it puts beside the file the same rights. What is there keeps its rights, and
/// others who may read it are warned of.
pub(super) fn make(path: &Path) -> Result<(), OpenError> {
    if let Some(folder) = folder_of(path) {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
        made.map_err(failed(path))?;
    }
    match private().create_new(true).open(path) {
        // Whatever mask there is.
        Ok(file) => file.set_permissions(Permissions::from_mode(PRIVATE)).map_err(failed(path)),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            warn_of_readers(path);
            Ok(())
        }
        Err(error) => Err(failed(path)(error)),
    }
}

fn private() -> OpenOptions {
    let mut options = File::options();
    options.write(true).mode(PRIVATE);
    options
}

fn warn_of_readers(path: &Path) {
    let folder = folder_of(path).unwrap_or(Path::new("."));
    let (Ok(file), Ok(folder)) = (path.metadata(), folder.metadata()) else {
        return;
    };
    let is_open =
        |class: u32| file.mode() & (0o4 << class) != 0 && folder.mode() & (1 << class) != 0;
    if is_open(0) || is_open(3) {
        log::warn!(
            "{} can be read by others on this machine: chmod 600 it, and what is beside it",
            path.display()
        );
    }
}

/// One server a file: the operating system frees the lock when the process dies, however it dies. One that
/// is about to end is waited for.
pub(super) async fn lock(path: &Path) -> Result<File, OpenError> {
    let deadline = Instant::now() + ENDS_WITHIN;
    loop {
        match try_lock(path) {
            Err(OpenError::InUse(_)) if Instant::now() < deadline => sleep(AGAIN).await,
            done => return done,
        }
    }
}

fn try_lock(path: &Path) -> Result<File, OpenError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let file = private().create(true).truncate(false).open(name).map_err(failed(path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse(path.to_owned())),
        Err(TryLockError::Error(error)) => Err(failed(path)(error)),
    }
}
