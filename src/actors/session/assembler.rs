//! Bytes from a peer become messages: frames are parsed (`actix_http::ws`), fragments joined, and
//! everything that RFC 6455 forbids ends the socket. Bounded: never more than one message of the
//! limit plus one frame header is kept.

use actix_http::ws::{OpCode, Parser, ProtocolError};
use bytes::{Bytes, BytesMut};

use crate::wire::Close;

/// Longest frame header that a client can send: 2 bytes, a 64-bit length, a mask.
const MAX_HEADER: usize = 14;
/// Frames that a message may come in, but for its last.
const MAX_FRAGMENTS: usize = 1_024;

/// What a peer said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Inbound {
    Text(String),
    Ping(Bytes),
    Pong,
    /// With the code, if it gave one.
    Close(Option<u16>),
}

/// The reading half of a socket, as a value.
#[derive(Debug)]
pub(super) struct Assembler {
    /// Bytes that are no whole frame yet. Empty and without allocation while the peer is idle.
    buffer: BytesMut,
    /// A text message whose last fragment has not come.
    begun: Option<Begun>,
    /// Longest message, in bytes.
    limit: usize,
}

/// The beginning of a message.
#[derive(Debug)]
struct Begun {
    text: BytesMut,
    fragments: usize,
}

impl Assembler {
    pub(super) fn new(limit: usize, first: BytesMut) -> Self {
        Self {
            buffer: first,
            begun: None,
            limit,
        }
    }

    /// Takes what was read.
    pub(super) fn feed(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next message, if it is whole; an error says how to close.
    pub(super) fn next(&mut self) -> Result<Option<Inbound>, Close> {
        loop {
            let frame = Parser::parse(&mut self.buffer, true, self.limit).map_err(close_for)?;
            let Some((fin, opcode, payload)) = frame else {
                // The parser would wait for the end of a frame of any announced length.
                if self.buffer.len() > self.limit + MAX_HEADER {
                    return Err(Close::TOO_LARGE);
                }
                if self.buffer.is_empty() {
                    self.buffer = BytesMut::new();
                }
                return Ok(None);
            };
            if let Some(inbound) = self.assemble(fin, opcode, payload.unwrap_or_default())? {
                return Ok(Some(inbound));
            }
        }
    }

    fn assemble(
        &mut self,
        fin: bool,
        opcode: OpCode,
        payload: BytesMut,
    ) -> Result<Option<Inbound>, Close> {
        let is_control = matches!(opcode, OpCode::Ping | OpCode::Pong | OpCode::Close);
        if is_control && !fin {
            return Err(Close::PROTOCOL);
        }
        match opcode {
            OpCode::Ping => Ok(Some(Inbound::Ping(payload.freeze()))),
            OpCode::Pong => Ok(Some(Inbound::Pong)),
            OpCode::Close => {
                let reason = Parser::try_parse_close_payload(&payload);
                let reason = reason.map_err(|_| Close::PROTOCOL)?;
                Ok(Some(Inbound::Close(reason.map(|reason| reason.code.into()))))
            }
            OpCode::Binary => Err(Close::UNSUPPORTED),
            OpCode::Text if self.begun.is_some() => Err(Close::PROTOCOL),
            OpCode::Text if fin => self.whole(&payload),
            // An own allocation: a slice would pin the whole block that was read.
            OpCode::Text => self.go_on(BytesMut::from(&payload[..]), 1),
            OpCode::Continue => {
                let mut begun = self.begun.take().ok_or(Close::PROTOCOL)?;
                begun.text.extend_from_slice(&payload);
                match fin {
                    true => self.whole(&begun.text),
                    false => self.go_on(begun.text, begun.fragments + 1),
                }
            }
            OpCode::Bad => Err(Close::PROTOCOL),
        }
    }

    fn whole(&self, text: &[u8]) -> Result<Option<Inbound>, Close> {
        if text.len() > self.limit {
            return Err(Close::TOO_LARGE);
        }
        let text = String::from_utf8(text.to_vec()).map_err(|_| Close::NOT_UTF8)?;
        Ok(Some(Inbound::Text(text)))
    }

    /// Waits for the next fragment. Only a whole message is paced, so their number is bounded too.
    fn go_on(&mut self, text: BytesMut, fragments: usize) -> Result<Option<Inbound>, Close> {
        if text.len() > self.limit || fragments > MAX_FRAGMENTS {
            return Err(Close::TOO_LARGE);
        }
        self.begun = Some(Begun { text, fragments });
        Ok(None)
    }
}

fn close_for(error: ProtocolError) -> Close {
    match error {
        ProtocolError::Overflow => Close::TOO_LARGE,
        _ => Close::PROTOCOL,
    }
}

#[cfg(test)]
mod tests {
    use actix_http::ws::Parser;
    use proptest::prelude::*;

    use super::*;

    const LIMIT: usize = 1_000;

