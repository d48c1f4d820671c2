//! The folder with the bytes. `parts/` has what is still arriving, by the name of its upload; everything else
//! is whole, named by its SHA-256 as `ab/cdef…`. It is nobody else's on this machine.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::domain::files::UploadId;

const PARTS: &str = "parts";
/// Pictures that are unpacked at once.
pub(crate) const PICTURES: usize = 1;

/// Where the bytes of files are. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Folder {
    root: Arc<Path>,
    /// Who has the permit unpacks a picture.
    slot: Arc<Semaphore>,
}

impl Default for Folder {
    fn default() -> Self {
        Self::at(Path::new("data/files"))
    }
}

/// A file that is found in the folder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct StoredFile {
    pub sha256: String,
    pub size: u64,
}

impl Folder {
    pub(crate) fn at(root: &Path) -> Self {
        Self {
            root: root.into(),
            slot: Arc::new(Semaphore::new(PICTURES)),
        }
    }

    /// Waits for a turn to unpack a picture.
    pub(crate) async fn turn(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.slot).acquire_owned().await.ok()
    }

    fn part(&self, upload: &UploadId) -> PathBuf {
        self.root.join(PARTS).join(upload.as_str())
    }

    /// `abcdef…` is `ab/cdef…`.
    fn place(&self, sha256: &str) -> PathBuf {
        let (first, rest) = sha256.split_at_checked(2).unwrap_or(("", sha256));
        self.root.join(first).join(rest)
    }

    /// The part of an upload, for one writer at a time: `None` while another one has it.
    pub(crate) fn open_part(&self, upload: &UploadId) -> io::Result<Option<File>> {
        let (path, parts) = (self.part(upload), self.root.join(PARTS));
        if !parts.is_dir() {
            make_folder(&parts)?;
            sync_folder(&self.root)?;
        }
        let is_new = !path.exists();
        if !is_new && path.metadata()?.nlink() > 1 {
            // It got its name already, and whoever else has these bytes reads them there.
            let apart = path.with_extension("clean");
            fs::copy(&path, &apart)?;
            File::open(&apart)?.sync_all()?;
            fs::rename(apart, &path)?;
        }
        let mut options = File::options();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let file = options.open(path)?;
        if is_new {
            // Its bytes are told to be on the disk, and so must its name be.
            sync_folder(&parts)?;
        }
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Replaces what a part holds; the old bytes are there until the new ones are on the disk.
    pub(crate) fn replace_part(&self, upload: &UploadId, bytes: &[u8]) -> io::Result<()> {
        let path = self.part(upload);
        let clean = path.with_extension("clean");
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        let mut file = options.open(&clean)?;
        file.write_all(bytes)?;
        file.sync_data()?;
        fs::rename(clean, path)
    }

    /// Gives a part its name for good. It was synced; here the folders are.
    pub(crate) fn keep(&self, upload: &UploadId, sha256: &str) -> io::Result<()> {
        let place = self.place(sha256);
        let folder = place.parent().unwrap_or(&self.root);
        if !folder.is_dir() {
            make_folder(folder)?;
            sync_folder(&self.root)?;
        }
        // The part stays until the row says that the file is whole: if the row never does, the upload goes on.
        let (part, named) = (self.part(upload), place.with_extension(upload.as_str()));
        gone(fs::remove_file(&named))?;
        if fs::hard_link(&part, &named).is_err() {
            fs::copy(&part, &named)?;
            File::open(&named)?.sync_all()?;
        }
        fs::rename(named, &place)?;
        sync_folder(folder)
    }

    /// The bytes of a whole file.
    pub(crate) fn open(&self, sha256: &str) -> io::Result<File> {
        File::open(self.place(sha256))
    }

    /// A derivative of a picture lies beside it.
    pub(crate) fn open_derivative(&self, sha256: &str, size: &str) -> io::Result<File> {
        File::open(self.place(sha256).with_extension(size))
    }

    /// Keeps a derivative. Two who make it at once make the same.
    pub(crate) fn keep_derivative(&self, sha256: &str, size: &str, bytes: &[u8]) -> io::Result<()> {
        let place = self.place(sha256).with_extension(size);
        let half = place.with_extension(format!("{size}.half"));
        fs::write(&half, bytes)?;
        fs::rename(half, place)
    }

    /// Removes a whole file and what was made of it; what is not there is removed already.
    pub(crate) fn remove(&self, sha256: &str) -> io::Result<()> {
        let place = self.place(sha256);
        for size in ["list", "view"] {
            gone(fs::remove_file(place.with_extension(size)))?;
        }
        gone(fs::remove_file(place))
    }

    /// Removes what has arrived of an upload.
    pub(crate) fn remove_part(&self, upload: &UploadId) -> io::Result<()> {
        gone(fs::remove_file(self.part(upload).with_extension("clean")))?;
        gone(fs::remove_file(self.part(upload)))
    }

    /// The uploads of which something has arrived.
    pub(crate) fn parts(&self) -> io::Result<Vec<UploadId>> {
        let names = entries(&self.root.join(PARTS))?.into_iter();
        let named = names.map(|(name, _)| name.trim_end_matches(".clean").to_owned());
        Ok(named.filter_map(|name| UploadId::parse(&name).ok()).collect())
    }

    /// All whole files.
    pub(crate) fn list(&self) -> io::Result<Vec<StoredFile>> {
        let mut found = Vec::new();
        for (first, path) in entries(&self.root)? {
            if first.len() != 2 || !is_hex(&first) {
                continue;
            }
            for (rest, path) in entries(&path)? {
                if rest.len() == 62 && is_hex(&rest) {
                    let size = path.metadata()?.len();
                    found.push(StoredFile {
                        sha256: format!("{first}{rest}"),
                        size,
                    });
                }
            }
        }
        found.sort();
        Ok(found)
    }

    /// Bytes that are free where it is, for who is not root.
    pub(crate) fn free(&self) -> io::Result<u64> {
        let there = self.root.ancestors().find(|path| path.is_dir()).unwrap_or(Path::new("."));
        let there = if there.as_os_str().is_empty() {
            Path::new(".")
        } else {
            there
        };
        let disk = rustix::fs::statvfs(there)?;
        Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
    }
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn entries(folder: &Path) -> io::Result<Vec<(String, PathBuf)>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let entry = |entry: io::Result<fs::DirEntry>| {
        let entry = entry?;
        Ok((entry.file_name().to_string_lossy().into_owned(), entry.path()))
    };
    entries.map(entry).collect()
}

fn gone(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

fn make_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Reads up to `bytes` from a place of a file; fewer only at its end.
pub(crate) fn read_at(file: &File, offset: u64, bytes: usize) -> io::Result<Vec<u8>> {
    let mut buffer = vec![0; bytes];
    let mut filled = 0;
    while filled < bytes {
        match file.read_at(&mut buffer[filled..], offset + filled as u64)? {
            0 => break,
            count => filled += count,
        }
    }
    buffer.truncate(filled);
    Ok(buffer)
}
