//! WebSocket frames (RFC 6455 §5), the writing half. Server frames are not masked, so a frame is
//! the same bytes for every recipient and is made once.

use bytes::{BufMut, Bytes, BytesMut};

use crate::wire::errors::Close;

const FIN: u8 = 0x80;
const TEXT: u8 = 0x1;
const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;
const PONG: u8 = 0xA;

/// Longest header of a server frame: 2 bytes and a 64-bit length.
const MAX_HEADER: usize = 10;

/// Appends one text frame to `buffer`; `write` appends its payload. The payload is written in place
/// and the header is put before it afterwards, so nothing is encoded twice.
pub fn text_frame(buffer: &mut BytesMut, write: impl FnOnce(&mut BytesMut)) {
    let start = buffer.len();
    buffer.put_bytes(0, MAX_HEADER);
    write(buffer);
    let payload = buffer.len() - start - MAX_HEADER;
    let header = header(TEXT, payload);
    let unused = MAX_HEADER - header.len();
    buffer[start..start + header.len()].copy_from_slice(&header);
    if unused > 0 {
        let from = start + MAX_HEADER;
        buffer.copy_within(from.., start + header.len());
        buffer.truncate(start + header.len() + payload);
    }
}

fn header(opcode: u8, payload: usize) -> HeaderBytes {
    let mut bytes = HeaderBytes::new();
    bytes.push(FIN | opcode);
    match payload {
        0..=125 => bytes.push(payload as u8),
        126..=0xFFFF => {
            bytes.push(126);
            bytes.extend(&(payload as u16).to_be_bytes());
        }
        _ => {
            bytes.push(127);
            bytes.extend(&(payload as u64).to_be_bytes());
        }
    }
    bytes
}

struct HeaderBytes {
    bytes: [u8; MAX_HEADER],
    len: usize,
}

impl HeaderBytes {
    fn new() -> Self {
        Self {
            bytes: [0; MAX_HEADER],
            len: 0,
        }
    }

    fn push(&mut self, byte: u8) {
        self.bytes[self.len] = byte;
        self.len += 1;
    }

    fn extend(&mut self, more: &[u8]) {
        self.bytes[self.len..self.len + more.len()].copy_from_slice(more);
        self.len += more.len();
    }
}

impl std::ops::Deref for HeaderBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

/// A ping without payload.
pub fn ping() -> Bytes {
    Bytes::from_static(&[FIN | PING, 0])
}

/// The pong to a ping; its payload is at most 125 bytes, as the parser has checked.
pub fn pong(payload: &[u8]) -> Bytes {
    control(PONG, payload)
}

/// A close frame.
pub fn close(close: Close) -> Bytes {
    let mut payload = Vec::with_capacity(2 + close.reason.len());
    payload.extend_from_slice(&close.code.to_be_bytes());
    payload.extend_from_slice(close.reason.as_bytes());
    control(CLOSE, &payload)
}

/// The answer to a close frame: its code again (RFC 6455 §5.5.1), or none if it had none.
pub fn close_echo(code: Option<u16>) -> Bytes {
    code.map_or_else(|| control(CLOSE, &[]), |code| control(CLOSE, &code.to_be_bytes()))
}

fn control(opcode: u8, payload: &[u8]) -> Bytes {
    let payload = &payload[..payload.len().min(125)];
    let mut frame = BytesMut::with_capacity(2 + payload.len());
    frame.put_u8(FIN | opcode);
    frame.put_u8(payload.len() as u8);
    frame.put_slice(payload);
    frame.freeze()
}

#[cfg(test)]
mod tests {
    use actix_http::ws::{OpCode, Parser};

    use super::*;

    /// What an independent parser reads back, client side.
    fn read(bytes: &mut BytesMut) -> Option<(bool, OpCode, usize)> {
        let (fin, opcode, payload) = Parser::parse(bytes, false, 1 << 20).ok()??;
        Some((fin, opcode, payload.map_or(0, |p| p.len())))
    }

    #[test]
    fn text_frames_of_every_length_class_stand_back_to_back() {
        let lengths = [0, 1, 125, 126, 127, 65_535, 65_536, 70_000];
        let mut buffer = BytesMut::new();
        for length in lengths {
            text_frame(&mut buffer, |out| out.put_bytes(b'x', length));
        }
        for length in lengths {
            assert_eq!(read(&mut buffer), Some((true, OpCode::Text, length)));
        }
        assert!(buffer.is_empty());
    }

    #[test]
    fn control_frames_read_back() {
        for (frame, opcode, length) in [
            (ping(), OpCode::Ping, 0),
            (pong(b"abc"), OpCode::Pong, 3),
            (close(Close::SLOW), OpCode::Close, 2 + Close::SLOW.reason.len()),
            (close_echo(Some(1000)), OpCode::Close, 2),
            (close_echo(None), OpCode::Close, 0),
        ] {
            assert_eq!(read(&mut frame.into()), Some((true, opcode, length)));
        }
    }
}
