//! One socket that watches chats without having them open: what its user has read in each.

use std::collections::{HashMap, HashSet};

use crate::actors::messages::{MentionsOf, Snapshot};
use crate::domain::unread::{ReadPosition, ReadState};
use crate::domain::{ConversationId, UserId};
use crate::mistakes::Mistake;

#[derive(Debug)]
pub(super) struct Watcher {
    pub(super) user: UserId,
    /// What they have read, by chat.
    pub(super) read_states: HashMap<ConversationId, ReadState>,
    /// While the first snapshot is being taken: what was learnt of chats that are not watched yet.
    pub(super) before_snapshot: Option<HashMap<ConversationId, BeforeSnapshot>>,
    /// Where they have joined or left since they began to watch. That may be told in any order, and an older
    /// snapshot does not know it.
    moves: HashMap<ConversationId, Move>,
    /// The last `seq` of the latest snapshot of each chat: what was told of a change before it is in it.
    seen: HashMap<ConversationId, i64>,
    /// Snapshots that are being taken anew.
    looks: usize,
    /// The chats that they have joined meanwhile: those may be in none of them.
    joined_meanwhile: HashSet<ConversationId>,
}

/// That somebody has joined a chat, or has left it.
#[derive(Clone, Copy, Debug)]
struct Move {
    seq: i64,
    is_gone: bool,
}

/// What was learnt of a chat before its snapshot.
#[derive(Debug, Default)]
pub(super) struct BeforeSnapshot {
    /// How far they have read by messages of their own.
    pub(super) position: ReadPosition,
    /// Where they stood when they put their read position somewhere, the last time.
    pub(super) read: Option<Snapshot>,
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
            looks: 0,
            joined_meanwhile: HashSet::new(),
        }
    }

    /// A snapshot is being taken anew.
    pub(super) fn looks_again(&mut self) {
        self.looks += 1;
    }

    /// It is there. The chats that were joined meanwhile are named; none if this socket was not there when it
    /// was begun: its own is younger.
    pub(super) fn has_looked_again(&mut self) -> Option<HashSet<ConversationId>> {
        self.looks = self.looks.checked_sub(1)?;
        Some(match self.looks {
            0 => std::mem::take(&mut self.joined_meanwhile),
            _ => self.joined_meanwhile.clone(),
        })
    }

    /// They have joined by this change; `false` if that or a later one is known.
    pub(super) fn joined(&mut self, conversation: ConversationId, seq: i64) -> bool {
        if self.looks > 0 {
            self.joined_meanwhile.insert(conversation);
        }
        self.has_moved(
            conversation,
            Move {
                seq,
                is_gone: false,
            },
        )
    }

    /// They have left by this change; `false` if that or a later one is known.
    pub(super) fn left(&mut self, conversation: ConversationId, seq: i64) -> bool {
        self.has_moved(conversation, Move { seq, is_gone: true })
    }

    fn has_moved(&mut self, conversation: ConversationId, to: Move) -> bool {
        let is_late = self.moves.get(&conversation).is_some_and(|last| last.seq >= to.seq)
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

    /// Learns where they stand in a chat that is watched, or is from now on. Returned is the message up to which
    /// nothing was known: whom those mention is known from this snapshot, though a later one was there.
    pub(super) fn learn(&mut self, snapshot: &Snapshot) -> i64 {
        let Snapshot {
            conversation,
            head: (seq, _),
            read_state,
        } = snapshot;
        let seen = self.seen.entry(*conversation).or_default();
        let known = self.read_states.entry(*conversation).or_default();
        let unknown_n = known.read_position().n;
        if *seq >= *seen {
            *seen = *seq;
            known.learn(read_state);
        } else {
            known.learn_older(read_state, unknown_n);
        }
        unknown_n
    }

    /// Where they stand is to be learnt with the first snapshot.
    pub(super) fn learn_later(&mut self, snapshot: &Snapshot) {
        if let Some(before_snapshot) = self.before_snapshot_of(snapshot.conversation) {
            let order = |read: &Snapshot| (read.read_state.read_position(), read.head);
            if before_snapshot.read.as_ref().is_none_or(|read| order(read) <= order(snapshot)) {
                before_snapshot.read = Some(snapshot.clone());
            }
        }
    }

    /// Is what was so at `seq` in a snapshot that is known?
    pub(super) fn has_seen(&self, conversation: ConversationId, seq: i64) -> bool {
        self.seen.get(&conversation).is_some_and(|seen| *seen >= seq)
    }

    /// It was told whom a message mentions since some change, unless a snapshot has that already.
    pub(super) fn learn_mention(&mut self, conversation: ConversationId, told: &MentionsOf) {
        if !self.has_seen(conversation, told.seq) {
            self.set_mention(conversation, told);
        }
    }

    /// It is known whom a message mentions now.
    pub(super) fn set_mention(&mut self, conversation: ConversationId, known: &MentionsOf) {
        let is_meant = known.mentions.include(self.user);
        if let Some(read_state) = self.read_states.get_mut(&conversation) {
            read_state.set_mention(known.n, is_meant);
        }
    }

    /// What was learnt of a chat before its snapshot, which is there now.
    pub(super) fn take_before_snapshot(
        &mut self,
        conversation: ConversationId,
    ) -> Option<BeforeSnapshot> {
        self.before_snapshot.as_mut()?.remove(&conversation)
    }

    fn before_snapshot_of(&mut self, conversation: ConversationId) -> Option<&mut BeforeSnapshot> {
        self.before_snapshot
            .as_mut()
            .map(|before_snapshot| before_snapshot.entry(conversation).or_default())
    }
}
