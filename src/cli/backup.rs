//! `vestnik backup`: a whole copy of the SQLite file, beside a running server.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::cli::{CommandResult, say};
use crate::config::Config;
use crate::store::backup::{back_up, mib};
use crate::store::connect;
use crate::store::copy::{self, UNFINISHED};

/// Postgres has programs of its own for it, which archive continuously too.
const OF_POSTGRES: &str = "the data is in Postgres, which is backed up by its own programs: pg_dump --format=custom \
    --file=vestnik.dump, or continuous archiving; see Backup in docs/operations.md";

/// Where to.
#[derive(Args, Clone, Debug)]
pub struct BackupArgs {
    /// The file to write
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Replace a file that is there
    #[arg(long)]
    pub force: bool,
}

pub(super) async fn backup(config: Config, what: BackupArgs) -> CommandResult {
    let Some(of) = connect::file(&config.database)? else {
        return Err(OF_POSTGRES.into());
    };
    let store = connect::open_existing_beside(&config.database).await?;
    let done = async {
        if copy::is_unfinished(&store).await? {
            return Err(UNFINISHED.into());
        }
        Ok::<_, Box<dyn std::error::Error>>(back_up(&store, &of, &what.file, what.force).await?)
    };
    let done = done.await;
    store.close().await?;
    let made = done?;
    say(&format!(
        "{} has {} messages in {} MiB, checked and on the disk. To restore it: stop the server, put it in the place \
         of {} (and move that one's -wal and -shm away), and run: vestnik restored",
        what.file.display(),
        made.messages,
        mib(made.bytes),
        of.display(),
    ));
    Ok(ExitCode::SUCCESS)
}
