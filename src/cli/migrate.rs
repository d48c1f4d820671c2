//! `vestnik migrate`: the schema brought up to date, taken back or shown.

use std::process::ExitCode;

use clap::Subcommand;

use crate::cli::{CommandResult, answer};
use crate::config::Config;
use crate::store::{connect, migrate};

/// What can be done to the schema.
#[derive(Subcommand, Clone, Debug)]
pub enum Migrate {
    /// Apply what is pending
    Up {
        /// How many steps; all of them if it is not given
        #[arg(conflicts_with = "steps", value_name = "STEPS")]
        count: Option<u32>,
        /// The same, as a flag
        #[arg(short = 'n', long)]
        steps: Option<u32>,
    },
    /// Take migrations back; what they held is gone
    Down {
        /// How many steps; one if it is not given
        #[arg(conflicts_with = "steps", value_name = "STEPS")]
        count: Option<u32>,
        /// The same, as a flag
        #[arg(short = 'n', long)]
        steps: Option<u32>,
    },
    /// Show what is applied; a server may be running meanwhile
    Status,
}

pub(super) async fn migrate(config: Config, command: Migrate) -> CommandResult {
    // Only what brings a schema up may make a database.
    let store = match command {
        Migrate::Up { .. } => connect::open(&config.database).await?,
        Migrate::Down { .. } => connect::open_existing(&config.database).await?,
        Migrate::Status => connect::open_existing_beside(&config.database).await?,
    };
    match command {
        Migrate::Up { count, steps } => migrate::up(&store, count.or(steps)).await?,
        Migrate::Down { count, steps } => {
            migrate::down(&store, Some(count.or(steps).unwrap_or(1))).await?;
        }
        Migrate::Status => {}
    }
    for (name, is_applied) in migrate::status(&store).await? {
        answer(&format!("{:8} {name}", if is_applied { "applied" } else { "pending" }));
    }
    store.close().await?;
    Ok(ExitCode::SUCCESS)
}
