//! How many messages, and how many mentions, somebody has not read: arithmetic on positions, so that
//! it cannot drift. Whatever happens in whatever order, or twice, the result is the same.

use std::collections::BTreeSet;

/// Mentions that are counted in one conversation at most; older ones are not.
pub const MAX_MENTIONS: usize = 1_000;

/// How far somebody has read. Positions are ordered: a later one wins, so they may be learnt in any order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReadPosition {
    /// How often they have put it back, by "unread from here".
    pub revision: i64,
    /// The last message they have read.
    pub n: i64,
}

/// Where somebody stands in a conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadState {
    position: ReadPosition,
    /// The last message before they joined: nothing up to there is theirs to count, whatever a position
    /// from an earlier time here says.
    joined_n: i64,
    mentions: BTreeSet<i64>,
}

impl ReadState {
    /// As it was read from the store: the position, and the messages after it that mention them.
    pub fn new(position: ReadPosition, mentions: impl IntoIterator<Item = i64>) -> Self {
        let mut read_state = Self {
            position,
            joined_n: 0,
            mentions: mentions.into_iter().collect(),
        };
        read_state.bound();
        read_state
    }

    /// Of one who joins after message `n`.
    pub fn joined(n: i64) -> Self {
        Self {
            joined_n: n,
            ..Self::default()
        }
    }

    /// How far they have read.
    pub fn read_position(&self) -> ReadPosition {
        ReadPosition {
            n: self.position.n.max(self.joined_n),
            ..self.position
        }
    }

    /// What another says of the same user is learnt, which is as new as what is known: of the messages behind
    /// its position those mention them that it names, and no others.
    pub fn learn(&mut self, newer: &Self) {
        self.mentions.retain(|n| *n <= newer.read_position().n);
        self.join(newer);
    }

    /// From one that is older than what is known, only of the messages up to `unknown_n` is anything new.
    pub fn learn_older(&mut self, older: &Self, unknown_n: i64) {
        let mentions = older.mentions.range(..=unknown_n).copied().collect();
        self.join(&Self { mentions, ..*older });
    }

    fn join(&mut self, other: &Self) {
        self.read(other.position);
        self.joined_n = self.joined_n.max(other.joined_n);
        self.mentions.extend(&other.mentions);
        self.bound();
    }

    /// They have read up to there, or have put it back to there. The mentions behind a position that was
    /// put back are to be learnt again.
    pub fn read(&mut self, position: ReadPosition) {
        self.position = self.position.max(position);
    }

    /// Message `n` mentions them, or, since it was edited or deleted, does not.
    pub fn set_mention(&mut self, n: i64, is_meant: bool) {
        if is_meant {
            self.mentions.insert(n);
            self.bound();
        } else {
            self.mentions.remove(&n);
        }
    }

    fn bound(&mut self) {
        while self.mentions.len() > MAX_MENTIONS {
            self.mentions.pop_first();
        }
    }

    /// Messages that they have not read, of `head_n`. What has been read is there, though the news of
    /// it may be on its way.
    pub fn unread(&self, head_n: i64) -> i64 {
        (head_n - self.read_position().n).max(0)
    }

    /// Messages among those that mention them.
    pub fn mentioned(&self) -> i64 {
        self.mentions.range(self.read_position().n + 1..).count() as i64
    }

    /// The mentions that it knows, by `n`.
    pub fn mentions(&self) -> impl Iterator<Item = i64> {
        self.mentions.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn position(revision: i64, n: i64) -> ReadPosition {
        ReadPosition { revision, n }
    }

    #[test]
    fn a_read_position_moves_on_and_goes_back_only_by_a_new_revision() {
        let mut read_state = ReadState::new(position(0, 5), [3, 7, 9]);
        assert_eq!((read_state.unread(10), read_state.mentioned()), (5, 2));
        read_state.read(position(0, 8));
        read_state.read(position(0, 6));
        assert_eq!((read_state.unread(10), read_state.mentioned()), (2, 1));
        read_state.read(position(1, 2));
        read_state.read(position(0, 10));
        assert_eq!((read_state.unread(10), read_state.mentioned()), (8, 3));
    }

    #[test]
    fn an_edit_may_take_a_mention_back() {
        let mut read_state = ReadState::new(position(0, 0), []);
        read_state.set_mention(4, true);
        read_state.set_mention(4, true);
        assert_eq!(read_state.mentioned(), 1);
        read_state.set_mention(4, false);
        assert_eq!(read_state.mentioned(), 0);
    }

    #[test]
    fn who_comes_back_begins_anew_whatever_was_read_before() {
        let mut read_state = ReadState::new(position(3, 2), [4]);
        read_state.join(&ReadState::joined(10));
        assert_eq!((read_state.unread(12), read_state.mentioned()), (2, 0));
        assert_eq!(read_state.read_position(), position(3, 10));
        read_state.read(position(3, 11));
        assert_eq!(read_state.unread(12), 1);
    }

    #[test]
    fn mentions_are_bounded() {
        let read_state = ReadState::new(position(0, 0), 1..=5_000);
        assert_eq!(read_state.mentioned(), MAX_MENTIONS as i64);
    }
}
