//! How long a reader may keep an answer waiting: a time without taking anything, and so many bytes a
//! second after it. Only the time in which it holds the answer up counts, so that a stream with nothing
//! to say is not taken for a slow reader.

use std::time::Duration;

/// What a slow reader is granted before what it reads counts.
pub const GRACE: Duration = Duration::from_secs(20);
/// Bytes a second that a reader must take from then on.
pub const SLOWEST: f64 = 4_096.0;

/// How one reader does with what it is told. What it takes buys it time, though never more than the
/// grace: whoever has read much does not keep the rest waiting for the longer.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    left: Duration,
    /// Since when it takes nothing, if it does not.
    since: Option<Duration>,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            left: GRACE,
            since: None,
        }
    }
}

impl Patience {
    /// It has taken so many bytes.
    pub fn took(&mut self, bytes: usize, now: Duration) {
        if let Some(since) = self.since.take() {
            self.left = self.left.saturating_sub(now.saturating_sub(since));
        }
        let bought = Duration::from_secs_f64(bytes as f64 / SLOWEST);
        self.left = (self.left + bought).min(GRACE);
    }

    /// It takes nothing now; how long it may go on so, zero if it has been waited for long enough.
    pub fn held_up(&mut self, now: Duration) -> Duration {
        let since = *self.since.get_or_insert(now);
        self.left.saturating_sub(now.saturating_sub(since))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_reader_that_takes_nothing_is_waited_for_a_while() {
        let mut patience = Patience::default();
        patience.took(100, at(1));
        assert_eq!(patience.held_up(at(5)), at(20));
        assert!(patience.held_up(at(24)) > Duration::ZERO);
        assert_eq!(patience.held_up(at(25)), Duration::ZERO);
    }

    #[test]
    fn one_that_trickles_is_waited_for_no_longer() {
        let mut patience = Patience::default();
        let mut now = 0;
        // A hundred bytes, a second after the hundred before.
        while patience.held_up(at(now)) > at(1) {
            now += 1;
            patience.took(100, at(now));
            assert!(now < 60, "it goes on for ever");
        }
        assert!(now >= 20, "{now}");
    }

    #[test]
    fn a_slow_one_that_reads_is_not_cut() {
        let mut patience = Patience::default();
        for now in 0..10_000 {
            assert!(patience.held_up(at(now)) > Duration::ZERO);
            patience.took(8_192, at(now + 1));
        }
    }

    #[test]
    fn one_that_has_read_much_is_waited_for_no_longer() {
        let mut patience = Patience::default();
        patience.took(1 << 30, at(0));
        assert_eq!(patience.held_up(at(0)), GRACE);
        assert_eq!(patience.held_up(at(20)), Duration::ZERO);
    }

    #[test]
    fn a_time_in_which_there_was_nothing_to_say_does_not_count() {
        let mut patience = Patience::default();
        for now in (0..100_000).step_by(1_000) {
            assert!(patience.held_up(at(now)) > Duration::ZERO);
            patience.took(8_192, at(now + 1));
        }
    }
}
