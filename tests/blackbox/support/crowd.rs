//! Sockets by the thousand. They are read below the WebSocket library: the crowd shares the test's
//! two cores with the server, so each frame costs a search and no more.

use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

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

    /// The next frame, with its two bytes of head and their extension; `None` at the end of the
    /// stream.
    pub(crate) async fn next(&mut self) -> Option<&[u8]> {
        self.buffer.drain(..self.taken);
        self.taken = 0;
        loop {
            if let Some(end) = self.frame_end() {
                self.taken = end;
                return Some(&self.buffer[..end]);
            }
            match self.stream.read_buf(&mut self.buffer).await {
                Ok(0) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    /// Where the first frame in the buffer ends, if it is whole. Server frames are not masked.
    fn frame_end(&self) -> Option<usize> {
        let (head, length) = match *self.buffer.get(1)? {
            126 => (4, u16::from_be_bytes(self.buffer.get(2..4)?.try_into().ok()?).into()),
            127 => panic!("a frame of more than 64 KiB"),
            short => (2, usize::from(short)),
        };
        let end = head + length;
        (self.buffer.len() >= end).then_some(end)
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
