//! What a client that has been away is told of each chat that it cares for: nothing, what changed, or
//! a fresh page.

/// Changes that are told one by one; a client that missed more gets a fresh page.
pub const MAX_CHANGES: i64 = 100;
/// Messages of a fresh page.
pub const FRESH: i64 = 20;
/// Chats that are told of beyond their counters: those where the user was active last.
pub const RECENT: usize = 10;

/// How one chat is brought up to date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repair {
    /// The client has everything.
    Unchanged,
    /// What is after this `seq`.
    Changes(i64),
    /// The messages after this `n`; what the client has of the chat is to be dropped.
    Fresh(i64),
}

/// How to bring a client up to date that has a chat up to `known`, if it has it at all, when the chat
/// is at `(seq, n)`. A position that the chat has not reached is none of this history.
pub fn repair(known: Option<i64>, (seq, n): (i64, i64)) -> Repair {
    match known {
        Some(known) if known == seq => Repair::Unchanged,
        Some(known) if (0..seq).contains(&known) && seq - known <= MAX_CHANGES => {
            Repair::Changes(known)
        }
        _ => Repair::Fresh((n - FRESH).max(0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_little_is_told_and_much_is_replaced() {
        let head = (1_000, 500);
        for (known, expected) in [
            (Some(1_000), Repair::Unchanged),
            (Some(999), Repair::Changes(999)),
            (Some(900), Repair::Changes(900)),
            (Some(899), Repair::Fresh(480)),
            (Some(1_001), Repair::Fresh(480)),
            (Some(-1), Repair::Fresh(480)),
            (Some(i64::MIN), Repair::Fresh(480)),
            (None, Repair::Fresh(480)),
        ] {
            assert_eq!(repair(known, head), expected, "{known:?}");
        }
        assert_eq!(repair(Some(0), (3, 2)), Repair::Changes(0));
        assert_eq!(repair(None, (3, 2)), Repair::Fresh(0));
        assert_eq!(repair(Some(0), (0, 0)), Repair::Unchanged);
    }
}
