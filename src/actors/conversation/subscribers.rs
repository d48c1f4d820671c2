//! Who has the conversation open.

use std::collections::{HashMap, HashSet};

use crate::actors::messages::{RelayId, SessionId};
use crate::actors::session_sets::remove_from;
use crate::domain::UserId;

/// A socket that listens.
#[derive(Clone, Copy, Debug)]
pub(super) struct Subscriber {
    pub(super) user: Option<UserId>,
    pub(super) relay: RelayId,
    /// Does it close when its user is removed from here?
    pub(super) bound: bool,
}

/// The sockets that listen, by session, by user and by relay.
#[derive(Debug, Default)]
pub(super) struct Subscribers {
    subscribers: HashMap<SessionId, Subscriber>,
    by_user: HashMap<UserId, HashSet<SessionId>>,
    by_relay: HashMap<RelayId, HashSet<SessionId>>,
}

impl Subscribers {
    /// Adds a socket; `false` if it listens already.
    pub(super) fn add(&mut self, session: SessionId, subscriber: Subscriber) -> bool {
        if self.subscribers.contains_key(&session) {
            return false;
        }
        if let Some(user) = subscriber.user {
            self.by_user.entry(user).or_default().insert(session);
        }
        self.by_relay.entry(subscriber.relay).or_default().insert(session);
        self.subscribers.insert(session, subscriber);
        true
    }

    pub(super) fn remove(&mut self, session: SessionId) -> Option<Subscriber> {
        let subscriber = self.subscribers.remove(&session)?;
        if let Some(user) = subscriber.user {
            remove_from(&mut self.by_user, user, session);
        }
        remove_from(&mut self.by_relay, subscriber.relay, session);
        Some(subscriber)
    }

    pub(super) fn of_user(&self, user: UserId) -> Vec<SessionId> {
        let sessions = self.by_user.get(&user);
        sessions.map_or_else(Vec::new, |sessions| sessions.iter().copied().collect())
    }

    /// Does any of them have this relay?
    pub(super) fn are_at(&self, relay: RelayId) -> bool {
        self.by_relay.contains_key(&relay)
    }

    pub(super) fn all(&self) -> Vec<SessionId> {
        self.subscribers.keys().copied().collect()
    }

    pub(super) fn len(&self) -> usize {
        self.subscribers.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.subscribers.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subscriber(user: i64, relay: u64) -> Subscriber {
        Subscriber {
            user: Some(UserId(user)),
            relay: RelayId(relay),
            bound: false,
        }
    }

    #[test]
    fn a_relay_has_subscribers_until_the_last_of_them_goes() {
        let mut all = Subscribers::default();
        let [one, two, three] = [1, 2, 3].map(SessionId);
        assert!(all.add(one, subscriber(7, 0)) && all.add(two, subscriber(7, 0)));
        assert!(!all.add(two, subscriber(7, 1)), "it is there already");
        all.add(three, subscriber(8, 1));
        assert!(all.are_at(RelayId(0)) && all.are_at(RelayId(1)));
        for gone in [one, two, two] {
            all.remove(gone);
        }
        assert!(!all.are_at(RelayId(0)) && all.are_at(RelayId(1)));
        assert!(all.of_user(UserId(7)).is_empty());
        assert_eq!(all.all(), [three]);
    }
}
