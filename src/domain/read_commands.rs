//! What members ask about their own place in a conversation: how far they have read, and whether they
//! want to be told. What one of them asks in a row is merged into one, so that a reader who acknowledges
//! every message costs no more than one who acknowledges the last.

use crate::domain::unread::ReadPosition;

/// One thing that is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadCommand {
    /// Everything up to this message has been read.
    Read(i64),
    /// This message is the first that has not.
    Unread(i64),
    /// To be notified no longer, or again.
    Mute(bool),
}

/// What one member has asked in a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadCommands {
    unread_from: Option<i64>,
    /// After that, if both.
    read_to: Option<i64>,
    muted: Option<bool>,
}

impl From<ReadCommand> for ReadCommands {
    fn from(command: ReadCommand) -> Self {
        let mut asked = Self::default();
        match command {
            ReadCommand::Read(n) => asked.read_to = Some(n),
            ReadCommand::Unread(n) => asked.unread_from = Some(n),
            ReadCommand::Mute(muted) => asked.muted = Some(muted),
        }
        asked
    }
}

impl ReadCommands {
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
    /// The last one before they joined; nobody goes back behind it.
    pub joined_n: i64,
    /// How far they have read.
    pub position: ReadPosition,
    /// No notifications.
    pub muted: bool,
}

impl Reader {
    /// The same member when this has been done. Reading moves forward only, and to the last
    /// message at most. Only what puts them back takes a new revision, if it changes anything.
    pub fn after(self, asked: ReadCommands) -> Self {
        let mut position = self.position;
        if let Some(n) = asked.unread_from {
            let before = n.saturating_sub(1).min(self.head_n).max(self.joined_n);
            if before != position.n {
                position = ReadPosition {
                    revision: position.revision + 1,
                    n: before,
                };
            }
        }
        if let Some(n) = asked.read_to {
            position.n = position.n.max(n.min(self.head_n));
        }
        Self {
            position,
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
            position: ReadPosition { revision, n },
            muted: false,
        }
    }

    fn merged(commands: &[ReadCommand]) -> ReadCommands {
        let one =
            |asked: ReadCommands, command: &ReadCommand| asked.and(ReadCommands::from(*command));
        commands.iter().fold(ReadCommands::default(), one)
    }

    #[test]
    fn reading_moves_forward_and_to_the_head_at_most() {
        for (asked, n) in [(7, 7), (5, 5), (4, 5), (11, 10), (i64::MIN, 5)] {
            let after = reader(3, 5).after(ReadCommand::Read(asked).into());
            assert_eq!(after.position, ReadPosition { revision: 3, n }, "read {asked}");
        }
    }

    #[test]
    fn a_position_is_put_back_anywhere_from_where_they_joined_and_takes_a_revision() {
        for (asked, revision, n) in [
            (4, 4, 3),
            (6, 3, 5),
            (9, 4, 8),
            (i64::MIN, 4, 2),
            (i64::MAX, 4, 10),
        ] {
            let after = reader(3, 5).after(ReadCommand::Unread(asked).into());
            assert_eq!(after.position, ReadPosition { revision, n }, "unread from {asked}");
        }
    }

    #[test]
    fn the_last_word_counts() {
        let asked = merged(&[
            ReadCommand::Mute(true),
            ReadCommand::Read(9),
            ReadCommand::Unread(4),
            ReadCommand::Mute(false),
        ]);
        assert_eq!(reader(0, 5).after(asked), reader(1, 3));
        assert_eq!(reader(0, 5).after(asked.and(ReadCommand::Read(6).into())), reader(1, 6));
        assert!(asked.is_about_muting() && asked.is_about_reading() && !asked.reads());
    }

    fn commands() -> impl Strategy<Value = ReadCommand> {
        prop_oneof![
            (-1..13_i64).prop_map(ReadCommand::Read),
            (-1..13_i64).prop_map(ReadCommand::Unread),
            any::<bool>().prop_map(ReadCommand::Mute),
        ]
    }

    proptest! {
        #[test]
        fn what_is_merged_ends_where_one_after_the_other_does(
            commands in prop::collection::vec(commands(), 0..8),
            at in 2..10_i64,
            cut in 0..8_usize,
        ) {
            let start = reader(5, at);
            let apart = commands.iter().fold(start, |reader, command| reader.after((*command).into()));
            let once = start.after(merged(&commands));
            prop_assert_eq!((once.position.n, once.muted), (apart.position.n, apart.muted));
            // Whoever learns positions in any order ends with the last one.
            prop_assert!(once.position >= start.position);

            let (first, rest) = commands.split_at(cut.min(commands.len()));
            prop_assert_eq!(merged(first).and(merged(rest)), merged(&commands));
            // What is done again changes nothing but a revision that nobody counts.
            let again = once.after(merged(&commands));
            prop_assert_eq!((again.position.n, again.muted), (once.position.n, once.muted));
        }
    }
}
