//! A client of the sockets, on an independent implementation of RFC 6455.

use std::net::SocketAddr;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderName;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{CloseCode, Data, OpCode};
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

use super::within;
use crate::support::Answer;

/// One open socket.
#[derive(Debug)]
pub(crate) struct TestSocket {
    stream: WebSocketStream<TcpStream>,
}

/// What a socket hears.
#[derive(Debug)]
pub(crate) enum Heard {
    /// A text frame, decoded.
    Frame(Value),
    /// A pong with this payload.
    Pong(Vec<u8>),
    /// The end: with the code of the close frame, or without one.
    Closed(Option<u16>),
}

impl TestSocket {
    /// Opens a socket; `Err` is the server's HTTP answer if it did not upgrade.
    pub(crate) async fn open(
        address: SocketAddr,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Result<Self, Answer> {
        let stream =
            within("a connection", TcpStream::connect(address)).await.expect("a connection");
        Self::upgrade(stream, path, headers).await
    }

    /// The same with a receive buffer so small that one who does not read is soon felt.
    pub(crate) async fn open_narrow(
        address: SocketAddr,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Result<Self, Answer> {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_recv_buffer_size(4_096).expect("a small buffer");
        let stream = within("a connection", socket.connect(address)).await.expect("a connection");
        Self::upgrade(stream, path, headers).await
    }

    async fn upgrade(
        stream: TcpStream,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Result<Self, Answer> {
        stream.set_nodelay(true).expect("a live socket");
        let address = stream.peer_addr().expect("a connected socket");
        let mut request = format!("ws://{address}{path}").into_client_request().expect("a URL");
        for (name, value) in headers {
            let name = HeaderName::from_bytes(name.as_bytes()).expect("a header's name");
            request.headers_mut().insert(name, value.parse().expect("a header's value"));
        }
        match within("the upgrade", client_async(request, stream)).await {
            Ok((stream, _)) => Ok(Self { stream }),
            Err(Error::Http(response)) => Err(Answer {
                request: format!("GET {path} (upgrade)"),
                status: response.status().as_u16(),
                headers: response.headers().clone(),
                text: String::from_utf8_lossy(response.body().as_deref().unwrap_or_default())
                    .into(),
            }),
            Err(error) => panic!("{path}: {error}"),
        }
    }

    /// Sends one JSON frame. A socket that the server has closed takes it without complaint, as
    /// the close is what the test will read.
    pub(crate) async fn send(&mut self, frame: Value) {
        self.send_raw(Message::text(frame.to_string())).await;
    }

    /// Says something as a client of Corp Messenger does.
    pub(crate) async fn say(&mut self, content: &str) {
        self.send(json!({"content": content})).await;
    }

    /// Says something under a key and waits for the `ack`.
    pub(crate) async fn say_keyed(&mut self, content: &str, key: &str) -> Value {
        self.send(json!({"content": content, "client_msg_id": key})).await;
        self.until(|frame| frame["type"] == "ack" && frame["client_msg_id"] == key)
            .await
    }

    /// Sends any message.
    pub(crate) async fn send_raw(&mut self, message: Message) {
        let _ = within("the socket to take a frame", self.stream.send(message)).await;
    }

    /// Sends one data frame as it is: `opcode` text, binary or continuation.
    pub(crate) async fn send_frame(&mut self, opcode: Data, payload: &[u8], last: bool) {
        let frame = Frame::message(payload.to_vec(), OpCode::Data(opcode), last);
        self.send_raw(Message::Frame(frame)).await;
    }

    /// Sends a ping.
    pub(crate) async fn ping(&mut self, payload: &[u8]) {
        self.send_raw(Message::Ping(payload.to_vec().into())).await;
    }

    /// The bytes under the frames, for what no decent client sends.
    pub(crate) fn raw(&mut self) -> &mut TcpStream {
        self.stream.get_mut()
    }

    /// The bytes under the frames, for good; nothing was read of them yet.
    pub(crate) fn into_raw(self) -> TcpStream {
        self.stream.into_inner()
    }

    /// Starts the closing handshake.
    pub(crate) async fn close(&mut self, code: u16) {
        use tokio_tungstenite::tungstenite::protocol::CloseFrame;
        let frame = CloseFrame {
            code: CloseCode::from(code),
            reason: "".into(),
        };
        self.send_raw(Message::Close(Some(frame))).await;
    }

    /// The next thing that is not a ping. Reading is what answers pings.
    pub(crate) async fn hear(&mut self) -> Heard {
        within("the socket to hear something", self.hear_ever()).await
    }

    /// The same without patience's end, for readers in the background.
    pub(crate) async fn hear_ever(&mut self) -> Heard {
        loop {
            match self.stream.next().await {
                Some(Ok(Message::Text(text))) => {
                    let frame = serde_json::from_str(text.as_str());
                    return Heard::Frame(frame.unwrap_or_else(|_| panic!("no JSON: {text}")));
                }
                Some(Ok(Message::Pong(payload))) => return Heard::Pong(payload.to_vec()),
                Some(Ok(Message::Close(frame))) => {
                    // The answer to it is queued and goes out with the next call.
                    let _ = self.stream.flush().await;
                    return Heard::Closed(frame.map(|frame| frame.code.into()));
                }
                Some(Ok(Message::Ping(_))) => {}
                Some(Ok(other)) => panic!("the server sent {other:?}"),
                Some(Err(_)) | None => return Heard::Closed(None),
            }
        }
    }

    /// The text of the next frame, for readers of very many; none when it is closed.
    pub(crate) async fn hear_text(&mut self) -> Option<String> {
        loop {
            match self.stream.next().await {
                Some(Ok(Message::Text(text))) => return Some(text.as_str().to_owned()),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                Some(Ok(_)) => {}
            }
        }
    }

    /// The next frame. Who is there comes at any time, and is passed over.
    pub(crate) async fn frame(&mut self) -> Value {
        loop {
            match self.hear().await {
                Heard::Frame(frame) if frame["type"] == "presence" => {}
                Heard::Frame(frame) => return frame,
                other => panic!("expected a frame, heard {other:?}"),
            }
        }
    }

    /// The next frame that fits; those before it are passed over.
    pub(crate) async fn until(&mut self, fits: impl Fn(&Value) -> bool) -> Value {
        loop {
            let frame = self.frame().await;
            if fits(&frame) {
                return frame;
            }
        }
    }

    /// The next frame of this type.
    pub(crate) async fn next(&mut self, kind: &str) -> Value {
        self.until(|frame| frame["type"] == kind).await
    }

    /// The next message with this content.
    pub(crate) async fn message(&mut self, content: &str) -> Value {
        self.until(|frame| frame["type"] == "message" && frame["content"] == content)
            .await
    }

    /// The next error, which must be this one.
    pub(crate) async fn refused(&mut self, code: &str) -> Value {
        let error = self.next("error").await;
        assert_eq!(error["code"], code, "{error}");
        error
    }

    /// Reads to the end: the frames before it, and the close code.
    pub(crate) async fn closed(&mut self) -> (Vec<Value>, Option<u16>) {
        let mut frames = Vec::new();
        loop {
            match self.hear().await {
                Heard::Frame(frame) => frames.push(frame),
                Heard::Pong(_) => {}
                Heard::Closed(code) => return (frames, code),
            }
        }
    }
}
