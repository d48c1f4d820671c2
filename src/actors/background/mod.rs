//! Background chats: a user's sockets that have a chat not open are told how many messages wait in
//! it, not what they are. The values are absolute and coalesced: however much is said, a socket hears
//! of a chat a few times a second at most, and the last value always comes.

mod marks;
mod revised;
mod watcher;

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use crate::actors::background::marks::Bound;
use crate::actors::background::revised::Revised;
use crate::actors::background::watcher::Watcher;
use crate::actors::messages::{Advanced, Look, SessionId};
use crate::domain::unread::{ReadMark, Tally};
use crate::domain::{ConversationId, UserId};
use crate::wire::server::Counters;

/// Heads that may be kept of conversations that nobody watches, so that they are rarely looked through.
const SPARE_HEADS: usize = 1_024;

/// The sockets of one thread, and where their users stand.
#[derive(Debug, Default)]
pub(super) struct Background {
    watchers: HashMap<SessionId, Watcher>,
    /// Those that are bound to a chat watch no other, but are told where their user has put a mark.
    bound: HashMap<SessionId, Bound>,
    by_user: HashMap<UserId, HashSet<SessionId>>,
    by_chat: HashMap<ConversationId, HashSet<SessionId>>,
    /// The last `(seq, n)` of each conversation that has moved on since the start.
    heads: HashMap<ConversationId, (i64, i64)>,
    dirty: HashSet<(SessionId, ConversationId)>,
    /// Sockets whose look is being taken.
    looking: HashSet<SessionId>,
    revised: Revised,
}

impl Background {
    /// A socket is about to look where its user stands.
    pub(super) fn expect(&mut self, session: SessionId, user: UserId) {
        self.watchers.insert(session, Watcher::looking(user));
        self.by_user.entry(user).or_default().insert(session);
        self.looking.insert(session);
    }

    /// A socket wants to hear of its user's chats, where they stand as `chats` say. What happened
    /// since that was read is told at once.
    pub(super) fn watch(&mut self, session: SessionId, chats: &[Look]) {
        for look in chats {
            if !self.add(session, look.conversation, look.tally.clone()) {
                continue;
            }
            self.correct(session, look);
            let is_old = self.learn_head(look.conversation, look.head) > look.head;
            if is_old || self.mark_of(session, look.conversation) > look.tally.mark() {
                self.dirty.insert((session, look.conversation));
            }
        }
        self.looking.remove(&session);
        if let Some(watcher) = self.watchers.get_mut(&session) {
            watcher.early = None;
        }
    }

    fn learn_head(&mut self, conversation: ConversationId, head: (i64, i64)) -> (i64, i64) {
        let known = self.heads.entry(conversation).or_default();
        *known = (*known).max(head);
        *known
    }

    fn mark_of(&self, session: SessionId, conversation: ConversationId) -> ReadMark {
        let tallies = self.watchers.get(&session).map(|watcher| &watcher.tallies);
        let tally = tallies.and_then(|tallies| tallies.get(&conversation));
        tally.map(Tally::mark).unwrap_or_default()
    }

    /// Watches a chat, unless its user has left it.
    fn add(&mut self, session: SessionId, conversation: ConversationId, tally: Tally) -> bool {
        let Some(watcher) = self.watchers.get_mut(&session) else {
            return false;
        };
        if watcher.gone.contains(&conversation) {
            return false;
        }
        let known = watcher.tallies.entry(conversation).or_default();
        known.join(&tally);
        let early = watcher.early.as_mut().and_then(|early| early.remove(&conversation));
        if let Some(early) = early {
            known.read(early.mark);
            early.mentions.iter().for_each(|(n, is_meant)| known.set_mention(*n, *is_meant));
        }
        self.by_chat.entry(conversation).or_default().insert(session);
        true
    }

    /// Takes a chat from a socket; `true` if it watched it.
    fn remove(&mut self, session: SessionId, conversation: ConversationId) -> bool {
        let mut has_watched = false;
        if let Some(watcher) = self.watchers.get_mut(&session) {
            has_watched = watcher.tallies.remove(&conversation).is_some();
            watcher.gone.insert(conversation);
        }
        self.stop(session, conversation);
        has_watched
    }

