//! Who has the conversation open.

use std::collections::{HashMap, HashSet};

use crate::actors::messages::{RelayId, SessionId};
use crate::domain::UserId;

/// A socket that listens.
#[derive(Clone, Copy, Debug)]
pub(super) struct Subscriber {
    pub(super) user: Option<UserId>,
    pub(super) relay: RelayId,
    /// Does it close when its user is removed from here?
    pub(super) bound: bool,
}

/// The sockets that listen, by session and by user.
#[derive(Debug, Default)]
pub(super) struct Subscribers {
    subscribers: HashMap<SessionId, Subscriber>,
    by_user: HashMap<UserId, HashSet<SessionId>>,
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
        self.subscribers.insert(session, subscriber);
        true
    }

    pub(super) fn remove(&mut self, session: SessionId) -> Option<Subscriber> {
        let subscriber = self.subscribers.remove(&session)?;
        if let Some(user) = subscriber.user
            && let Some(sessions) = self.by_user.get_mut(&user)
        {
            sessions.remove(&session);
            if sessions.is_empty() {
                self.by_user.remove(&user);
            }
        }
        Some(subscriber)
    }

    pub(super) fn of_user(&self, user: UserId) -> Vec<SessionId> {
        let sessions = self.by_user.get(&user);
        sessions.map_or_else(Vec::new, |sessions| sessions.iter().copied().collect())
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
