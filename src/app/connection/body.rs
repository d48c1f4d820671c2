//! The body of a request: read from the connection when its reader asks, so a reader who does not
//! ask holds the peer back, and a client that waits to be told to go on is told so only if somebody
//! wants what it would send.

use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use actix_http::Payload;
use actix_http::error::PayloadError;
use bytes::Bytes;
use futures_util::Stream;

use crate::app::connection::http1_stream::{BodyChunk, Http1Stream};

const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// The body of one request, for whoever reads it.
struct BodyReader {
    stream: Rc<Http1Stream>,
    turn: u64,
    /// What is left to say of `100 Continue`.
    to_say: &'static [u8],
}

/// The body of the request that was read last.
pub(super) fn payload(stream: &Rc<Http1Stream>) -> Payload {
    let (turn, has_body) = stream.turn();
    if !has_body {
        return Payload::None;
    }
    Payload::Stream {
        payload: Box::pin(BodyReader {
            stream: Rc::clone(stream),
            turn,
            to_say: CONTINUE,
        }),
    }
}

impl BodyReader {
    fn poll_say(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.to_say.is_empty() {
            let count = ready!(self.stream.poll_write(cx, self.to_say))?;
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.to_say = &self.to_say[count..];
        }
        ready!(self.stream.poll_flush(cx))?;
        self.stream.told_to_continue();
        Poll::Ready(Ok(()))
    }
}

impl Stream for BodyReader {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let broken = || Poll::Ready(Some(Err(PayloadError::EncodingCorrupted)));
        loop {
            match self.stream.chunk(self.turn) {
                BodyChunk::Bytes(bytes) => return Poll::Ready(Some(Ok(bytes))),
                BodyChunk::End => return Poll::Ready(None),
                BodyChunk::Broken => return broken(),
                BodyChunk::Missing { is_waiting: true } => {
                    if let Err(error) = ready!(self.poll_say(cx)) {
                        return Poll::Ready(Some(Err(PayloadError::Io(error))));
                    }
                }
                BodyChunk::Missing { is_waiting: false } => match ready!(self.stream.poll_fill(cx))
                {
                    Ok(true) => {}
                    Ok(false) => return Poll::Ready(Some(Err(PayloadError::Incomplete(None)))),
                    Err(error) => return Poll::Ready(Some(Err(PayloadError::Io(error)))),
                },
            }
        }
    }
}
