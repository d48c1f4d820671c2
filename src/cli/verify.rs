//! `vestnik verify`: whether what is stored keeps every promise.

use std::process::ExitCode;

use crate::cli::{CommandResult, answer, say};
use crate::config::Config;
use crate::store::copy::{self, UNFINISHED};
use crate::store::files::{self, comparing};
use crate::store::verify::Check;
use crate::store::{connect, verify};

pub(super) async fn verify(config: Config) -> CommandResult {
    let folder = files::folder_of(&config)?;
    let store = connect::open_existing(&config.database).await?.with_files(&folder);
    if copy::is_unfinished(&store).await? {
        return Err(UNFINISHED.into());
    }
    let mut report = verify::run(&store).await?;
    let files = comparing::compare(&store).await?;
    report.push(Check {
        promise: "each file that the database names is in the folder, as long as it should be",
        violations: files.missing,
    });
    for check in &report {
        let verdict = if check.violations == 0 {
            "ok"
        } else {
            "BROKEN"
        };
        answer(&format!("{verdict:7} {} ({} violations)", check.promise, check.violations));
    }
    if files.unknown > 0 {
        let folder = folder.display();
        say(&format!("{} files in {folder} are not known to the database", files.unknown));
    }
    store.close().await?;
    let is_kept = report.iter().all(|check| check.violations == 0);
    Ok(if is_kept {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
