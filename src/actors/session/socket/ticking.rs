//! What happens to a socket with time: it is pinged, told that the server goes away, and closed when its reader is
//! too slow or its right has ended.

use std::rc::Rc;
use std::time::{Duration, Instant};

use crate::actors::session::socket::Socket;
use crate::actors::session::socket::writer::Phase;
use crate::actors::session::socket::writer::end::CLOSE_GRACE;
use crate::domain::heartbeat::Beat;
use crate::domain::return_times;
use crate::wire::{Close, frame_encoding, server};

impl Socket {
    /// Tells the peer when to come back, at a time of its own within `window`; once. A socket that
    /// is still being opened is told when it is there.
    pub fn go_away(self: &Rc<Self>, window: Duration) {
        if !self.writer.is_open() || self.warned.replace(true) {
            return;
        }
        let random = getrandom::u64().unwrap_or(self.id.0);
        self.write(&[server::goaway(return_times::draw(window, random))]);
    }

    /// Once a second: pings, and ends what has taken too long.
    pub fn tick(self: &Rc<Self>, now: Instant) {
        let (phase, age) = self.writer.phase_and_age(now);
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
            Beat::Ping => self.write(&[frame_encoding::ping()]),
            Beat::GiveUp => self.close(Close::NO_PONG),
        }
    }

    fn silence(&self, now: Instant) -> Duration {
        self.heartbeat.borrow().silence(now.saturating_duration_since(self.started))
    }
}
