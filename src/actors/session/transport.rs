//! The raw stream under a socket, plain or TLS, or the pipe under an event stream; usable by a reader and a writer at once through a
//! shared reference. Both live on one thread and nothing is held across an await.

use std::cell::RefCell;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use actix_codec::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::io::DuplexStream;
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

/// Bytes that the kernel may keep for one reader (it doubles them, for its own bookkeeping). A
/// messenger's bandwidth over any distance fits.
const SEND_BUFFER: usize = 128 << 10;

/// What was accepted, or what stands for it.
pub enum Transport {
    /// TCP; tokio lets a shared reference read and write.
    Plain(TcpStream),
    /// TLS over it; a record layer has one state, so it is borrowed for each poll.
    Tls(Box<RefCell<TlsStream<TcpStream>>>),
    /// A pipe within the process; at its other end is an event stream.
    Pipe(Box<RefCell<DuplexStream>>),
}

impl std::fmt::Debug for Transport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Plain(_) => "Plain",
            Self::Tls(_) => "Tls",
            Self::Pipe(_) => "Pipe",
        })
    }
}

impl From<TcpStream> for Transport {
    fn from(stream: TcpStream) -> Self {
        bound_kernel(&stream);
        Self::Plain(stream)
    }
}

impl From<TlsStream<TcpStream>> for Transport {
    fn from(stream: TlsStream<TcpStream>) -> Self {
        bound_kernel(stream.get_ref().0);
        Self::Tls(Box::new(RefCell::new(stream)))
    }
}

impl From<DuplexStream> for Transport {
    fn from(stream: DuplexStream) -> Self {
        Self::Pipe(Box::new(RefCell::new(stream)))
    }
}

/// Bounds what the kernel keeps for one reader, which grows to megabytes by itself: a reader that
/// stalls is noticed by our own bound behind it, and costs this much at most.
fn bound_kernel(stream: &TcpStream) {
    if let Err(error) = socket2::SockRef::from(stream).set_send_buffer_size(SEND_BUFFER) {
        log::debug!("a socket keeps its own send buffer: {error}");
    }
}

impl Transport {
    /// Reads into `buffer`; 0 bytes is the end.
    pub fn poll_read(&self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        match self {
            Self::Plain(stream) => loop {
                ready!(stream.poll_read_ready(cx))?;
                match stream.try_read(buffer) {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    read => return Poll::Ready(read),
                }
            },
            Self::Tls(stream) => poll_read(&mut *stream.borrow_mut(), cx, buffer),
            Self::Pipe(stream) => poll_read(&mut *stream.borrow_mut(), cx, buffer),
        }
    }

    /// Writes what the socket takes at once; `WouldBlock` if it takes nothing. TLS always says so:
    /// a record that was sealed and not sent needs somebody who waits to send it. So does a pipe,
    /// which can be asked only by one who waits.
    pub(super) fn try_write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => write_at_once(stream, slices),
            Self::Tls(_) | Self::Pipe(_) => Err(io::ErrorKind::WouldBlock.into()),
        }
    }

    /// Writes when the socket takes something.
    pub fn poll_write(
        &self,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self {
            Self::Plain(stream) => loop {
                ready!(stream.poll_write_ready(cx))?;
                match write_at_once(stream, slices) {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    written => return Poll::Ready(written),
                }
            },
            Self::Tls(stream) => {
                Pin::new(&mut *stream.borrow_mut()).poll_write_vectored(cx, slices)
            }
            Self::Pipe(stream) => {
                Pin::new(&mut *stream.borrow_mut()).poll_write_vectored(cx, slices)
            }
        }
    }

    /// Everything written is on its way to the peer.
    pub fn poll_flush(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            // What is in a pipe has arrived.
            Self::Plain(_) | Self::Pipe(_) => Poll::Ready(Ok(())),
            Self::Tls(stream) => Pin::new(&mut *stream.borrow_mut()).poll_flush(cx),
        }
    }

    /// Ends the writing half.
    pub fn poll_shutdown(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Plain(stream) => {
                // Through the borrowed socket, since tokio's own shutdown wants it exclusively.
                let socket = socket2::SockRef::from(stream);
                Poll::Ready(socket.shutdown(std::net::Shutdown::Write))
            }
            Self::Tls(stream) => Pin::new(&mut *stream.borrow_mut()).poll_shutdown(cx),
            Self::Pipe(stream) => Pin::new(&mut *stream.borrow_mut()).poll_shutdown(cx),
        }
    }
}

/// One slice, which most deliveries are, costs the kernel less by itself than as a list.
fn write_at_once(stream: &TcpStream, slices: &[IoSlice<'_>]) -> io::Result<usize> {
    match slices {
        [one] => stream.try_write(one),
        several => stream.try_write_vectored(several),
    }
}

fn poll_read(
    stream: &mut (impl AsyncRead + Unpin),
    cx: &mut Context<'_>,
    buffer: &mut [u8],
) -> Poll<io::Result<usize>> {
    let mut buffer = ReadBuf::new(buffer);
    ready!(Pin::new(stream).poll_read(cx, &mut buffer))?;
    Poll::Ready(Ok(buffer.filled().len()))
}
