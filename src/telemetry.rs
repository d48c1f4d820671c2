//! Logs: `env_logger`, `RUST_LOG`, one line a failure. No secrets and no message text: the modules
//! that handle those do not log them, and the libraries under them are held at `warn`. What strangers
//! send to the port is no failure of the server's: the libraries that read it say nothing of it.

use std::io::Write;

use env_logger::Builder;

use crate::config::LogFormat;

/// What is logged unless `RUST_LOG` says otherwise.
const DEFAULT: &str = "info,actix_server=warn,actix_http=off,rustls=off,sqlx=warn,sea_orm=warn,\
                       sea_orm_migration=warn";

/// What is wrong with a filter, if it cannot be read: half of it would be no logs where some are looked for.
pub fn complaint(filter: &str) -> Option<String> {
    let error = env_filter::Builder::new().try_parse(filter).err()?;
    Some(format!(
        "RUST_LOG cannot be read: {error}; write levels (error, warn, info, debug, trace, off), or module=level, \
         with commas between them"
    ))
}

/// Starts logging to standard error, as much as `filter` says. Called once, by `main`.
pub fn start(filter: Option<&str>, format: LogFormat) {
    let mut builder = Builder::new();
    builder
        .parse_filters(filter.unwrap_or(DEFAULT))
        .parse_write_style(&std::env::var("RUST_LOG_STYLE").unwrap_or_default());
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_filter_is_no_filter() {
        for fine in [
            "",
            "info",
            "info,vestnik::store=debug",
            "vestnik",
            "off",
            DEFAULT,
        ] {
            assert_eq!(complaint(fine), None, "{fine}");
        }
        for wrong in ["vestnik=loud", "nonsense==", "a=info=debug"] {
            assert!(complaint(wrong).is_some_and(|said| said.contains("RUST_LOG")), "{wrong}");
        }
    }
}
