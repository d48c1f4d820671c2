//! How fast users and addresses may do things, over all sessions and REST together: one place for all
//! threads of the server.
//!
//! Whoever's buckets are full again is forgotten, so the maps hold those who were active lately. That
//! is done when a map has grown to twice what was left the last time: it costs a constant for each
//! newcomer, and no timer.

use std::hash::Hash;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use dashmap::DashMap;

use crate::domain::UserId;
use crate::domain::rates::{Act, Buckets, Rates, network};
use crate::wire::{Code, Problem};

/// Peers below whose number nobody is forgotten.
const FEW: usize = 1_024;
/// Peers that are remembered at most. A flood of new addresses makes it forget full buckets first, and
/// then, since memory is bounded, all.
const MANY: usize = 100_000;

/// The buckets of all users and addresses of this node.
#[derive(Debug)]
pub struct RateLimits {
    rates: Rates,
    started: Instant,
    users: BucketsByPeer<UserId>,
    addresses: BucketsByPeer<IpAddr>,
    server: BucketsByPeer<()>,
}

impl RateLimits {
    /// All full.
    pub fn new(rates: Rates) -> Self {
        Self {
            rates,
            started: Instant::now(),
            users: BucketsByPeer::default(),
            addresses: BucketsByPeer::default(),
            server: BucketsByPeer::default(),
        }
    }

    /// Lets a user do this, or says when they may. Nobody in particular (`--trust`) always may.
    pub fn spend(&self, user: Option<UserId>, act: Act) -> Result<(), Problem> {
        self.spend_many(user, act, 1)
    }

    /// The same for so many at once, as of bytes.
    pub fn spend_many(&self, user: Option<UserId>, act: Act, many: usize) -> Result<(), Problem> {
        match user {
            Some(user) if self.rates.of(act).is_some() => self
                .users
                .spend(user, &self.rates, act, many as f64, self.now())
                .map_err(too_fast),
            _ => Ok(()),
        }
    }

    /// Counts so many that a user has had already; the next waits until they are paid for.
    pub fn owe(&self, user: UserId, act: Act, many: usize) {
        if self.rates.of(act).is_some() {
            let now = self.now();
            self.users
                .with(user, now, |buckets| buckets.owe(&self.rates, act, many as f64, now));
        }
    }

    /// Lets somebody at this address do this, or says how long they must wait.
    pub fn spend_of_address(&self, address: IpAddr, act: Act) -> Result<(), Duration> {
        match self.rates.of(act) {
            Some(_) => self.addresses.spend(network(address), &self.rates, act, 1.0, self.now()),
            None => Ok(()),
        }
    }

    /// Lets anybody at all do this, or says how long they must wait.
    pub fn spend_of_all(&self, act: Act) -> Result<(), Duration> {
        match self.rates.of(act) {
            Some(_) => self.server.spend((), &self.rates, act, 1.0, self.now()),
            None => Ok(()),
        }
    }

    fn now(&self) -> Duration {
        self.started.elapsed()
    }
}

/// The buckets of many peers.
#[derive(Debug)]
struct BucketsByPeer<K: Hash + Eq> {
    buckets: DashMap<K, Buckets>,
    sweep_at: AtomicUsize,
}

impl<K: Hash + Eq> Default for BucketsByPeer<K> {
    fn default() -> Self {
        Self {
            buckets: DashMap::new(),
            sweep_at: AtomicUsize::new(FEW),
        }
    }
}

impl<K: Hash + Eq> BucketsByPeer<K> {
    fn spend(
        &self,
        key: K,
        rates: &Rates,
        act: Act,
        many: f64,
        now: Duration,
    ) -> Result<(), Duration> {
        self.with(key, now, |buckets| buckets.spend_many(rates, act, many, now))
    }

