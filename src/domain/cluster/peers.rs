//! The other servers on this database. Each numbers what it says, 1, 2, 3 …, and repeats its last number
//! every second: so a hole is seen at the next thing that comes, or within a second.
//!
//! Time comes in as the span since an arbitrary fixed start.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::time::Duration;

use crate::domain::UserId;
use crate::domain::cluster::NodeId;

/// How long a peer that is there may say nothing until it is taken not to be heard.
pub const SILENT_AFTER: Duration = Duration::from_millis(2_500);
/// How long a peer that lives may never have been heard until that is said.
const UNHEARD_AFTER: Duration = Duration::from_secs(15);

/// The peers of one server.
#[derive(Debug)]
pub struct Peers {
    me: NodeId,
    known: BTreeMap<NodeId, Peer>,
}

#[derive(Debug)]
struct Peer {
    /// The last number that is known of it.
    last: u64,
    heard_at: Duration,
    /// Has it answered, so that it tells us what it stores?
    is_welcoming: bool,
    /// Did it say with its last pulse that the database is there?
    has_database: bool,
    users: HashSet<UserId>,
    /// Has anything come of it, ever?
    was_heard: bool,
    /// Has it been said that nothing has?
    is_told_of: bool,
}

impl Peer {
    fn new(now: Duration) -> Self {
        Self {
            last: 0,
            heard_at: now,
            is_welcoming: false,
            has_database: false,
            users: HashSet::new(),
            was_heard: false,
            is_told_of: false,
        }
    }
}

impl Peer {
    fn is_silent(&self, now: Duration) -> bool {
        now.saturating_sub(self.heard_at) > SILENT_AFTER
    }
}

/// What follows from a list of those who are there.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Listed {
    /// Peers that were not known.
    pub new: Vec<NodeId>,
    /// Peers that are gone. What they stored last may not have been told.
    pub gone: Vec<NodeId>,
    /// Who was there by those alone.
    pub went: Vec<UserId>,
}

impl Peers {
    /// Of the server `me`; nobody is known.
    pub fn of(me: NodeId) -> Self {
        Self {
            me,
            known: BTreeMap::new(),
        }
    }

    /// Is nobody else there?
    pub fn is_alone(&self) -> bool {
        self.known.is_empty()
    }

    /// The others.
    pub fn nodes(&self) -> impl Iterator<Item = NodeId> {
        self.known.keys().copied()
    }

    /// How many others there are.
    pub fn count(&self) -> usize {
        self.known.len()
    }

    /// These servers live, by the database: whoever is not among them is gone.
    pub fn listed(&mut self, living: &[NodeId], now: Duration) -> Listed {
        let living: BTreeSet<_> = living.iter().copied().filter(|node| *node != self.me).collect();
        let gone: Vec<_> =
            self.known.keys().copied().filter(|node| !living.contains(node)).collect();
        let went = gone.iter().flat_map(|node| self.left(*node)).collect();
        let mut new = Vec::new();
        for node in living {
            self.known.entry(node).or_insert_with(|| {
                new.push(node);
                Peer::new(now)
            });
        }
        Listed { new, gone, went }
    }

    /// A peer says goodbye; who was there by it alone.
    pub fn left(&mut self, node: NodeId) -> Vec<UserId> {
        let Some(peer) = self.known.remove(&node) else {
            return Vec::new();
        };
        peer.users.into_iter().filter(|user| !self.has(*user)).collect()
    }

    /// Something came of this peer, under this number if it is one that must not be missed. May something
    /// before it have been missed?
    pub fn heard(&mut self, node: NodeId, number: Option<u64>, now: Duration) -> bool {
        self.seen(node, number, 1, now)
    }

    /// A peer says that this was its last number. Has any been missed?
    pub fn pulsed(&mut self, node: NodeId, last: u64, now: Duration) -> bool {
        self.seen(node, Some(last), 0, now)
    }

    /// A peer says whether it reaches the database.
    pub fn has_database(&mut self, node: NodeId, has_database: bool) {
        if let Some(peer) = self.known.get_mut(&node) {
            peer.has_database = has_database;
        }
    }

    /// Does any that is heard reach the database?
    pub fn is_well_elsewhere(&self, now: Duration) -> bool {
        let mut heard = self.known.values().filter(|peer| !peer.is_silent(now));
        heard.any(|peer| peer.has_database)
    }

