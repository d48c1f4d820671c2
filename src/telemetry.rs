//! Logs: `env_logger`, `RUST_LOG`, one line a failure. No secrets and no message text: the modules
//! that handle those do not log them, and the libraries under them are held at `warn`.

use env_logger::Env;

/// What is logged unless `RUST_LOG` says otherwise.
const DEFAULT: &str =
    "info,actix_server=warn,actix_http=warn,sqlx=warn,sea_orm=warn,sea_orm_migration=warn";

/// Starts logging to standard error. Called once, by `main`.
pub fn start() {
    env_logger::Builder::from_env(Env::default().default_filter_or(DEFAULT))
        .format_timestamp_millis()
        .init();
}
