//! When each message is due. A message that is sent late keeps the time at which it was due, so that a pause of the
//! server, or of this program, is seen as time that the message took (no coordinated omission).

use std::collections::VecDeque;

/// Publishers in turn, at a common rate.
pub(crate) struct Schedule {
    /// The time of each publisher's next message, soonest first.
    turns: VecDeque<(u64, usize)>,
    period: f64,
    start: u64,
    sent: u64,
}

impl Schedule {
    /// `rate` is the messages a second of all `publishers` together; the first is due at `start`.
    pub(crate) fn new(publishers: &[usize], rate: f64, start: u64) -> Self {
        let period = 1e9 / rate;
        let turns = publishers
            .iter()
            .enumerate()
            .map(|(turn, &it)| (nth(start, period, turn as u64), it));
        Self {
            turns: turns.collect(),
            period,
            start,
            sent: publishers.len() as u64,
        }
    }

    /// When the next message is due.
    pub(crate) fn next(&self) -> Option<u64> {
        self.turns.front().map(|turn| turn.0)
    }

    /// Takes the next message that is due by `now`: when it was due, and whose it is.
    pub(crate) fn pop(&mut self, now: u64) -> Option<(u64, usize)> {
        let (due, publisher) = self.turns.pop_front_if(|turn| turn.0 <= now)?;
        // Counted from the start each time, so that what is rounded off does not add up.
        self.turns.push_back((nth(self.start, self.period, self.sent), publisher));
        self.sent += 1;
        Some((due, publisher))
    }
}

fn nth(start: u64, period: f64, turn: u64) -> u64 {
    start + (period * turn as f64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn publishers_take_turns_at_the_common_rate() {
        let mut schedule = Schedule::new(&[4, 9], 1000.0, 50);
        assert_eq!(schedule.next(), Some(50));
        assert_eq!(schedule.pop(49), None);
        let turns: Vec<_> = (0..4).map_while(|_| schedule.pop(3_000_050)).collect();
        assert_eq!(turns, [(50, 4), (1_000_050, 9), (2_000_050, 4), (3_000_050, 9)]);
        assert_eq!(schedule.pop(3_000_051), None);
    }

    #[test]
    fn a_late_message_keeps_the_time_at_which_it_was_due() {
        let mut schedule = Schedule::new(&[0], 10.0, 0);
        let after_a_pause: Vec<_> = std::iter::from_fn(|| schedule.pop(1_000_000_000)).collect();
        assert_eq!(after_a_pause.len(), 11);
        assert!(
            after_a_pause
                .iter()
                .enumerate()
                .all(|(i, turn)| turn.0 == i as u64 * 100_000_000)
        );
    }

    #[test]
    fn an_odd_rate_does_not_drift() {
        let mut schedule = Schedule::new(&[0, 1, 2], 7.0, 0);
        let an_hour = 3_600_000_000_000;
        let sent = std::iter::from_fn(|| schedule.pop(an_hour)).count();
        assert_eq!(sent, 3600 * 7 + 1);
    }
}
