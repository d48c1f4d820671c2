//! Waiting for a reader: a task that is there only while something waits.

use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use crate::actors::session::outbox::SLICES;
use crate::actors::session::socket::writer::{Phase, SocketWriter, remember, wake};

impl SocketWriter {
    /// Waits until everything has been written, or never will be.
    pub(in crate::actors::session::socket) async fn drained(&self) {
        while !self.is_drained() && !self.is_ending() {
            self.drained.notified().await;
        }
    }

    /// Starts the task that waits for writability, if something waits and there is none.
    pub(super) fn drain(self: &Rc<Self>) {
        {
            let mut state = self.state.borrow_mut();
            let has_work = !state.outbox.is_empty();
            if state.draining || !has_work || matches!(state.phase, Phase::Corked | Phase::Dead(_))
            {
                return;
            }
            state.draining = true;
        }
        let writer = Rc::clone(self);
        actix_rt::spawn(async move {
            let drained = poll_fn(|cx| writer.poll_drain(cx)).await;
            writer.state.borrow_mut().draining = false;
            writer.drained.notify_waiters();
            if drained.is_err() {
                writer.kill();
            } else if writer.is_ending() {
                // The peer sees the end of the stream right behind the close frame.
                let _ = poll_fn(|cx| writer.transport.poll_shutdown(cx)).await;
                wake(&writer.reader);
            }
        });
    }

    fn poll_drain(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        remember(&self.writer, cx);
        loop {
            let mut state = self.state.borrow_mut();
            if matches!(state.phase, Phase::Dead(_)) {
                return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
            }
            if state.outbox.is_empty() {
                drop(state);
                return self.transport.poll_flush(cx);
            }
            let mut slices = [IoSlice::new(&[]); SLICES];
            let count = state.outbox.slices(&mut slices);
            let written = ready!(self.transport.poll_write(cx, &slices[..count]))?;
            state.outbox.advance(written, Instant::now());
        }
    }
}
