//! Who may do what how fast: a token bucket for each kind of act, of one peer. Sessions have one
//! such set each, and so have users, over all their sessions and REST.

use std::time::Duration;

use crate::domain::limits::TokenBucket;

/// What has a pace of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// A frame of any type, or a ping.
    Frame,
    /// A message that is sent.
    Message,
    /// A chat that is opened.
    Open,
    /// Telling others that one is typing.
    Typing,
    /// A read mark that is put somewhere, or a chat that is muted.
    Mark,
    /// A ticket for a socket.
    Ticket,
}

const ACTS: usize = 6;

/// How often: so many at once, then so many a second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// Sustained.
    pub per_second: f64,
    /// At once.
    pub burst: f64,
}

/// How often each act may be done; what is not set is not limited.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rates([Option<Rate>; ACTS]);

impl Rates {
    /// The same with a limit on this act, or with none.
    pub fn with(mut self, act: Act, rate: Option<Rate>) -> Self {
        self.0[act as usize] = rate;
        self
    }

    /// How often this act may be done.
    pub fn of(&self, act: Act) -> Option<Rate> {
        self.0[act as usize]
    }
}

/// The buckets of one peer. One that was never needed is not there.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pace([Option<TokenBucket>; ACTS]);

impl Pace {
    /// Takes one token for this act, or says how long until there is one. Time is the span since
    /// an arbitrary fixed start.
    pub fn take(&mut self, rates: &Rates, act: Act, now: Duration) -> Result<(), Duration> {
        let Some(rate) = rates.of(act) else {
            return Ok(());
        };
        let full = || TokenBucket::new(rate.per_second, rate.burst, now);
        self.0[act as usize].get_or_insert_with(full).take(now)
    }

    /// Is it like one that was never used, so that forgetting it changes nothing?
    pub fn is_full(&mut self, now: Duration) -> bool {
        self.0.iter_mut().flatten().all(|bucket| bucket.is_full(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(7);

    fn once_a_second() -> Option<Rate> {
        Some(Rate {
            per_second: 1.0,
            burst: 1.0,
        })
    }

    #[test]
    fn each_act_has_a_bucket_of_its_own() {
        let rates = Rates::default()
            .with(Act::Open, once_a_second())
            .with(Act::Typing, once_a_second());
        let mut pace = Pace::default();
        assert!(pace.take(&rates, Act::Open, NOW).is_ok());
        assert_eq!(pace.take(&rates, Act::Open, NOW), Err(Duration::from_secs(1)));
        assert!(pace.take(&rates, Act::Typing, NOW).is_ok());
        assert!(pace.take(&rates, Act::Typing, NOW).is_err());
    }

    #[test]
    fn what_is_not_limited_is_always_allowed() {
        let rates = Rates::default().with(Act::Open, once_a_second()).with(Act::Open, None);
        let mut pace = Pace::default();
        for act in [Act::Open, Act::Message] {
            assert!((0..100).all(|_| pace.take(&rates, act, NOW).is_ok()), "{act:?}");
        }
        assert!(pace.is_full(NOW));
    }

    #[test]
    fn it_is_full_again_when_every_bucket_is() {
        let rates = Rates::default().with(Act::Message, once_a_second());
        let mut pace = Pace::default();
        assert!(pace.take(&rates, Act::Message, NOW).is_ok());
        assert!(!pace.is_full(NOW + Duration::from_millis(500)));
        assert!(pace.is_full(NOW + Duration::from_secs(1)));
    }
}