    fn seen(&mut self, node: NodeId, number: Option<u64>, step: u64, now: Duration) -> bool {
        if node == self.me {
            return false;
        }
        let peer = self.known.entry(node).or_insert_with(|| Peer::new(now));
        (peer.heard_at, peer.was_heard) = (now, true);
        let Some(number) = number else {
            return false;
        };
        let has_hole = number > peer.last + step;
        peer.last = peer.last.max(number);
        has_hole
    }

    /// A peer knows this server, and tells it from now on what it stores.
    pub fn welcomed(&mut self, node: NodeId) {
        if let Some(peer) = self.known.get_mut(&node) {
            peer.is_welcoming = true;
        }
    }

    /// Those that may not know this server yet.
    pub fn unwelcoming(&self) -> impl Iterator<Item = NodeId> {
        self.known.iter().filter(|(_, peer)| !peer.is_welcoming).map(|(node, _)| *node)
    }

    /// Those that live and have never been heard, each once.
    pub fn never_heard(&mut self, now: Duration) -> Vec<NodeId> {
        let mut never = Vec::new();
        for (node, peer) in &mut self.known {
            let is_late = now.saturating_sub(peer.heard_at) > UNHEARD_AFTER;
            if is_late && !peer.was_heard && !peer.is_told_of {
                peer.is_told_of = true;
                never.push(*node);
            }
        }
        never
    }

    /// Those that have said nothing for too long.
    pub fn silent(&self, now: Duration) -> Vec<NodeId> {
        self.known
            .iter()
            .filter(|(_, peer)| peer.is_silent(now))
            .map(|(node, _)| *node)
            .collect()
    }

    /// These users have sockets at that server now, and nobody else: who has come, and who has gone, of
    /// all that is known.
    pub fn has_users(&mut self, node: NodeId, users: HashSet<UserId>) -> Vec<(UserId, bool)> {
        let before = self.known.get(&node).map(|peer| peer.users.clone()).unwrap_or_default();
        let moved = users.symmetric_difference(&before).map(|user| (*user, users.contains(user)));
        let moved: Vec<_> = moved.collect();
        self.moved(node, &moved)
    }

    /// The same of those who have come to that server and gone from it.
    pub fn moved(&mut self, node: NodeId, users: &[(UserId, bool)]) -> Vec<(UserId, bool)> {
        let mut changes = Vec::new();
        for (user, is_there) in users {
            let was_there = self.has(*user);
            if let Some(peer) = self.known.get_mut(&node) {
                match is_there {
                    true => peer.users.insert(*user),
                    false => peer.users.remove(user),
                };
            }
            if self.has(*user) != was_there {
                changes.push((*user, !was_there));
            }
        }
        changes
    }

    /// Who has sockets at that server, as far as is known.
    pub fn users(&self, node: NodeId) -> impl Iterator<Item = UserId> {
        self.known.get(&node).into_iter().flat_map(|peer| peer.users.iter().copied())
    }

