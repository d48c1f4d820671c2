//! The way back: an answer in the manner in which it was asked for.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::Poll;

use actix_http::body::{BodySize, BoxBody, MessageBody};
use actix_http::h1::{Codec, Message};
use actix_http::header::{HeaderName, HeaderValue};
use actix_http::{ConnectionType, Response};
use bytes::{Bytes, BytesMut};
use tokio_util::codec::{Decoder, Encoder};

use crate::app::connection::http1_stream::Http1Stream;

const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");
/// Bytes of a body without a length that are collected before they are written.
const COLLECTED: usize = 32 << 10;

/// What of a request decides the shape of its answer.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Manner {
    /// Only the head is wanted.
    pub(super) is_head: bool,
    /// HTTP/1.0, which has no chunks and closes unless something else was said.
    pub(super) is_old: bool,
    /// The connection is kept.
    pub(super) keeps: bool,
}

impl Manner {
    /// The same, and the connection ends with it if `is_so`.
    pub(super) fn closing(self, is_so: bool) -> Self {
        Self {
            keeps: self.keeps && !is_so,
            ..self
        }
    }

    /// An encoder takes all this from the request that it has decoded last, so it is shown a plain
    /// one: the real one may have offered an upgrade, which it would take up.
    fn encoder(self, stream: &Http1Stream) -> Codec {
        let shown: &[u8] = match (self.is_head, self.is_old) {
            (false, false) => b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
            (true, false) => b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n",
            (false, true) => b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
            (true, true) => b"HEAD / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
        };
        let mut codec = stream.codec();
        let shown = codec.decode(&mut BytesMut::from(shown));
        debug_assert!(shown.is_ok_and(|request| request.is_some()));
        codec
    }
}

/// Writes an answer; whether the connection can be read on.
pub(super) async fn write(
    stream: &Http1Stream,
    answer: Response<BoxBody>,
    manner: Manner,
) -> io::Result<bool> {
    let (mut head, body) = answer.into_parts();
    let size = body.size();
    let is_endless = size == BodySize::Stream;
    let kept = stream.keep_alive();
    let manner = manner.closing((is_endless && manner.is_old) || kept.is_zero());
    if manner.is_old {
        head.head_mut().no_chunking(true);
    }
    if manner.keeps {
        // Clients that know it send nothing on a connection that is about to end.
        let timeout = HeaderValue::from_str(&format!("timeout={}", kept.as_secs().max(1)));
        head.headers_mut().insert(KEEP_ALIVE, timeout.map_err(io::Error::other)?);
    } else {
        head.head_mut().set_connection_type(ConnectionType::Close);
    }
    let mut codec = manner.encoder(stream);
    let mut out = BytesMut::new();
    codec.encode(Message::Item((head, size)), &mut out)?;
    let has_body = !manner.is_head && !matches!(size, BodySize::None | BodySize::Sized(0));
    match body.try_into_bytes() {
        _ if !has_body => stream.write(&mut out, &mut Bytes::new()).await?,
        // As they are, since what was counted is what comes.
        Ok(mut bytes) => stream.write(&mut out, &mut bytes).await?,
        Err(body) => write_streamed(stream, &mut codec, out, Box::pin(body)).await?,
    }
    Ok(manner.keeps)
}

/// Writes a body as it comes: what is there at once is collected, and nothing waits for more.
async fn write_streamed(
    stream: &Http1Stream,
    codec: &mut Codec,
    mut out: BytesMut,
    mut body: Pin<Box<BoxBody>>,
) -> io::Result<()> {
    loop {
        let next = poll_fn(|cx| Poll::Ready(body.as_mut().poll_next(cx))).await;
        let next = match next {
            Poll::Ready(next) => next,
            Poll::Pending => {
                stream.write(&mut out, &mut Bytes::new()).await?;
                tokio::select! {
                    biased;
                    next = poll_fn(|cx| body.as_mut().poll_next(cx)) => next,
                    () = stream.hung_up() => return Err(io::ErrorKind::ConnectionAborted.into()),
                }
            }
        };
        match next {
            Some(Ok(bytes)) => codec.encode(Message::Chunk(Some(bytes)), &mut out)?,
            Some(Err(error)) => return Err(io::Error::other(error.to_string())),
            None => {
                codec.encode(Message::Chunk(None), &mut out)?;
                return stream.write(&mut out, &mut Bytes::new()).await;
            }
        }
        if out.len() >= COLLECTED {
            stream.write(&mut out, &mut Bytes::new()).await?;
        }
    }
}
