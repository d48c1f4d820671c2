//! What may be forgotten since it has expired. A clock that is wrong must not delete anything for good,
//! so it is believed only as far as somebody was seen here, and as this process has run since.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

/// How long what has expired is kept, and how far beyond the last sign-in the clock is believed at start.
pub const KEPT: TimeDelta = TimeDelta::days(30);

/// The time that is believed: the clock's, unless that is far beyond the last sign-in before this process
/// began and the time for which it has run since. `None` if nobody has ever signed in.
pub fn believed(
    clock: DateTime<Utc>,
    last_sign_in: Option<DateTime<Utc>>,
    uptime: Duration,
) -> Option<DateTime<Utc>> {
    let uptime = TimeDelta::from_std(uptime).unwrap_or(TimeDelta::MAX);
    let furthest = last_sign_in?.checked_add_signed(KEPT)?.checked_add_signed(uptime);
    Some(furthest.map_or(clock, |furthest| clock.min(furthest)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(day: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(day)
    }

    #[test]
    fn a_clock_is_believed_as_far_as_somebody_was_seen() {
        let days = |days: u64| Duration::from_secs(days * 24 * 3_600);
        for (clock, last_sign_in, uptime, expected) in [
            (100, Some(99), 0, Some(100)),
            (100, Some(99), 50, Some(100)),
            // Nobody was here for a while, or the clock is years ahead.
            (140, Some(100), 0, Some(130)),
            (9_000, Some(100), 0, Some(130)),
            (9_000, Some(100), 5, Some(135)),
            // The clock is behind.
            (10, Some(100), 5, Some(10)),
            (100, None, 5, None),
        ] {
            let believed = believed(day(clock), last_sign_in.map(day), days(uptime));
            assert_eq!(believed, expected.map(day), "{clock} {last_sign_in:?} {uptime}");
        }
        assert!(believed(day(5), Some(day(5)), Duration::MAX).is_some());
    }
}
