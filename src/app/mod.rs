//! One server, from its configuration to its end. `main` and every test build it here: port 0, no
//! statics, two of them in one process if need be.
//!
//! `starting` is how its parts are wired, `bus_choice` by what it talks to other servers, `listening` how it takes
//! connections, `connection` what happens on one, `history` whether its database is still the one that it was, and
//! `draining` how it ends.

mod bus_choice;
mod connection;
mod draining;
mod history;
mod listening;
mod starting;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix::Addr;
use actix_rt::ArbiterHandle;
use actix_server::Server;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::actors::announcing::Listener;
use crate::actors::cluster::HubHandle;
use crate::actors::engine::Engine;
use crate::actors::following::{Consumer, Followers};
use crate::actors::read_command_writer::ReadCommandWriter;
use crate::actors::writer::Writer;
use crate::bus::Connected;
use crate::config::{Config, ConfigError};
use crate::store::connect::{self, OpenError};
use crate::store::copy::{self, UNFINISHED};
use crate::store::expiry::Expiry;
use crate::store::{History, StoreError, files, migrate, search};
use crate::tls;

/// How often it is looked whether all that must run does.
const LOOK: Duration = Duration::from_secs(1);

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
    /// It is half a copy of another database.
    #[error("{UNFINISHED}")]
    HalfCopied,
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {error}")]
    Listen {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the system says.
        error: io::Error,
    },
    /// The server cannot be listed among those on its database.
    #[error("cannot join the servers on this database: {0}")]
    Join(StoreError),
    /// The certificate cannot be used.
    #[error(transparent)]
    Tls(#[from] tls::TlsError),
    /// A thread cannot be started.
    #[error("cannot start: {0}")]
    Threads(#[from] io::Error),
}

/// Parts of the server beside its core, which hear of what is committed.
#[derive(Default)]
pub struct Extensions {
    /// Who hears of it while it happens, and may miss something.
    pub listeners: Vec<Arc<dyn Listener>>,
    /// Who misses nothing.
    pub consumers: Vec<Arc<dyn Consumer>>,
    /// Is there to be no follower that keeps the index of words? For who counts what else the server does.
    pub keeps_no_index: bool,
    /// How it talks with other servers on its Postgres, instead of by what the settings say.
    pub bus: Option<Connected>,
}

/// A server that is running.
pub struct Application {
    address: SocketAddr,
    server: Server,
    parts: Parts,
    history: History,
    stop: Arc<Notify>,
}

/// Why a server has ended in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It was asked to.
    Stopped,
    /// The database has another history, so that all that was in memory is void. It is to be built anew.
    HistoryChanged,
}

/// What must be ended in order.
#[derive(Debug)]
struct Parts {
    engine: Engine,
    writers: Vec<Addr<Writer>>,
    read_commands: Addr<ReadCommandWriter>,
    /// Where there may be other servers on the database.
    hub: Option<HubHandle>,
    followers: Followers,
    thread: EngineThread,
    /// Cancelled when no connection is to wait for another request.
    ending: CancellationToken,
}

impl Parts {
    /// Waits until an actor is gone without which nothing goes on; a bug has ended it. Conversations and
    /// sessions are not among them: those are started anew.
    async fn failed(&self) -> &'static str {
        loop {
            tokio::time::sleep(LOOK).await;
            let relays = self.engine.directory().relays();
            if !self.writers.iter().all(Addr::connected) {
                return "a writer";
            }
            if !self.read_commands.connected() {
                return "the writer of read commands";
            }
            if !self.engine.registry().connected() {
                return "the registry";
            }
            if !relays.iter().all(Addr::connected) {
                return "a relay";
            }
        }
    }
}

/// Asks a server to stop, from any thread.
#[derive(Clone, Debug, Default)]
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
        Self::build_with(config, Extensions::default()).await
    }

    /// The same, with others who hear of what is committed.
    pub async fn build_with(config: Config, extensions: Extensions) -> Result<Self, StartError> {
        let config = config.checked()?;
        let tls = tls::server_config(&config)?;
        let listener = listening::listen(config.listen)?;
        let address = listener.local_addr()?;
        let store = connect::open(&config.database)
            .await?
            .with_faults(config.fault.clone())
            .with_files(&files::folder_of(&config)?);
        if !store.is_sqlite() && config.files.folder.is_none() {
            log::info!(
                "files are kept on this machine; several servers need one folder that they share: VESTNIK_FILES"
            );
        }
        migrate::up(&store, None).await?;
        if copy::is_unfinished(&store).await? {
            return Err(StartError::HalfCopied);
        }
        if store.notice_fork().await? {
            log::warn!("Postgres was promoted or restored since the last start: the epoch is new");
        }
        store.compare_clocks().await?;
        let expiry = Expiry::begin(&store, config.files.unused_for()).await?;
        expiry.sweep(&store).await?;
        search::prepare(&store).await?;
        let history = store.history().await?;
        let epoch = history.epoch.clone();
        let parts = starting::start(Arc::new(config), store, expiry, epoch, extensions).await?;
        if let Some(hub) = &parts.hub {
            hub.known().await;
        }
        let server = listening::serve(listener, parts.engine.clone(), tls, parts.ending.clone())?;
        Ok(Self {
            address,
            server,
            parts,
            history,
            stop: Arc::default(),
        })
    }

    /// The same, stopped by this handle.
    pub fn stopped_by(mut self, handle: &Handle) -> Self {
        self.stop = Arc::clone(&handle.stop);
        self
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
    /// that was answered is lost. If a part of it has failed that nothing starts anew, it ends in the
    /// same way, with an error.
    pub async fn run(self) -> io::Result<Ended> {
        let handle = self.server.handle();
        let serving = actix_rt::spawn(self.server);
        let engine = &self.parts.engine;
        let (store, directory) = (engine.store().clone(), Arc::clone(engine.directory()));
        let ended = tokio::select! {
            () = self.stop.notified() => Ok(Ended::Stopped),
            () = history::changed(store, directory, self.history) => Ok(Ended::HistoryChanged),
            part = self.parts.failed() => Err(part),
        };
        let ended = match ended {
            Ok(Ended::Stopped) => self.parts.leave().await.map_or(Ok(Ended::Stopped), Err),
            ended => ended,
        };
        if let Err(part) = ended {
            log::error!("{part} has failed: the server ends, to be started again");
        }
        let within = match ended {
            // What it could still answer is of a history that is gone.
            Ok(Ended::HistoryChanged) => Duration::ZERO,
            _ => self.parts.engine.config().drain_within,
        };
        self.parts.drain(&handle, within).await;
        serving.await.unwrap_or(Ok(()))?;
        ended.map_err(|part| io::Error::other(format!("{part} has failed")))
    }
}
