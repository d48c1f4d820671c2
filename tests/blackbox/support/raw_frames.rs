//! Sockets by the thousand. They are read below the WebSocket library: the crowd shares the test's
//! two cores with the server, so each frame costs a search and no more.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::rest::TestClient;
use super::socket::TestSocket;

/// Reads the server's frames as bytes.
pub(crate) struct RawFrames {
    stream: TcpStream,
    buffer: Vec<u8>,
    /// Where in the buffer the frame that was handed out last ends.
    taken: usize,
}

impl RawFrames {
    pub(crate) fn new(socket: TestSocket) -> Self {
        Self {
            stream: socket.into_raw(),
            buffer: Vec::new(),
            taken: 0,
        }
    }

    /// A new socket of `user` for all chats; `None` if the server hangs up or has it come again.
    /// The first frames may come together with the answer to the handshake, and none is lost.
    pub(crate) async fn connect(user: &TestClient) -> Option<Self> {
        let mut stream = TcpStream::connect(user.node().address()).await.ok()?;
        stream.set_nodelay(true).ok()?;
        let request = format!(
            "GET /ws HTTP/1.1\r\nHost: localhost\r\nAuthorization: {}\r\nConnection: Upgrade\r\n\
             Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
            user.bearer()
        );
        stream.write_all(request.as_bytes()).await.ok()?;
        let mut buffer = Vec::new();
        loop {
            let end = buffer.windows(4).position(|window| window == b"\r\n\r\n");
            if let Some(end) = end {
                let head = String::from_utf8_lossy(&buffer[..end]);
                let is_busy = ["HTTP/1.1 503 ", "HTTP/1.1 429 "];
                if is_busy.iter().any(|line| head.starts_with(line)) {
                    return None;
                }
                assert!(head.starts_with("HTTP/1.1 101 "), "no upgrade: {head}");
                return Some(Self {
                    stream,
                    buffer,
                    taken: end + 4,
                });
            }
            if stream.read_buf(&mut buffer).await.ok()? == 0 {
                return None;
            }
        }
    }

    /// Sends a text frame of less than 126 bytes; it need not be taken.
    pub(crate) async fn send(&mut self, text: &str) {
        let length = u8::try_from(text.len()).ok().filter(|length| *length < 126);
        // Masked with zeros, which leave it as it is.
        let head = [0x81, 0x80 | length.expect("a short frame"), 0, 0, 0, 0];
        let _ = self.stream.write_all(&[&head, text.as_bytes()].concat()).await;
    }

    /// The next frame, with its two bytes of head and their extension; `None` at the end of the
    /// stream. What was read so far outlasts a call that is given up.
    pub(crate) async fn next(&mut self) -> Option<&[u8]> {
        loop {
            if let Some(length) = self.frame_length() {
                let start = self.taken;
                self.taken += length;
                return Some(&self.buffer[start..start + length]);
            }
            self.buffer.drain(..self.taken);
            self.taken = 0;
            match self.stream.read_buf(&mut self.buffer).await {
                Ok(0) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    /// How long the next frame is, if it is whole. Server frames are not masked.
    fn frame_length(&self) -> Option<usize> {
        let bytes = &self.buffer[self.taken..];
        let (head, length) = match *bytes.get(1)? {
            126 => (4, u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?).into()),
            127 => (10, u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?)),
            short => (2, u64::from(short)),
        };
        let length = head + usize::try_from(length).expect("a frame that fits into memory");
        (bytes.len() >= length).then_some(length)
    }
}

/// What is behind the head of a frame.
pub(crate) fn payload(frame: &[u8]) -> &[u8] {
    match frame[1] {
        126 => &frame[4..],
        127 => &frame[10..],
        _ => &frame[2..],
    }
}
/// The number after the first `"name":` of a frame, if there is one.
pub(crate) fn number(frame: &[u8], name: &str) -> Option<i64> {
    let mark = format!("\"{name}\":");
    let start = frame.windows(mark.len()).position(|window| window == mark.as_bytes())?;
    let digits = frame[start + mark.len()..].iter().take_while(|byte| byte.is_ascii_digit());
    Some(digits.fold(0, |number, digit| 10 * number + i64::from(digit - b'0')))
}

/// Two ends of a thousand sockets are more files than many systems allow by default.
pub(crate) fn allow_many_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let maximum = getrlimit(Resource::Nofile).maximum;
    let raised = Rlimit {
        current: maximum,
        maximum,
    };
    setrlimit(Resource::Nofile, raised).expect("the hard limit");
}
