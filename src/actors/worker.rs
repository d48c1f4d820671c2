//! What one worker thread shares among its sockets: no lock, no atomics.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use actix::Actor;

use crate::actors::engine::Engine;
use crate::actors::messages::{RelayAt, SessionId};
use crate::actors::relay::Relay;
use crate::actors::session::socket::{Socket, SocketBounds};
use crate::domain::heartbeat::HeartbeatBounds;

/// The sockets of a thread.
pub(crate) type Sockets = Rc<RefCell<HashMap<SessionId, Rc<Socket>>>>;

/// Bytes read at once. One buffer a thread: a connection keeps bytes only while it holds a partial
/// frame.
const SCRATCH: usize = 16 << 10;

/// Event streams of one thread: each keeps an HTTP connection.
const STREAMS: usize = 5_000;

/// One worker thread.
#[derive(Debug)]
pub struct Worker {
    engine: Engine,
    relay: RelayAt,
    sockets: Sockets,
    scratch: RefCell<Box<[u8]>>,
    streams: Rc<Cell<usize>>,
}

/// A place among the event streams of a thread; given back when it is dropped.
#[derive(Debug)]
pub struct StreamPermit(Rc<Cell<usize>>);

impl Drop for StreamPermit {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

impl Worker {
    /// Sets up the thread that this is called on, with its relay.
    pub fn start(engine: Engine) -> Rc<Self> {
        let sockets = Sockets::default();
        let directory = engine.directory().clone();
        let id = directory.next_relay();
        let registry = engine.registry().clone().recipient();
        let relay = Relay::new(id, Rc::clone(&sockets), registry, engine.metrics_handle());
        let addr = relay.start();
        directory.list_relay(id, addr.clone());
        Rc::new(Self {
            engine,
            relay: RelayAt { id, addr },
            sockets,
            scratch: RefCell::new(vec![0; SCRATCH].into_boxed_slice()),
            streams: Rc::default(),
        })
    }

    /// The doors to the actors.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// This thread's relay.
    pub fn relay(&self) -> &RelayAt {
        &self.relay
    }

    /// This thread's sockets.
    pub fn sockets(&self) -> &Sockets {
        &self.sockets
    }

    /// Where to read into; nothing in it outlives a poll.
    pub fn scratch(&self) -> &RefCell<Box<[u8]>> {
        &self.scratch
    }

    /// A place for one more event stream, if there are not too many on this thread: each keeps an
    /// HTTP connection, and they must not take them all.
    pub fn acquire_stream_permit(&self) -> Option<StreamPermit> {
        let streams = self.streams.get();
        (streams < STREAMS).then(|| {
            self.streams.set(streams + 1);
            StreamPermit(Rc::clone(&self.streams))
        })
    }

    /// The bounds of a socket, as the administrator set them.
    pub fn bounds(&self) -> SocketBounds {
        let config = self.engine.config();
        SocketBounds {
            outbox_bytes: config.outbox_bytes,
            outbox_age: config.outbox_age,
            heartbeat: HeartbeatBounds {
                ping_after: config.ping_after,
                pong_within: config.pong_within,
            },
        }
    }
}
