//! How much of the server one user may have at the same time: requests that are being worked on, and
//! those that wait for that. Whoever asks on hundreds of connections at once waits for themselves, and
//! fills no line in which others stand.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use dashmap::DashMap;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::domain::UserId;
use crate::wire::{Code, Problem};

/// Requests of one user that are worked on at once. A browser has six connections.
pub const REQUESTS: usize = 8;
/// Requests of one user that wait for that; the next is told to come back.
pub const REQUESTS_WAITING: usize = 256;

/// The users who are asking something now.
#[derive(Clone, Debug, Default)]
pub struct Shares(Arc<DashMap<UserId, Arc<Share>>>);

#[derive(Debug)]
struct Share {
    /// Requests that have a place or wait for one.
    there: AtomicUsize,
    places: Arc<Semaphore>,
}

/// A place among the requests of a user; given back when it is dropped.
#[derive(Debug)]
pub struct Place {
    user: UserId,
    shares: Shares,
    share: Arc<Share>,
    _permit: Option<OwnedSemaphorePermit>,
}

impl Shares {
    /// Waits for a place among the requests of `user`; 429 `too_fast` if too many wait already.
    pub async fn enter(&self, user: UserId) -> Result<Place, Problem> {
        let mut place = self.line_up(user).ok_or_else(|| {
            let text = "too many requests of yours wait for an answer already";
            Problem::new(Code::TOO_FAST, text)
        })?;
        let places = Arc::clone(&place.share.places);
        place._permit = places.acquire_owned().await.ok();
        Ok(place)
    }

    fn line_up(&self, user: UserId) -> Option<Place> {
        let entry = self.0.entry(user).or_insert_with(|| {
            Arc::new(Share {
                there: AtomicUsize::new(0),
                places: Arc::new(Semaphore::new(REQUESTS)),
            })
        });
        // With the entry held, so that nobody takes the share for one that is not used any more.
        let there = entry.there.fetch_add(1, Ordering::AcqRel);
        let place = Place {
            user,
            shares: self.clone(),
            share: Arc::clone(&entry),
            _permit: None,
        };
        drop(entry);
        (there < REQUESTS + REQUESTS_WAITING).then_some(place)
    }
}

impl Place {
    /// Whose it is.
    pub fn user(&self) -> UserId {
        self.user
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.share.there.fetch_sub(1, Ordering::AcqRel) == 1 {
            let is_unused =
                |_: &UserId, share: &Arc<Share>| share.there.load(Ordering::Acquire) == 0;
            self.shares.0.remove_if(&self.user, is_unused);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn a_user_who_asks_for_much_at_once_waits_and_others_do_not() {
        let shares = Shares::default();
        let (alice, bob) = (UserId(1), UserId(2));
        let mut taken = Vec::new();
        for _ in 0..REQUESTS {
            taken.push(shares.enter(alice).await.expect("a place"));
        }
        let mut waiting = Box::pin(shares.enter(alice));
        assert!(waiting.as_mut().now_or_never().is_none());
        assert!(shares.enter(bob).now_or_never().is_some());
        taken.pop();
        assert!(waiting.await.is_ok());
    }

    #[tokio::test]
    async fn the_line_is_bounded_and_who_is_gone_is_forgotten() {
        let shares = Shares::default();
        let alice = UserId(1);
        let places: Vec<_> =
            (0..REQUESTS + REQUESTS_WAITING).map(|_| shares.line_up(alice)).collect();
        assert!(places.iter().all(Option::is_some));
        let refused = shares.enter(alice).await.expect_err("one too many");
        assert_eq!(refused.code, Code::TOO_FAST);
        drop(places);
        assert!(shares.0.is_empty());
    }
}
