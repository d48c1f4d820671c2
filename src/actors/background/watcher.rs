//! One socket that watches chats without having them open: what its user has read in each.

use std::collections::{HashMap, HashSet};

use crate::domain::unread::{ReadMark, Tally};
use crate::domain::{ConversationId, UserId};

#[derive(Debug)]
pub(super) struct Watcher {
    pub(super) user: UserId,
    /// What they have read, by chat.
    pub(super) tallies: HashMap<ConversationId, Tally>,
    /// While the look is being taken: what was learnt of chats that are not watched yet.
    pub(super) early: Option<HashMap<ConversationId, Early>>,
    /// Chats that they have left since they began to watch, which an older look still has.
    pub(super) gone: HashSet<ConversationId>,
}

/// What was learnt of a chat before it was looked at.
#[derive(Debug, Default)]
pub(super) struct Early {
    pub(super) mark: ReadMark,
    /// Does the message with this `n` mention them?
    pub(super) mentions: HashMap<i64, bool>,
}

impl Watcher {
    /// The socket of a user who is about to look where they stand.
    pub(super) fn looking(user: UserId) -> Self {
        Self {
            user,
            tallies: HashMap::new(),
            early: Some(HashMap::new()),
            gone: HashSet::new(),
        }
    }

    pub(super) fn read(&mut self, conversation: ConversationId, mark: ReadMark) {
        match self.tallies.get_mut(&conversation) {
            Some(tally) => tally.read(mark),
            None => {
                if let Some(early) = self.early_of(conversation) {
                    early.mark = early.mark.max(mark);
                }
            }
        }
    }

    pub(super) fn set_mention(&mut self, conversation: ConversationId, n: i64, is_meant: bool) {
        match self.tallies.get_mut(&conversation) {
            Some(tally) => tally.set_mention(n, is_meant),
            None => {
                if let Some(early) = self.early_of(conversation) {
                    early.mentions.insert(n, is_meant);
                }
            }
        }
    }

    fn early_of(&mut self, conversation: ConversationId) -> Option<&mut Early> {
        self.early.as_mut().map(|early| early.entry(conversation).or_default())
    }
}
