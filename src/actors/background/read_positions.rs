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

    fn learn_read_position(&mut self, session: SessionId, snapshot: &Snapshot) -> Option<Counters> {
        let watcher = self.watchers.get_mut(&session)?;
        let before = watcher.position(snapshot.conversation);
        let is_newer = !watcher.has_seen(snapshot.conversation, snapshot.head.0);
        watcher.read(snapshot.conversation, snapshot.read_state.read_position());
        // Behind a position that was put back are mentions that are not known here. Of what is before it a
        // snapshot that is older than another says nothing.
        for n in snapshot.read_state.mentions().filter(|n| is_newer || *n <= before) {
            watcher.set_mention(snapshot.conversation, n, true, snapshot.head.0);
        }
        self.correct(session, snapshot);
        let watcher = self.watchers.get(&session)?;
        match watcher.read_states.get(&snapshot.conversation) {
            Some(read_state) => {
                let head = self.heads.get(&snapshot.conversation).copied().unwrap_or(snapshot.head);
                Some(Counters::of(snapshot.conversation, head, read_state))
            }
            // Its own snapshot comes first, and then it is told; or it is none of its business any more.
            None if watcher.before_snapshot.is_some() => None,
            None if watcher.has_left_since(snapshot.conversation, snapshot.head.0) => None,
            None => Some(snapshot.counters()),
        }
    }

    /// What was told of a conversation since a snapshot was read is truer than the snapshot.
    pub(super) fn correct(&mut self, session: SessionId, snapshot: &Snapshot) {
        let Some(watcher) = self.watchers.get_mut(&session) else {
            return;
        };
        for told in self.recent_mentions.since(snapshot.conversation, snapshot.head.0) {
            let is_meant = told.mentions.include(watcher.user);
            watcher.set_mention(snapshot.conversation, told.n, is_meant, told.seq);
        }
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
