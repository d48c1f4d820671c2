//! The port, the worker threads behind it, and what a connection may take there.

use std::cell::Cell;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix_http::{Request, ServiceConfig};
use actix_server::Server;
use actix_service::{Service, ServiceFactory, fn_factory, fn_service, map_config};
use actix_web::dev::{AppConfig, ServiceResponse};
use actix_web::{App, web};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;

use crate::actors::connections::ConnectionPermit;
use crate::actors::engine::Engine;
use crate::actors::session::transport::Transport;
use crate::actors::worker::Worker;
use crate::app::StartError;
use crate::app::connection::ConnectionContext;
use crate::http;

/// Length of the queue of connections that nobody has taken yet.
const BACKLOG: i32 = 4_096;
/// Connections of a thread at which it accepts no more: never reached, since those that are one too
/// many are closed before.
const CONNECTIONS_OF_A_THREAD: usize = 1_000_000;
/// What is said on a connection that is one too many.
const TOO_MANY: &str = r#"{"error":"too many connections; try again in a moment","code":"busy","retry_after_ms":1000}"#;
/// How long, and how many bytes, the peer of such a connection may go on sending before it is left, so that it
/// can read that. So many of a thread at once; the next is left at once.
const TURNED_AWAY_FOR: Duration = Duration::from_secs(2);
const TURNED_AWAY_BYTES: usize = 4 << 20;
const TURNED_AWAY: usize = 128;
/// How long the handshake of TLS may take.
const TLS_WITHIN: Duration = Duration::from_secs(10);
/// How long a peer's machine may leave what was sent to it without an answer, or without room for
/// more: then the connection is dropped, whoever reads from it. Longer than a slow socket is given.
#[cfg(target_os = "linux")]
const UNANSWERED_WITHIN: Duration = Duration::from_secs(75);
/// How long requests that are being answered may take once the sockets are closed.
const SHUTDOWN_SECONDS: u64 = 2;

/// Takes the address, for connections that come before anybody serves them too.
pub(super) fn listen(address: SocketAddr) -> Result<TcpListener, StartError> {
    let failed = |error| StartError::Listen { address, error };
    let socket = socket2::Socket::new(
        socket2::Domain::for_address(address),
        socket2::Type::STREAM,
        Some(socket2::Protocol::TCP),
    );
    let socket = socket.map_err(failed)?;
    // A server that was killed comes back at once, though its old connections linger.
    socket.set_reuse_address(true).map_err(failed)?;
    // The connections inherit it.
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(UNANSWERED_WITHIN)).map_err(failed)?;
    socket.bind(&address.into()).map_err(failed)?;
    socket.listen(BACKLOG).map_err(failed)?;
    Ok(socket.into())
}

/// Starts the worker threads, each with its handlers, its relay and its sockets. Once `ending` is
/// cancelled no connection waits for another request.
pub(super) fn serve(
    listener: TcpListener,
    engine: Engine,
    tls: Option<rustls::ServerConfig>,
    ending: CancellationToken,
) -> io::Result<Server> {
    let workers = match engine.config().workers {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        workers => workers,
    };
    let builder = Server::build()
        .workers(workers)
        .max_concurrent_connections(CONNECTIONS_OF_A_THREAD)
        .shutdown_timeout(SHUTDOWN_SECONDS)
        .disable_signals();
    let tls = tls.map(|config| TlsAcceptor::from(Arc::new(config)));
    // The outer closure runs once on each worker thread.
    let server = builder.listen("vestnik", listener, move || {
        let (engine, tls, ending) = (engine.clone(), tls.clone(), ending.clone());
        fn_factory(move || {
            let (engine, tls, ending) = (engine.clone(), tls.clone(), ending.clone());
            async move {
                let site = site(engine, ending).await?;
                Ok::<_, ()>(fn_service(move |stream| {
                    let (site, tls) = (Rc::clone(&site), tls.clone());
                    async move { accept(&site, stream, tls).await }
                }))
            }
        })
    })?;
    Ok(server.run())
}

/// What one worker thread serves its connections with.
async fn site(
    engine: Engine,
    ending: CancellationToken,
) -> Result<
    Rc<
        ConnectionContext<
            impl Service<Request, Response = ServiceResponse, Error = actix_web::Error>,
        >,
    >,
    (),
> {
    let worker = Worker::start(engine.clone());
    let app = App::new()
        .app_data(web::Data::new(engine))
        .app_data(Rc::clone(&worker))
        .configure(http::configure);
    let app = map_config(app, |()| AppConfig::default()).new_service(()).await?;
    Ok(Rc::new(ConnectionContext {
        app,
        worker,
        codec: ServiceConfig::default(),
        ending,
    }))
}

/// One connection, from when it was accepted.
async fn accept<S>(
    site: &ConnectionContext<S>,
    stream: TcpStream,
    tls: Option<TlsAcceptor>,
) -> Result<(), ()>
where
    S: Service<Request, Response = ServiceResponse, Error = actix_web::Error>,
{
    // What is sent leaves at once: with Nagle's algorithm a frame waits until the peer has
    // acknowledged the one before, which a peer with nothing to say puts off for 40 ms.
    stream
        .set_nodelay(true)
        .map_err(|error| log::debug!("a connection is gone: {error}"))?;
    let peer = stream.peer_addr().ok();
    let engine = site.worker.engine();
    let address = peer.map(|peer| peer.ip().to_canonical());
    let address = address.filter(|peer| !engine.config().trusted_proxies.contains(peer));
    let Some(place) = engine.connections().admit(address) else {
        if tls.is_none() {
            turn_away(stream).await;
        }
        return Err(());
    };
    let transport = match tls {
        None => Transport::from(stream),
        Some(tls) => match secured(tls, stream, &place).await {
            Ok(stream) => Transport::from(stream),
            Err(why) => {
                log::debug!("no TLS with {peer:?}: {why}");
                engine.metrics().malformed("tls");
                return Err(());
            }
        },
    };
    site.serve(transport, peer, &place).await;
    Ok(())
}

thread_local! {
    static TURNING_AWAY: Cell<usize> = const { Cell::new(0) };
}

/// Says that there are too many, and lets the peer read it, whatever it is still sending: what is closed over
/// unread bytes is reset.
async fn turn_away(mut stream: TcpStream) {
    let length = TOO_MANY.len();
    let answer = format!(
        "HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\nretry-after: 1\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n{TOO_MANY}"
    );
    // Not by tokio, which has not heard yet that there is room.
    let _ = socket2::SockRef::from(&stream).send(answer.as_bytes());
    if TURNING_AWAY.get() >= TURNED_AWAY {
        return;
    }
    TURNING_AWAY.set(TURNING_AWAY.get() + 1);
    let heard_out = async {
        let _ = stream.shutdown().await;
        let _ = tokio::io::copy(&mut stream.take(TURNED_AWAY_BYTES as u64), &mut tokio::io::sink())
            .await;
    };
    let _ = timeout(TURNED_AWAY_FOR, heard_out).await;
    TURNING_AWAY.set(TURNING_AWAY.get() - 1);
}

/// The handshake of TLS, within its time, and while there is room for who does nothing.
async fn secured(
    tls: TlsAcceptor,
    stream: TcpStream,
    place: &ConnectionPermit,
) -> io::Result<TlsStream<TcpStream>> {
    tokio::select! {
        shaken = timeout(TLS_WITHIN, tls.accept(stream)) => {
            shaken.unwrap_or_else(|late| Err(late.into()))
        }
        () = place.must_go() => Err(io::Error::other("it had to make room")),
    }
}
