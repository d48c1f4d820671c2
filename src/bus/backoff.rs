//! How long to wait before something that has failed is tried again.

use std::time::Duration;

use tokio::time::sleep;

/// Between two attempts: at first, and at most.
const AGAIN: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(2));

/// Waits longer after each failure, and logs the first of them.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// Begins anew after a success; answers how many failures there were before it.
    pub(super) fn reset(&mut self) -> u32 {
        std::mem::take(&mut self.failures)
    }

    /// Waits after a failure, of which `why` says what it was.
    pub(super) async fn after(&mut self, why: &str) {
        if self.failures == 0 {
            log::warn!("{why}");
        }
        let delay = AGAIN.0.saturating_mul(1 << self.failures.min(8));
        self.failures += 1;
        sleep(delay.min(AGAIN.1)).await;
    }
}
