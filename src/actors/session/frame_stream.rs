//! The reading half of a socket as a stream of what its peer says.

use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use bytes::BytesMut;
use futures_util::Stream;
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::sync::PollSemaphore;

use crate::actors::session::assembler::{Assembler, Inbound};
use crate::actors::session::socket::Socket;
use crate::actors::worker::Worker;

/// What a peer said, on its way to the session.
#[derive(Debug)]
pub(super) enum Heard {
    /// A text message, with one of the places that this socket has for unanswered ones.
    Text(String, OwnedSemaphorePermit),
    /// Anything else.
    Control(Inbound),
}

/// Reads until the socket is over. A peer with too many unanswered sends is simply not read from,
/// so that TCP holds it back.
pub(super) struct FrameStream {
    socket: Rc<Socket>,
    worker: Rc<Worker>,
    assembler: Assembler,
    window: PollSemaphore,
    /// A message that waits for a place.
    held: Option<String>,
    /// Nothing that the peer says counts any more.
    deaf: bool,
    /// The peer has ended its side.
    ended: bool,
}

impl FrameStream {
    pub(super) fn new(
        socket: Rc<Socket>,
        worker: Rc<Worker>,
        window: PollSemaphore,
        limit: usize,
        first: BytesMut,
    ) -> Self {
        Self {
            socket,
            worker,
            assembler: Assembler::new(limit, first),
            window,
            held: None,
            deaf: false,
            ended: false,
        }
    }

    /// The next thing that was heard and not said yet; `Ready(None)` if more must be read.
    fn poll_heard(&mut self, cx: &mut Context<'_>) -> Poll<Option<Heard>> {
        if let Some(text) = self.held.take() {
            return self.poll_text(cx, text);
        }
        match self.assembler.next() {
            Ok(Some(Inbound::Text(text))) => self.poll_text(cx, text),
            Ok(Some(control)) => {
                self.deaf |= matches!(control, Inbound::Close(_));
                self.ended |= matches!(control, Inbound::Close(_));
                Poll::Ready(Some(Heard::Control(control)))
            }
            Ok(None) => Poll::Ready(None),
            Err(close) => {
                self.deaf = true;
                self.socket.close(close);
                Poll::Ready(None)
            }
        }
    }

    fn poll_text(&mut self, cx: &mut Context<'_>, text: String) -> Poll<Option<Heard>> {
        match self.window.poll_acquire(cx) {
            Poll::Ready(Some(permit)) => {
                self.socket.pause(false);
                Poll::Ready(Some(Heard::Text(text, permit)))
            }
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Pending => {
                self.held = Some(text);
                self.socket.pause(true);
                Poll::Pending
            }
        }
    }

    /// After our close frame only its answer counts. Was there a whole frame?
    fn skip_one(&mut self) -> bool {
        match self.assembler.next() {
            Ok(Some(frame)) => {
                self.ended = matches!(frame, Inbound::Close(_));
                true
            }
            Ok(None) => false,
            Err(_) => {
                self.deaf = true;
                false
            }
        }
    }

    /// Reads once; `true` at the end of the stream.
    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<bool> {
        let mut scratch = self.worker.scratch().borrow_mut();
        match ready!(self.socket.poll_read(cx, &mut scratch[..])) {
            Ok(0) | Err(_) => Poll::Ready(true),
            Ok(read) => {
                if !self.deaf {
                    self.assembler.feed(&scratch[..read]);
                }
                Poll::Ready(false)
            }
        }
    }
}

impl Stream for FrameStream {
    type Item = Heard;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Heard>> {
        let this = &mut *self;
        loop {
            this.socket.remember_reader(cx);
            if this.socket.is_dead() || (this.ended && this.socket.is_drained()) {
                return Poll::Ready(None);
            }
            if this.ended {
                return Poll::Pending;
            }
            if !this.deaf && !this.socket.is_ending() {
                if let Some(heard) = ready!(this.poll_heard(cx)) {
                    return Poll::Ready(Some(heard));
                }
            } else if !this.deaf && this.skip_one() {
                continue;
            }
            if ready!(this.poll_fill(cx)) {
                // Without a close frame there is nobody left to write to.
                this.socket.kill();
            }
        }
    }
}
