//! What waits to be published, bounded in bytes.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// What may wait to be published, in bytes; beyond, it is lost.
const WAITING_BYTES: usize = 16 << 20;
/// Envelopes that are taken out at once.
const AT_ONCE: usize = 256;

/// Envelopes in order.
#[derive(Debug)]
pub(super) struct EnvelopeQueue<T> {
    waiting: Mutex<QueuedEnvelopes<T>>,
    more: Notify,
}

#[derive(Debug)]
struct QueuedEnvelopes<T> {
    envelopes: VecDeque<T>,
    bytes: usize,
}

impl<T> Default for EnvelopeQueue<T> {
    fn default() -> Self {
        Self {
            waiting: Mutex::new(QueuedEnvelopes {
                envelopes: VecDeque::new(),
                bytes: 0,
            }),
            more: Notify::new(),
        }
    }
}

impl<T: AsRef<[u8]>> EnvelopeQueue<T> {
    /// Puts one behind the others, unless too much waits.
    pub(super) fn push(&self, envelope: T) {
        let bytes = envelope.as_ref().len();
        let mut waiting = self.lock();
        if waiting.bytes + bytes <= WAITING_BYTES {
            waiting.bytes += bytes;
            waiting.envelopes.push_back(envelope);
        }
        drop(waiting);
        self.more.notify_one();
    }

    /// The next ones, when there are any.
    pub(super) async fn next(&self) -> Vec<T> {
        loop {
            let taken = self.drain_some();
            if !taken.is_empty() {
                return taken;
            }
            self.more.notified().await;
        }
    }

    /// As many as are written at once, out of the queue.
    fn drain_some(&self) -> Vec<T> {
        let mut waiting = self.lock();
        let count = waiting.envelopes.len().min(AT_ONCE);
        let taken: Vec<_> = waiting.envelopes.drain(..count).collect();
        waiting.bytes -= taken.iter().map(|taken| taken.as_ref().len()).sum::<usize>();
        taken
    }

    fn lock(&self) -> MutexGuard<'_, QueuedEnvelopes<T>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn what_waits_is_taken_in_order_and_bounded_in_bytes() {
        let queue = EnvelopeQueue::default();
        assert!(queue.next().now_or_never().is_none());
        for first in 0..=u8::MAX {
            queue.push(vec![first; 1 << 20]);
        }
        let taken = queue.next().await;
        assert_eq!(taken.len(), WAITING_BYTES >> 20, "what is beyond is lost");
        assert!(taken.iter().map(|envelope| envelope[0]).eq(0..16));
        queue.push(vec![1]);
        assert_eq!(queue.next().await, [[1]], "there is room again");
    }
}
