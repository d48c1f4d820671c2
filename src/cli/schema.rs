//! `vestnik migrate` and `vestnik verify`: the schema, and what stands in it.

use std::process::ExitCode;

use clap::Subcommand;

use crate::cli::{Outcome, say};
use crate::config::Config;
use crate::store::{connect, migrate, verify};

/// What can be done to the schema.
#[derive(Subcommand, Clone, Debug)]
pub enum Migrate {
    /// Apply what is pending
    Up {
        /// So many steps; all without it
        #[arg(short = 'n', long)]
        steps: Option<u32>,
    },
    /// Take migrations back; what they held is gone
    Down {
        /// So many steps
        #[arg(short = 'n', long, default_value_t = 1)]
        steps: u32,
    },
    /// Show what is applied
    Status,
}

pub(super) async fn migrate(config: Config, command: Migrate) -> Outcome {
    let store = connect::open(&config.database).await?;
    match command {
        Migrate::Up { steps } => migrate::up(&store, steps).await?,
        Migrate::Down { steps } => migrate::down(&store, Some(steps)).await?,
        Migrate::Status => {}
    }
    for (name, is_applied) in migrate::status(&store).await? {
        say(&format!("{:8} {name}", if is_applied { "applied" } else { "pending" }));
    }
    store.close().await?;
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn verify(config: Config) -> Outcome {
    let store = connect::open_existing(&config.database).await?;
    let report = verify::run(&store).await?;
    for check in &report {
        let verdict = if check.violations == 0 {
            "ok"
        } else {
            "BROKEN"
        };
        say(&format!("{verdict:7} {} ({} violations)", check.promise, check.violations));
    }
    store.close().await?;
    let is_kept = report.iter().all(|check| check.violations == 0);
    Ok(if is_kept {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
