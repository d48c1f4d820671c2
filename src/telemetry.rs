//! Logs: `env_logger`, `RUST_LOG`, one line a failure. No secrets and no message text: the modules
//! that handle those do not log them, and the libraries under them are held at `warn`. What strangers
//! send to the port is no failure of the server's: the libraries that read it say nothing of it.

use std::io::Write;

use env_logger::{Builder, Env};

use crate::config::LogFormat;

/// What is logged unless `RUST_LOG` says otherwise.
const DEFAULT: &str = "info,actix_server=warn,actix_http=off,rustls=off,sqlx=warn,sea_orm=warn,\
                       sea_orm_migration=warn";

/// Starts logging to standard error. Called once, by `main`.
pub fn start(format: LogFormat) {
    let mut builder = Builder::from_env(Env::default().default_filter_or(DEFAULT));
    match format {
        LogFormat::Text => builder.format_timestamp_millis(),
        LogFormat::Json => {
            // Otherwise a bug would be said in lines that are no objects.
            std::panic::set_hook(Box::new(|panic| log::error!("{panic}")));
            builder.format(|out, record| {
                let (level, message) = (record.level().as_str(), record.args().to_string());
                let now = chrono::Utc::now();
                let object = LogFormat::object(now, level, record.target(), &message);
                writeln!(out, "{object}")
            })
        }
    };
    builder.init();
}
