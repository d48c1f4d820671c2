//! The head of a request: within its time and its size, each one of a connection.

use std::future::poll_fn;
use std::time::Duration;

use actix_http::error::ParseError;
use actix_http::{ConnectionType, Method, Request, Version, header};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::app::connection::answer::Manner;
use crate::app::connection::http1_stream::Http1Stream;
use crate::http::body::MAX_BYTES;
use crate::wire::{Code, Problem};

/// How long a client may take to send the head of a request, and to begin with the first.
const WITHIN: Duration = Duration::from_secs(10);
/// How much longer an idle connection is kept than was said: a request that was sent in the last moment
/// still finds it open.
const KEPT_BEYOND: Duration = Duration::from_secs(1);
/// Longest head in bytes; the codec takes 96 lines.
const LONGEST: usize = 64 << 10;

/// What came of waiting for a request.
pub(super) enum ReadHead {
    Request(RequestHead),
    /// What came is none.
    HeadFault(HeadFault),
    /// Nothing came, and nothing is to be said.
    Over,
}

/// A request, and how it wants to be answered.
pub(super) struct RequestHead {
    pub(super) request: Request,
    pub(super) manner: Manner,
    /// It asks for a WebSocket (or a tunnel): what follows is not HTTP.
    pub(super) is_upgrade: bool,
    /// If it has a body, it says that it is no longer than what is read.
    pub(super) small: bool,
}

/// Why what came is no request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HeadFault {
    Malformed,
    TooLarge,
    Slow,
    /// The peer closed its side in the middle.
    Cut,
}

impl HeadFault {
    /// For the metric and the log.
    pub(super) fn kind(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::TooLarge => "head_too_large",
            Self::Slow => "too_slow",
            Self::Cut => "cut",
        }
    }

    /// What is answered; nothing to one who is gone.
    pub(super) fn problem(self) -> Option<Problem> {
        let (code, text) = match self {
            Self::Malformed => (Code::MALFORMED, "this is no HTTP/1.1 request"),
            Self::TooLarge => {
                (Code::HEAD_TOO_LARGE, "the head is longer than 64 KiB or has more than 96 lines")
            }
            Self::Slow => (Code::TOO_SLOW, "the head of the request did not arrive in time"),
            Self::Cut => return None,
        };
        Some(Problem::new(code, text))
    }
}

/// Waits for a request. `is_first`: the connection is new.
pub(super) async fn read(
    stream: &Http1Stream,
    is_first: bool,
    ending: &CancellationToken,
) -> ReadHead {
    if stream.buffered() == 0 {
        let idle = if is_first {
            WITHIN
        } else {
            stream.keep_alive() + KEPT_BEYOND
        };
        let begun = tokio::select! {
            begun = timeout(idle, poll_fn(|cx| stream.poll_fill(cx))) => begun,
            () = ending.cancelled() => return ReadHead::Over,
        };
        if !matches!(begun, Ok(Ok(true))) {
            return ReadHead::Over;
        }
    }
    match timeout(WITHIN, rest(stream)).await {
        Ok(head) => head,
        Err(_) => ReadHead::HeadFault(HeadFault::Slow),
    }
}

/// Reads until a head is whole.
async fn rest(stream: &Http1Stream) -> ReadHead {
    // A head that comes a byte at a time is not parsed anew with each: when it ends, and as often as
    // its length doubles, to find out early that it is none.
    let (mut looked, mut next_look) = (0, 0);
    loop {
        let (length, has_end) = stream.peek(|bytes| (bytes.len(), ends(&bytes[looked..])));
        looked = length.saturating_sub(3);
        if has_end || length >= next_look.min(LONGEST) {
            next_look = 2 * length;
            match stream.decode_head() {
                Ok(Some((request, is_upgrade))) => {
                    return ReadHead::Request(asked(request, is_upgrade));
                }
                Ok(None) if length >= LONGEST => return ReadHead::HeadFault(HeadFault::TooLarge),
                Ok(None) => {}
                Err(ParseError::TooLarge) => return ReadHead::HeadFault(HeadFault::TooLarge),
                Err(_) => return ReadHead::HeadFault(HeadFault::Malformed),
            }
        }
        match poll_fn(|cx| stream.poll_fill(cx)).await {
            Ok(true) => {}
            // Line ends alone are no request that was begun.
            Ok(false) | Err(_) if stream.peek(|bytes| bytes.trim_ascii().is_empty()) => {
                return ReadHead::Over;
            }
            Ok(false) | Err(_) => return ReadHead::HeadFault(HeadFault::Cut),
        }
    }
}

/// Is there an empty line?
fn ends(bytes: &[u8]) -> bool {
    bytes.windows(2).any(|two| two == b"\n\n") || bytes.windows(3).any(|three| three == b"\n\r\n")
}

fn asked(request: Request, is_upgrade: bool) -> RequestHead {
    let head = request.head();
    let is_old = head.version < Version::HTTP_11;
    let keeps = match head.connection_type() {
        ConnectionType::Close => false,
        ConnectionType::KeepAlive => true,
        // An offer that is not taken up changes nothing.
        ConnectionType::Upgrade => !is_old,
    };
    let length = head.headers().get(header::CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.trim().parse::<usize>().ok());
    RequestHead {
        manner: Manner {
            is_head: head.method == Method::HEAD,
            is_old,
            keeps,
        },
        is_upgrade,
        small: length.is_some_and(|length| length <= MAX_BYTES) && !head.expect(),
        request,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_ends_with_an_empty_line() {
        for whole in ["\r\n\r\n", "\n\n", "a\r\n\r\nb", "a\n\r\n", "x\n\nmore\n"] {
            assert!(ends(whole.as_bytes()), "{whole:?}");
        }
        for part in [
            "",
            "\r\n",
            "a\r\n",
            "a\r\nb: c\r\n",
            "\r\n\r",
            "a\n\r",
            "a\nb",
        ] {
            assert!(!ends(part.as_bytes()), "{part:?}");
        }
    }
}
