//! The door to the hub, for whoever starts and ends the server.

use std::time::Duration;

use tokio::sync::{mpsc, watch};

/// How long a server that begins waits for the others to know it.
const WELCOME_WITHIN: Duration = Duration::from_secs(6);
/// How long a server that ends takes to say so.
const BYE_WITHIN: Duration = Duration::from_secs(1);

/// The door to the hub.
#[derive(Clone, Debug)]
pub(crate) struct HubHandle {
    pub(super) is_known: watch::Receiver<bool>,
    pub(super) leave: mpsc::Sender<()>,
}

impl HubHandle {
    /// Waits until all other servers tell this one what they store; or, if one of them does not answer, for
    /// as long as may be waited. What is missed then is found in the store.
    pub(crate) async fn known(&self) {
        let mut is_known = self.is_known.clone();
        let waited = tokio::time::timeout(WELCOME_WITHIN, is_known.wait_for(|known| *known)).await;
        if waited.is_err() {
            log::warn!(
                "not every other server answers; what they store may be told up to a second late"
            );
        }
    }

    /// Says goodbye to the others.
    pub(crate) async fn leave(&self) {
        // One that has asked before is enough.
        let _ = self.leave.try_send(());
        drop(tokio::time::timeout(BYE_WITHIN, self.leave.closed()).await);
    }
}
