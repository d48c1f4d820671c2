//! Background chats: a user's sockets that have a chat not open are told how many messages wait in
//! it, not what they are. The values are absolute and coalesced: however much is said, a socket hears
//! of a chat a few times a second at most, and the last value always comes.

pub(in crate::actors) mod chats;
mod read_positions;
mod recent_mentions;
mod renewed;
mod watcher;

use std::collections::{HashMap, HashSet};

use crate::actors::background::read_positions::Bound;
use crate::actors::background::recent_mentions::RecentMentions;
use crate::actors::background::watcher::{Before, Watcher};
use crate::actors::messages::{Advanced, MentionsOf, SessionId, Snapshot};
use crate::actors::session_sets::remove_from;
use crate::domain::unread::{ReadPosition, ReadState};
use crate::domain::{ConversationId, UserId};
use crate::wire::server::Counters;

/// Heads that may be kept of conversations that nobody watches, so that they are rarely looked through.
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

impl Background {
    /// A socket is about to read where its user stands.
    pub(super) fn expect(&mut self, session: SessionId, user: UserId) {
        self.watchers.insert(session, Watcher::without_snapshot(user));
        self.by_user.entry(user).or_default().insert(session);
        self.awaiting_snapshot.insert(session);
    }

    /// A socket wants to hear of its user's chats, where they stand as `chats` say. What happened
    /// since that was read is told at once.
    pub(super) fn watch(&mut self, session: SessionId, chats: &[Snapshot]) {
        for snapshot in chats {
            if !self.add(
                session,
                snapshot.conversation,
                snapshot.head.0,
                snapshot.read_state.clone(),
            ) {
                continue;
            }
            self.correct(session, snapshot);
            let is_old = self.learn_head(snapshot.conversation, snapshot.head) > snapshot.head;
            if is_old
                || self.read_position_of(session, snapshot.conversation)
                    > snapshot.read_state.read_position()
            {
                self.dirty.insert((session, snapshot.conversation));
            }
        }
        self.awaiting_snapshot.remove(&session);
        if let Some(watcher) = self.watchers.get_mut(&session) {
            watcher.before_snapshot = None;
        }
    }

    fn learn_head(&mut self, conversation: ConversationId, head: (i64, i64)) -> (i64, i64) {
        let known = self.heads.entry(conversation).or_default();
        *known = (*known).max(head);
        *known
    }

    fn read_position_of(&self, session: SessionId, conversation: ConversationId) -> ReadPosition {
        let read_states = self.watchers.get(&session).map(|watcher| &watcher.read_states);
        let read_state = read_states.and_then(|read_states| read_states.get(&conversation));
        read_state.map(ReadState::read_position).unwrap_or_default()
    }

    /// Watches a chat, unless its user has left it since it stood at `seq`.
    fn add(
        &mut self,
        session: SessionId,
        conversation: ConversationId,
        seq: i64,
        read_state: ReadState,
    ) -> bool {
        let Some(watcher) = self.watchers.get_mut(&session) else {
            return false;
        };
        if watcher.has_left_since(conversation, seq) {
            return false;
        }
        let known = watcher.read_states.entry(conversation).or_default();
        known.join(&read_state);
        let before_snapshot = watcher
            .before_snapshot
            .as_mut()
            .and_then(|before_snapshot| before_snapshot.remove(&conversation));
        if let Some(before_snapshot) = before_snapshot {
            known.read(before_snapshot.position);
            let later = before_snapshot.mentions.iter().filter(|(_, (since, _))| *since > seq);
            later.for_each(|(n, (_, is_meant))| known.set_mention(*n, *is_meant));
        }
        watcher.saw(conversation, seq);
        self.by_chat.entry(conversation).or_default().insert(session);
        true
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
        if !self.by_chat.contains_key(&conversation) {
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
        // Those too that it watched before a look that is being taken anew.
        let before = watcher.before.into_iter().flat_map(Before::into_keys);
        for conversation in watcher.read_states.into_keys().chain(before) {
            self.stop(session, conversation);
        }
    }

    /// A conversation has moved on. The sockets are named that watched it and whose user's chat it is no
    /// more.
    pub(super) fn advanced(&mut self, news: &Advanced) -> Vec<SessionId> {
        let conversation = news.conversation;
        self.learn_head(conversation, (news.seq, news.n));
        for (user, seq, n) in &news.joined {
            for session in self.sessions_of(*user) {
                let watcher = self.watchers.get_mut(&session);
                if watcher.is_some_and(|watcher| watcher.joined(conversation, *seq)) {
                    self.add(session, conversation, *seq, ReadState::joined(*n));
                }
            }
        }
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
            gone.extend(all.into_iter().map(|session| (session, news.seq)));
        }
        gone.retain(|(session, seq)| self.remove(*session, conversation, *seq));
        let gone = gone.into_iter().map(|(session, _)| session).collect();
        let watching = self.by_chat.get(&conversation).into_iter().flatten();
        self.dirty.extend(watching.map(|session| (*session, conversation)));
        gone
    }

    /// Whoever still waits for a snapshot may turn out to be a member.
    fn learn_mentions(&mut self, news: &Advanced) {
        if news.mentions.is_empty() {
            return;
        }
        let conversation = news.conversation;
        let is_watched = self.by_chat.contains_key(&conversation);
        let recent = &mut self.recent_mentions;
        let is_news = |told: &&MentionsOf| !is_watched || recent.is_news(conversation, told);
        let told: Vec<_> = news.mentions.iter().filter(is_news).collect();
        let members = self.by_chat.get(&news.conversation).into_iter().flatten();
        let sessions: HashSet<_> = members.chain(&self.awaiting_snapshot).copied().collect();
        for session in sessions {
            let Some(watcher) = self.watchers.get_mut(&session) else {
                continue;
            };
            for told in &told {
                watcher.learn_mention(conversation, told);
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

    /// Heads that nobody here may ask for; now and then, as they are many.
    fn forget_unwatched(&mut self) {
        if self.awaiting_snapshot.is_empty()
            && self.heads.len() > 2 * self.by_chat.len() + SPARE_HEADS
        {
            self.heads.retain(|conversation, _| self.by_chat.contains_key(conversation));
        }
    }

    /// Who is to be told what, once.
    pub(super) fn take_news(&mut self) -> Vec<(SessionId, Counters)> {
        self.forget_unwatched();
        let dirty = std::mem::take(&mut self.dirty);
        // Where they stand is not known for a moment; they are told then.
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
