//! The body of a stream: reads the session's frames from the pipe, as a WebSocket client would, and
//! hands them on as events. While the client takes nothing this is not polled, so the pipe fills,
//! and the session deals with a slow reader as with any other.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use futures_util::Stream;
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};

use crate::actors::worker::StreamPermit;
use crate::http::events::cursor::{Output, StreamCursor};
use crate::wire::client_side::{self, PeerFrame};

/// Bytes read from the pipe at once.
const CHUNK: usize = 8 << 10;

/// A comment: it keeps proxies from cutting a silent stream, and finds out that the client is gone.
const PING: Bytes = Bytes::from_static(b": ping\n\n");

/// One client's stream. Dropping it, as the HTTP server does when the client hangs up, ends the
/// session at the other end of the pipe.
pub(super) struct EventStream {
    pipe: DuplexStream,
    buffer: BytesMut,
    cursor: StreamCursor,
    /// What goes out before anything that the session says.
    first: Option<Bytes>,
    ended: bool,
    _permit: StreamPermit,
}

impl EventStream {
    pub(super) fn new(
        pipe: DuplexStream,
        cursor: StreamCursor,
        first: Bytes,
        permit: StreamPermit,
    ) -> Self {
        Self {
            pipe,
            buffer: BytesMut::new(),
            cursor,
            first: Some(first),
            ended: false,
            _permit: permit,
        }
    }

    /// The next piece of the body that needs no more reading.
    fn next(&mut self, cx: &mut Context<'_>) -> Option<Bytes> {
        if let Some(first) = self.first.take() {
            return Some(first);
        }
        loop {
            match client_side::next(&mut self.buffer) {
                Ok(Some(PeerFrame::Text(text))) => match self.cursor.pass_on(&text) {
                    Output::Event(event) => return Some(event),
                    Output::Nothing => {}
                    Output::Last(event) => return Some(self.end(event)),
                },
                Ok(Some(PeerFrame::Ping)) => {
                    // The pipe takes the few bytes, or is closed; then reading finds out.
                    let _ = Pin::new(&mut self.pipe).poll_write(cx, &client_side::pong());
                    return Some(PING);
                }
                Ok(Some(PeerFrame::Close(reason))) => {
                    let event = self.cursor.end(reason);
                    return Some(self.end(event));
                }
                Ok(None) => return None,
                Err(error) => {
                    log::error!("a session wrote what is no frame: {error}");
                    let event = self.cursor.end(None);
                    return Some(self.end(event));
                }
            }
        }
    }

    fn end(&mut self, last: Bytes) -> Bytes {
        self.ended = true;
        last
    }

    /// Reads once; `false` at the end.
    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<bool> {
        if self.buffer.is_empty() {
            // Idle streams keep no memory.
            self.buffer = BytesMut::new();
        }
        let mut chunk = [0; CHUNK];
        let mut read = ReadBuf::new(&mut chunk);
        let outcome = ready!(Pin::new(&mut self.pipe).poll_read(cx, &mut read));
        let bytes = read.filled();
        self.buffer.extend_from_slice(bytes);
        Poll::Ready(outcome.is_ok() && !bytes.is_empty())
    }
}

impl Stream for EventStream {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        while !self.ended {
            if let Some(bytes) = self.next(cx) {
                return Poll::Ready(Some(Ok(bytes)));
            }
            if !ready!(self.poll_fill(cx)) {
                self.ended = true;
            }
        }
        Poll::Ready(None)
    }
}
