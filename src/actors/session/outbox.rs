//! What a socket has refused so far, in order, bounded in bytes and age.

use std::collections::VecDeque;
use std::io::IoSlice;
use std::time::{Duration, Instant};

use bytes::{Buf, Bytes};

/// Pieces in one vectored write.
pub(super) const SLICES: usize = 32;

/// Shared bytes that wait for a reader. They are counted in full for each outbox they wait in,
/// though they are one allocation: the bound is about the reader, not about the allocator.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    queue: VecDeque<Bytes>,
    bytes: usize,
    /// Is the front the rest of a run whose beginning was written? Then it must be written whole.
    front_begun: bool,
    since: Option<Instant>,
}

impl Outbox {
    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// How long the oldest piece, or the reader's last progress, is ago.
    pub(super) fn age(&self, now: Instant) -> Duration {
        self.since.map_or(Duration::ZERO, |since| now.saturating_duration_since(since))
    }

    pub(super) fn push(&mut self, bytes: Bytes, now: Instant) {
        if bytes.is_empty() {
            return;
        }
        self.since.get_or_insert(now);
        self.bytes += bytes.len();
        self.queue.push_back(bytes);
    }

    /// Puts `bytes` before everything that waits.
    pub(super) fn push_first(&mut self, bytes: Bytes, now: Instant) {
        if bytes.is_empty() {
            return;
        }
        self.since.get_or_insert(now);
        self.bytes += bytes.len();
        self.queue.push_front(bytes);
    }

    /// The front, for one vectored write.
    pub(super) fn slices<'a>(&'a self, slices: &mut [IoSlice<'a>; SLICES]) -> usize {
        let count = self.queue.len().min(SLICES);
        for (slice, bytes) in slices.iter_mut().zip(&self.queue) {
            *slice = IoSlice::new(bytes);
        }
        count
    }

    /// So many bytes were written.
    pub(super) fn advance(&mut self, mut written: usize, now: Instant) {
        self.bytes -= written;
        while written > 0 {
            let Some(front) = self.queue.front_mut() else {
                break;
            };
            let step = written.min(front.len());
            front.advance(step);
            written -= step;
            self.front_begun = !front.is_empty();
            if front.is_empty() {
                self.queue.pop_front();
            }
        }
        // Progress makes young again: the age bound is about readers that stand still.
        self.since = (!self.queue.is_empty()).then_some(now);
    }

    /// Marks the front as begun: its beginning went out before it was pushed.
    pub(super) fn begun(&mut self) {
        self.front_begun = true;
    }

    /// Drops what no byte was written of; a frame that was begun stays whole.
    pub(super) fn purge(&mut self) {
        let keep = usize::from(self.front_begun);
        self.queue.truncate(keep);
        self.bytes = self.queue.iter().map(Bytes::len).sum();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(outbox: &Outbox) -> Vec<u8> {
        outbox.queue.iter().flat_map(|bytes| bytes.to_vec()).collect()
    }

    #[test]
    fn bytes_leave_in_order_whatever_the_socket_takes() {
        let now = Instant::now();
        for step in 1..=10 {
            let mut outbox = Outbox::default();
            for piece in ["abc", "", "defg", "hij"] {
                outbox.push(Bytes::from_static(piece.as_bytes()), now);
            }
            let mut seen = Vec::new();
            while !outbox.is_empty() {
                let mut slices = [IoSlice::new(&[]); SLICES];
                let count = outbox.slices(&mut slices);
                let offered: Vec<u8> = slices[..count].iter().flat_map(|s| s.to_vec()).collect();
                let taken = step.min(offered.len());
                seen.extend_from_slice(&offered[..taken]);
                outbox.advance(taken, now);
                assert_eq!(outbox.bytes(), content(&outbox).len());
            }
            assert_eq!(seen, b"abcdefghij");
            assert_eq!(outbox.age(now), Duration::ZERO);
        }
    }

    #[test]
    fn a_purge_leaves_a_begun_piece_whole() {
        let now = Instant::now();
        let mut outbox = Outbox::default();
        outbox.push(Bytes::from_static(b"abc"), now);
        outbox.push(Bytes::from_static(b"def"), now);
        outbox.advance(1, now);
        outbox.purge();
        assert_eq!(content(&outbox), b"bc");
        outbox.advance(2, now);
        outbox.push(Bytes::from_static(b"ghi"), now);
        outbox.purge();
        assert!(outbox.is_empty());
        assert_eq!(outbox.bytes(), 0);
    }

    #[test]
    fn age_is_the_time_without_progress() {
        let start = Instant::now();
        let later = start + Duration::from_secs(9);
        let mut outbox = Outbox::default();
        outbox.push(Bytes::from_static(b"ab"), start);
        assert_eq!(outbox.age(later), Duration::from_secs(9));
        outbox.advance(1, later);
        assert_eq!(outbox.age(later), Duration::ZERO);
    }
}
