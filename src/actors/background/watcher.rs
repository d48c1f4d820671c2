//! One socket that watches chats without having them open: what its user has read in each.

use std::collections::{HashMap, HashSet};

use crate::domain::unread::{ReadPosition, ReadState};
use crate::domain::{ConversationId, UserId};

#[derive(Debug)]
pub(super) struct Watcher {
    pub(super) user: UserId,
    /// What they have read, by chat.
    pub(super) read_states: HashMap<ConversationId, ReadState>,
    /// While the snapshot is being read: what was learnt of chats that are not watched yet.
    pub(super) before_snapshot: Option<HashMap<ConversationId, BeforeSnapshot>>,
    /// Chats that they have left since they began to watch, which an older snapshot still has.
    pub(super) gone: HashSet<ConversationId>,
}

/// What was learnt of a chat before its snapshot.
#[derive(Debug, Default)]
pub(super) struct BeforeSnapshot {
    pub(super) position: ReadPosition,
    /// Does the message with this `n` mention them?
    pub(super) mentions: HashMap<i64, bool>,
}

impl Watcher {
    /// The socket of a user who is about to read where they stand.
    pub(super) fn without_snapshot(user: UserId) -> Self {
        Self {
            user,
            read_states: HashMap::new(),
            before_snapshot: Some(HashMap::new()),
            gone: HashSet::new(),
        }
    }

    pub(super) fn read(&mut self, conversation: ConversationId, position: ReadPosition) {
        match self.read_states.get_mut(&conversation) {
            Some(read_state) => read_state.read(position),
            None => {
                if let Some(before_snapshot) = self.before_snapshot_of(conversation) {
                    before_snapshot.position = before_snapshot.position.max(position);
                }
            }
        }
    }

    pub(super) fn set_mention(&mut self, conversation: ConversationId, n: i64, is_meant: bool) {
        match self.read_states.get_mut(&conversation) {
            Some(read_state) => read_state.set_mention(n, is_meant),
            None => {
                if let Some(before_snapshot) = self.before_snapshot_of(conversation) {
                    before_snapshot.mentions.insert(n, is_meant);
                }
            }
        }
    }

    fn before_snapshot_of(&mut self, conversation: ConversationId) -> Option<&mut BeforeSnapshot> {
        self.before_snapshot
            .as_mut()
            .map(|before_snapshot| before_snapshot.entry(conversation).or_default())
    }
}
