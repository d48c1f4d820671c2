//! A socket, shared by its session and its thread's relay: what it writes by (`writer`), what it has to do with
//! conversations (`subscriptions`), and what time brings (`ticking`).
//!
//! A write goes out at once; only what the kernel refuses waits in the outbox, and only then is
//! there a task that waits for the socket to become writable. A reader that takes nothing for too
//! long, or lets too much pile up, is closed as slow: it costs nobody else anything, and it resumes.

mod subscriptions;
mod ticking;
mod writer;

use std::cell::{Cell, RefCell};
use std::io;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::actors::messages::SessionId;
use crate::actors::session::socket::subscriptions::Subscriptions;
use crate::actors::session::socket::writer::SocketWriter;
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
    writer: Rc<SocketWriter>,
    bounds: SocketBounds,
    started: Instant,
    heartbeat: RefCell<Heartbeat>,
    /// Has it been told that the server stops?
    warned: Cell<bool>,
    /// When the right to be here ends.
    expires: Option<Instant>,
    /// Whose it is.
    user: Option<UserId>,
    subscriptions: RefCell<Subscriptions>,
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
            writer: SocketWriter::new(transport, bounds.outbox_bytes),
            bounds,
            started: Instant::now(),
            heartbeat: RefCell::new(Heartbeat::new(bounds.heartbeat)),
            warned: Cell::new(false),
            expires,
            user,
            subscriptions: RefCell::new(Subscriptions::of(bound)),
        })
    }

    /// The stream again, of a socket that never began; `None` if something is being written to it, unanswered.
    pub(super) fn into_transport(self) -> Option<Transport> {
        self.writer.into_transport()
    }

    /// Which session it is.
    pub fn id(&self) -> SessionId {
        self.id
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
        if self.writer.is_idle() && !self.is_held(conversation) {
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
        let read = ready!(self.writer.poll_read(cx, buffer))?;
        self.heartbeat.borrow_mut().hear(self.started.elapsed());
        Poll::Ready(Ok(read))
    }

    /// Writes the answer to the upgrade and then whatever has come meanwhile.
    pub fn uncork(&self, answer: Bytes) {
        self.writer.uncork(answer);
    }

    /// Hands over runs of frames; a socket for which too much waits already is closed as slow.
    pub fn write(&self, runs: &[Bytes]) {
        self.writer.write(runs);
    }

    /// Says goodbye. For one who was too slow, and for one whose right has ended, what no byte was
    /// written of is dropped.
    pub fn close(&self, close: Close) {
        self.writer.close(close);
    }

    /// Answers the upgrade of a socket whose right has ended meanwhile, and says goodbye. What has come
    /// for it is dropped.
    pub(super) fn dismiss(&self, answer: Bytes) {
        self.writer.dismiss(answer);
    }

    /// Answers the peer's goodbye.
    pub(super) fn echo_close(&self, code: Option<u16>) {
        self.writer.echo_close(code);
    }

    /// Ends it without a word.
    pub fn kill(&self) {
        self.writer.kill();
    }

    /// The code with which the server ended it, if it did.
    pub(super) fn closed_with(&self) -> Option<Close> {
        self.writer.closed_with()
    }

    /// Waits until everything has been written, or never will be.
    pub(super) async fn drained(&self) {
        self.writer.drained().await;
    }

    /// Remembers whom to wake at the end.
    pub(super) fn remember_reader(&self, cx: &Context<'_>) {
        self.writer.remember_reader(cx);
    }

    /// Is it over, whatever still waits?
    pub(super) fn is_dead(&self) -> bool {
        self.writer.is_dead()
    }

    /// Has a close frame been queued, or is it over?
    pub(super) fn is_ending(&self) -> bool {
        self.writer.is_ending()
    }

    /// Has everything been written?
    pub(super) fn is_drained(&self) -> bool {
        self.writer.is_drained()
    }
}