    fn stop(&mut self, session: SessionId, conversation: ConversationId) {
        take(&mut self.by_chat, conversation, session);
        self.dirty.remove(&(session, conversation));
        if !self.by_chat.contains_key(&conversation) {
            self.revised.forget(conversation);
        }
    }

    /// A socket is gone.
    pub(super) fn unwatch(&mut self, session: SessionId) {
        self.looking.remove(&session);
        if let Some(bound) = self.bound.remove(&session) {
            take(&mut self.by_user, bound.user, session);
        }
        let Some(watcher) = self.watchers.remove(&session) else {
            return;
        };
        take(&mut self.by_user, watcher.user, session);
        for conversation in watcher.tallies.into_keys() {
            self.stop(session, conversation);
        }
    }

    /// A conversation has moved on. The sockets are named that watched it and whose user's chat it is no
    /// more.
    pub(super) fn advanced(&mut self, news: &Advanced) -> Vec<SessionId> {
        let conversation = news.conversation;
        self.learn_head(conversation, (news.seq, news.n));
        for (user, n) in &news.joined {
            for session in self.sessions_of(*user) {
                if let Some(watcher) = self.watchers.get_mut(&session) {
                    watcher.gone.remove(&conversation);
                }
                self.add(session, conversation, Tally::joined(*n));
            }
        }
        self.learn_mentions(news);
        for (user, mark) in &news.read {
            self.each_of(*user, |watcher| watcher.read(conversation, *mark));
        }
        let mut gone: Vec<_> = news.left.iter().flat_map(|user| self.sessions_of(*user)).collect();
        if news.dissolved {
            gone.extend(self.by_chat.remove(&conversation).unwrap_or_default());
        }
        gone.retain(|session| self.remove(*session, conversation));
        let watching = self.by_chat.get(&conversation).into_iter().flatten();
        self.dirty.extend(watching.map(|session| (*session, conversation)));
        gone
    }

    /// Whoever is still looking may turn out to be a member.
    fn learn_mentions(&mut self, news: &Advanced) {
        if news.mentions.is_empty() {
            return;
        }
        if self.by_chat.contains_key(&news.conversation) {
            self.revised.remember(news.conversation, news.seq, &news.mentions);
        }
        let members = self.by_chat.get(&news.conversation).into_iter().flatten();
        let sessions: HashSet<_> = members.chain(&self.looking).copied().collect();
        for session in sessions {
            let Some(watcher) = self.watchers.get_mut(&session) else {
                continue;
            };
            for (n, mentions) in &news.mentions {
                let is_meant = mentions.include(watcher.user);
                watcher.set_mention(news.conversation, *n, is_meant);
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
    pub(super) fn mark(&mut self, session: SessionId, conversation: ConversationId) {
        self.dirty.insert((session, conversation));
    }

    fn sessions_of(&self, user: UserId) -> Vec<SessionId> {
        self.by_user.get(&user).into_iter().flatten().copied().collect()
    }

    /// Heads that nobody here may ask for; now and then, as they are many.
    fn forget_unwatched(&mut self) {
        if self.looking.is_empty() && self.heads.len() > 2 * self.by_chat.len() + SPARE_HEADS {
            self.heads.retain(|conversation, _| self.by_chat.contains_key(conversation));
        }
    }

    /// Who is to be told what, once.
    pub(super) fn take_news(&mut self) -> Vec<(SessionId, Counters)> {
        self.forget_unwatched();
        let dirty = std::mem::take(&mut self.dirty);
        let news = |(session, conversation): (SessionId, ConversationId)| {
            let tally = self.watchers.get(&session)?.tallies.get(&conversation)?;
            let head = *self.heads.get(&conversation)?;
            let counters = Counters::of(conversation, head, tally);
            Some((session, counters))
        };
        dirty.into_iter().filter_map(news).collect()
    }
}

/// Takes `session` out of a set, and the set out of the map once it is empty.
fn take<K: Hash + Eq>(sets: &mut HashMap<K, HashSet<SessionId>>, key: K, session: SessionId) {
    if let Some(set) = sets.get_mut(&key) {
        set.remove(&session);
        if set.is_empty() {
            sets.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests;
