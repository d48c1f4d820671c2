//! How the log is written.

use chrono::{DateTime, SecondsFormat, Utc};
use clap::ValueEnum;
use serde_json::json;

/// The shape of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people: time, level, module and words.
    Text,
    /// For programs: one JSON object a line.
    Json,
}

impl LogFormat {
    /// One line of the log as a JSON object: `time`, `level`, `target` and `message`. Line breaks in
    /// the message stay in it.
    pub fn object(time: DateTime<Utc>, level: &str, target: &str, message: &str) -> String {
        let time = time.to_rfc3339_opts(SecondsFormat::Millis, true);
        json!({"time": time, "level": level, "target": target, "message": message}).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_said_is_one_line_and_one_object() {
        let said = "two\nlines, \"quoted\", and \u{1b}[31mred";
        let line = LogFormat::object(DateTime::UNIX_EPOCH, "WARN", "vestnik::here", said);
        assert!(!line.contains('\n') && !line.contains('\u{1b}'), "{line}");
        let object: serde_json::Value = serde_json::from_str(&line).unwrap_or_default();
        assert_eq!(object["message"], said);
        assert_eq!(object["time"], "1970-01-01T00:00:00.000Z");
    }
}
