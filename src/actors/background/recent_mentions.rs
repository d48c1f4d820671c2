//! Whom messages mention since a moment ago, by the change that made it so. It is told in any order, and a
//! snapshot may be older than what was told, or newer: the later change is right.

use std::collections::HashMap;

use crate::actors::messages::MentionsOf;
use crate::domain::ConversationId;

/// Messages that are remembered of one conversation: what was told of them is on its way for much less than
/// it takes to change so many.
const REMEMBERED: usize = 256;

/// What was told last of messages, of each conversation that is watched.
#[derive(Debug, Default)]
pub(super) struct RecentMentions(HashMap<ConversationId, HashMap<i64, MentionsOf>>);

impl RecentMentions {
    /// Is this news? If so it is remembered.
    pub(super) fn is_news(&mut self, conversation: ConversationId, told: &MentionsOf) -> bool {
        let recent = self.0.entry(conversation).or_default();
        if recent.get(&told.n).is_some_and(|known| known.seq >= told.seq) {
            return false;
        }
        recent.insert(told.n, told.clone());
        if recent.len() > REMEMBERED {
            let oldest = recent.values().min_by_key(|known| known.seq).map(|known| known.n);
            oldest.map(|n| recent.remove(&n));
        }
        true
    }

    /// What has changed since `seq`.
    pub(super) fn since(
        &self,
        conversation: ConversationId,
        seq: i64,
    ) -> impl Iterator<Item = &MentionsOf> {
        let recent = self.0.get(&conversation).into_iter().flat_map(HashMap::values);
        recent.filter(move |told| told.seq > seq)
    }

    /// Forgets the other conversations.
    pub(super) fn retain(&mut self, stays: impl Fn(&ConversationId) -> bool) {
        self.0.retain(|conversation, _| stays(conversation));
    }

    /// Nobody watches this conversation any more.
    pub(super) fn forget(&mut self, conversation: ConversationId) {
        self.0.remove(&conversation);
    }
}
