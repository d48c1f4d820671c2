//! Instants as text.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serializer;

/// RFC 3339, UTC, to the microsecond: what both stores keep.
pub fn instant(at: &DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// For `#[serde(serialize_with)]`.
pub fn serialize_instant<S: Serializer>(at: &DateTime<Utc>, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&instant(at))
}
