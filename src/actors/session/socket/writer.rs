//! What writes to the stream of a socket: at once, and what the kernel refuses when it takes more. It ends with
//! a close frame, or without a word.

mod drain;
pub(super) mod end;

use std::cell::RefCell;
use std::io::{self, IoSlice};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use bytes::{Buf, Bytes};
use tokio::sync::Notify;

use crate::actors::session::outbox::{Outbox, SLICES};
use crate::actors::session::transport::Transport;
use crate::wire::Close;

#[derive(Debug)]
pub(super) struct SocketWriter {
    transport: Transport,
    /// Bytes that may wait for the reader.
    bound: usize,
    state: RefCell<State>,
    /// Who waits to read, and who waits to write: both are told of the end.
    reader: RefCell<Option<Waker>>,
    writer: RefCell<Option<Waker>>,
    /// Told when everything has been written, or never will be.
    drained: Notify,
}

#[derive(Debug)]
struct State {
    outbox: Outbox,
    phase: Phase,
    /// Is there a task that waits for writability?
    draining: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Phase {
    /// The answer to the upgrade is not written yet; everything waits behind it.
    Corked,
    Open,
    /// A close frame is on its way; after this instant nobody waits for the peer any more.
    Closing(Close, Instant),
    Dead(Option<Close>),
}

impl SocketWriter {
    /// One that keeps everything until [`SocketWriter::uncork`].
    pub(super) fn new(transport: Transport, bound: usize) -> Rc<Self> {
        Rc::new(Self {
            transport,
            bound,
            state: RefCell::new(State {
                outbox: Outbox::default(),
                phase: Phase::Corked,
                draining: false,
            }),
            reader: RefCell::new(None),
            writer: RefCell::new(None),
            drained: Notify::new(),
        })
    }

    /// The stream again; `None` while something is being written to it.
    pub(super) fn into_transport(self: Rc<Self>) -> Option<Transport> {
        Rc::into_inner(self).map(|writer| writer.transport)
    }

    /// How far it is, and how long what waits has waited.
    pub(super) fn phase_and_age(&self, now: Instant) -> (Phase, Duration) {
        let state = self.state.borrow();
        (state.phase, state.outbox.age(now))
    }

    pub(super) fn is_open(&self) -> bool {
        self.state.borrow().phase == Phase::Open
    }

    /// Is it open, with nothing waiting?
    pub(super) fn is_idle(&self) -> bool {
        self.is_open() && self.state.borrow().outbox.is_empty()
    }

    /// Reads into `buffer`.
    pub(super) fn poll_read(
        &self,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.remember_reader(cx);
        self.transport.poll_read(cx, buffer)
    }

    /// Writes the answer to the upgrade and then whatever has come meanwhile.
    pub(super) fn uncork(self: &Rc<Self>, answer: Bytes) {
        {
            let mut state = self.state.borrow_mut();
            if state.phase != Phase::Corked {
                return;
            }
            state.outbox.push_first(answer, Instant::now());
            state.phase = Phase::Open;
        }
        self.drain();
    }

    /// Hands over runs of frames. What the socket refuses waits; if too much waits already, the
    /// socket is closed as slow. One run may go beyond the bound, since a run that is bigger than
    /// the bound says nothing about its reader.
    pub(super) fn write(self: &Rc<Self>, runs: &[Bytes]) {
        let is_full = {
            let mut state = self.state.borrow_mut();
            let is_full = state.outbox.bytes() > self.bound;
            match state.phase {
                Phase::Closing(..) | Phase::Dead(_) => return,
                Phase::Open | Phase::Corked if is_full => {}
                Phase::Open if state.outbox.is_empty() => match self.write_now(runs) {
                    Ok(written) => wait_with_rest(&mut state.outbox, runs, written),
                    Err(_) => {
                        drop(state);
                        return self.kill();
                    }
                },
                Phase::Open | Phase::Corked => wait_with_rest(&mut state.outbox, runs, 0),
            }
            is_full
        };
        if is_full {
            self.close(Close::SLOW);
        } else {
            self.drain();
        }
    }

    fn write_now(&self, runs: &[Bytes]) -> io::Result<usize> {
        let mut slices = [IoSlice::new(&[]); SLICES];
        let count = runs.len().min(SLICES);
        for (slice, run) in slices.iter_mut().zip(runs) {
            *slice = IoSlice::new(run);
        }
        match self.transport.try_write(&slices[..count]) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(0),
            written => written,
        }
    }

    /// Remembers whom to wake at the end.
    pub(super) fn remember_reader(&self, cx: &Context<'_>) {
        remember(&self.reader, cx);
    }

    /// Is it over, whatever still waits?
    pub(super) fn is_dead(&self) -> bool {
        matches!(self.state.borrow().phase, Phase::Dead(_))
    }

    /// Has a close frame been queued, or is it over?
    pub(super) fn is_ending(&self) -> bool {
        matches!(self.state.borrow().phase, Phase::Closing(..) | Phase::Dead(_))
    }

    /// Has everything been written?
    pub(super) fn is_drained(&self) -> bool {
        let state = self.state.borrow();
        state.outbox.is_empty() && !state.draining
    }
}

/// Queues what is left of `runs` after so many bytes.
fn wait_with_rest(outbox: &mut Outbox, runs: &[Bytes], mut written: usize) {
    let now = Instant::now();
    for run in runs {
        if written >= run.len() {
            written -= run.len();
            continue;
        }
        let mut rest = run.clone();
        rest.advance(written);
        let is_begun = written > 0;
        written = 0;
        outbox.push(rest, now);
        if is_begun {
            outbox.begun();
        }
    }
}

fn remember(place: &RefCell<Option<Waker>>, cx: &Context<'_>) {
    let mut place = place.borrow_mut();
    if !place.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
        *place = Some(cx.waker().clone());
    }
}

fn wake(place: &RefCell<Option<Waker>>) {
    let waker = place.borrow_mut().take();
    if let Some(waker) = waker {
        waker.wake();
    }
}
