//! What waits for one relay. A relay has one delivery of a conversation at a time; what is
//! committed meanwhile goes with the next one. So a worker thread that is behind gets fewer and
//! bigger deliveries, and when even those pile up, senders are told `busy`.

use actix::Addr;

use crate::actors::Relay;
use crate::actors::messages::Delivery;
use crate::wire::Encoded;

/// Bytes that may wait for one relay before the conversation takes no more messages.
const FULL: usize = 4 << 20;

/// Bytes in one delivery, if there is more than one item in it.
const RUN: usize = 256 << 10;

#[derive(Debug)]
pub(super) struct RelayQueue {
    pub(super) addr: Addr<Relay>,
    /// Is a delivery on its way?
    pub(super) busy: bool,
    waiting: Vec<Delivery>,
    bytes: usize,
}

impl RelayQueue {
    pub(super) fn new(addr: Addr<Relay>) -> Self {
        Self {
            addr,
            busy: false,
            waiting: Vec::new(),
            bytes: 0,
        }
    }

    pub(super) fn push(&mut self, item: Delivery) {
        self.bytes += size(&item);
        self.waiting.push(item);
    }

    /// For every subscriber.
    pub(super) fn push_everybody(&mut self, frames: Encoded) {
        if !frames.is_empty() {
            self.push(Delivery::Everybody(frames));
        }
    }

    /// The same of changes whose numbers are not all there.
    pub(super) fn push_changes(&mut self, whole: Encoded, plain: Encoded) {
        self.push(Delivery::Changes { whole, plain });
    }

    pub(super) fn is_full(&self) -> bool {
        self.bytes > FULL
    }

    /// Is something on its way or waiting?
    pub(super) fn is_working(&self) -> bool {
        self.busy || !self.waiting.is_empty()
    }

    /// Is there something that the relay has not been given yet?
    pub(super) fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// What waits, if the relay is free: at most a run that any reader can take.
    pub(super) fn next_delivery(&mut self) -> Option<Vec<Delivery>> {
        if self.busy || self.waiting.is_empty() {
            return None;
        }
        self.busy = true;
        let mut bytes = 0;
        let fits = |item: &Delivery| {
            bytes += size(item);
            bytes <= RUN
        };
        let count = self.waiting.iter().map(fits).take_while(|fits| *fits).count().max(1);
        let taken: Vec<_> = self.waiting.drain(..count).collect();
        self.bytes -= taken.iter().map(size).sum::<usize>();
        Some(taken)
    }
}

fn size(item: &Delivery) -> usize {
    match item {
        Delivery::Everybody(frames) | Delivery::One(_, frames) => frames.len(),
        Delivery::Changes { whole, plain } => whole.len() + plain.len(),
        Delivery::Add(_) | Delivery::Remove(..) => 0,
    }
}
