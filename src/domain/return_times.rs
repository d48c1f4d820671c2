//! A drain: how the peers of a server that stops are spread over the time in which they come back,
//! so that the next one is not met by all of them at once.

use std::time::Duration;

/// Returns a second that a server takes with ease: each is a handshake, a look at where its user
/// stands, and some replays.
const RETURNS_PER_SECOND: u64 = 200;
/// Few peers are spread too: a program that was just started is slow.
const SHORTEST: Duration = Duration::from_secs(1);
/// However many there are, nobody waits longer than this.
const LONGEST: Duration = Duration::from_secs(60);

/// The time within which so many sessions come back.
pub fn window(sessions: usize) -> Duration {
    let millis = (sessions as u64).saturating_mul(1_000) / RETURNS_PER_SECOND;
    Duration::from_millis(millis).clamp(SHORTEST, LONGEST)
}

/// When one of them does, by its own random number: somewhere in the window, to the millisecond,
/// and never at once.
pub fn draw(window: Duration, random: u64) -> Duration {
    let millis = u64::try_from(window.as_millis()).unwrap_or(u64::MAX).max(1);
    Duration::from_millis(1 + random % millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_grows_with_the_crowd_within_bounds() {
        for (sessions, seconds) in [
            (0, 1),
            (1, 1),
            (200, 1),
            (2_000, 10),
            (12_000, 60),
            (100_000, 60),
            (usize::MAX, 60),
        ] {
            assert_eq!(window(sessions), Duration::from_secs(seconds), "{sessions}");
        }
    }

    #[test]
    fn draws_cover_the_window_and_never_leave_it() {
        let window = Duration::from_millis(10);
        let draws: Vec<u64> =
            (0..10).map(|random| draw(window, random).as_millis() as u64).collect();
        assert_eq!(draws, (1..=10).collect::<Vec<_>>());
        for random in [u64::MAX, 1 << 40] {
            let after = draw(window, random);
            assert!(after > Duration::ZERO && after <= window, "{after:?}");
        }
        assert_eq!(draw(Duration::ZERO, 7), Duration::from_millis(1));
    }
}
