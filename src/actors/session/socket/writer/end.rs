//! How a socket ends: a goodbye that is heard out, or a peer that is left.

use std::rc::Rc;
use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::actors::session::socket::writer::{Phase, SocketWriter, wake};
use crate::wire::{Close, frame_encoding};

/// How long a peer may take to answer a close frame.
pub(in crate::actors::session::socket) const CLOSE_GRACE: Duration = Duration::from_secs(10);
/// How long a slow reader may take to come to its close frame. Only that frame, and the rest of one
/// that was begun, are kept for it.
const SLOW_GRACE: Duration = Duration::from_secs(60);

impl SocketWriter {
    /// Says goodbye. For one who was too slow, and for one whose right has ended, what no byte was
    /// written of is dropped.
    pub(in crate::actors::session::socket) fn close(self: &Rc<Self>, close: Close) {
        let grace = if close == Close::SLOW {
            SLOW_GRACE
        } else {
            CLOSE_GRACE
        };
        let purge = [Close::SLOW, Close::REVOKED, Close::UNAUTHENTICATED].contains(&close);
        self.end(close, frame_encoding::close(close), grace, purge);
    }

    /// Answers the upgrade of a socket whose right has ended meanwhile, and says goodbye. What has come
    /// for it is dropped.
    pub(in crate::actors::session::socket) fn dismiss(self: &Rc<Self>, answer: Bytes) {
        self.state.borrow_mut().outbox.purge();
        self.uncork(answer);
        self.close(Close::REVOKED);
    }

    /// Answers the peer's goodbye.
    pub(in crate::actors::session::socket) fn echo_close(self: &Rc<Self>, code: Option<u16>) {
        self.end(Close::NORMAL, frame_encoding::close_echo(code), CLOSE_GRACE, false);
    }

    fn end(self: &Rc<Self>, close: Close, frame: Bytes, grace: Duration, purge: bool) {
        {
            let mut state = self.state.borrow_mut();
            match state.phase {
                Phase::Closing(..) | Phase::Dead(_) => return,
                Phase::Corked => state.phase = Phase::Dead(Some(close)),
                Phase::Open => {
                    if purge {
                        state.outbox.purge();
                    }
                    state.outbox.push(frame, Instant::now());
                    state.phase = Phase::Closing(close, Instant::now() + grace);
                }
            }
        }
        self.drain();
        wake(&self.reader);
    }

    /// Ends it without a word.
    pub(in crate::actors::session::socket) fn kill(&self) {
        let mut state = self.state.borrow_mut();
        state.phase = match state.phase {
            Phase::Closing(close, _) => Phase::Dead(Some(close)),
            Phase::Dead(close) => Phase::Dead(close),
            Phase::Corked | Phase::Open => Phase::Dead(None),
        };
        drop(state);
        wake(&self.writer);
        wake(&self.reader);
        self.drained.notify_waiters();
    }

    /// The code with which the server ended it, if it did.
    pub(in crate::actors::session::socket) fn closed_with(&self) -> Option<Close> {
        match self.state.borrow().phase {
            Phase::Closing(close, _) => Some(close),
            Phase::Dead(close) => close,
            Phase::Corked | Phase::Open => None,
        }
    }
}
