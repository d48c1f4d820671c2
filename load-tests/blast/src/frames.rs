//! The little of RFC 6455 that a client needs: masked frames out, unmasked frames in.

pub(crate) const TEXT: u8 = 1;
pub(crate) const BINARY: u8 = 2;
pub(crate) const CLOSE: u8 = 8;
pub(crate) const PING: u8 = 9;
pub(crate) const PONG: u8 = 10;

/// Any mask will do: nothing between here and the server takes frames for something else.
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// Appends one masked frame that is not fragmented.
pub(crate) fn encode(out: &mut Vec<u8>, opcode: u8, payload: &[u8]) {
    out.push(0x80 | opcode);
    match payload.len() {
        n @ 0..=125 => out.push(0x80 | n as u8),
        n @ 126..=65535 => {
            out.push(0x80 | 126);
            out.extend_from_slice(&(n as u16).to_be_bytes());
        }
        n => {
            out.push(0x80 | 127);
            out.extend_from_slice(&(n as u64).to_be_bytes());
        }
    }
    out.extend_from_slice(&MASK);
    out.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
}

/// Hands each whole frame at the head of `bytes` to `each`, and returns how many bytes they took. A
/// fragment counts as a frame of its own: what is looked for in a frame is never cut by servers of messages.
pub(crate) fn decode(bytes: &[u8], mut each: impl FnMut(u8, &[u8])) -> usize {
    let mut at = 0;
    while let Some((opcode, head, length)) = header(&bytes[at..]) {
        let Some(payload) = bytes.get(at + head..).and_then(|rest| rest.get(..length)) else {
            break;
        };
        each(opcode, payload);
        at += head + length;
    }
    at
}

/// The opcode of the first frame, the length of its header, and that of its payload.
fn header(bytes: &[u8]) -> Option<(u8, usize, usize)> {
    let [first, second, rest @ ..] = bytes else {
        return None;
    };
    let (head, length) = match second & 0x7f {
        126 => (4, usize::from(u16::from_be_bytes(*rest.first_chunk()?))),
        127 => (10, usize::try_from(u64::from_be_bytes(*rest.first_chunk()?)).ok()?),
        short => (2, usize::from(short)),
    };
    Some((first & 0x0f, head, length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_may_be_cut_anywhere() {
        let mut bytes = vec![0x81, 2, b'h', b'i', 0x89, 0, 0x82, 126, 0, 200];
        bytes.extend([7; 200]);
        bytes.extend([0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]);
        bytes.extend([8; 65536]);
        let cuts = (0..220).chain([65000, bytes.len() - 1, bytes.len()]);
        for cut in cuts {
            let mut seen = Vec::new();
            let used = decode(&bytes[..cut], |opcode, payload| seen.push((opcode, payload.len())));
            assert!(used <= cut);
            let rest = decode(&bytes[used..], |opcode, payload| seen.push((opcode, payload.len())));
            assert_eq!(used + rest, bytes.len());
            assert_eq!(seen, [(TEXT, 2), (PING, 0), (BINARY, 200), (BINARY, 65536)]);
        }
    }

    #[test]
    fn a_length_beyond_memory_is_waited_for() {
        let bytes = [0x82, 127, 255, 255, 255, 255, 255, 255, 255, 255, 1, 2, 3];
        assert_eq!(decode(&bytes, |_, _| panic!("no frame is whole")), 0);
    }

    #[test]
    fn what_is_encoded_is_masked() {
        for length in [0, 5, 125, 126, 65535, 65536] {
            let payload: Vec<u8> = (0..length).map(|i| i as u8).collect();
            let mut bytes = Vec::new();
            encode(&mut bytes, TEXT, &payload);
            assert_eq!(bytes[1] & 0x80, 0x80);
            // Without the mask's bit and its four bytes it is what a server would send.
            bytes[1] &= 0x7f;
            let (_, head, n) = header(&bytes).unwrap();
            let mask: Vec<u8> = bytes.drain(head..head + 4).collect();
            assert_eq!(n, length);
            let clear = bytes[head..].iter().zip(mask.iter().cycle()).map(|(b, m)| b ^ m);
            assert!(clear.eq(payload));
        }
    }
}
