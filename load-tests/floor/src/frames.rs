//! The little of HTTP and RFC 6455 that a server needs.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use memchr::memmem;
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};

pub(crate) const TEXT: u8 = 1;
pub(crate) const BINARY: u8 = 2;
pub(crate) const CLOSE: u8 = 8;
pub(crate) const PING: u8 = 9;
pub(crate) const PONG: u8 = 10;

/// Of RFC 6455, 1.3.
const ACCEPT: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// A request that opens a socket.
pub(crate) struct Request {
    /// The last part of its path.
    pub(crate) room: String,
    pub(crate) answer: String,
    /// Its bytes.
    pub(crate) length: usize,
}

/// What has been read of a connection, at its beginning.
pub(crate) enum Opening {
    NotYet,
    Request(Request),
    /// It is none.
    Wrong,
}

pub(crate) fn request(bytes: &[u8]) -> Opening {
    let Some(end) = memmem::find(bytes, b"\r\n\r\n") else {
        return Opening::NotYet;
    };
    let parsed = || {
        let text = std::str::from_utf8(&bytes[..end]).ok()?;
        let path = text.strip_prefix("GET ")?.split(' ').next()?;
        let mut headers = text.lines().filter_map(|line| line.split_once(':'));
        let (_, key) = headers.find(|(name, _)| name.eq_ignore_ascii_case("sec-websocket-key"))?;
        let accept =
            digest(&SHA1_FOR_LEGACY_USE_ONLY, format!("{}{ACCEPT}", key.trim()).as_bytes());
        let accept = BASE64_STANDARD.encode(accept);
        let answer = format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: {accept}\r\n\r\n"
        );
        Some(Request {
            room: path.rsplit('/').next()?.to_owned(),
            answer,
            length: end + 4,
        })
    };
    parsed().map_or(Opening::Wrong, Opening::Request)
}

/// Takes the mask off each whole frame at the head of `bytes` and hands it to `each`; the bytes that they took.
/// `None` for a frame that no message here is as long as, or that is not masked.
pub(crate) fn decode(bytes: &mut [u8], mut each: impl FnMut(u8, &[u8])) -> Option<usize> {
    let mut at = 0;
    while let [first, second, rest @ ..] = &mut bytes[at..] {
        let (is_masked, short) = (*second & 0x80 != 0, *second & 0x7f);
        if !is_masked || short == 127 {
            return None;
        }
        let (head, length) = match (short, rest.first_chunk()) {
            (126, None) => break,
            (126, Some(length)) => (2, usize::from(u16::from_be_bytes(*length))),
            _ => (0, usize::from(short)),
        };
        let Some(frame) = rest.get_mut(head..head + 4 + length) else {
            break;
        };
        let (mask, payload) = frame.split_at_mut(4);
        payload
            .iter_mut()
            .zip(mask.iter().cycle())
            .for_each(|(byte, mask)| *byte ^= mask);
        each(*first & 0x0f, payload);
        at += 2 + head + 4 + length;
    }
    Some(at)
}

/// Appends one frame; the payload has at most 65,535 bytes.
pub(crate) fn encode(out: &mut Vec<u8>, opcode: u8, payload: &[u8]) {
    out.push(0x80 | opcode);
    if payload.len() < 126 {
        out.push(payload.len() as u8);
    } else {
        out.push(126);
        out.extend_from_slice(&(payload.len() as u16).to_be_bytes());
    }
    out.extend_from_slice(payload);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_is_accepted_as_the_rfc_has_it() {
        let bytes = b"GET /ws/lunch HTTP/1.1\r\nHost: x\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\nrest";
        let Opening::Request(request) = request(bytes) else {
            panic!("it is a request")
        };
        assert_eq!(request.room, "lunch");
        assert!(request.answer.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
        assert_eq!(&bytes[request.length..], b"rest");
    }

    #[test]
    fn what_is_no_request_is_none() {
        assert!(matches!(request(b"GET /ws HTTP/1.1\r\nHost: x\r\n"), Opening::NotYet));
        assert!(matches!(request(b"GET /ws HTTP/1.1\r\nHost: x\r\n\r\n"), Opening::Wrong));
        assert!(matches!(request(b"\xff\xff\r\n\r\n"), Opening::Wrong));
    }

    #[test]
    fn masked_frames_may_be_cut_anywhere() {
        let masked = |opcode: u8, payload: &[u8]| {
            let (mut frame, mask) = (Vec::new(), [1, 2, 3, 4]);
            encode(&mut frame, opcode, payload);
            frame[1] |= 0x80;
            let head = frame.len() - payload.len();
            for (i, byte) in frame[head..].iter_mut().enumerate() {
                *byte ^= mask[i % 4];
            }
            frame.splice(head..head, mask);
            frame
        };
        let whole = [
            masked(TEXT, b"hi"),
            masked(PING, b""),
            masked(BINARY, &[7; 300]),
        ]
        .concat();
        for cut in 0..=whole.len() {
            let mut bytes = whole.clone();
            let mut seen = Vec::new();
            let used =
                decode(&mut bytes[..cut], |opcode, payload| seen.push((opcode, payload.to_vec())))
                    .unwrap();
            decode(&mut bytes[used..], |opcode, payload| seen.push((opcode, payload.to_vec())))
                .unwrap();
            assert_eq!(
                seen,
                [
                    (TEXT, b"hi".to_vec()),
                    (PING, vec![]),
                    (BINARY, vec![7; 300])
                ]
            );
        }
    }

    #[test]
    fn what_is_not_masked_or_too_long_ends_the_connection() {
        assert_eq!(decode(&mut [0x81, 2, b'h', b'i'], |_, _| ()), None);
        assert_eq!(decode(&mut [0x81, 0xff, 0, 0, 0, 0], |_, _| ()), None);
    }
}
