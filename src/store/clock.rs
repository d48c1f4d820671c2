//! What time it is. Servers on one Postgres go by its clock, however their own are set: what one of them dates
//! or lets expire is read by the others. On SQLite it is the machine's.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{ConnectionTrait, Statement};

use crate::mistakes::Mistake;
use crate::store::{Store, StoreError};

/// How far the database's clock is ahead of this machine's, in microseconds.
#[derive(Clone, Debug, Default)]
pub(in crate::store) struct Clock(Arc<AtomicI64>);

impl Clock {
    fn ahead(&self) -> TimeDelta {
        TimeDelta::microseconds(self.0.load(Ordering::Relaxed))
    }

    /// The database said `theirs` at some instant of the time that it `took` until `ours`.
    fn heard(&self, theirs: DateTime<Utc>, ours: DateTime<Utc>, took: Duration) {
        if Mistake::OwnClock.is_made() {
            return;
        }
        let half = TimeDelta::from_std(took / 2).unwrap_or_default();
        let seen = theirs + half - ours;
        // The time of the way is not known: no difference that it explains is one.
        if (seen - self.ahead()).abs() > half + TimeDelta::milliseconds(1) {
            self.0.store(seen.num_microseconds().unwrap_or_default(), Ordering::Relaxed);
        }
    }
}

impl Store {
    /// The present instant.
    pub fn now(&self) -> DateTime<Utc> {
        Utc::now() + self.clock.ahead()
    }

    /// Compares this machine's clock with the database's.
    pub async fn compare_clocks(&self) -> Result<(), StoreError> {
        if self.is_sqlite() {
            return Ok(());
        }
        let asked = Statement::from_string(self.backend(), "SELECT clock_timestamp()");
        let begun = Instant::now();
        if let Some(row) = self.readers().query_one_raw(asked).await? {
            self.clock.heard(row.try_get_by_index(0)?, Utc::now(), begun.elapsed());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(1_800_000_000_000 + millis).unwrap()
    }

    #[test]
    fn the_database_is_as_far_ahead_as_it_was_when_it_answered() {
        let clock = Clock::default();
        clock.heard(at(3_600_000), at(10), Duration::from_millis(20));
        assert_eq!(clock.ahead(), TimeDelta::hours(1));
        clock.heard(at(-5_000), at(0), Duration::ZERO);
        assert_eq!(clock.ahead(), TimeDelta::seconds(-5));
    }

    #[test]
    fn what_the_way_explains_changes_nothing() {
        let clock = Clock::default();
        for theirs in [-20, -9, 0] {
            clock.heard(at(theirs), at(0), Duration::from_millis(20));
            assert_eq!(clock.ahead(), TimeDelta::zero(), "{theirs}");
        }
        clock.heard(at(-2_000), at(0), Duration::from_secs(4));
        assert_eq!(clock.ahead(), TimeDelta::zero(), "one that took long says little");
        clock.heard(at(3_598_000), at(0), Duration::from_secs(4));
        assert_eq!(clock.ahead(), TimeDelta::hours(1), "but not nothing");
    }
}
