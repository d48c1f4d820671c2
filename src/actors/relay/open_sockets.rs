//! The sockets of one thread that have a conversation open. Each run of a conversation's actor has sockets of
//! its own here: a successor's delivery must not reach those that followed the actor before it, as they
//! may have missed something, and the successor does not know them.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::rc::Rc;

use crate::actors::messages::{Incarnation, SessionId};
use crate::actors::session::socket::Socket;
use crate::domain::ConversationId;

/// All sockets of a thread that have a conversation open.
#[derive(Debug, Default)]
pub(super) struct OpenSockets {
    /// Nearly always one for a conversation.
    by_conversation: HashMap<ConversationId, Vec<IncarnationSockets>>,
}

/// The sockets that follow one run of a conversation's actor.
#[derive(Debug)]
pub(super) struct IncarnationSockets {
    incarnation: Incarnation,
    sockets: Vec<Rc<Socket>>,
    indices: HashMap<SessionId, usize>,
}

impl IncarnationSockets {
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

impl OpenSockets {
    /// The sockets that follow this run, if there are any.
    pub(super) fn get(&self, incarnation: &Incarnation) -> Option<&IncarnationSockets> {
        let runs = self.by_conversation.get(&incarnation.conversation)?;
        runs.iter().find(|run| run.incarnation.actor == incarnation.actor)
    }

    /// Has the socket the conversation open?
    pub(super) fn has(&self, conversation: ConversationId, session: SessionId) -> bool {
        let runs = self.by_conversation.get(&conversation);
        runs.is_some_and(|runs| runs.iter().any(|run| run.indices.contains_key(&session)))
    }

    pub(super) fn add(&mut self, incarnation: &Incarnation, socket: Rc<Socket>) {
        let runs = self.by_conversation.entry(incarnation.conversation).or_default();
        match runs.iter_mut().find(|run| run.incarnation.actor == incarnation.actor) {
            Some(run) => run.add(socket),
            None => {
                let mut run = IncarnationSockets::new(incarnation.clone());
                run.add(socket);
                runs.push(run);
            }
        }
    }

    pub(super) fn remove(&mut self, incarnation: &Incarnation, session: SessionId) {
        if let Entry::Occupied(mut runs) = self.by_conversation.entry(incarnation.conversation) {
            let here =
                runs.get_mut().iter_mut().find(|run| run.incarnation.actor == incarnation.actor);
            here.into_iter().for_each(|run| run.remove(session));
            runs.get_mut().retain(|run| !run.sockets.is_empty());
            if runs.get().is_empty() {
                runs.remove();
            }
        }
    }

    /// Takes out the sockets whose actor has failed.
    pub(super) fn take_orphaned(&mut self) -> Vec<(ConversationId, IncarnationSockets)> {
        let mut orphaned = Vec::new();
        self.by_conversation.retain(|conversation, runs| {
            let gone = runs.extract_if(.., |run| !run.incarnation.actor.connected());
            orphaned.extend(gone.map(|run| (*conversation, run)));
            !runs.is_empty()
        });
        orphaned
    }
}
