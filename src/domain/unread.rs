//! How many messages, and how many mentions, somebody has not read: arithmetic on positions, so that
//! it cannot drift. Whatever happens in whatever order, or twice, the result is the same.

use std::collections::BTreeSet;

/// Mentions that are counted in one conversation at most; older ones are not.
pub const MAX_MENTIONS: usize = 1_000;

/// How far somebody has read. Marks are ordered: a later one wins, so they may be learnt in any order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReadMark {
    /// How often they have put it back, by "unread from here".
    pub revision: i64,
    /// The last message they have read.
    pub n: i64,
}

/// Where somebody stands in a conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    mark: ReadMark,
    /// The last message before they joined: nothing up to there is theirs to count, whatever a mark
    /// from an earlier time here says.
    joined_n: i64,
    mentions: BTreeSet<i64>,
}

impl Tally {
    /// As it was read from the store: the mark, and the messages after it that mention them.
    pub fn new(mark: ReadMark, mentions: impl IntoIterator<Item = i64>) -> Self {
        let mut tally = Self {
            mark,
            joined_n: 0,
            mentions: mentions.into_iter().collect(),
        };
        tally.bound();
        tally
    }

    /// Of one who joins after message `n`.
    pub fn joined(n: i64) -> Self {
        Self {
            joined_n: n,
            ..Self::default()
        }
    }

    /// How far they have read.
    pub fn mark(&self) -> ReadMark {
        ReadMark {
            n: self.mark.n.max(self.joined_n),
            ..self.mark
        }
    }

    /// What another says of the same user is learnt too.
    pub fn join(&mut self, other: &Self) {
        self.read(other.mark);
        self.joined_n = self.joined_n.max(other.joined_n);
        self.mentions.extend(&other.mentions);
        self.bound();
    }

    /// They have read up to there, or have put their mark there. The mentions behind a mark that was
    /// put back are to be learnt again.
    pub fn read(&mut self, mark: ReadMark) {
        self.mark = self.mark.max(mark);
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
        (head_n - self.mark().n).max(0)
    }

    /// Messages among those that mention them.
    pub fn mentioned(&self) -> i64 {
        self.mentions.range(self.mark().n + 1..).count() as i64
    }

    /// The mentions that it knows, by `n`.
    pub fn mentions(&self) -> impl Iterator<Item = i64> {
        self.mentions.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(revision: i64, n: i64) -> ReadMark {
        ReadMark { revision, n }
    }

    #[test]
    fn a_mark_moves_on_and_goes_back_only_by_a_new_revision() {
        let mut tally = Tally::new(mark(0, 5), [3, 7, 9]);
        assert_eq!((tally.unread(10), tally.mentioned()), (5, 2));
        tally.read(mark(0, 8));
        tally.read(mark(0, 6));
        assert_eq!((tally.unread(10), tally.mentioned()), (2, 1));
        tally.read(mark(1, 2));
        tally.read(mark(0, 10));
        assert_eq!((tally.unread(10), tally.mentioned()), (8, 3));
    }

    #[test]
    fn an_edit_may_take_a_mention_back() {
        let mut tally = Tally::new(mark(0, 0), []);
        tally.set_mention(4, true);
        tally.set_mention(4, true);
        assert_eq!(tally.mentioned(), 1);
        tally.set_mention(4, false);
        assert_eq!(tally.mentioned(), 0);
    }

    #[test]
    fn who_comes_back_begins_anew_whatever_was_marked_before() {
        let mut tally = Tally::new(mark(3, 2), [4]);
        tally.join(&Tally::joined(10));
        assert_eq!((tally.unread(12), tally.mentioned()), (2, 0));
        assert_eq!(tally.mark(), mark(3, 10));
        tally.read(mark(3, 11));
        assert_eq!(tally.unread(12), 1);
    }

    #[test]
    fn mentions_are_bounded() {
        let tally = Tally::new(mark(0, 0), 1..=5_000);
        assert_eq!(tally.mentioned(), MAX_MENTIONS as i64);
    }
}
