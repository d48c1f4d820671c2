//! One socket that watches chats without having them open: what its user has read in each.

use std::collections::HashMap;

use crate::actors::messages::MentionsOf;
use crate::domain::unread::{ReadPosition, ReadState};
use crate::domain::{ConversationId, UserId};
use crate::mistakes::Mistake;
use crate::wire::server::Counters;

#[derive(Debug)]
pub(super) struct Watcher {
    pub(super) user: UserId,
    /// What they have read, by chat.
    pub(super) read_states: HashMap<ConversationId, ReadState>,
    /// While the snapshot is being taken: what was learnt of chats that are not watched yet.
    pub(super) before_snapshot: Option<HashMap<ConversationId, BeforeSnapshot>>,
    /// Where they have joined or left since they began to watch. That may be told in any order, and an older
    /// snapshot does not know it.
    moves: HashMap<ConversationId, Move>,
    /// The last `seq` of the latest snapshot of each chat: what was told of a change before it is in it.
    seen: HashMap<ConversationId, i64>,
    /// When a snapshot is taken anew: what was told before.
    pub(super) before: Option<Before>,
}

/// How a user stood in each chat, and what was told of it.
pub(super) type Before = HashMap<ConversationId, (ReadState, Counters)>;

/// That somebody has joined a chat, or has left it.
#[derive(Clone, Copy, Debug)]
struct Move {
    seq: i64,
    is_gone: bool,
}

/// What was learnt of a chat before its snapshot.
#[derive(Debug, Default)]
pub(super) struct BeforeSnapshot {
    pub(super) position: ReadPosition,
    /// Since which change the message with this `n` mentions them, or does not.
    pub(super) mentions: HashMap<i64, (i64, bool)>,
}

impl Watcher {
    /// The socket of a user who is about to read where they stand.
    pub(super) fn without_snapshot(user: UserId) -> Self {
        Self {
            user,
            read_states: HashMap::new(),
            before_snapshot: Some(HashMap::new()),
            moves: HashMap::new(),
            seen: HashMap::new(),
            before: None,
        }
    }

    /// The same socket, whose user is about to snapshot anew.
    pub(super) fn looking_again(&self, before: Before) -> Self {
        Self {
            moves: self.moves.clone(),
            before: Some(before),
            ..Self::without_snapshot(self.user)
        }
    }

    /// They have joined by this change; `false` if a later one is known.
    pub(super) fn joined(&mut self, conversation: ConversationId, seq: i64) -> bool {
        self.has_moved(
            conversation,
            Move {
                seq,
                is_gone: false,
            },
        )
    }

    /// They have left by this change; `false` if a later one is known.
    pub(super) fn left(&mut self, conversation: ConversationId, seq: i64) -> bool {
        self.has_moved(conversation, Move { seq, is_gone: true })
    }

    fn has_moved(&mut self, conversation: ConversationId, to: Move) -> bool {
        let is_late = self.moves.get(&conversation).is_some_and(|last| last.seq > to.seq)
            && !Mistake::NewsWithoutOrder.is_made();
        if !is_late {
            self.moves.insert(conversation, to);
        }
        !is_late
    }

    /// Have they left since the chat stood at `seq`?
    pub(super) fn has_left_since(&self, conversation: ConversationId, seq: i64) -> bool {
        self.moves.get(&conversation).is_some_and(|last| last.is_gone && last.seq > seq)
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

    /// The last `n` that they have read, as far as is known.
    pub(super) fn position(&self, conversation: ConversationId) -> i64 {
        self.read_states.get(&conversation).map_or(0, |known| known.read_position().n)
    }

    /// A whole snapshot of a chat was taken at `seq`.
    pub(super) fn saw(&mut self, conversation: ConversationId, seq: i64) {
        let seen = self.seen.entry(conversation).or_default();
        *seen = (*seen).max(seq);
    }

    /// Is what was so at `seq` in a snapshot that is known?
    pub(super) fn has_seen(&self, conversation: ConversationId, seq: i64) -> bool {
        self.seen.get(&conversation).is_some_and(|seen| *seen >= seq)
    }

    /// It was told whom a message mentions since some change, unless a snapshot has that already.
    pub(super) fn learn_mention(&mut self, conversation: ConversationId, told: &MentionsOf) {
        if !self.has_seen(conversation, told.seq) {
            let is_meant = told.mentions.include(self.user);
            self.set_mention(conversation, told.n, is_meant, told.seq);
        }
    }

    /// Since this change the message mentions them, or does not.
    pub(super) fn set_mention(
        &mut self,
        conversation: ConversationId,
        n: i64,
        is_meant: bool,
        seq: i64,
    ) {
        match self.read_states.get_mut(&conversation) {
            Some(read_state) => read_state.set_mention(n, is_meant),
            None => {
                if let Some(before_snapshot) = self.before_snapshot_of(conversation) {
                    let known = before_snapshot.mentions.entry(n).or_insert((seq, is_meant));
                    if known.0 <= seq {
                        *known = (seq, is_meant);
                    }
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