    fn frame(opcode: OpCode, fin: bool, payload: &[u8]) -> Vec<u8> {
        let mut bytes = BytesMut::new();
        Parser::write_message(&mut bytes, payload, opcode, fin, true);
        bytes.to_vec()
    }

    fn all(bytes: &[u8], step: usize) -> Result<Vec<Inbound>, Close> {
        let mut assembler = Assembler::new(LIMIT, BytesMut::new());
        let mut inbound = Vec::new();
        for chunk in bytes.chunks(step) {
            assembler.feed(chunk);
            while let Some(message) = assembler.next()? {
                inbound.push(message);
            }
            assert!(assembler.buffer.len() <= LIMIT + MAX_HEADER);
        }
        Ok(inbound)
    }

    fn text(text: &str) -> Inbound {
        Inbound::Text(text.to_owned())
    }

    #[test]
    fn fragments_are_joined_and_control_frames_pass_between() {
        let bytes = [
            frame(OpCode::Text, false, "При".as_bytes()),
            frame(OpCode::Ping, true, b"p"),
            frame(OpCode::Continue, false, b""),
            frame(OpCode::Continue, true, "вет".as_bytes()),
            frame(OpCode::Text, true, b"x"),
        ]
        .concat();
        for step in [1, 2, 7, 1_000] {
            let expected = vec![
                Inbound::Ping(Bytes::from_static(b"p")),
                text("Привет"),
                text("x"),
            ];
            assert_eq!(all(&bytes, step), Ok(expected));
        }
    }

    #[test]
    fn what_the_rfc_forbids_closes() {
        let unmasked = vec![0x81, 1, b'x'];
        let reserved_bit = vec![0xC1, 0x80, 0, 0, 0, 0];
        let endless = vec![0x81, 0xFF, 0, 0, 1, 0, 0, 0, 0, 0, 1, 2, 3, 4];
        for (bytes, close) in [
            (unmasked, Close::PROTOCOL),
            (reserved_bit, Close::PROTOCOL),
            (frame(OpCode::Continue, true, b"x"), Close::PROTOCOL),
            (frame(OpCode::Ping, false, b"x"), Close::PROTOCOL),
            (frame(OpCode::Close, true, &[3]), Close::PROTOCOL),
            (frame(OpCode::Close, true, &999_u16.to_be_bytes()), Close::PROTOCOL),
            (frame(OpCode::Binary, true, b"x"), Close::UNSUPPORTED),
            (frame(OpCode::Text, true, &[0xFF, 0xFE]), Close::NOT_UTF8),
            (frame(OpCode::Text, true, &[b'x'; LIMIT + 1]), Close::TOO_LARGE),
            ([endless, vec![0; 2 * LIMIT]].concat(), Close::TOO_LARGE),
            (
                [
                    frame(OpCode::Text, false, b"x"),
                    frame(OpCode::Text, true, b"y"),
                ]
                .concat(),
                Close::PROTOCOL,
            ),
            (
                [
                    frame(OpCode::Text, false, &[b'x'; LIMIT]),
                    frame(OpCode::Continue, true, b"y"),
                ]
                .concat(),
                Close::TOO_LARGE,
            ),
        ] {
            assert_eq!(all(&bytes, 64).err(), Some(close), "{:?}", &bytes[..bytes.len().min(8)]);
        }
    }

    #[test]
    fn a_message_comes_in_so_many_frames_at_most() {
        let pieces = |count: usize| {
            let more = frame(OpCode::Continue, false, b"").repeat(count - 2);
            let (first, last) =
                (frame(OpCode::Text, false, b"x"), frame(OpCode::Continue, true, b"y"));
            [first, more, last].concat()
        };
        assert_eq!(all(&pieces(MAX_FRAGMENTS + 1), 1_000), Ok(vec![text("xy")]));
        assert_eq!(all(&pieces(MAX_FRAGMENTS + 2), 1_000).err(), Some(Close::TOO_LARGE));
    }

    #[test]
    fn a_message_of_exactly_the_limit_passes() {
        let longest = "x".repeat(LIMIT);
        let bytes = frame(OpCode::Text, true, longest.as_bytes());
        assert_eq!(all(&bytes, 100), Ok(vec![text(&longest)]));
    }

    proptest! {
        #[test]
        fn no_bytes_panic_or_are_hoarded(bytes: Vec<u8>, step in 1_usize..50) {
            let _ = all(&bytes, step);
        }

        #[test]
        fn any_cut_reads_the_same(messages: Vec<String>, step in 1_usize..200) {
            let short: Vec<_> = messages.into_iter().filter(|m| m.len() <= LIMIT).collect();
            let bytes: Vec<u8> = short.iter().flat_map(|m| frame(OpCode::Text, true, m.as_bytes())).collect();
            let expected: Vec<_> = short.iter().map(|m| text(m)).collect();
            prop_assert_eq!(all(&bytes, step), Ok(expected));
        }
    }
}
