//! One server, from its configuration to its end. `main` and every test build it here: port 0, no
//! statics, two of them in one process if need be.
//!
//! `draining` is how it ends.

mod draining;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix::{Actor, Addr};
use actix_codec::Framed;
use actix_http::{HttpService, Request, h1};
use actix_rt::{Arbiter, ArbiterHandle};
use actix_server::Server;
use actix_service::{ServiceFactoryExt, fn_service, map_config};
use actix_tls::accept::rustls_0_23::TlsStream;
use actix_web::dev::AppConfig;
use actix_web::{App, web};
use tokio::net::TcpStream;
use tokio::sync::{Notify, oneshot};

use crate::actors::directory::Directory;
use crate::actors::engine::Engine;
use crate::actors::metrics::Metrics;
use crate::actors::registry::Registry;
use crate::actors::worker::{CONNECTIONS, Worker};
use crate::actors::writer::Writer;
use crate::config::{Config, ConfigError};
use crate::http;
use crate::store::connect::{self, OpenError};
use crate::store::{Store, StoreError, migrate, tokens};
use crate::tls;

/// Writers on Postgres, where transactions of different conversations can run side by side.
const POSTGRES_WRITERS: usize = 4;
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

/// Why a server does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// What it was told makes no sense.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The store cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The schema cannot be brought up to date.
    #[error("the schema cannot be brought up to date: {0}")]
    Migrate(#[from] StoreError),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {error}")]
    Listen {
        /// Which.
        address: SocketAddr,
        /// Why.
        error: io::Error,
    },
    /// The certificate cannot be used.
    #[error(transparent)]
    Tls(#[from] tls::TlsError),
    /// A thread cannot be started.
    #[error("cannot start: {0}")]
    Threads(#[from] io::Error),
}

/// A server that is running.
pub struct Application {
    address: SocketAddr,
    server: Server,
    parts: Parts,
    stop: Arc<Notify>,
}

/// What must be ended in order.
#[derive(Debug)]
struct Parts {
    engine: Engine,
    writers: Vec<Addr<Writer>>,
    thread: EngineThread,
}

/// Asks a server to stop, from any thread.
#[derive(Clone, Debug)]
pub struct Handle {
    stop: Arc<Notify>,
}

impl Handle {
    /// Stop as on SIGTERM: take nothing new, answer what was accepted, close the sockets.
    pub fn stop(&self) {
        self.stop.notify_one();
    }
}

/// The thread of conversations, writers and registry; ends with its owner.
#[derive(Debug)]
struct EngineThread(ArbiterHandle);

impl Drop for EngineThread {
    fn drop(&mut self) {
        self.0.stop();
    }
}

impl Application {
    /// Opens the store, brings its schema up to date and starts to listen. Must be called inside an
    /// actix system.
    pub async fn build(config: Config) -> Result<Self, StartError> {
        let config = config.checked()?;
        let tls = tls::server_config(&config)?;
        let listener = listen(config.listen)?;
        let address = listener.local_addr()?;
        let store = connect::open(&config.database).await?.with_faults(config.fault.clone());
        migrate::up(&store, None).await?;
        if store.notice_fork().await? {
            log::warn!("Postgres was promoted or restored since the last start: the epoch is new");
        }
        tokens::delete_expired(&store, chrono::Utc::now()).await?;
        let epoch = store.epoch().await?;
        let parts = start_engine(Arc::new(config), store, epoch).await?;
        let server = serve(listener, parts.engine.clone(), tls)?;
        Ok(Self {
            address,
            server,
            parts,
            stop: Arc::new(Notify::new()),
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://…` or `https://…`, as the line at start says it.
    pub fn url(&self) -> String {
        let is_tls = self.parts.engine.config().tls_cert.is_some();
        format!("{}://{}", if is_tls { "https" } else { "http" }, self.address)
    }

    /// The doors to its actors.
    pub fn engine(&self) -> &Engine {
        &self.parts.engine
    }

    /// For stopping it.
    pub fn handle(&self) -> Handle {
        Handle {
            stop: self.stop.clone(),
        }
    }

    /// Serves until [`Handle::stop`], then ends in order: everything accepted is answered, nothing
    /// that was answered is lost.
    pub async fn run(self) -> io::Result<()> {
        let handle = self.server.handle();
        let serving = actix_rt::spawn(self.server);
        self.stop.notified().await;
        self.parts.drain(&handle).await;
        serving.await.unwrap_or(Ok(()))
    }
}

async fn start_engine(config: Arc<Config>, store: Store, epoch: String) -> io::Result<Parts> {
    let (tell, told) = oneshot::channel();
    let thread = Arbiter::new().handle();
    let started = thread.spawn_fn(move || {
        let metrics = Arc::new(Metrics::new(store.statements()));
        let directory = Arc::new(Directory::default());
        let count = if store.is_sqlite() {
            1
        } else {
            POSTGRES_WRITERS
        };
        let writers: Vec<_> = (0..count)
            .map(|_| Writer::new(store.clone(), metrics.clone()).start())
            .collect();
        let registry = Registry::new(
            config.clone(),
            store.clone(),
            directory.clone(),
            metrics.clone(),
            writers.clone(),
        );
        let engine = Engine::new(config, store, metrics, directory, registry.start(), epoch);
        drop(tell.send((engine, writers)));
    });
    let failed = || io::Error::other("the engine's thread did not start");
    if !started {
        return Err(failed());
    }
    let (engine, writers) = told.await.map_err(|_| failed())?;
    Ok(Parts {
        engine,
        writers,
        thread: EngineThread(thread),
    })
}

fn listen(address: SocketAddr) -> Result<TcpListener, StartError> {
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

fn serve(
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
                .tcp_nodelay(true)
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
        None => builder.listen("vestnik", listener, move || service!(TcpStream).tcp())?,
        Some(tls) => builder.listen("vestnik", listener, move || {
            service!(TlsStream<TcpStream>)
                .rustls_0_23(tls.clone())
                .map_err(|error| log::debug!("a TLS connection failed: {error:?}"))
        })?,
    };
    Ok(server.run())
}
