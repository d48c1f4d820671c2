//! Read marks that a user puts somewhere, on one socket or over REST: all their sockets are told, also
//! those that have the chat open, and those that are bound to another.

use std::collections::HashMap;

use crate::actors::background::Background;
use crate::actors::messages::{Look, SessionId};
use crate::domain::unread::ReadMark;
use crate::domain::{ConversationId, UserId};
use crate::wire::server::Counters;

/// A socket that is bound to a chat.
#[derive(Debug)]
pub(super) struct Bound {
    pub(super) user: UserId,
    /// What it was told last.
    marks: HashMap<ConversationId, ReadMark>,
}

impl Background {
    /// A socket is there that is bound to a chat.
    pub(in crate::actors) fn expect_bound(&mut self, session: SessionId, user: UserId) {
        let marks = HashMap::new();
        self.bound.insert(session, Bound { user, marks });
        self.by_user.entry(user).or_default().insert(session);
    }

    /// A user has put their read mark somewhere. What each of their sockets is told now: marks may be
    /// learnt in any order, and the last that is told is the last that was put.
    pub(in crate::actors) fn marked_read(
        &mut self,
        user: UserId,
        look: &Look,
    ) -> Vec<(SessionId, Counters)> {
        self.learn_head(look.conversation, look.head);
        let sessions = self.sessions_of(user);
        let told = sessions.into_iter().filter_map(|session| {
            let counters = match self.bound.get_mut(&session) {
                Some(bound) => bound.marked_read(look),
                None => self.learn_mark(session, look),
            };
            Some((session, counters?))
        });
        told.collect()
    }

    fn learn_mark(&mut self, session: SessionId, look: &Look) -> Option<Counters> {
        let watcher = self.watchers.get_mut(&session)?;
        watcher.read(look.conversation, look.tally.mark());
        // Behind a mark that was put back are mentions that are not known here.
        for n in look.tally.mentions() {
            watcher.set_mention(look.conversation, n, true);
        }
        self.correct(session, look);
        let watcher = self.watchers.get(&session)?;
        match watcher.tallies.get(&look.conversation) {
            Some(tally) => {
                let head = self.heads.get(&look.conversation).copied().unwrap_or(look.head);
                Some(Counters::of(look.conversation, head, tally))
            }
            // Its own look comes first, and then it is told; or it is none of its business any more.
            None if watcher.early.is_some() => None,
            None if watcher.gone.contains(&look.conversation) => None,
            None => Some(look.counters()),
        }
    }

    /// What was told of a conversation since a look was taken is truer than the look.
    pub(super) fn correct(&mut self, session: SessionId, look: &Look) {
        let Some(watcher) = self.watchers.get_mut(&session) else {
            return;
        };
        for (n, mentions) in self.revised.since(look.conversation, look.head.0) {
            let is_meant = mentions.include(watcher.user);
            watcher.set_mention(look.conversation, *n, is_meant);
        }
    }
}

impl Bound {
    fn marked_read(&mut self, look: &Look) -> Option<Counters> {
        let told = self.marks.entry(look.conversation).or_default();
        let is_new = *told <= look.tally.mark();
        *told = (*told).max(look.tally.mark());
        is_new.then(|| look.counters())
    }
}
