//! Bounds on everything that a peer can fill, and the token bucket that paces a sender.
//!
//! The bounds that an administrator may change live in `config`; these are their types.

use std::time::Duration;

/// How much may wait for a commit, in one conversation or in the writer. What comes beyond is
/// answered `busy`, which means: not stored, come back.
#[derive(Clone, Copy, Debug)]
pub struct QueueBounds {
    /// How many changes.
    pub changes: usize,
    /// Bytes of text in them.
    pub bytes: usize,
    /// How long one may wait before it is answered `busy`.
    pub age: Duration,
}

impl QueueBounds {
    /// One conversation's queue.
    pub const CONVERSATION: Self = Self {
        changes: 4_096,
        bytes: 4 << 20,
        age: Duration::from_secs(4),
    };

    /// The writer's queue, over all conversations.
    pub const WRITER: Self = Self {
        changes: 16_384,
        bytes: 16 << 20,
        age: Duration::from_secs(4),
    };
}

/// How much one transaction takes. Beyond some hundred messages a bigger batch mostly adds delay.
#[derive(Clone, Copy, Debug)]
pub struct BatchBounds {
    /// How many changes.
    pub changes: usize,
    /// Bytes of text in them.
    pub bytes: usize,
}

impl BatchBounds {
    /// The default.
    pub const DEFAULT: Self = Self {
        changes: 512,
        bytes: 256 << 10,
    };
}

/// How many read commands may wait to be stored, and how often they are. What comes beyond is answered `busy`.
#[derive(Clone, Copy, Debug)]
pub struct ReadCommandBounds {
    /// Who waits for an answer.
    pub callers: usize,
    /// Members in one transaction.
    pub members: usize,
    /// How long one may wait before it is answered `busy`.
    pub age: Duration,
    /// Transactions a second. Beyond them they gather, so that the disk is there for messages.
    pub per_second: f64,
    /// Transactions that need not wait for that: one that comes alone is stored at once.
    pub burst: f64,
}

impl ReadCommandBounds {
    /// The default.
    pub const DEFAULT: Self = Self {
        callers: 16_384,
        members: 1_024,
        age: Duration::from_secs(4),
        per_second: 20.0,
        burst: 4.0,
    };
}

/// A token bucket: `burst` at once, then `per_second` sustained. Time comes in as the span since
/// an arbitrary fixed start, so the bucket is a plain value.
#[derive(Clone, Copy, Debug)]
pub struct TokenBucket {
    per_second: f64,
    burst: f64,
    level: f64,
    at: Duration,
}

impl TokenBucket {
    /// A full bucket.
    pub fn new(per_second: f64, burst: f64, now: Duration) -> Self {
        Self {
            per_second,
            burst,
            level: burst,
            at: now,
        }
    }

    /// Takes one token, or says how long until there is one. A clock that goes back adds nothing.
    pub fn take_one(&mut self, now: Duration) -> Result<(), Duration> {
        self.take_many(1.0, now)
    }

    /// Takes so many at once, or says how long until there are as many. More than a full bucket holds
    /// are taken from a full one, and leave a debt.
    pub fn take_many(&mut self, tokens: f64, now: Duration) -> Result<(), Duration> {
        self.refill(now);
        let needed = tokens.min(self.burst);
        if self.level >= needed {
            self.level -= tokens;
            return Ok(());
        }
        Err(Duration::from_secs_f64((needed - self.level) / self.per_second))
    }

    /// Takes so many although they may not be there: what they were for is done already.
    pub fn owe(&mut self, tokens: f64, now: Duration) {
        self.refill(now);
        self.level -= tokens;
    }

    /// Puts one token back that was taken for what did not count after all.
    pub fn give_back(&mut self, now: Duration) {
        self.refill(now);
        self.level = (self.level + 1.0).min(self.burst);
    }

    /// How long until there is a token, zero if there is one; takes nothing.
    pub fn wait(&mut self, now: Duration) -> Duration {
        self.refill(now);
        Duration::from_secs_f64(((1.0 - self.level) / self.per_second).max(0.0))
    }

    /// Is it as full as a new one, so that forgetting it changes nothing?
    pub fn is_full(&mut self, now: Duration) -> bool {
        self.refill(now);
        self.level >= self.burst
    }

    fn refill(&mut self, now: Duration) {
        let passed = now.saturating_sub(self.at).as_secs_f64();
        self.level = (self.level + passed * self.per_second).min(self.burst);
        self.at = self.at.max(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn a_burst_passes_then_the_rate_holds() {
        let mut bucket = TokenBucket::new(10.0, 3.0, at(0));
        assert!((0..3).all(|_| bucket.take_one(at(0)).is_ok()));
        assert_eq!(bucket.take_one(at(0)), Err(at(100)));
        assert!(bucket.take_one(at(100)).is_ok());
        assert!(bucket.take_one(at(150)).is_err());
    }

    #[test]
    fn a_clock_that_goes_back_adds_nothing() {
        let mut bucket = TokenBucket::new(1.0, 1.0, at(5_000));
        assert!(bucket.take_one(at(5_000)).is_ok());
        assert!(bucket.take_one(at(0)).is_err());
        assert!(bucket.take_one(at(5_500)).is_err());
        assert!(bucket.take_one(at(6_000)).is_ok());
    }

    #[test]
    fn what_is_given_back_is_there_again_and_no_more_than_was_taken() {
        let mut bucket = TokenBucket::new(1.0, 2.0, at(0));
        assert!(bucket.take_one(at(0)).is_ok() && bucket.take_one(at(0)).is_ok());
        bucket.give_back(at(0));
        assert!(bucket.take_one(at(0)).is_ok());
        assert_eq!(bucket.take_one(at(0)), Err(at(1_000)));
        (0..5).for_each(|_| bucket.give_back(at(0)));
        assert!((0..2).all(|_| bucket.take_one(at(0)).is_ok()));
        assert_eq!(bucket.take_one(at(0)), Err(at(1_000)));
    }

    #[test]
    fn looking_takes_nothing() {
        let mut bucket = TokenBucket::new(1.0, 1.0, at(0));
        assert_eq!(bucket.wait(at(0)), Duration::ZERO);
        assert!(bucket.is_full(at(0)));
        assert!(bucket.take_one(at(0)).is_ok());
        assert_eq!(bucket.wait(at(0)), at(1_000));
        assert!(!bucket.is_full(at(500)));
    }
}
