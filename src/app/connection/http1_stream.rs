//! The stream of one connection, as HTTP/1.1 has it: its transport, and what has been read of it. Whoever reads
//! heads, whoever reads a body and whoever waits for the peer to hang up share it; they all are one task.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use actix_http::error::ParseError;
use actix_http::h1::{Codec, Message};
use actix_http::{Request, ServiceConfig};
use bytes::{Buf, Bytes, BytesMut};
use tokio::time::timeout;
use tokio_util::codec::Decoder;

use crate::actors::session::transport::Transport;
use crate::actors::worker::Worker;
use crate::domain::slow_reader::Patience;

/// How much of the next requests is read while one is being answered, in bytes.
const AHEAD: usize = 16 << 10;
/// How long, and how many bytes, a peer may go on sending what nobody will read, so that the answer
/// which says so reaches it: a connection that is closed over unread bytes is reset, and a reset
/// destroys what the peer has not read yet (RFC 9112, 9.6).
const LINGER: Duration = Duration::from_secs(2);
const LINGER_BYTES: usize = 64 << 20;

/// The stream of one connection.
pub(super) struct Http1Stream {
    transport: Transport,
    worker: Rc<Worker>,
    config: ServiceConfig,
    /// How its peer does with what is written.
    patience: RefCell<Patience>,
    began: Instant,
    state: RefCell<State>,
}

struct State {
    read: BytesMut,
    codec: Codec,
    body: BodyState,
    /// Which request this is, so that one who still holds the body of an earlier one reads nothing.
    turn: u64,
}

/// Where the body of the request that was read last stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum BodyState {
    /// Read to its end, or there is none.
    Done,
    /// Somebody may read it. The client waits for `100 Continue` if `true`.
    Wanted(bool),
    /// Nobody will.
    Unwanted,
    /// It cannot be read any further.
    Broken,
}

/// A chunk of a body that needs no more reading.
pub(super) enum BodyChunk {
    Bytes(Bytes),
    End,
    /// The bytes on the connection are no body any more.
    Broken,
    /// More must be read first.
    Missing {
        /// The client waits until it is told to go on.
        is_waiting: bool,
    },
}

impl Http1Stream {
    pub(super) fn new(transport: Transport, worker: Rc<Worker>, config: ServiceConfig) -> Self {
        Self {
            transport,
            worker,
            patience: RefCell::default(),
            began: Instant::now(),
            state: RefCell::new(State {
                read: BytesMut::new(),
                codec: Codec::new(config.clone()),
                body: BodyState::Done,
                turn: 0,
            }),
            config,
        }
    }

    /// A codec that has seen nothing yet.
    pub(super) fn codec(&self) -> Codec {
        Codec::new(self.config.clone())
    }

    /// How long it is kept for the next request.
    pub(super) fn keep_alive(&self) -> Duration {
        self.worker.engine().config().keep_alive
    }

    /// The stream, and what was read of it and is nobody's yet.
    pub(super) fn into_parts(self) -> (Transport, BytesMut) {
        (self.transport, self.state.into_inner().read)
    }

    /// Bytes that were read and not used.
    pub(super) fn buffered(&self) -> usize {
        self.state.borrow().read.len()
    }

    /// Looks at what was read.
    pub(super) fn peek<T>(&self, look: impl FnOnce(&[u8]) -> T) -> T {
        look(&self.state.borrow().read)
    }

    /// A head out of what was read; with whether the rest of the connection belongs to it.
    pub(super) fn decode_head(&self) -> Result<Option<(Request, bool)>, ParseError> {
        use actix_http::h1::MessageType;

        let state = &mut *self.state.borrow_mut();
        let Some(Message::Item(request)) = state.codec.decode(&mut state.read)? else {
            return Ok(None);
        };
        let kind = state.codec.message_type();
        state.turn += 1;
        state.body = match kind {
            MessageType::None => BodyState::Done,
            MessageType::Payload => BodyState::Wanted(request.head().expect()),
            MessageType::Stream => BodyState::Broken,
        };
        Ok(Some((request, matches!(kind, MessageType::Stream))))
    }

    /// Which request was read last, and does a body come with it?
    pub(super) fn turn(&self) -> (u64, bool) {
        let state = self.state.borrow();
        (state.turn, matches!(state.body, BodyState::Wanted(_)))
    }

    /// The next chunk of the body of a request.
    pub(super) fn chunk(&self, turn: u64) -> BodyChunk {
        let state = &mut *self.state.borrow_mut();
        if state.turn != turn {
            return BodyChunk::Broken;
        }
        state.chunk()
    }

    /// The client has been told to go on.
    pub(super) fn told_to_continue(&self) {
        self.state.borrow_mut().body = BodyState::Wanted(false);
    }

