//! How a socket ends: a goodbye that is heard out, or a peer that is left.

use std::rc::Rc;
use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::actors::session::socket::{Phase, Socket, wake};
use crate::domain::drain;
use crate::domain::heartbeat::Beat;
use crate::wire::{Close, framing, server};

/// How long a peer may take to answer a close frame.
const CLOSE_GRACE: Duration = Duration::from_secs(10);
/// How long a slow reader may take to come to its close frame. Only that frame, and the rest of one
/// that was begun, are kept for it.
const SLOW_GRACE: Duration = Duration::from_secs(60);

impl Socket {
    /// Tells the peer when to come back, at a time of its own within `window`; once. A socket that
    /// is still being opened is told when it is there.
    pub fn go_away(self: &Rc<Self>, window: Duration) {
        if self.state.borrow().phase != Phase::Open || self.warned.replace(true) {
            return;
        }
        let random = getrandom::u64().unwrap_or(self.id.0);
        self.write(&[server::goaway(drain::draw(window, random))]);
    }

    /// Says goodbye. For one who was too slow, and for one whose right has ended, what no byte was
    /// written of is dropped.
    pub fn close(self: &Rc<Self>, close: Close) {
        let grace = if close == Close::SLOW {
            SLOW_GRACE
        } else {
            CLOSE_GRACE
        };
        let purge = [Close::SLOW, Close::REVOKED, Close::UNAUTHENTICATED].contains(&close);
        self.end(close, framing::close(close), grace, purge);
    }

    /// Answers the upgrade of a socket whose right has ended meanwhile, and says goodbye. What has come
    /// for it is dropped.
    pub(in crate::actors::session) fn dismiss(self: &Rc<Self>, answer: Bytes) {
        self.state.borrow_mut().outbox.purge();
        self.uncork(answer);
        self.close(Close::REVOKED);
    }

    /// Answers the peer's goodbye.
    pub(in crate::actors::session) fn echo_close(self: &Rc<Self>, code: Option<u16>) {
        self.end(Close::NORMAL, framing::close_echo(code), CLOSE_GRACE, false);
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
    pub fn kill(&self) {
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

    /// Once a second: pings, and ends what has taken too long.
    pub fn tick(self: &Rc<Self>, now: Instant) {
        let (phase, age) = {
            let state = self.state.borrow();
            (state.phase, state.outbox.age(now))
        };
        match phase {
            Phase::Dead(_) => {}
            Phase::Closing(_, deadline) if now >= deadline => self.kill(),
            Phase::Closing(..) => {}
            Phase::Corked if self.silence(now) > CLOSE_GRACE => self.kill(),
            Phase::Corked => {}
            Phase::Open if age > self.bounds.outbox_age => self.close(Close::SLOW),
            Phase::Open if self.expires.is_some_and(|expires| now >= expires) => {
                self.close(Close::UNAUTHENTICATED);
            }
            Phase::Open => self.beat(now),
        }
    }

    fn beat(self: &Rc<Self>, now: Instant) {
        let now = now.saturating_duration_since(self.started);
        let beat = self.heartbeat.borrow_mut().beat(now);
        match beat {
            Beat::Wait => {}
            Beat::Ping => self.write(&[framing::ping()]),
            Beat::GiveUp => self.close(Close::NO_PONG),
        }
    }

    fn silence(&self, now: Instant) -> Duration {
        self.heartbeat.borrow().silence(now.saturating_duration_since(self.started))
    }

    /// The code with which the server ended it, if it did.
    pub(in crate::actors::session) fn closed_with(&self) -> Option<Close> {
        match self.state.borrow().phase {
            Phase::Closing(close, _) => Some(close),
            Phase::Dead(close) => close,
            Phase::Corked | Phase::Open => None,
        }
    }
}