    /// Is this user at any of them?
    pub fn has(&self, user: UserId) -> bool {
        self.known.values().any(|peer| peer.users.contains(&user))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ME: NodeId = NodeId(1);
    const PEER: NodeId = NodeId(2);
    const THIRD: NodeId = NodeId(3);

    fn at(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn who_lives_and_was_never_heard_is_named_once() {
        let mut peers = Peers::of(ME);
        peers.listed(&[PEER, THIRD], at(0));
        peers.heard(THIRD, None, at(1_000));
        assert_eq!(peers.never_heard(at(15_000)), []);
        assert_eq!(peers.never_heard(at(15_001)), [PEER]);
        assert_eq!(peers.never_heard(at(60_000)), [], "and not those that were heard once");
    }

    fn users(ids: &[i64]) -> HashSet<UserId> {
        ids.iter().copied().map(UserId).collect()
    }

    #[test]
    fn a_hole_is_seen_at_the_next_number_or_at_the_pulse() {
        let mut peers = Peers::of(ME);
        assert!(!peers.heard(PEER, Some(1), at(0)));
        assert!(!peers.heard(PEER, None, at(1)), "what may be lost has no number");
        assert!(!peers.pulsed(PEER, 1, at(2)));
        assert!(peers.heard(PEER, Some(3), at(3)), "2 is missing");
        assert!(!peers.heard(PEER, Some(4), at(4)), "that was said once");
        assert!(!peers.heard(PEER, Some(2), at(5)), "what comes late or twice is no hole");
        assert!(!peers.heard(PEER, Some(5), at(6)));
        assert!(peers.pulsed(PEER, 6, at(7)), "the last one is missing");
        assert!(!peers.pulsed(PEER, 6, at(8)));
    }

    #[test]
    fn what_one_says_oneself_is_not_heard() {
        let mut peers = Peers::of(ME);
        assert!(!peers.heard(ME, Some(7), at(0)));
        assert!(peers.is_alone());
        assert_eq!(peers.listed(&[ME], at(0)), Listed::default());
    }

    #[test]
    fn whoever_comes_in_the_middle_may_have_missed_what_was_before() {
        let mut peers = Peers::of(ME);
        assert!(peers.heard(PEER, Some(100), at(0)));
        assert!(peers.pulsed(THIRD, 7, at(0)));
    }

    #[test]
    fn a_peer_is_gone_when_the_database_says_so_and_takes_its_users_along() {
        let mut peers = Peers::of(ME);
        assert_eq!(peers.listed(&[ME, PEER, THIRD], at(0)).new, [PEER, THIRD]);
        assert_eq!(peers.has_users(PEER, users(&[5, 6])).len(), 2);
        assert_eq!(peers.has_users(THIRD, users(&[6])), []);
        let listed = peers.listed(&[ME, THIRD], at(1));
        assert_eq!((listed.new, listed.gone, listed.went), (vec![], vec![PEER], vec![UserId(5)]));
        assert_eq!(peers.left(THIRD), [UserId(6)]);
        assert!(peers.is_alone());
    }

    #[test]
    fn silence_is_told_from_a_pulse_a_second() {
        let mut peers = Peers::of(ME);
        peers.listed(&[PEER], at(0));
        assert_eq!(peers.silent(at(2_500)), []);
        assert_eq!(peers.silent(at(2_501)), [PEER]);
        peers.pulsed(PEER, 0, at(2_502));
        assert_eq!(peers.silent(at(5_000)), []);
    }

    #[test]
    fn the_database_is_well_elsewhere_as_long_as_one_that_is_heard_says_so() {
        let mut peers = Peers::of(ME);
        peers.has_database(PEER, true);
        assert!(!peers.is_well_elsewhere(at(0)), "nobody is known");
        peers.pulsed(PEER, 0, at(0));
        assert!(!peers.is_well_elsewhere(at(0)));
        peers.has_database(PEER, true);
        assert!(peers.is_well_elsewhere(at(2_500)));
        assert!(!peers.is_well_elsewhere(at(2_501)));
    }

    #[test]
    fn who_has_not_answered_is_asked_again() {
        let mut peers = Peers::of(ME);
        peers.listed(&[PEER, THIRD], at(0));
        peers.welcomed(PEER);
        assert_eq!(peers.unwelcoming().collect::<Vec<_>>(), [THIRD]);
    }

    proptest! {
        /// Whatever is lost, repeated or late: after a pulse that says the last number, either everything
        /// was heard or a hole was told.
        #[test]
        fn nothing_is_missed_in_silence(order in proptest::collection::vec(1..9_u64, 0..20)) {
            let mut peers = Peers::of(ME);
            let mut is_told = false;
            let mut heard = BTreeSet::new();
            let mut top = 0;
            for number in order {
                // Before a hole is told, all below the highest have come.
                is_told |= peers.heard(PEER, Some(number), at(0));
                heard.insert(number);
                top = top.max(number);
                prop_assert!(is_told || heard.len() as u64 == top);
            }
            is_told |= peers.pulsed(PEER, 9, at(1));
            prop_assert!(is_told || heard.len() == 9);
        }

        /// What is told of who comes and goes, put together, is who is at any of the peers.
        #[test]
        fn presence_adds_up(steps in proptest::collection::vec((2..4_i64, 1..4_i64, any::<bool>(), any::<bool>()), 0..40)) {
            let mut peers = Peers::of(ME);
            let mut there: BTreeMap<NodeId, HashSet<UserId>> = BTreeMap::new();
            let mut told: HashSet<UserId> = HashSet::new();
            peers.listed(&[PEER, THIRD], at(0));
            for (node, user, comes, whole) in steps {
                let (node, user) = (NodeId(node), UserId(user));
                let users = there.entry(node).or_default();
                match comes { true => users.insert(user), false => users.remove(&user) };
                let changes = match whole {
                    true => peers.has_users(node, users.clone()),
                    false => peers.moved(node, &[(user, comes)]),
                };
                for (user, comes) in changes {
                    let is_news = match comes { true => told.insert(user), false => told.remove(&user) };
                    prop_assert!(is_news);
                }
            }
            let all: HashSet<_> = there.into_values().flatten().collect();
            prop_assert_eq!(told, all);
        }
    }
}
