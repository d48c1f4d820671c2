//! Whom messages mention since a moment ago. A snapshot may be older than what was told of a
//! conversation since: where the two disagree, what was told is right.

use std::collections::{HashMap, VecDeque};

use crate::domain::ConversationId;
use crate::domain::mentions::Mentions;

/// Changes that are remembered of one conversation. It tells of a few a second, and a snapshot is on its way
/// for much less than that.
const REMEMBERED: usize = 8;

/// What the messages with these `n` mention.
type Mentioned = Vec<(i64, Mentions)>;

/// The last changes of each conversation that is watched, and the `seq` up to which they go.
#[derive(Debug, Default)]
pub(super) struct RecentMentions(HashMap<ConversationId, VecDeque<(i64, Mentioned)>>);

impl RecentMentions {
    /// These mention others since some change up to `seq`.
    pub(super) fn remember(&mut self, conversation: ConversationId, seq: i64, changed: &Mentioned) {
        let recent = self.0.entry(conversation).or_default();
        recent.push_back((seq, changed.clone()));
        if recent.len() > REMEMBERED {
            recent.pop_front();
        }
    }

    /// What has changed since `seq`, or shortly before; the last change of each message last.
    pub(super) fn since(
        &self,
        conversation: ConversationId,
        seq: i64,
    ) -> impl Iterator<Item = &(i64, Mentions)> {
        let recent = self.0.get(&conversation).into_iter().flatten();
        recent.filter(move |(upto, _)| *upto > seq).flat_map(|(_, changed)| changed)
    }

    /// Nobody watches this conversation any more.
    pub(super) fn forget(&mut self, conversation: ConversationId) {
        self.0.remove(&conversation);
    }
}
