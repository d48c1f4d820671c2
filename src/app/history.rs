//! Notices when the database comes to have another history under the running server: a Postgres was promoted
//! or restored, or the administrator says so (`vestnik restored`). What is in memory is of the one before, so the
//! server begins anew, and with it all its clients; unless nothing is missing, which is no news to anybody.
//! Now and then it compares the clocks, too.

use std::sync::Arc;
use std::time::Duration;

use crate::actors::directory::Directory;
use crate::mistakes::Mistake;
use crate::store::{History, Store, StoreError};

/// How often it is looked at.
const EVERY: Duration = Duration::from_secs(1);
/// Every how many of them the clocks are compared.
const LOOKS_AT_THE_CLOCK: u32 = 10;

/// Returns when the history is another one than that of `known`. On SQLite, which has one server, never.
pub(super) async fn changed(store: Store, directory: Arc<Directory>, known: History) {
    if store.is_sqlite() {
        return std::future::pending().await;
    }
    let mut watch = HistoryWatch {
        store,
        directory,
        known,
        has_lost: false,
        looks: 0,
    };
    loop {
        tokio::time::sleep(EVERY).await;
        match watch.look().await {
            Ok(true) => return,
            Ok(false) => {}
            Err(error) => log::debug!("which history the database has is not known: {error}"),
        }
    }
}

struct HistoryWatch {
    store: Store,
    directory: Arc<Directory>,
    known: History,
    /// Was something found to be missing, and not yet said to everybody?
    has_lost: bool,
    looks: u32,
}

impl HistoryWatch {
    async fn look(&mut self) -> Result<bool, StoreError> {
        self.looks += 1;
        if self.looks.is_multiple_of(LOOKS_AT_THE_CLOCK) {
            self.store.compare_clocks().await?;
        }
        let seen = self.store.history().await?;
        if seen.epoch != self.known.epoch && !Mistake::EpochCached.is_made() {
            log::warn!("the epoch of the database is another one: the server begins anew");
            return Ok(true);
        }
        // One that does not say it at the moment may be about to be promoted.
        let Some(cluster) = seen.cluster.as_ref().filter(|_| seen != self.known) else {
            return Ok(false);
        };
        self.has_lost |= self.store.has_lost(&self.directory.heads()).await?
            && !Mistake::PromotionTrusted.is_made();
        self.store.accept(&seen);
        if self.has_lost {
            log::warn!(
                "Postgres was promoted or restored, and does not have all that was stored: the epoch is new, \
                 and the server begins anew"
            );
            self.store.renew_epoch_of(&self.known.epoch).await?;
        } else {
            log::warn!(
                "Postgres was promoted; it has all that was stored, and clients notice nothing"
            );
        }
        self.store.adopt(cluster).await?;
        self.known = seen;
        Ok(self.has_lost)
    }
}
