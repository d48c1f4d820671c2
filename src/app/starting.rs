//! The parts of a server, wired: the actors on a thread of their own, and the hub beside them where there may
//! be other servers on the database.

use std::io;
use std::sync::Arc;

use actix::{Actor, Addr, AsyncContext, Context};
use actix_rt::{Arbiter, ArbiterHandle};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use crate::actors::announcing::{Announcer, Listener};
use crate::actors::cluster::{self, Hub, HubHandle, Outgoing};
use crate::actors::confirmations::Confirmations;
use crate::actors::directory::Directory;
use crate::actors::engine::{Engine, EngineAddresses};
use crate::actors::following::Followers;
use crate::actors::local_sockets::LocalSockets;
use crate::actors::metrics::Metrics;
use crate::actors::read_command_writer::{ReadCommandServices, ReadCommandWriter};
use crate::actors::registry::{Registry, Shared};
use crate::actors::search_index::SearchIndex;
use crate::actors::writer::Writer;
use crate::app::bus_choice::BusChoice;
use crate::app::{EngineThread, Extensions, Parts, StartError};
use crate::bus::envelope::Secret;
use crate::config::{Config, SharedSettings};
use crate::store::expiry::Expiry;
use crate::store::{Store, StoreError, nodes};

/// Writers on Postgres, where transactions of different conversations can run side by side.
const POSTGRES_WRITERS: usize = 4;

/// What was started on the engine's thread.
struct Started {
    engine: Engine,
    writers: Vec<Addr<Writer>>,
    read_commands: Addr<ReadCommandWriter>,
    sockets: Arc<LocalSockets>,
}

/// Starts everything but what takes connections.
pub(super) async fn start(
    config: Arc<Config>,
    store: Store,
    expiry: Expiry,
    epoch: String,
    extensions: Extensions,
) -> Result<Parts, StartError> {
    let mut consumers = extensions.consumers;
    if !extensions.keeps_no_index {
        consumers.push(Arc::new(SearchIndex::new(store.clone())));
    }
    let mut followers = Followers::new(consumers);
    let mut listeners = extensions.listeners;
    listeners.extend(followers.listeners());
    let bus = match extensions.bus {
        Some(bus) => Some(BusChoice::Given(bus)),
        None => BusChoice::chosen(&config.cluster, &store)?,
    };
    let outgoing = Arc::new(Outgoing::default());
    let confirmations = bus.is_some().then(|| Arc::clone(outgoing.confirmations()));
    if bus.is_some() {
        listeners.push(outgoing.clone());
    }
    let thread = Arbiter::new().handle();
    let started = {
        let (config, store) = (config.clone(), store.clone());
        on(&thread, move || {
            start_actors(config, store, expiry, epoch, (listeners, confirmations))
        })
        .await?
    };
    let Started {
        engine,
        writers,
        read_commands,
        sockets,
    } = started;
    let hub = match bus {
        None => None,
        Some(bus) => {
            let session = nodes::session_name().map_err(StartError::Join)?;
            let secret = nodes::secret(&store).await.map_err(StartError::Join)?;
            let services = cluster::HubServices {
                store,
                name: config.cluster.name(),
                connections: config.database.db_connections,
                listens_as: bus.listens_as(&session),
                settings: SharedSettings::of(&config),
                secret: Secret::new(secret),
                sockets,
            };
            Some(start_hub(&thread, (bus, session), services, outgoing).await?)
        }
    };
    followers.start(engine.store(), &engine.metrics_handle());
    Ok(Parts {
        engine,
        writers,
        read_commands,
        hub,
        followers,
        thread: EngineThread(thread),
        ending: CancellationToken::new(),
    })
}

fn not_started() -> io::Error {
    io::Error::other("the engine's thread did not start")
}

/// What comes of doing this on the engine's thread.
async fn on<T: Send + 'static>(
    thread: &ArbiterHandle,
    act: impl FnOnce() -> T + Send + 'static,
) -> io::Result<T> {
    let (tell, told) = oneshot::channel();
    let is_started = thread.spawn_fn(move || drop(tell.send(act())));
    if !is_started {
        return Err(not_started());
    }
    told.await.map_err(|_| not_started())
}

async fn start_hub(
    thread: &ArbiterHandle,
    (bus, session): (BusChoice, String),
    services: cluster::HubServices,
    outgoing: Arc<Outgoing>,
) -> Result<HubHandle, StartError> {
    let (tell, told) = oneshot::channel::<Result<HubHandle, StoreError>>();
    thread.spawn(async move {
        let bus = bus.start(&session, &services.secret);
        match Hub::join(services, outgoing, bus).await {
            Ok((hub, handle)) => {
                drop(tell.send(Ok(handle)));
                hub.run().await;
            }
            Err(error) => drop(tell.send(Err(error))),
        }
    });
    told.await.map_err(|_| not_started())?.map_err(StartError::Join)
}

/// On the thread that is the engine's own.
fn start_actors(
    config: Arc<Config>,
    store: Store,
    expiry: Expiry,
    epoch: String,
    (listeners, confirmations): (Vec<Arc<dyn Listener>>, Option<Arc<Confirmations>>),
) -> Started {
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
    let of_registry = Context::<Registry>::new();
    let sockets = Arc::new(LocalSockets {
        directory: directory.clone(),
        registry: of_registry.address(),
        metrics: metrics.clone(),
    });
    let first: Arc<dyn Listener> = sockets.clone();
    let announcer = Arc::new(Announcer::new([first].into_iter().chain(listeners)));
    let shared = Shared {
        directory: directory.clone(),
        metrics: metrics.clone(),
        announcer: announcer.clone(),
        confirmations,
    };
    let registry = Registry::new(config.clone(), store.clone(), shared, writers.clone(), expiry);
    let read_commands = ReadCommandWriter::new(ReadCommandServices {
        store: store.clone(),
        announcer: announcer.clone(),
        metrics: metrics.clone(),
    });
    let read_commands = read_commands.start();
    let addresses = EngineAddresses {
        registry: of_registry.run(registry),
        read_commands: read_commands.clone(),
        announcer,
    };
    let engine = Engine::new(config, store, metrics.clone(), directory.clone(), addresses, epoch);
    Started {
        engine,
        writers,
        read_commands,
        sockets,
    }
}
