//! Who is running where. A look-up is a read of a sharded map; only a miss asks the registry.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use actix::Addr;
use dashmap::{DashMap, DashSet};

use crate::actors::messages::{RelayId, SessionId};
use crate::actors::seats::Seats;
use crate::actors::{ConversationActor, Relay};
use crate::domain::{ConversationId, UserId};

/// Tells one run of a conversation's actor from the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Generation(u64);

/// The map of what runs on this node. One a node, shared by all its threads.
#[derive(Debug, Default)]
pub struct Directory {
    conversations: DashMap<ConversationId, (Generation, Addr<ConversationActor>)>,
    relays: DashMap<RelayId, Addr<Relay>>,
    /// Users who are there, as it was told last; the registry keeps it.
    present: DashSet<UserId>,
    seats: Seats,
    next: AtomicU64,
    leaving: AtomicBool,
    draining: AtomicBool,
}

impl Directory {
    /// The running actor of a conversation.
    pub fn conversation(&self, id: ConversationId) -> Option<Addr<ConversationActor>> {
        let entry = self.conversations.get(&id)?;
        // An actor that failed is still listed; it is as good as not running.
        entry.1.connected().then(|| entry.1.clone())
    }

    /// Every conversation that is running.
    pub fn conversations(&self) -> Vec<Addr<ConversationActor>> {
        self.conversations.iter().map(|entry| entry.1.clone()).collect()
    }

    /// Lists an actor that is about to start; only the registry does this, so there is one.
    pub fn list(&self, id: ConversationId, generation: Generation, addr: Addr<ConversationActor>) {
        self.conversations.insert(id, (generation, addr));
    }

    /// Takes an actor off the list, unless its place is its successor's by now.
    pub fn unlist(&self, id: ConversationId, generation: Generation) {
        self.conversations.remove_if(&id, |_, (listed, _)| *listed == generation);
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
    pub fn seats(&self) -> &Seats {
        &self.seats
    }

    /// Sockets now.
    pub fn sessions(&self) -> usize {
        self.seats.count()
    }

    /// Is the server about to stop? Then it says so to those who ask, and serves as before.
    pub fn is_leaving(&self) -> bool {
        self.leaving.load(Ordering::Acquire)
    }

    /// The server is about to stop.
    pub fn leave(&self) {
        self.leaving.store(true, Ordering::Release);
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
