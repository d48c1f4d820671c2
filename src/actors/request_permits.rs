//! How much of the server one user may have at the same time: requests that are being worked on, and
//! those that wait for that. Whoever asks on hundreds of connections at once waits for themselves, and
//! fills no line in which others stand.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use dashmap::DashMap;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::domain::UserId;
use crate::wire::{Code, Problem};

/// Requests of one user that are worked on, or whose answers are being written, at once. A browser has six
/// connections.
pub const REQUESTS: usize = 8;
/// Answers to one user that are read from the store and made at once: what others say on the same thread
/// waits behind a few of them at most, however large they are.
pub const READINGS: usize = 2;
/// Requests of one user that wait for that; the next is told to come back.
pub const REQUESTS_WAITING: usize = 256;

/// The users who are asking something now.
#[derive(Clone, Debug, Default)]
pub struct RequestPermits(Arc<DashMap<UserId, Arc<UserRequests>>>);

#[derive(Debug)]
struct UserRequests {
    /// Requests that have a permit or wait for one.
    there: AtomicUsize,
    slots: Arc<Semaphore>,
    readings: Arc<Semaphore>,
}

/// A permit among the requests of a user; given back when it is dropped.
#[derive(Debug)]
pub struct RequestPermit {
    user: UserId,
    permits: RequestPermits,
    requests: Arc<UserRequests>,
    _slot: Option<OwnedSemaphorePermit>,
    reading: Option<OwnedSemaphorePermit>,
}

impl RequestPermits {
    /// Waits for a permit among the requests of `user`; 429 `too_fast` if too many wait already. What only
    /// reads waits for fewer of its kind too; what writes waits for the disk itself, and holds up no reading.
    pub async fn enter(&self, user: UserId, is_reading: bool) -> Result<RequestPermit, Problem> {
        let mut permit = self.line_up(user).ok_or_else(|| {
            let text = "too many requests of yours wait for an answer already";
            Problem::new(Code::TOO_FAST, text)
        })?;
        let slots = Arc::clone(&permit.requests.slots);
        permit._slot = slots.acquire_owned().await.ok();
        if is_reading {
            let readings = Arc::clone(&permit.requests.readings);
            permit.reading = readings.acquire_owned().await.ok();
        }
        Ok(permit)
    }

    fn line_up(&self, user: UserId) -> Option<RequestPermit> {
        let entry = self.0.entry(user).or_insert_with(|| {
            Arc::new(UserRequests {
                there: AtomicUsize::new(0),
                slots: Arc::new(Semaphore::new(REQUESTS)),
                readings: Arc::new(Semaphore::new(READINGS)),
            })
        });
        // With the entry held, so that nobody takes the requests for one that is not used any more.
        let there = entry.there.fetch_add(1, Ordering::AcqRel);
        let permit = RequestPermit {
            user,
            permits: self.clone(),
            requests: Arc::clone(&entry),
            _slot: None,
            reading: None,
        };
        drop(entry);
        (there < REQUESTS + REQUESTS_WAITING).then_some(permit)
    }
}

impl RequestPermit {
    /// The answer is made. What is left is to write it, for which others do not wait.
    pub fn answered(&mut self) {
        self.reading = None;
    }

    /// Whose it is.
    pub fn user(&self) -> UserId {
        self.user
    }
}

impl Drop for RequestPermit {
    fn drop(&mut self) {
        if self.requests.there.fetch_sub(1, Ordering::AcqRel) == 1 {
            let is_unused = |_: &UserId, requests: &Arc<UserRequests>| {
                requests.there.load(Ordering::Acquire) == 0
            };
            self.permits.0.remove_if(&self.user, is_unused);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn a_user_who_asks_for_much_at_once_waits_and_others_do_not() {
        let permits = RequestPermits::default();
        let (alice, bob) = (UserId(1), UserId(2));
        let mut taken = Vec::new();
        for _ in 0..REQUESTS {
            taken.push(permits.enter(alice, false).await.expect("a permit"));
        }
        let mut waiting = Box::pin(permits.enter(alice, false));
        assert!(waiting.as_mut().now_or_never().is_none());
        assert!(permits.enter(bob, false).now_or_never().is_some());
        taken.pop();
        assert!(waiting.await.is_ok());
    }

    #[tokio::test]
    async fn few_answers_are_made_at_once_and_those_that_are_written_hold_up_none() {
        let permits = RequestPermits::default();
        let alice = UserId(1);
        let mut made = Vec::new();
        for _ in 0..READINGS {
            made.push(permits.enter(alice, true).await.expect("a permit"));
        }
        let mut waiting = Box::pin(permits.enter(alice, true));
        assert!(waiting.as_mut().now_or_never().is_none());
        assert!(permits.enter(alice, false).now_or_never().is_some(), "it writes");
        assert!(permits.enter(UserId(2), true).now_or_never().is_some(), "somebody else's");
        // It is written for as long as its reader likes.
        made[0].answered();
        assert!(waiting.now_or_never().is_some());
    }

    #[tokio::test]
    async fn the_line_is_bounded_and_who_is_gone_is_forgotten() {
        let permits = RequestPermits::default();
        let alice = UserId(1);
        let slots: Vec<_> =
            (0..REQUESTS + REQUESTS_WAITING).map(|_| permits.line_up(alice)).collect();
        assert!(slots.iter().all(Option::is_some));
        let refused = permits.enter(alice, false).await.expect_err("one too many");
        assert_eq!(refused.code, Code::TOO_FAST);
        drop(slots);
        assert!(permits.0.is_empty());
    }
}
