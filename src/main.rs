//! `vestnik`: see `vestnik --help`.

use std::process::ExitCode;

use vestnik::cli::settings::{self, Unusable};
use vestnik::{cli, telemetry};

/// As for any command line that makes no sense.
const UNUSABLE: u8 = 2;

fn main() -> ExitCode {
    let settings = match settings::read(std::env::args_os().collect()) {
        Ok(settings) => settings,
        Err(Unusable::Clap(error)) => error.exit(),
        Err(Unusable::Said(why)) => {
            cli::say(&format!("vestnik: {why}"));
            return ExitCode::from(UNUSABLE);
        }
    };
    if let Some(why) = settings.get("RUST_LOG").and_then(telemetry::complaint) {
        cli::say(&format!("vestnik: {why}"));
        return ExitCode::from(UNUSABLE);
    }
    telemetry::start(settings.get("RUST_LOG"), settings.cli.config.log);
    if let Some(file) = &settings.file {
        log::info!("settings are read from {}", file.display());
    }
    actix_rt::System::new().block_on(cli::run(settings.cli))
}
