//! Background chats: a user's sockets that have a chat not open are told how many messages wait in
//! it, not what they are. The values are absolute and coalesced: however much is said, a socket hears
//! of a chat a few times a second at most, and the last value always comes.

pub(in crate::actors) mod chats;
mod read_positions;
mod recent_mentions;
mod snapshots;
mod watcher;

use std::collections::{HashMap, HashSet};

use crate::actors::background::read_positions::Bound;
use crate::actors::background::recent_mentions::RecentMentions;
use crate::actors::background::watcher::Watcher;
use crate::actors::messages::{Advanced, SessionId, Snapshot};
use crate::actors::session_sets::remove_from;
use crate::domain::unread::ReadState;
use crate::domain::{ConversationId, UserId};
use crate::wire::server::Counters;

/// Conversations of which something may be kept though nobody watches them, so that they are rarely looked through.
const SPARE_HEADS: usize = 1_024;

/// The sockets of one thread, and where their users stand.
#[derive(Debug, Default)]
pub(super) struct Background {
    watchers: HashMap<SessionId, Watcher>,
    /// Those that are bound to a chat watch no other, but are told when their user has read.
    bound: HashMap<SessionId, Bound>,
    by_user: HashMap<UserId, HashSet<SessionId>>,
    by_chat: HashMap<ConversationId, HashSet<SessionId>>,
    /// The last `(seq, n)` of each conversation that has moved on since the start.
    heads: HashMap<ConversationId, (i64, i64)>,
    dirty: HashSet<(SessionId, ConversationId)>,
    /// Sockets whose snapshot is being read.
    awaiting_snapshot: HashSet<SessionId>,
    recent_mentions: RecentMentions,
}

/// What follows when a conversation has moved on.
#[derive(Debug, Default)]
pub(super) struct MovedOn {
    /// The sockets that watched it and whose user's chat it is no more.
    pub(super) gone: Vec<SessionId>,
    /// Those who joined before something that was told already, and was not for them then: look how they stand.
    pub(super) unsure: Vec<UserId>,
}

impl Background {
    fn learn_head(&mut self, conversation: ConversationId, head: (i64, i64)) -> (i64, i64) {
        let known = self.heads.entry(conversation).or_default();
        *known = (*known).max(head);
        *known
    }

    /// Takes a chat from a socket, whose user has left by the change `seq`; `true` if it watched it.
    fn remove(&mut self, session: SessionId, conversation: ConversationId, seq: i64) -> bool {
        let mut has_watched = false;
        if let Some(watcher) = self.watchers.get_mut(&session) {
            if !watcher.left(conversation, seq) {
                return false;
            }
            has_watched = watcher.read_states.remove(&conversation).is_some();
        }
        self.stop(session, conversation);
        has_watched
    }

    fn stop(&mut self, session: SessionId, conversation: ConversationId) {
        remove_from(&mut self.by_chat, conversation, session);
        self.dirty.remove(&(session, conversation));
        if !self.by_chat.contains_key(&conversation) && self.awaiting_snapshot.is_empty() {
            self.recent_mentions.forget(conversation);
        }
    }

    /// A socket is gone.
    pub(super) fn unwatch(&mut self, session: SessionId) {
        self.awaiting_snapshot.remove(&session);
        if let Some(bound) = self.bound.remove(&session) {
            remove_from(&mut self.by_user, bound.user, session);
        }
        let Some(watcher) = self.watchers.remove(&session) else {
            return;
        };
        remove_from(&mut self.by_user, watcher.user, session);
        for conversation in watcher.read_states.into_keys() {
            self.stop(session, conversation);
        }
    }

