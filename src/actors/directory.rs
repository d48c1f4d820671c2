//! Who is running where. A look-up is a read of a sharded map; only a miss asks the registry.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use actix::Addr;
use dashmap::{DashMap, DashSet};

use crate::actors::messages::{RelayId, SessionId};
use crate::actors::socket_permits::SocketPermits;
use crate::actors::{ConversationActor, Relay};
use crate::domain::{ConversationId, UserId};

/// Tells one run of a conversation's actor from the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Generation(u64);

/// How far a running conversation has come, and how many sockets listen to it; its actor says so, and
/// whoever looks may be a moment late.
#[derive(Debug, Default)]
pub struct Followed {
    seq: AtomicI64,
    sockets: AtomicUsize,
}

impl Followed {
    /// Says both.
    pub fn set(&self, seq: i64, sockets: usize) {
        self.seq.store(seq, Ordering::Relaxed);
        self.sockets.store(sockets, Ordering::Relaxed);
    }
}

#[derive(Debug)]
struct RunningConversation {
    generation: Generation,
    addr: Addr<ConversationActor>,
    followed: Arc<Followed>,
}

/// The map of what runs on this node. One a node, shared by all its threads.
#[derive(Debug, Default)]
pub struct Directory {
    conversations: DashMap<ConversationId, RunningConversation>,
    relays: DashMap<RelayId, Addr<Relay>>,
    /// Users who are there, as it was told last; the registry keeps it.
    present: DashSet<UserId>,
    socket_permits: SocketPermits,
    next: AtomicU64,
    leaving: AtomicBool,
    draining: AtomicBool,
    bus: OnceLock<AtomicBool>,
}

impl Directory {
    /// The running actor of a conversation.
    pub fn conversation(&self, id: ConversationId) -> Option<Addr<ConversationActor>> {
        let entry = self.conversations.get(&id)?;
        // An actor that failed is still listed; it is as good as not running.
        entry.addr.connected().then(|| entry.addr.clone())
    }

    /// Every conversation that is running.
    pub fn conversations(&self) -> Vec<Addr<ConversationActor>> {
        self.conversations.iter().map(|entry| entry.addr.clone()).collect()
    }

    /// Every conversation that is running, and how far it has come.
    pub fn heads(&self) -> Vec<(ConversationId, i64)> {
        let heads = self.conversations.iter();
        heads
            .map(|entry| (*entry.key(), entry.followed.seq.load(Ordering::Relaxed)))
            .collect()
    }

    /// Every conversation that a socket listens to, and how far it has come.
    pub fn followed(&self) -> Vec<(ConversationId, i64)> {
        let is_followed =
            |running: &RunningConversation| running.followed.sockets.load(Ordering::Relaxed) > 0;
        let followed = self.conversations.iter().filter(|entry| is_followed(entry));
        followed
            .map(|entry| (*entry.key(), entry.followed.seq.load(Ordering::Relaxed)))
            .collect()
    }

    /// Lists an actor that is about to start; only the registry does this, so there is one.
    pub fn list(
        &self,
        id: ConversationId,
        generation: Generation,
        addr: Addr<ConversationActor>,
        followed: Arc<Followed>,
    ) {
        let running = RunningConversation {
            generation,
            addr,
            followed,
        };
        self.conversations.insert(id, running);
    }

    /// Takes an actor off the list, unless its place is its successor's by now.
    pub fn unlist(&self, id: ConversationId, generation: Generation) {
        self.conversations.remove_if(&id, |_, running| running.generation == generation);
    }

    /// A generation that was never given before.
    pub fn next_generation(&self) -> Generation {
        Generation(self.number())
    }

    /// A session id that was never given before.
    pub fn next_session(&self) -> SessionId {
        SessionId(self.number())
    }

    /// A relay id that was never given before.
    pub fn next_relay(&self) -> RelayId {
        RelayId(self.number())
    }

    /// Lists a worker thread's relay.
    pub fn list_relay(&self, id: RelayId, relay: Addr<Relay>) {
        self.relays.insert(id, relay);
    }

    /// Where a relay is.
    pub fn relay(&self, id: RelayId) -> Option<Addr<Relay>> {
        self.relays.get(&id).map(|relay| relay.clone())
    }

    /// Every relay.
    pub fn relays(&self) -> Vec<Addr<Relay>> {
        self.relays.iter().map(|relay| relay.clone()).collect()
    }

    /// Is this user there?
    pub fn is_present(&self, user: UserId) -> bool {
        self.present.contains(&user)
    }

    /// This user is there from now on, or no longer; only the registry says so.
    pub fn set_present(&self, user: UserId, is_there: bool) {
        if is_there {
            self.present.insert(user);
        } else {
            self.present.remove(&user);
        }
    }

    /// The places of sockets.
    pub fn socket_permits(&self) -> &SocketPermits {
        &self.socket_permits
    }

    /// Sockets now.
    pub fn sessions(&self) -> usize {
        self.socket_permits.count()
    }

    /// Is the server about to stop? Then it says so to those who ask, and serves as before.
    pub fn is_leaving(&self) -> bool {
        self.leaving.load(Ordering::Acquire)
    }

    /// The server is about to stop.
    pub fn leave(&self) {
        self.leaving.store(true, Ordering::Release);
    }

    /// Is heard what other servers on the database tell? `None` where there is no bus.
    pub fn hears_others(&self) -> Option<bool> {
        self.bus.get().map(|hears| hears.load(Ordering::Acquire))
    }

    /// What other servers tell is heard, or not.
    pub(crate) fn set_hears_others(&self, hears: bool) {
        self.bus.get_or_init(AtomicBool::default).store(hears, Ordering::Release);
    }

    /// Is the server stopping? Then nothing new is taken.
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Acquire)
    }

    /// The server stops.
    pub fn drain(&self) {
        self.leave();
        self.draining.store(true, Ordering::Release);
    }

    fn number(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed) + 1
    }
}
