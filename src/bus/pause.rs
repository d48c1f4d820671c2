//! Trying again what has failed.

use std::time::Duration;

use tokio::time::sleep;

/// Between two attempts: at first, and at most.
const AGAIN: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(2));

/// Longer after each failure; the first of them is said.
#[derive(Debug, Default)]
pub(super) struct Pause {
    failures: u32,
}

impl Pause {
    /// It has worked; after so many failures.
    pub(super) fn reset(&mut self) -> u32 {
        std::mem::take(&mut self.failures)
    }

    /// Waits after this.
    pub(super) async fn after(&mut self, why: &str) {
        if self.failures == 0 {
            log::warn!("{why}");
        }
        let pause = AGAIN.0.saturating_mul(1 << self.failures.min(8));
        self.failures += 1;
        sleep(pause.min(AGAIN.1)).await;
    }
}