    /// A conversation has moved on.
    pub(super) fn advanced(&mut self, news: &Advanced) -> MovedOn {
        let conversation = news.conversation;
        let mut moved_on = MovedOn::default();
        for (user, seq, n) in &news.joined {
            if self.joined(*user, conversation, (*seq, *n)) {
                moved_on.unsure.push(*user);
            }
        }
        self.learn_head(conversation, (news.seq, news.n));
        self.learn_mentions(news);
        for (user, position) in &news.read {
            self.each_of(*user, |watcher| watcher.read(conversation, *position));
        }
        let mut gone = Vec::new();
        for (user, seq) in &news.left {
            gone.extend(self.sessions_of(*user).into_iter().map(|session| (session, *seq)));
        }
        if news.is_deleted {
            let all = self.by_chat.remove(&conversation).unwrap_or_default();
            // Whoever still waits for a snapshot may find it in there.
            let all = all.union(&self.awaiting_snapshot).copied();
            gone.extend(all.map(|session| (session, news.seq)));
        }
        gone.retain(|(session, seq)| self.remove(*session, conversation, *seq));
        moved_on.gone = gone.into_iter().map(|(session, _)| session).collect();
        let watching = self.by_chat.get(&conversation).into_iter().flatten();
        self.dirty.extend(watching.map(|session| (*session, conversation)));
        moved_on
    }

    /// A user has joined by the change at `head`. Was something told before that came after it?
    fn joined(&mut self, user: UserId, conversation: ConversationId, head: (i64, i64)) -> bool {
        let has_moved_on = self.heads.get(&conversation).is_some_and(|known| *known > head);
        let mut is_unsure = false;
        for session in self.sessions_of(user) {
            let Some(watcher) = self.watchers.get_mut(&session) else {
                continue;
            };
            if watcher.joined(conversation, head.0) {
                is_unsure |= has_moved_on && watcher.before_snapshot.is_none();
                self.learn(
                    session,
                    &Snapshot {
                        conversation,
                        head,
                        read_state: ReadState::joined(head.1),
                    },
                );
            }
        }
        is_unsure
    }

    /// Whoever still waits for a snapshot may turn out to be a member.
    fn learn_mentions(&mut self, news: &Advanced) {
        let conversation = news.conversation;
        let watching = self.by_chat.get(&conversation);
        if watching.is_none() && self.awaiting_snapshot.is_empty() {
            return;
        }
        for told in &news.mentions {
            if !self.recent_mentions.is_news(conversation, told) {
                continue;
            }
            for session in watching.into_iter().flatten() {
                if let Some(watcher) = self.watchers.get_mut(session) {
                    watcher.learn_mention(conversation, told);
                }
            }
        }
    }

    fn each_of(&mut self, user: UserId, mut learn: impl FnMut(&mut Watcher)) {
        for session in self.sessions_of(user) {
            if let Some(watcher) = self.watchers.get_mut(&session) {
                learn(watcher);
            }
        }
    }

    /// Tell this socket of a chat again: it has just closed it.
    pub(super) fn tell_again(&mut self, session: SessionId, conversation: ConversationId) {
        self.dirty.insert((session, conversation));
    }

    fn sessions_of(&self, user: UserId) -> Vec<SessionId> {
        self.by_user.get(&user).into_iter().flatten().copied().collect()
    }

    /// What nobody here may ask for; now and then, as that is much.
    fn forget_unwatched(&mut self) {
        if self.awaiting_snapshot.is_empty()
            && self.heads.len() > 2 * self.by_chat.len() + SPARE_HEADS
        {
            self.heads.retain(|conversation, _| self.by_chat.contains_key(conversation));
            self.recent_mentions
                .retain(|conversation| self.by_chat.contains_key(conversation));
        }
    }

    /// Who is to be told what, once.
    pub(super) fn take_news(&mut self) -> Vec<(SessionId, Counters)> {
        self.forget_unwatched();
        let dirty = std::mem::take(&mut self.dirty);
        // Where they stand is not known yet; they are told then.
        let (waiting, due): (HashSet<_>, HashSet<_>) = dirty
            .into_iter()
            .partition(|(session, _)| self.awaiting_snapshot.contains(session));
        self.dirty = waiting;
        let news = |(session, conversation): (SessionId, ConversationId)| {
            Some((session, self.stands(session, conversation)?))
        };
        due.into_iter().filter_map(news).collect()
    }
}

#[cfg(test)]
mod tests;
