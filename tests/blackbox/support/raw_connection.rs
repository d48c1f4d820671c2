//! A connection under HTTP: bytes as they are, for what no decent client sends or hides.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::within;

/// One connection, and what came on it that nobody has looked at.
#[derive(Debug)]
pub(crate) struct Raw {
    pub(crate) stream: TcpStream,
    unread: Vec<u8>,
}

/// One answer.
#[derive(Debug)]
pub(crate) struct RawAnswer {
    /// From the status line to the empty line.
    pub(crate) head: String,
    pub(crate) body: String,
}

impl RawAnswer {
    pub(crate) fn status(&self) -> u16 {
        let status = self.head.split(' ').nth(1).and_then(|status| status.parse().ok());
        status.unwrap_or_else(|| panic!("no status line: {}", self.head))
    }

    /// A header's values, joined; nothing if there is none.
    pub(crate) fn header(&self, name: &str) -> String {
        let fields = self.head.lines().filter_map(|line| line.split_once(':'));
        let named = fields.filter(|(field, _)| field.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.trim()).collect::<Vec<_>>().join(", ")
    }

    /// An error of the documented shape.
    #[track_caller]
    pub(crate) fn refused(&self, status: u16, code: &str) {
        assert_eq!(self.status(), status, "{self:?}");
        let body: serde_json::Value =
            serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"));
        assert_eq!(body["code"], code, "{self:?}");
        assert!(body["error"].as_str().is_some_and(|text| !text.is_empty()), "{self:?}");
    }
}

impl Raw {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        let stream = within("a connection", TcpStream::connect(address)).await;
        let stream = stream.expect("a connection");
        stream.set_nodelay(true).expect("a live socket");
        Self {
            stream,
            unread: Vec::new(),
        }
    }

    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let sent = within("bytes to be taken", self.stream.write_all(bytes.as_ref())).await;
        sent.expect("a live connection");
    }

    /// Reads until what is there is enough for `take`.
    async fn until<T>(&mut self, what: &str, take: impl Fn(&[u8]) -> Option<T>) -> T {
        loop {
            if let Some(found) = take(&self.unread) {
                return found;
            }
            let mut chunk = vec![0; 16 << 10];
            let read = within(what, self.stream.read(&mut chunk)).await;
            let count = read.unwrap_or_else(|error| panic!("{what}: {error}"));
            let so_far = String::from_utf8_lossy(&self.unread);
            assert!(count > 0, "the connection ended before {what}: {so_far}");
            self.unread.extend_from_slice(&chunk[..count]);
        }
    }

    /// The next head, which may be one of `100 Continue`.
    pub(crate) async fn head(&mut self) -> String {
        let end = |bytes: &[u8]| bytes.windows(4).position(|four| four == b"\r\n\r\n");
        let end = self.until("the head of an answer", end).await + 4;
        let head: Vec<u8> = self.unread.drain(..end).collect();
        String::from_utf8(head).expect("a head is text")
    }

    /// The next so many bytes, as text.
    pub(crate) async fn text(&mut self, length: usize) -> String {
        let whole = |bytes: &[u8]| (bytes.len() >= length).then_some(());
        self.until("more bytes", whole).await;
        let text: Vec<u8> = self.unread.drain(..length).collect();
        String::from_utf8(text).expect("text")
    }

    /// The next answer with a length, or without a body.
    pub(crate) async fn answer(&mut self) -> RawAnswer {
        self.answer_to("GET").await
    }

    /// The next answer to a request with this method.
    pub(crate) async fn answer_to(&mut self, method: &str) -> RawAnswer {
        let answer = RawAnswer {
            head: self.head().await,
            body: String::new(),
        };
        let length = answer.header("content-length").parse().unwrap_or(0);
        let length = if method == "HEAD" { 0 } else { length };
        RawAnswer {
            body: self.text(length).await,
            ..answer
        }
    }

    /// The server closes the connection, in order, and says nothing more.
    pub(crate) async fn ended(mut self) {
        let mut rest = self.unread;
        let read = within("the end of a connection", self.stream.read_to_end(&mut rest)).await;
        read.expect("an orderly end");
        assert!(rest.is_empty(), "{}", String::from_utf8_lossy(&rest));
    }
}
