//! Whether this server can prove what it tells: it renews its lease in the database, and what has ended it
//! learns there. One that is cut from its database while another is not has nothing to offer to its clients.

use std::time::Duration;

/// After so long without a renewal nothing is told that was not read from the database.
pub const PROVEN_FOR: Duration = Duration::from_secs(5);
/// How long it must be well elsewhere: when the database comes back, one server finds it before another.
const WELL_FOR: Duration = Duration::from_secs(6);

/// The lease of one server.
#[derive(Debug, Default)]
pub struct Lease {
    /// When it was renewed last.
    renewed_at: Duration,
    /// Since when the database is there for another server, and not for this one.
    well_elsewhere_since: Option<Duration>,
    /// Have the clients been sent away since?
    are_sent_away: bool,
}

impl Lease {
    /// The database has renewed it.
    pub fn renewed(&mut self, now: Duration) {
        *self = Self {
            renewed_at: now,
            ..Self::default()
        };
    }

    /// Is the database there, as far as is known?
    pub fn is_proven(&self, now: Duration) -> bool {
        now.saturating_sub(self.renewed_at) <= PROVEN_FOR
    }

    /// Are the clients better off elsewhere? Only if another server says that the database is well: while it is
    /// away for everybody, they stay where they are. Said once.
    pub fn sends_away(&mut self, now: Duration, is_well_elsewhere: bool) -> bool {
        if self.is_proven(now) || !is_well_elsewhere {
            self.well_elsewhere_since = None;
            return false;
        }
        let since = *self.well_elsewhere_since.get_or_insert(now);
        let sends_away = now.saturating_sub(since) >= WELL_FOR && !self.are_sent_away;
        self.are_sent_away |= sends_away;
        sends_away
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn clients_are_sent_away_once_and_only_where_it_is_better_elsewhere() {
        let mut lease = Lease::default();
        lease.renewed(at(10));
        assert!(lease.is_proven(at(15)));
        assert!(!lease.sends_away(at(15), true));
        assert!(!lease.is_proven(at(16)));
        assert!(!lease.sends_away(at(16), false), "it is away for everybody");
        assert!(!lease.sends_away(at(17), true), "it may have come back just now");
        assert!(!lease.sends_away(at(22), true));
        assert!(!lease.sends_away(at(23), false), "and gone again");
        assert!(!lease.sends_away(at(24), true));
        assert!(lease.sends_away(at(30), true));
        assert!(!lease.sends_away(at(31), true), "once");
        lease.renewed(at(40));
        assert!(lease.is_proven(at(40)));
        assert!(!lease.sends_away(at(46), true));
        assert!(lease.sends_away(at(52), true), "that was the next time");
    }
}
