//! The commands of the binary.

mod backup;
mod copy;
mod demo;
mod health;
mod index;
mod migrate;
mod nodes;
mod restored;
mod serve;
pub mod settings;
mod user;
mod verify;

use std::io::{self, Write};
use std::process::ExitCode;

use chrono::Utc;
use clap::{Parser, Subcommand};

use crate::config::{Config, LogFormat};

pub use backup::BackupArgs;
pub use copy::CopyArgs;
pub use index::IndexCommand;
pub use migrate::Migrate;
pub use user::UserCommand;

/// A self-hosted messenger for companies.
#[derive(Parser, Debug)]
#[command(name = "vestnik", version)]
pub struct Cli {
    /// What every command is told.
    #[command(flatten)]
    pub config: Config,
    /// What to do; to serve, unless something else is said.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What the binary can do.
#[derive(Subcommand, Clone, Debug)]
pub enum Command {
    /// Serve (what happens without a command too)
    Serve,
    /// Bring the schema up to date, take it back, or show it
    #[command(subcommand)]
    Migrate(Migrate),
    /// Make, change and end accounts; a server may be running meanwhile
    #[command(subcommand)]
    User(UserCommand),
    /// Fill an empty database with a small company that has been talking, for a first look
    Demo,
    /// Recompute every promise from the database and report
    Verify,
    /// Give the database a new epoch, after a restore or a failover that lost something, so that
    /// clients forget what was lost
    Restored,
    /// Write a whole, checked copy of the SQLite file, beside a running server
    Backup(BackupArgs),
    /// Copy everything to another, empty database, with all positions: clients go on where they were
    ///
    /// From the database of the settings, of which no server may be running, to the one of --to, of either
    /// kind. If it is interrupted, the same command goes on.
    Copy(CopyArgs),
    /// See how far the index of words has come, or make it anew
    #[command(subcommand)]
    Index(IndexCommand),
    /// List the servers on this Postgres
    Nodes,
    /// Ask a running server on this machine whether it is ready; exits 0 if so
    Health,
}

type CommandResult = Result<ExitCode, Box<dyn std::error::Error>>;

/// Reads the command line and the environment; the configuration alone, for tests.
pub fn parse_config(arguments: &[&str]) -> Result<Config, clap::Error> {
    let arguments = std::iter::once("vestnik").chain(arguments.iter().copied());
    Ok(Cli::try_parse_from(arguments)?.config)
}

/// Carries a command out. Must be called inside an actix system.
pub async fn run(cli: Cli) -> ExitCode {
    let command = cli.command.unwrap_or(Command::Serve);
    let log = match command {
        Command::Serve => cli.config.log,
        // The others answer a person.
        _ => LogFormat::Text,
    };
    let outcome = match cli.config.checked() {
        Ok(config) => carry_out(config, command).await,
        Err(error) => Err(error.into()),
    };
    outcome.unwrap_or_else(|error| {
        match log {
            LogFormat::Text => say(&format!("vestnik: {error}")),
            LogFormat::Json => {
                say(&LogFormat::object(Utc::now(), "ERROR", "vestnik", &error.to_string()))
            }
        }
        ExitCode::FAILURE
    })
}

async fn carry_out(config: Config, command: Command) -> CommandResult {
    match command {
        Command::Serve => serve::serve(config).await,
        Command::Migrate(command) => migrate::migrate(config, command).await,
        Command::User(command) => user::run(config, command).await,
        Command::Demo => demo::demo(config).await,
        Command::Verify => verify::verify(config).await,
        Command::Restored => restored::restored(config).await,
        Command::Backup(what) => backup::backup(config, what).await,
        Command::Copy(what) => copy::copy(config, what).await,
        Command::Index(command) => index::index(config, command).await,
        Command::Nodes => nodes::nodes(config).await,
        Command::Health => Ok(health::health(&config)),
    }
}

/// A line for a person, or for what reads `listening on …`, on standard error.
pub fn say(line: &str) {
    // Nobody may be reading.
    let _ = writeln!(io::stderr(), "{line}");
}

/// A line of what was asked for, on standard output.
fn answer(line: &str) {
    // Nobody may be reading (any more).
    let _ = writeln!(io::stdout(), "{line}");
}
