//! `vestnik verify`: whether what is stored keeps every promise.

use std::process::ExitCode;

use crate::cli::{CommandResult, answer};
use crate::config::Config;
use crate::store::copy::{self, UNFINISHED};
use crate::store::{connect, verify};

pub(super) async fn verify(config: Config) -> CommandResult {
    let store = connect::open_existing(&config.database).await?;
    if copy::is_unfinished(&store).await? {
        return Err(UNFINISHED.into());
    }
    let report = verify::run(&store).await?;
    for check in &report {
        let verdict = if check.violations == 0 {
            "ok"
        } else {
            "BROKEN"
        };
        answer(&format!("{verdict:7} {} ({} violations)", check.promise, check.violations));
    }
    store.close().await?;
    let is_kept = report.iter().all(|check| check.violations == 0);
    Ok(if is_kept {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
