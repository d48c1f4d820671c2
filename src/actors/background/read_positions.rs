//! Read positions that a user moves, on one socket or over REST: all their sockets are told, also
//! those that have the chat open, and those that are bound to another.

use std::collections::HashMap;

use crate::actors::background::Background;
use crate::actors::messages::{SessionId, Snapshot};
use crate::domain::unread::ReadPosition;
use crate::domain::{ConversationId, UserId};
use crate::wire::server::Counters;

/// A socket that is bound to a chat.
#[derive(Debug)]
pub(super) struct Bound {
    pub(super) user: UserId,
    /// What it was told last.
    positions: HashMap<ConversationId, ReadPosition>,
}

impl Background {
    /// A socket is there that is bound to a chat.
    pub(in crate::actors) fn expect_bound(&mut self, session: SessionId, user: UserId) {
        let positions = HashMap::new();
        self.bound.insert(session, Bound { user, positions });
        self.by_user.entry(user).or_default().insert(session);
    }

    /// A user has moved their read position. What each of their sockets is told now: positions may be
    /// learnt in any order, and the last that is told is the last that was put.
    pub(in crate::actors) fn read_position_moved(
        &mut self,
        user: UserId,
        snapshot: &Snapshot,
    ) -> Vec<(SessionId, Counters)> {
        self.learn_head(snapshot.conversation, snapshot.head);
        let sessions = self.sessions_of(user);
        let told = sessions.into_iter().filter_map(|session| {
            let counters = match self.bound.get_mut(&session) {
                Some(bound) => bound.read_position_moved(snapshot),
                None => self.learn_read_position(session, snapshot),
            };
            Some((session, counters?))
        });
        told.collect()
    }

    /// Whoever puts their position somewhere is a member there, though that may not have been told yet.
    fn learn_read_position(&mut self, session: SessionId, snapshot: &Snapshot) -> Option<Counters> {
        let conversation = snapshot.conversation;
        let watcher = self.watchers.get_mut(&session)?;
        let is_watched = watcher.read_states.contains_key(&conversation);
        if !is_watched && watcher.before_snapshot.is_some() {
            // Its first snapshot comes before, and then it is told.
            watcher.learn_later(snapshot);
            return None;
        }
        self.learn(session, snapshot);
        self.stands(session, conversation)
    }
}

impl Bound {
    fn read_position_moved(&mut self, snapshot: &Snapshot) -> Option<Counters> {
        let told = self.positions.entry(snapshot.conversation).or_default();
        let is_new = *told <= snapshot.read_state.read_position();
        *told = (*told).max(snapshot.read_state.read_position());
        is_new.then(|| snapshot.counters())
    }
}
