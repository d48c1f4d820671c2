//! `vestnik`: see `vestnik --help`.

use std::process::ExitCode;

use clap::Parser;
use vestnik::cli::{self, Cli};
use vestnik::telemetry;

fn main() -> ExitCode {
    // A missing .env is no failure; the environment wins over it.
    let _ = dotenvy::dotenv();
    let cli = Cli::parse();
    telemetry::start(cli.config.log);
    actix_rt::System::new().block_on(cli::run(cli))
}