    /// Nobody reads the body any more. Whether something of it is still to come, beyond what was
    /// read already.
    pub(super) fn let_go(&self) -> bool {
        let state = &mut *self.state.borrow_mut();
        if let BodyState::Wanted(is_waiting) = state.body {
            // One who still waits for the word to go on sends no body, or does.
            state.body = if is_waiting {
                BodyState::Broken
            } else {
                BodyState::Unwanted
            };
        }
        loop {
            match state.chunk() {
                BodyChunk::Bytes(_) => {}
                BodyChunk::End => return false,
                BodyChunk::Broken | BodyChunk::Missing { .. } => return true,
            }
        }
    }

    /// Reads the rest of a body and forgets it; whether another request can follow.
    pub(super) async fn pass_over_body(&self) -> bool {
        loop {
            let chunk = self.state.borrow_mut().chunk();
            match chunk {
                BodyChunk::Bytes(_) => {}
                BodyChunk::End => return true,
                BodyChunk::Broken => return false,
                BodyChunk::Missing { .. } => {
                    if !matches!(poll_fn(|cx| self.poll_fill(cx)).await, Ok(true)) {
                        return false;
                    }
                }
            }
        }
    }

    /// Reads once; `false` at the end.
    pub(super) fn poll_fill(&self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        let mut scratch = self.worker.scratch().borrow_mut();
        let count = ready!(self.transport.poll_read(cx, &mut scratch))?;
        let read = &mut self.state.borrow_mut().read;
        if read.is_empty() {
            // An idle connection keeps no memory.
            *read = BytesMut::new();
        }
        read.extend_from_slice(&scratch[..count]);
        Poll::Ready(Ok(count > 0))
    }

    /// Waits until the peer has closed its side. Who reads the body finds that out alone.
    pub(super) async fn hung_up(&self) {
        poll_fn(|cx| {
            loop {
                let is_over = self.state.borrow().body == BodyState::Done;
                if !is_over || self.buffered() >= AHEAD {
                    return Poll::Pending;
                }
                if !matches!(ready!(self.poll_fill(cx)), Ok(true)) {
                    return Poll::Ready(());
                }
            }
        })
        .await;
    }

    /// Writes once; for the few bytes of `100 Continue`.
    pub(super) fn poll_write(&self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.transport.poll_write(cx, &[IoSlice::new(bytes)])
    }

    /// What was written is on its way.
    pub(super) fn poll_flush(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.transport.poll_flush(cx)
    }

    /// Writes both, in one go if the peer takes it, and empties them. An error if it takes nothing
    /// for too long.
    pub(super) async fn write(&self, first: &mut BytesMut, second: &mut Bytes) -> io::Result<()> {
        while first.has_remaining() || second.has_remaining() {
            let slices = [IoSlice::new(first), IoSlice::new(second)];
            let writing = poll_fn(|cx| self.transport.poll_write(cx, &slices));
            let count = self.in_time(writing).await?;
            self.patience.borrow_mut().took(count, self.began.elapsed());
            if count == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            let of_first = count.min(first.len());
            first.advance(of_first);
            second.advance(count - of_first);
        }
        self.in_time(poll_fn(|cx| self.transport.poll_flush(cx))).await?;
        self.patience.borrow_mut().took(0, self.began.elapsed());
        Ok(())
    }

    /// Does this while there is patience left with the peer.
    async fn in_time<T>(&self, doing: impl Future<Output = io::Result<T>>) -> io::Result<T> {
        let left = self.patience.borrow_mut().held_up(self.began.elapsed());
        timeout(left, doing).await.unwrap_or(Err(io::ErrorKind::TimedOut.into()))
    }

    /// Closes the own side, and reads the other one to its end, for a while.
    pub(super) async fn end(&self) {
        let ending = async {
            if poll_fn(|cx| self.transport.poll_shutdown(cx)).await.is_err() {
                return;
            }
            let mut passed = self.buffered();
            while passed < LINGER_BYTES {
                self.state.borrow_mut().read.clear();
                if !matches!(poll_fn(|cx| self.poll_fill(cx)).await, Ok(true)) {
                    return;
                }
                passed += self.buffered();
            }
        };
        let _ = timeout(LINGER, ending).await;
    }
}

impl State {
    fn chunk(&mut self) -> BodyChunk {
        let is_waiting = match self.body {
            BodyState::Done => return BodyChunk::End,
            BodyState::Broken => return BodyChunk::Broken,
            BodyState::Wanted(is_waiting) => is_waiting,
            BodyState::Unwanted => false,
        };
        match self.codec.decode(&mut self.read) {
            Ok(Some(Message::Chunk(Some(bytes)))) => {
                if is_waiting {
                    self.body = BodyState::Wanted(false);
                }
                BodyChunk::Bytes(bytes)
            }
            Ok(Some(Message::Chunk(None))) => {
                self.body = BodyState::Done;
                BodyChunk::End
            }
            Ok(None) => BodyChunk::Missing { is_waiting },
            Ok(Some(Message::Item(_))) | Err(_) => {
                self.body = BodyState::Broken;
                BodyChunk::Broken
            }
        }
    }
}
