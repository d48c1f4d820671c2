//! Forgetting what has expired: tokens, tickets, invitations and files. Whoever shows one is asked for its time
//! anyway, so it may stay a while; what is deleted is gone, so a clock that is wrong deletes nothing.

use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::expiry::{KEPT, believed};
use crate::store::{Store, StoreError, endings, files, invites, tickets, tokens};

/// Forgets what has expired, now and then.
#[derive(Clone, Debug)]
pub struct Expiry {
    /// Before this process began.
    last_sign_in: Option<DateTime<Utc>>,
    started: Instant,
    /// How long bytes are kept that nothing refers to.
    unused_files: TimeDelta,
}

impl Expiry {
    /// Looks when somebody was last seen here.
    pub async fn begin(store: &Store, unused_files: TimeDelta) -> Result<Self, StoreError> {
        Ok(Self {
            last_sign_in: tokens::last_sign_in(store).await?,
            started: Instant::now(),
            unused_files,
        })
    }

    /// Forgets what expired long ago.
    pub async fn sweep(&self, store: &Store) -> Result<(), StoreError> {
        let clock = store.now();
        // They are good for seconds.
        tickets::delete_expired(store, clock).await?;
        endings::forget(store).await?;
        let Some(now) = believed(clock, self.last_sign_in, self.started.elapsed()) else {
            return Ok(());
        };
        tokens::delete_expired(store, now - KEPT).await?;
        invites::delete_old(store, now).await?;
        files::collecting::sweep(store, now, self.unused_files).await
    }
}
