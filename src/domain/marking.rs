//! What members ask about their own place in a conversation: how far they have read, and whether they
//! want to be told. What one of them asks in a row is folded into one, so that a reader who marks
//! every message costs no more than one who marks the last.

use crate::domain::unread::ReadMark;

/// One thing that is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Everything up to this message has been read.
    Read(i64),
    /// This message is the first that has not.
    Unread(i64),
    /// To be notified no longer, or again.
    Mute(bool),
}

/// What one member has asked in a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    unread_from: Option<i64>,
    /// After that, if both.
    read_to: Option<i64>,
    muted: Option<bool>,
}

impl From<Mark> for Asked {
    fn from(mark: Mark) -> Self {
        let mut asked = Self::default();
        match mark {
            Mark::Read(n) => asked.read_to = Some(n),
            Mark::Unread(n) => asked.unread_from = Some(n),
            Mark::Mute(muted) => asked.muted = Some(muted),
        }
        asked
    }
}

impl Asked {
    /// This, and then `later`.
    pub fn and(self, later: Self) -> Self {
        let muted = later.muted.or(self.muted);
        // Where one is put back to does not depend on how far one had come.
        if later.unread_from.is_some() {
            return Self { muted, ..later };
        }
        Self {
            unread_from: self.unread_from,
            read_to: self.read_to.max(later.read_to),
            muted,
        }
    }

    /// Is it about what has been read?
    pub fn is_about_reading(&self) -> bool {
        self.reads() || self.unread_from.is_some()
    }

    /// Has something been read?
    pub fn reads(&self) -> bool {
        self.read_to.is_some()
    }

    /// Is it about being notified?
    pub fn is_about_muting(&self) -> bool {
        self.muted.is_some()
    }
}

/// A member as one who reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reader {
    /// The last message there is.
    pub head_n: i64,
    /// The last one before they joined; no mark goes back behind it.
    pub joined_n: i64,
    /// How far they have read.
    pub mark: ReadMark,
    /// No notifications.
    pub muted: bool,
}

impl Reader {
    /// The same member when this has been done. Reading moves a mark forward only, and to the last
    /// message at most. Only what puts it back takes a new revision, if it changes anything.
    pub fn after(self, asked: Asked) -> Self {
        let mut mark = self.mark;
        if let Some(n) = asked.unread_from {
            let before = n.saturating_sub(1).min(self.head_n).max(self.joined_n);
            if before != mark.n {
                mark = ReadMark {
                    revision: mark.revision + 1,
                    n: before,
                };
            }
        }
        if let Some(n) = asked.read_to {
            mark.n = mark.n.max(n.min(self.head_n));
        }
        Self {
            mark,
            muted: asked.muted.unwrap_or(self.muted),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn reader(revision: i64, n: i64) -> Reader {
        Reader {
            head_n: 10,
            joined_n: 2,
            mark: ReadMark { revision, n },
            muted: false,
        }
    }

    fn folded(marks: &[Mark]) -> Asked {
        let one = |asked: Asked, mark: &Mark| asked.and(Asked::from(*mark));
        marks.iter().fold(Asked::default(), one)
    }

    #[test]
    fn reading_moves_forward_and_to_the_head_at_most() {
        for (asked, n) in [(7, 7), (5, 5), (4, 5), (11, 10), (i64::MIN, 5)] {
            let after = reader(3, 5).after(Mark::Read(asked).into());
            assert_eq!(after.mark, ReadMark { revision: 3, n }, "read {asked}");
        }
    }

    #[test]
    fn a_mark_is_put_anywhere_from_where_they_joined_and_takes_a_revision() {
        for (asked, revision, n) in [
            (4, 4, 3),
            (6, 3, 5),
            (9, 4, 8),
            (i64::MIN, 4, 2),
            (i64::MAX, 4, 10),
        ] {
            let after = reader(3, 5).after(Mark::Unread(asked).into());
            assert_eq!(after.mark, ReadMark { revision, n }, "unread from {asked}");
        }
    }

    #[test]
    fn the_last_word_counts() {
        let asked = folded(&[
            Mark::Mute(true),
            Mark::Read(9),
            Mark::Unread(4),
            Mark::Mute(false),
        ]);
        assert_eq!(reader(0, 5).after(asked), reader(1, 3));
        assert_eq!(reader(0, 5).after(asked.and(Mark::Read(6).into())), reader(1, 6));
        assert!(asked.is_about_muting() && asked.is_about_reading() && !asked.reads());
    }

    fn marks() -> impl Strategy<Value = Mark> {
        prop_oneof![
            (-1..13_i64).prop_map(Mark::Read),
            (-1..13_i64).prop_map(Mark::Unread),
            any::<bool>().prop_map(Mark::Mute),
        ]
    }

    proptest! {
        #[test]
        fn what_is_folded_ends_where_one_after_the_other_does(
            marks in prop::collection::vec(marks(), 0..8),
            at in 2..10_i64,
            cut in 0..8_usize,
        ) {
            let start = reader(5, at);
            let apart = marks.iter().fold(start, |reader, mark| reader.after((*mark).into()));
            let once = start.after(folded(&marks));
            prop_assert_eq!((once.mark.n, once.muted), (apart.mark.n, apart.muted));
            // Whoever learns marks in any order ends with the last one.
            prop_assert!(once.mark >= start.mark);

            let (first, rest) = marks.split_at(cut.min(marks.len()));
            prop_assert_eq!(folded(first).and(folded(rest)), folded(&marks));
            // What is done again changes nothing but a revision that nobody counts.
            let again = once.after(folded(&marks));
            prop_assert_eq!((again.mark.n, again.muted), (once.mark.n, once.muted));
        }
    }
}
