//! What one relay writes at once to all its sockets that have a conversation open.

use std::collections::HashMap;

use bytes::{Bytes, BytesMut};

use crate::actors::messages::SessionId;

/// What goes out between two changes of who has the conversation open.
#[derive(Default)]
pub(super) struct FanOut {
    everybody: Vec<Bytes>,
    length: usize,
    /// What one socket gets in between, and where.
    pub(super) single: HashMap<SessionId, Vec<(usize, Bytes)>>,
}

impl FanOut {
    pub(super) fn is_empty(&self) -> bool {
        self.everybody.is_empty() && self.single.is_empty()
    }

    pub(super) fn push(&mut self, bytes: Bytes) {
        self.length += bytes.len();
        self.everybody.push(bytes);
    }

    pub(super) fn push_single(&mut self, session: SessionId, bytes: Bytes) {
        self.single.entry(session).or_default().push((self.length, bytes));
    }

    /// One piece, so that a socket that is no better than others costs one write.
    pub(super) fn joined(&mut self) -> Option<Bytes> {
        if self.everybody.len() <= 1 {
            return self.everybody.pop();
        }
        let mut joined = BytesMut::with_capacity(self.length);
        for bytes in self.everybody.drain(..) {
            joined.extend_from_slice(&bytes);
        }
        Some(joined.freeze())
    }
}

/// A socket's own frames in their places among everybody's, sharing the bytes of those.
pub(super) fn between(everybody: &Bytes, own: Vec<(usize, Bytes)>) -> Vec<Bytes> {
    let mut pieces = Vec::with_capacity(2 * own.len() + 1);
    let mut from = 0;
    for (at, bytes) in own {
        if at > from {
            pieces.push(everybody.slice(from..at));
            from = at;
        }
        pieces.push(bytes);
    }
    if from < everybody.len() {
        pieces.push(everybody.slice(from..));
    }
    pieces
}
