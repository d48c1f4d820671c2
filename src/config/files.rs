//! Where files are kept, and how much of them.

use std::path::PathBuf;

use chrono::TimeDelta;
use clap::Args;

use crate::config::parse::{number, path};
use crate::domain::files::quota::FileBounds;

/// What is set of files.
#[derive(Args, Clone, Debug)]
pub struct Files {
    /// The folder with the files that messages carry; `files` beside the database's file unless it is set, and
    /// `data/files` with Postgres. Several servers need one folder that they share
    #[arg(long = "files", env = "VESTNIK_FILES", value_parser = path, value_name = "FOLDER", global = true)]
    pub folder: Option<PathBuf>,

    /// Bytes of one file at most
    #[arg(long, env = "VESTNIK_FILE_BYTES", value_parser = number::<u64>(1, 1 << 40), default_value = "104857600", global = true)]
    pub file_bytes: u64,

    /// Bytes of all files of one user; 0 is no limit
    #[arg(
        long,
        env = "VESTNIK_USER_FILE_BYTES",
        default_value_t = 10 << 30,
        global = true
    )]
    pub user_file_bytes: u64,

    /// Bytes of all files; 0 is no limit
    #[arg(long, env = "VESTNIK_ALL_FILE_BYTES", default_value_t = 0, global = true)]
    pub all_file_bytes: u64,

    /// Bytes of the disk that stay free: files that would take them are refused with 507
    #[arg(
        long,
        env = "VESTNIK_FREE_BYTES",
        default_value_t = 256 << 20,
        global = true
    )]
    pub free_bytes: u64,

    /// Uploads of one user that no message carries, at once
    #[arg(long, env = "VESTNIK_OPEN_UPLOADS", value_parser = number::<u64>(1, 1_000_000), default_value = "100", global = true)]
    pub open_uploads: u64,

    /// Hours after which an upload that no message carries is forgotten
    #[arg(long, env = "VESTNIK_UPLOAD_HOURS", value_parser = number::<u32>(1, 8_760), default_value = "24", global = true)]
    pub upload_hours: u32,

    /// Hours for which the bytes of a file are kept that nothing refers to any more; longer than a backup
    /// takes
    #[arg(long, env = "VESTNIK_UNUSED_FILE_HOURS", value_parser = number::<u32>(24, 8_760), default_value = "48", global = true)]
    pub unused_file_hours: u32,
}

impl Files {
    /// For how long the bytes of a file are kept that nothing refers to.
    pub fn unused_for(&self) -> TimeDelta {
        TimeDelta::hours(self.unused_file_hours.into())
    }

    /// How much may be kept.
    pub fn bounds(&self) -> FileBounds {
        FileBounds {
            file: self.file_bytes,
            user: self.user_file_bytes,
            server: self.all_file_bytes,
            free: self.free_bytes,
            open: self.open_uploads,
        }
    }
}