    fn with<T>(&self, key: K, now: Duration, act: impl FnOnce(&mut Buckets) -> T) -> T {
        if self.buckets.len() >= self.sweep_at.load(Ordering::Relaxed) {
            self.buckets.retain(|_, buckets| !buckets.is_full(now));
            if self.buckets.len() >= MANY {
                self.buckets.clear();
            }
            self.sweep_at
                .store((2 * self.buckets.len()).clamp(FEW, MANY), Ordering::Relaxed);
        }
        act(&mut self.buckets.entry(key).or_default())
    }
}

/// What one is told who must wait so long.
pub(crate) fn too_fast(wait: Duration) -> Problem {
    let text = "too much at once; this was not acted on, slow down";
    Problem::new(Code::TOO_FAST, text).after(wait.max(Duration::from_millis(1)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::rates::Rate;

    fn rates() -> Rates {
        let rate = Rate {
            per_second: 1.0,
            burst: 2.0,
        };
        let rates = Rates::default().with(Act::Message, Some(rate));
        rates.with(Act::Register, Some(rate)).with(Act::RegisterAll, Some(rate))
    }

    fn spend(peers: &BucketsByPeer<u64>, key: u64, now: Duration) -> Result<(), Duration> {
        peers.spend(key, &rates(), Act::Message, 1.0, now)
    }

    #[test]
    fn a_user_waits_after_the_burst_and_others_do_not() {
        let buckets = RateLimits::new(rates());
        let (alice, bob) = (Some(UserId(1)), Some(UserId(2)));
        assert!(buckets.spend(alice, Act::Message).is_ok());
        assert!(buckets.spend(alice, Act::Message).is_ok());
        let refused = buckets.spend(alice, Act::Message).expect_err("a third");
        assert_eq!(refused.code, Code::TOO_FAST);
        assert!(refused.retry_after_ms.is_some_and(|wait| (1..=1_000).contains(&wait)));
        assert!(buckets.spend(bob, Act::Message).is_ok());
        assert!(buckets.spend(alice, Act::Open).is_ok(), "not limited here");
        assert!(
            (0..9).all(|_| buckets.spend(None, Act::Message).is_ok()),
            "nobody in particular"
        );
    }

    #[test]
    fn an_address_waits_and_all_together_do() {
        let buckets = RateLimits::new(rates());
        let at = |text: &str| text.parse::<IpAddr>().expect("an address");
        for same in ["2001:db8::1", "2001:db8::2"] {
            assert!(buckets.spend_of_address(at(same), Act::Register).is_ok());
        }
        assert!(buckets.spend_of_address(at("2001:db8::3"), Act::Register).is_err());
        assert!(buckets.spend_of_address(at("192.0.2.1"), Act::Register).is_ok());
        assert!(
            buckets.spend_of_address(at("192.0.2.1"), Act::SignIn).is_ok(),
            "not limited here"
        );
        assert!((0..2).all(|_| buckets.spend_of_all(Act::RegisterAll).is_ok()));
        assert!(buckets.spend_of_all(Act::RegisterAll).is_err());
    }

    #[test]
    fn only_those_who_were_active_lately_are_remembered() {
        let peers = BucketsByPeer::default();
        for user in 0..100_000 {
            // A thousand newcomers a second; each is full again a second later.
            spend(&peers, user, Duration::from_millis(user)).expect("a first message");
            assert!(peers.buckets.len() <= 2 * 1_001 + 1, "{}", peers.buckets.len());
        }
    }

    #[test]
    fn a_flood_of_newcomers_is_bounded() {
        let peers = BucketsByPeer::default();
        for user in 0..2 * MANY as u64 {
            spend(&peers, user, Duration::ZERO).expect("a first message");
            assert!(peers.buckets.len() <= MANY);
        }
    }

    #[test]
    fn who_must_wait_is_not_forgotten() {
        let peers = BucketsByPeer::default();
        for _ in 0..2 {
            spend(&peers, 0, Duration::ZERO).expect("the burst");
        }
        for user in 1..5_000 {
            spend(&peers, user, Duration::ZERO).expect("a first message");
        }
        assert!(spend(&peers, 0, Duration::ZERO).is_err());
    }
}
