//! Two people, as a private conversation is for them.

use crate::domain::UserId;

/// Two different people, in whatever order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PrivatePair(UserId, UserId);

impl PrivatePair {
    /// `None` for one person twice.
    pub fn new(one: UserId, other: UserId) -> Option<Self> {
        (one != other).then_some(Self(one.min(other), one.max(other)))
    }

    /// Both of them.
    pub fn people(self) -> [UserId; 2] {
        [self.0, self.1]
    }

    /// The key in the database of the one conversation that is theirs. Others, from before there was
    /// one, have `#` and their id behind it.
    pub fn key(self) -> String {
        format!("{}:{}", self.0, self.1)
    }

    /// Reads a key in the database back; `None` if it is none.
    pub fn parse(key: &str) -> Option<Self> {
        let (key, _) = key.split_once('#').unwrap_or((key, ""));
        let (one, other) = key.split_once(':')?;
        Self::new(UserId(one.parse().ok()?), UserId(other.parse().ok()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_is_the_same_from_both_sides_and_reads_back() {
        let pair = PrivatePair::new(UserId(9), UserId(5));
        assert_eq!(pair, PrivatePair::new(UserId(5), UserId(9)));
        assert_eq!(pair.map(PrivatePair::key).as_deref(), Some("5:9"));
        for key in ["5:9", "5:9#17"] {
            assert_eq!(PrivatePair::parse(key), pair, "{key}");
        }
        for key in ["", "5", "5:5", "5:x", "#5:9"] {
            assert_eq!(PrivatePair::parse(key), None, "{key}");
        }
        assert_eq!(PrivatePair::new(UserId(5), UserId(5)), None);
    }
}
