//! How fast users may do things, over all their sessions and REST together: one place for all
//! threads of the server.
//!
//! A user whose buckets are full again is forgotten, so the map holds those who were active lately.
//! That is done when the map has grown to twice what was left the last time: it costs a constant
//! for each newcomer, and no timer.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use dashmap::DashMap;

use crate::domain::UserId;
use crate::domain::pace::{Act, Pace, Rates};
use crate::wire::{Code, Problem};

/// Users below whose number nobody is forgotten.
const FEW: usize = 1_024;

/// The buckets of all users of this node.
#[derive(Debug)]
pub struct Paces {
    rates: Rates,
    started: Instant,
    users: DashMap<UserId, Pace>,
    sweep_at: AtomicUsize,
}

impl Paces {
    /// All full.
    pub fn new(rates: Rates) -> Self {
        Self {
            rates,
            started: Instant::now(),
            users: DashMap::new(),
            sweep_at: AtomicUsize::new(FEW),
        }
    }

    /// Lets a user do this, or says when they may. Nobody in particular (`--trust`) always may.
    pub fn take(&self, user: Option<UserId>, act: Act) -> Result<(), Problem> {
        match user {
            Some(user) if self.rates.of(act).is_some() => {
                self.take_at(user, act, self.started.elapsed()).map_err(too_fast)
            }
            _ => Ok(()),
        }
    }

    fn take_at(&self, user: UserId, act: Act, now: Duration) -> Result<(), Duration> {
        if self.users.len() >= self.sweep_at.load(Ordering::Relaxed) {
            self.users.retain(|_, pace| !pace.is_full(now));
            self.sweep_at.store((2 * self.users.len()).max(FEW), Ordering::Relaxed);
        }
        self.users.entry(user).or_default().take(&self.rates, act, now)
    }
}

/// What one is told who must wait so long.
pub fn too_fast(wait: Duration) -> Problem {
    let text = "too much at once; this was not acted on, slow down";
    Problem::new(Code::TOO_FAST, text).after(wait.max(Duration::from_millis(1)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::pace::Rate;

    fn paces() -> Paces {
        let rate = Rate {
            per_second: 1.0,
            burst: 2.0,
        };
        Paces::new(Rates::default().with(Act::Message, Some(rate)))
    }

    #[test]
    fn a_user_waits_after_the_burst_and_others_do_not() {
        let paces = paces();
        let (alice, bob) = (Some(UserId(1)), Some(UserId(2)));
        assert!(paces.take(alice, Act::Message).is_ok());
        assert!(paces.take(alice, Act::Message).is_ok());
        let refused = paces.take(alice, Act::Message).expect_err("a third");
        assert_eq!(refused.code, Code::TOO_FAST);
        assert!(refused.retry_after_ms.is_some_and(|wait| (1..=1_000).contains(&wait)));
        assert!(paces.take(bob, Act::Message).is_ok());
        assert!(paces.take(alice, Act::Open).is_ok(), "not limited here");
        assert!((0..9).all(|_| paces.take(None, Act::Message).is_ok()), "nobody in particular");
    }

    #[test]
    fn only_those_who_were_active_lately_are_remembered() {
        let paces = paces();
        for user in 0..100_000 {
            // A thousand newcomers a second; each is full again a second later.
            let now = Duration::from_millis(user);
            paces.take_at(UserId(user as i64), Act::Message, now).expect("a first message");
            assert!(paces.users.len() <= 2 * 1_001 + 1, "{}", paces.users.len());
        }
    }

    #[test]
    fn who_must_wait_is_not_forgotten() {
        let paces = paces();
        let now = Duration::ZERO;
        for _ in 0..2 {
            paces.take_at(UserId(0), Act::Message, now).expect("the burst");
        }
        for user in 1..5_000 {
            paces.take_at(UserId(user), Act::Message, now).expect("a first message");
        }
        assert!(paces.take_at(UserId(0), Act::Message, now).is_err());
    }
}
