//! The writing half of a socket, shared by its session and its thread's relay.
//!
//! A write goes out at once; only what the kernel refuses waits in the outbox, and only then is
//! there a task that waits for the socket to become writable. A reader that takes nothing for too
//! long, or lets too much pile up, is closed as slow: it costs nobody else anything, and it resumes.

mod drain;
mod end;
mod subscriptions;

use std::cell::{Cell, RefCell};
use std::io::{self, IoSlice};
use std::rc::Rc;
use std::task::{Context, Poll, Waker, ready};
use std::time::{Duration, Instant};

use bytes::{Buf, Bytes};
use tokio::sync::Notify;

use crate::actors::messages::SessionId;
use crate::actors::session::outbox::{Outbox, SLICES};
use crate::actors::session::socket::subscriptions::Subscriptions;
use crate::actors::session::transport::Transport;
use crate::domain::heartbeat::{Heartbeat, HeartbeatBounds};
use crate::domain::{ConversationId, UserId};
use crate::wire::Close;

/// The bounds of a socket.
#[derive(Clone, Copy, Debug)]
pub struct SocketBounds {
    /// Bytes that may wait for its reader.
    pub outbox_bytes: usize,
    /// How long the reader may take none of them.
    pub outbox_age: Duration,
    /// How long it may be silent.
    pub heartbeat: HeartbeatBounds,
}

/// A socket after the upgrade.
#[derive(Debug)]
pub struct Socket {
    id: SessionId,
    transport: Transport,
    bounds: SocketBounds,
    state: RefCell<State>,
    /// Who waits to read, and who waits to write: both are told of the end.
    reader: RefCell<Option<Waker>>,
    writer: RefCell<Option<Waker>>,
    started: Instant,
    heartbeat: RefCell<Heartbeat>,
    /// Has it been told that the server stops?
    warned: Cell<bool>,
    /// When the right to be here ends.
    expires: Option<Instant>,
    /// Whose it is.
    user: Option<UserId>,
    subscriptions: RefCell<Subscriptions>,
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
enum Phase {
    /// The answer to the upgrade is not written yet; everything waits behind it.
    Corked,
    Open,
    /// A close frame is on its way; after this instant nobody waits for the peer any more.
    Closing(Close, Instant),
    Dead(Option<Close>),
}

impl Socket {
    /// A socket that keeps everything until [`Socket::uncork`].
    pub fn new(
        id: SessionId,
        transport: Transport,
        bounds: SocketBounds,
        expires: Option<Instant>,
        user: Option<UserId>,
        bound: Option<ConversationId>,
    ) -> Rc<Self> {
        Rc::new(Self {
            id,
            transport,
            bounds,
            state: RefCell::new(State {
                outbox: Outbox::default(),
                phase: Phase::Corked,
                draining: false,
            }),
            reader: RefCell::new(None),
            writer: RefCell::new(None),
            started: Instant::now(),
            heartbeat: RefCell::new(Heartbeat::new(bounds.heartbeat)),
            warned: Cell::new(false),
            expires,
            user,
            subscriptions: RefCell::new(Subscriptions::of(bound)),
            drained: Notify::new(),
        })
    }

    /// The stream again, of a socket that never began.
    pub(super) fn into_transport(self) -> Transport {
        self.transport
    }

    /// Which session it is.
    pub fn id(&self) -> SessionId {
        self.id
    }

    /// Writes the answer to the upgrade and then whatever has come meanwhile.
    pub fn uncork(self: &Rc<Self>, answer: Bytes) {
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
    pub fn write(self: &Rc<Self>, runs: &[Bytes]) {
        let is_full = {
            let mut state = self.state.borrow_mut();
            let is_full = state.outbox.bytes() > self.bounds.outbox_bytes;
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

    /// Hands over what is said in a conversation: now, or once its past has been replayed.
    pub fn write_from(self: &Rc<Self>, conversation: ConversationId, runs: &[Bytes]) {
        let bound = self.bounds.outbox_bytes;
        let is_kept = self.subscriptions.borrow_mut().keep(conversation, runs, bound);
        if !is_kept {
            self.write(runs);
        }
    }

    /// Whose it is.
    pub fn user(&self) -> Option<UserId> {
        self.user
    }

    /// Has the peer asked for this conversation by `open`?
    pub fn is_active(&self, conversation: ConversationId) -> bool {
        self.subscriptions.borrow().is_active(conversation)
    }

    /// Has the peer asked for this conversation, by `open` or by its URL? General is delivered to those
    /// too who have not.
    pub fn has_asked_for(&self, conversation: ConversationId) -> bool {
        self.subscriptions.borrow().has_asked_for(conversation)
    }

    /// Does its URL name a chat?
    pub fn is_bound(&self) -> bool {
        self.subscriptions.borrow().is_bound()
    }

    /// Has the peer opened this conversation, or is it doing so?
    pub fn has_opened(&self, conversation: ConversationId) -> bool {
        self.subscriptions.borrow().has_opened(conversation)
    }

    /// The peer asks for this conversation, or no longer.
    pub(super) fn set_active(&self, conversation: ConversationId, is_active: bool) {
        self.subscriptions.borrow_mut().set_active(conversation, is_active);
    }

    /// Hands over what may be lost, if nothing else waits; `false` if it is lost.
    pub fn write_ephemeral(self: &Rc<Self>, conversation: ConversationId, frames: &Bytes) -> bool {
        let is_idle = {
            let state = self.state.borrow();
            state.phase == Phase::Open && state.outbox.is_empty()
        };
        if is_idle && !self.is_held(conversation) {
            self.write(std::slice::from_ref(frames));
            return true;
        }
        false
    }

    /// Is the past of this conversation being replayed?
    pub fn is_held(&self, conversation: ConversationId) -> bool {
        self.subscriptions.borrow().is_replayed(conversation)
    }

    /// Holds what is said in a conversation back until [`Socket::release`].
    pub(super) fn hold(&self, conversation: ConversationId) {
        self.subscriptions.borrow_mut().begin_replay(conversation);
    }

    /// The conversation has added this socket, in line with what it says.
    pub fn added_to(&self, conversation: ConversationId) {
        self.subscriptions.borrow_mut().added_to(conversation);
    }

    /// There will be no replay.
    pub(super) fn forget_hold(&self, conversation: ConversationId) {
        self.subscriptions.borrow_mut().forget_replay(conversation);
    }

    /// Everything up to where the socket was added has been replayed. `false` if what was said since
    /// was too much to be held, and must be replayed too.
    pub(super) fn release(self: &Rc<Self>, conversation: ConversationId) -> bool {
        let Some(runs) = self.subscriptions.borrow_mut().end_replay(conversation) else {
            return false;
        };
        if !runs.is_empty() {
            self.write(&runs);
        }
        true
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

    /// Suspends or resumes reading, so that silence is not held against the peer.
    pub(super) fn pause(&self, is_paused: bool) {
        self.heartbeat.borrow_mut().pause(is_paused, self.started.elapsed());
    }

    /// Reads into `buffer`.
    pub(super) fn poll_read(
        &self,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.remember_reader(cx);
        let read = ready!(self.transport.poll_read(cx, buffer))?;
        self.heartbeat.borrow_mut().hear(self.started.elapsed());
        Poll::Ready(Ok(read))
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
