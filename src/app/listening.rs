//! The port, the worker threads behind it, and what a connection may take there.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::rc::Rc;
use std::time::Duration;

use actix_codec::Framed;
use actix_http::{HttpService, Request, h1};
use actix_server::Server;
use actix_service::{ServiceFactoryExt, fn_service, map_config};
use actix_tls::accept::rustls_0_23::TlsStream;
use actix_web::dev::AppConfig;
use actix_web::{App, web};
use tokio::net::TcpStream;

use crate::actors::engine::Engine;
use crate::actors::worker::{CONNECTIONS, Worker};
use crate::app::StartError;
use crate::http;

/// Length of the queue of connections that nobody has taken yet.
const BACKLOG: i32 = 4_096;
/// How long a client may take to send the head of a request.
const HEAD_WITHIN: Duration = Duration::from_secs(10);
/// How long an idle connection is kept for the next request.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
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

/// Starts the worker threads, each with its handlers, its relay and its sockets.
pub(super) fn serve(
    listener: TcpListener,
    engine: Engine,
    tls: Option<rustls::ServerConfig>,
) -> io::Result<Server> {
    let workers = match engine.config().workers {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        workers => workers,
    };
    let builder = Server::build()
        .workers(workers)
        .backlog(BACKLOG as u32)
        .max_concurrent_connections(CONNECTIONS)
        .shutdown_timeout(SHUTDOWN_SECONDS)
        .disable_signals();
    // The closures run once on each worker thread; only the last step differs between the two.
    macro_rules! service {
        ($stream:ty) => {{
            let worker = Worker::start(engine.clone());
            let data = web::Data::new(engine.clone());
            let app = App::new().app_data(data).app_data(Rc::clone(&worker));
            let app = app.configure(http::configure);
            HttpService::build()
                .client_request_timeout(HEAD_WITHIN)
                .keep_alive(KEEP_ALIVE)
                // Who hangs up waits for no answer. Otherwise an event stream would notice only when
                // it next has something to say, twice.
                .h1_allow_half_closed(false)
                .upgrade(fn_service(
                    move |(request, framed): (Request, Framed<$stream, h1::Codec>)| {
                        http::socket::take_over(&worker, request, framed);
                        async { Ok::<(), actix_web::Error>(()) }
                    },
                ))
                .h1(map_config(app, |_| AppConfig::default()))
        }};
    }
    let server = match tls {
        None => builder.listen("vestnik", listener, move || {
            fn_service(set_up).and_then(service!(TcpStream).tcp().map_err(drop))
        })?,
        Some(tls) => builder.listen("vestnik", listener, move || {
            let secured = service!(TlsStream<TcpStream>)
                .rustls_0_23(tls.clone())
                .map_err(|error| log::debug!("a TLS connection failed: {error:?}"));
            fn_service(set_up).and_then(secured)
        })?,
    };
    Ok(server.run())
}

/// What holds for each accepted connection. What is sent leaves at once: with Nagle's algorithm a
/// frame waits until the peer has acknowledged the one before, which a peer with nothing to say puts
/// off for 40 ms. The option of the builder of that name is not applied to HTTP/1 services.
async fn set_up(stream: TcpStream) -> Result<TcpStream, ()> {
    stream
        .set_nodelay(true)
        .map_err(|error| log::debug!("a connection is gone: {error}"))?;
    Ok(stream)
}
