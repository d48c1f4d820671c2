//! The sockets of one thread that have a conversation open. Each run of a conversation's actor fills a
//! room of its own: a successor's delivery must not reach those who followed the one before, as they
//! may have missed something, and the successor does not know them.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::rc::Rc;

use crate::actors::messages::{Incarnation, SessionId};
use crate::actors::session::socket::Socket;
use crate::domain::ConversationId;

/// All rooms of a thread.
#[derive(Debug, Default)]
pub(super) struct Rooms {
    /// Nearly always one for a conversation.
    by_conversation: HashMap<ConversationId, Vec<Room>>,
}

/// The sockets that follow one run of a conversation's actor.
#[derive(Debug)]
pub(super) struct Room {
    incarnation: Incarnation,
    sockets: Vec<Rc<Socket>>,
    indices: HashMap<SessionId, usize>,
}

impl Room {
    fn new(incarnation: Incarnation) -> Self {
        Self {
            incarnation,
            sockets: Vec::new(),
            indices: HashMap::new(),
        }
    }

    pub(super) fn sockets(&self) -> &[Rc<Socket>] {
        &self.sockets
    }

    fn add(&mut self, socket: Rc<Socket>) {
        if let Entry::Vacant(index) = self.indices.entry(socket.id()) {
            index.insert(self.sockets.len());
            self.sockets.push(socket);
        }
    }

    fn remove(&mut self, session: SessionId) {
        let Some(index) = self.indices.remove(&session) else {
            return;
        };
        self.sockets.swap_remove(index);
        if let Some(moved) = self.sockets.get(index) {
            self.indices.insert(moved.id(), index);
        }
    }
}

impl Rooms {
    /// The room that this run fills, if anybody is in it.
    pub(super) fn get(&self, incarnation: &Incarnation) -> Option<&Room> {
        let rooms = self.by_conversation.get(&incarnation.conversation)?;
        rooms.iter().find(|room| room.incarnation.actor == incarnation.actor)
    }

    /// Has the socket the conversation open?
    pub(super) fn has(&self, conversation: ConversationId, session: SessionId) -> bool {
        let rooms = self.by_conversation.get(&conversation);
        rooms.is_some_and(|rooms| rooms.iter().any(|room| room.indices.contains_key(&session)))
    }

    pub(super) fn enter(&mut self, incarnation: &Incarnation, socket: Rc<Socket>) {
        let rooms = self.by_conversation.entry(incarnation.conversation).or_default();
        match rooms.iter_mut().find(|room| room.incarnation.actor == incarnation.actor) {
            Some(room) => room.add(socket),
            None => {
                let mut room = Room::new(incarnation.clone());
                room.add(socket);
                rooms.push(room);
            }
        }
    }

    pub(super) fn leave(&mut self, incarnation: &Incarnation, session: SessionId) {
        if let Entry::Occupied(mut rooms) = self.by_conversation.entry(incarnation.conversation) {
            let here = rooms
                .get_mut()
                .iter_mut()
                .find(|room| room.incarnation.actor == incarnation.actor);
            here.into_iter().for_each(|room| room.remove(session));
            rooms.get_mut().retain(|room| !room.sockets.is_empty());
            if rooms.get().is_empty() {
                rooms.remove();
            }
        }
    }

    /// Takes the rooms that nobody fills any more: their actor has failed.
    pub(super) fn take_orphaned(&mut self) -> Vec<(ConversationId, Room)> {
        let mut orphaned = Vec::new();
        self.by_conversation.retain(|conversation, rooms| {
            let gone = rooms.extract_if(.., |room| !room.incarnation.actor.connected());
            orphaned.extend(gone.map(|room| (*conversation, room)));
            !rooms.is_empty()
        });
        orphaned
    }
}
