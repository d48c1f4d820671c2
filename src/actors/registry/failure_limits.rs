//! Limits by key: how often something may fail from somewhere.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::Duration;

use crate::domain::limits::TokenBucket;
use crate::domain::rates::Rate;

/// Keys that are remembered at most. A flood of new keys makes it forget full buckets first, and
/// then, since memory is bounded, all.
const KEYS: usize = 50_000;

/// A token bucket for each key.
#[derive(Debug)]
pub(super) struct Throttle<K> {
    /// Without one nothing is limited.
    rate: Option<Rate>,
    buckets: HashMap<K, TokenBucket>,
}

impl<K: Hash + Eq> Throttle<K> {
    pub(super) fn new(rate: Option<Rate>) -> Self {
        Self {
            rate,
            buckets: HashMap::new(),
        }
    }

    /// How long `key` must wait before it may try; zero if it may now.
    pub(super) fn wait(&mut self, key: &K, now: Duration) -> Duration {
        let bucket = self.buckets.get_mut(key);
        bucket.map_or(Duration::ZERO, |bucket| bucket.wait(now))
    }

    /// `key` tries once more. It is taken as a failure until [`Self::give_back`], so that those who try
    /// at the same time do not all find the bucket as it was.
    pub(super) fn count_attempt(&mut self, key: K, now: Duration) {
        let Some(rate) = self.rate else {
            return;
        };
        if self.buckets.len() >= KEYS {
            self.buckets.retain(|_, bucket| !bucket.is_full(now));
        }
        if self.buckets.len() >= KEYS {
            self.buckets.clear();
        }
        let bucket = self.buckets.entry(key);
        let bucket = bucket.or_insert_with(|| TokenBucket::new(rate.per_second, rate.burst, now));
        // An empty bucket stays empty.
        let _ = bucket.take_one(now);
    }

    /// What `key` tried was no failure.
    pub(super) fn give_back(&mut self, key: &K, now: Duration) {
        let Some(bucket) = self.buckets.get_mut(key) else {
            return;
        };
        bucket.give_back(now);
        if bucket.is_full(now) {
            self.buckets.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn throttle<K: Hash + Eq>(per_second: f64, burst: f64) -> Throttle<K> {
        Throttle::new(Some(Rate { per_second, burst }))
    }

    #[test]
    fn a_key_waits_after_its_burst_and_others_do_not() {
        let mut throttle = throttle(1.0, 2.0);
        let now = Duration::from_secs(5);
        throttle.count_attempt("a", now);
        assert_eq!(throttle.wait(&"a", now), Duration::ZERO);
        throttle.count_attempt("a", now);
        assert_eq!(throttle.wait(&"a", now), Duration::from_secs(1));
        assert_eq!(throttle.wait(&"b", now), Duration::ZERO);
        assert_eq!(throttle.wait(&"a", now + Duration::from_secs(1)), Duration::ZERO);
    }

    #[test]
    fn what_was_no_failure_leaves_nothing_behind() {
        let mut throttle = throttle(1.0, 2.0);
        let now = Duration::from_secs(5);
        throttle.count_attempt("a", now);
        throttle.count_attempt("a", now);
        throttle.give_back(&"a", now);
        assert_eq!(throttle.wait(&"a", now), Duration::ZERO);
        throttle.give_back(&"a", now);
        assert!(throttle.buckets.is_empty());
        throttle.give_back(&"a", now);
        assert!(throttle.buckets.is_empty());
    }

    #[test]
    fn memory_is_bounded() {
        let mut throttle = throttle(1.0, 2.0);
        for key in 0..KEYS * 2 {
            throttle.count_attempt(key, Duration::ZERO);
        }
        assert!(throttle.buckets.len() <= KEYS);
    }
}
