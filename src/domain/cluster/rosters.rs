//! Lists of users that come in parts, each of which may be lost.

use std::collections::{HashMap, HashSet};

use crate::domain::UserId;
use crate::domain::cluster::NodeId;

/// Parts of one list; nobody has so many users.
const MOST_PARTS: usize = 65_536;

/// Lists that are not whole yet, one of each server.
#[derive(Debug, Default)]
pub struct Rosters(HashMap<NodeId, Roster>);

#[derive(Debug)]
struct Roster {
    list: u64,
    parts: Vec<Option<Vec<UserId>>>,
}

/// A part of a list.
#[derive(Clone, Debug)]
pub struct RosterPart {
    /// Tells one list from the next.
    pub list: u64,
    /// Which part: 0, 1, 2 …
    pub part: usize,
    /// Of how many.
    pub of: usize,
    /// Who is in it.
    pub users: Vec<UserId>,
}

impl Rosters {
    /// Takes a part of a server's list; the list, once it is whole.
    pub fn collect(&mut self, node: NodeId, part: RosterPart) -> Option<HashSet<UserId>> {
        let parts = part.of.min(MOST_PARTS);
        let roster = self.0.entry(node).or_insert_with(|| Roster::new(part.list, parts));
        if roster.list != part.list || roster.parts.len() != parts {
            *roster = Roster::new(part.list, parts);
        }
        *roster.parts.get_mut(part.part)? = Some(part.users);
        if roster.parts.iter().any(Option::is_none) {
            return None;
        }
        let whole = self.0.remove(&node)?;
        Some(whole.parts.into_iter().flatten().flatten().collect())
    }

    /// A server is gone.
    pub fn forget(&mut self, node: NodeId) {
        self.0.remove(&node);
    }
}

impl Roster {
    fn new(list: u64, parts: usize) -> Self {
        Self {
            list,
            parts: vec![None; parts],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NODE: NodeId = NodeId(2);

    fn part(list: u64, part: usize, of: usize) -> RosterPart {
        let user = UserId(10 * list.cast_signed() + part as i64);
        RosterPart {
            list,
            part,
            of,
            users: vec![user],
        }
    }

    #[test]
    fn a_list_is_whole_once_all_its_parts_have_come_in_any_order() {
        let mut rosters = Rosters::default();
        assert_eq!(rosters.collect(NODE, part(1, 1, 3)), None);
        assert_eq!(rosters.collect(NODE, part(1, 1, 3)), None, "twice");
        assert_eq!(rosters.collect(NODE, part(1, 0, 3)), None);
        let whole = rosters.collect(NODE, part(1, 2, 3));
        assert_eq!(whole, Some([10, 11, 12].map(UserId).into()));
        assert_eq!(rosters.collect(NODE, part(2, 0, 1)), Some([UserId(20)].into()));
    }

    #[test]
    fn parts_of_two_lists_make_none() {
        let mut rosters = Rosters::default();
        assert_eq!(rosters.collect(NODE, part(1, 0, 2)), None);
        assert_eq!(rosters.collect(NODE, part(2, 1, 2)), None);
        assert_eq!(rosters.collect(NODE, part(1, 1, 2)), None);
        assert_eq!(rosters.collect(NODE, part(1, 9, 2)), None, "there is no such part");
        assert!(rosters.collect(NODE, part(1, 0, 2)).is_some());
    }

    #[test]
    fn an_empty_list_is_one() {
        let empty = RosterPart {
            users: Vec::new(),
            ..part(1, 0, 1)
        };
        assert_eq!(Rosters::default().collect(NODE, empty), Some(HashSet::new()));
    }
}
