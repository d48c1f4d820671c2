//! What a socket has to do with each conversation: whether its peer has asked for it, and whether its past is
//! being replayed.

use std::collections::{HashMap, HashSet};

use bytes::Bytes;

use crate::actors::session::replay_buffer::{Released, ReplayBuffer};
use crate::domain::ConversationId;

#[derive(Debug)]
pub(super) struct Subscriptions {
    /// The conversation that the URL binds.
    bound: Option<ConversationId>,
    /// Conversations that the peer has asked for by `open`: it hears who is there.
    active: HashSet<ConversationId>,
    /// Conversations whose past is being replayed.
    replays: HashMap<ConversationId, ReplayBuffer>,
}

impl Subscriptions {
    pub(super) fn of(bound: Option<ConversationId>) -> Self {
        Self {
            bound,
            active: HashSet::new(),
            replays: HashMap::new(),
        }
    }

    pub(super) fn is_bound(&self) -> bool {
        self.bound.is_some()
    }

    pub(super) fn is_active(&self, conversation: ConversationId) -> bool {
        self.active.contains(&conversation)
    }

    pub(super) fn has_asked_for(&self, conversation: ConversationId) -> bool {
        self.bound == Some(conversation) || self.is_active(conversation)
    }

    pub(super) fn is_replayed(&self, conversation: ConversationId) -> bool {
        self.replays.contains_key(&conversation)
    }

    pub(super) fn has_opened(&self, conversation: ConversationId) -> bool {
        self.is_active(conversation) || self.is_replayed(conversation)
    }

    pub(super) fn set_active(&mut self, conversation: ConversationId, is_active: bool) {
        if is_active {
            self.active.insert(conversation);
        } else {
            self.active.remove(&conversation);
        }
    }

    /// Keeps what is said there until its past has been replayed; `false` if that is not under way.
    pub(super) fn keep(
        &mut self,
        conversation: ConversationId,
        runs: &[Bytes],
        bound: usize,
    ) -> bool {
        let buffer = self.replays.get_mut(&conversation);
        buffer.map(|buffer| buffer.push(runs, bound)).is_some()
    }

    pub(super) fn begin_replay(&mut self, conversation: ConversationId) {
        self.replays.insert(conversation, ReplayBuffer::default());
    }

    pub(super) fn forget_replay(&mut self, conversation: ConversationId) {
        self.replays.remove(&conversation);
    }

    pub(super) fn added_to(&mut self, conversation: ConversationId) {
        if self.replays.get_mut(&conversation).is_some_and(ReplayBuffer::add) {
            self.replays.remove(&conversation);
        }
    }

    /// The past has been replayed: what was said meanwhile. `None` if that was too much.
    pub(super) fn end_replay(&mut self, conversation: ConversationId) -> Option<Vec<Bytes>> {
        match self.replays.get_mut(&conversation).map(ReplayBuffer::release) {
            Some(Released::Overflowed) => None,
            Some(Released::Live(runs)) => {
                self.replays.remove(&conversation);
                Some(runs)
            }
            Some(Released::WhenAdded) | None => Some(Vec::new()),
        }
    }
}
