//! Background chats: a user's sockets that have a chat not open are told how many messages wait in
//! it, not what they are. The values are absolute and coalesced: however much is said, a socket hears
//! of a chat a few times a second at most, and the last value always comes.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use crate::actors::messages::{Advanced, SessionId};
use crate::domain::{ConversationId, UserId};
use crate::wire::server::Counters;

/// The sockets of one thread that are bound to no chat, and where their users stand.
#[derive(Debug, Default)]
pub(super) struct Background {
    watchers: HashMap<SessionId, Watcher>,
    by_user: HashMap<UserId, HashSet<SessionId>>,
    by_chat: HashMap<ConversationId, HashSet<SessionId>>,
    /// The last `(seq, n)` of each conversation that has moved on since the start.
    heads: HashMap<ConversationId, (i64, i64)>,
    dirty: HashSet<(SessionId, ConversationId)>,
}

#[derive(Debug)]
struct Watcher {
    user: UserId,
    /// What they have read, by chat.
    read: HashMap<ConversationId, i64>,
    /// The same of chats that are not watched yet: it was read before the look was taken.
    early: HashMap<ConversationId, i64>,
    /// Chats that they have left since they began to watch, which an older look still has.
    gone: HashSet<ConversationId>,
}

impl Background {
    /// A socket wants to hear of these chats too, which its user has as `chats` says. What happened
    /// since that was read is told at once.
    pub(super) fn watch(&mut self, session: SessionId, user: UserId, chats: &[Counters]) {
        self.watchers.entry(session).or_insert_with(|| Watcher {
            user,
            read: HashMap::new(),
            early: HashMap::new(),
            gone: HashSet::new(),
        });
        self.by_user.entry(user).or_default().insert(session);
        for chat in chats {
            let conversation = ConversationId(chat.chat_id);
            if !self.add(session, conversation, chat.read_n) {
                continue;
            }
            let head = self.heads.get(&conversation);
            if head.is_some_and(|(seq, _)| *seq > chat.seq) {
                self.dirty.insert((session, conversation));
            } else {
                self.heads.insert(conversation, (chat.seq, chat.n));
            }
        }
    }

    /// Watches a chat, unless its user has left it.
    fn add(&mut self, session: SessionId, conversation: ConversationId, read_n: i64) -> bool {
        let Some(watcher) = self.watchers.get_mut(&session) else {
            return false;
        };
        if watcher.gone.contains(&conversation) {
            return false;
        }
        let early = watcher.early.remove(&conversation).unwrap_or(0);
        let read = watcher.read.entry(conversation).or_default();
        *read = read_n.max(early).max(*read);
        self.by_chat.entry(conversation).or_default().insert(session);
        true
    }

    fn remove(&mut self, session: SessionId, conversation: ConversationId) {
        if let Some(watcher) = self.watchers.get_mut(&session) {
            watcher.read.remove(&conversation);
            watcher.gone.insert(conversation);
        }
        take(&mut self.by_chat, conversation, session);
        self.dirty.remove(&(session, conversation));
    }

    /// A socket is gone.
    pub(super) fn unwatch(&mut self, session: SessionId) {
        let Some(watcher) = self.watchers.remove(&session) else {
            return;
        };
        take(&mut self.by_user, watcher.user, session);
        for conversation in watcher.read.into_keys() {
            take(&mut self.by_chat, conversation, session);
            self.dirty.remove(&(session, conversation));
        }
    }

    /// A conversation has moved on.
    pub(super) fn advanced(&mut self, news: &Advanced) {
        let conversation = news.conversation;
        let head = self.heads.entry(conversation).or_default();
        *head = (*head).max((news.seq, news.n));
        for (user, read_n) in &news.joined {
            for session in self.sessions_of(*user) {
                if let Some(watcher) = self.watchers.get_mut(&session) {
                    watcher.gone.remove(&conversation);
                }
                self.add(session, conversation, *read_n);
            }
        }
        for (user, n) in &news.read {
            self.marked_read(*user, conversation, *n);
        }
        for user in &news.left {
            for session in self.sessions_of(*user) {
                self.remove(session, conversation);
            }
        }
        if news.dissolved {
            for session in self.by_chat.remove(&conversation).unwrap_or_default() {
                self.remove(session, conversation);
            }
        }
        let watching = self.by_chat.get(&conversation).into_iter().flatten();
        self.dirty.extend(watching.map(|session| (*session, conversation)));
    }

    /// A user has read up to `n`, and has been told.
    pub(super) fn marked_read(&mut self, user: UserId, conversation: ConversationId, n: i64) {
        for session in self.sessions_of(user) {
            let Some(watcher) = self.watchers.get_mut(&session) else {
                continue;
            };
            let read = match watcher.read.get_mut(&conversation) {
                Some(read) => read,
                None => watcher.early.entry(conversation).or_default(),
            };
            *read = n.max(*read);
        }
    }

    /// Tell this socket of a chat again: it has just closed it.
    pub(super) fn mark(&mut self, session: SessionId, conversation: ConversationId) {
        self.dirty.insert((session, conversation));
    }

    fn sessions_of(&self, user: UserId) -> Vec<SessionId> {
        self.by_user.get(&user).into_iter().flatten().copied().collect()
    }

    /// Who is to be told what, once.
    pub(super) fn take_news(&mut self) -> Vec<(SessionId, Counters)> {
        let dirty = std::mem::take(&mut self.dirty);
        let news = |(session, conversation): (SessionId, ConversationId)| {
            let read_n = *self.watchers.get(&session)?.read.get(&conversation)?;
            let (seq, n) = *self.heads.get(&conversation)?;
            // What has been read is there, though the news of it may be on its way.
            let n = n.max(read_n);
            let counters = Counters {
                chat_id: conversation.0,
                seq,
                n,
                read_n,
                unread: n - read_n,
            };
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
mod tests {
    use super::*;

    const CHAT: ConversationId = ConversationId(7);
    const ANNA: UserId = UserId(1);
    const SESSION: SessionId = SessionId(1);

    fn stands(seq: i64, n: i64, read_n: i64) -> Counters {
        Counters {
            chat_id: CHAT.0,
            seq,
            n,
            read_n,
            unread: n - read_n,
        }
    }

    fn advanced(seq: i64, n: i64) -> Advanced {
        Advanced::new(CHAT, seq, n)
    }

    #[test]
    fn much_is_told_once_and_the_last_value_comes() {
        let mut background = Background::default();
        background.watch(SESSION, ANNA, &[stands(10, 5, 5)]);
        assert!(background.take_news().is_empty());
        for i in 1..=100 {
            background.advanced(&advanced(10 + i, 5 + i));
        }
        assert_eq!(background.take_news(), [(SESSION, stands(110, 105, 5))]);
        assert!(background.take_news().is_empty());
    }

    #[test]
    fn what_happened_between_the_look_and_the_watch_is_told() {
        let mut background = Background::default();
        background.watch(SESSION, ANNA, &[]);
        background.advanced(&advanced(11, 6));
        background.watch(SESSION, ANNA, &[stands(10, 5, 5)]);
        assert_eq!(background.take_news(), [(SESSION, stands(11, 6, 5))]);
        background.watch(SessionId(2), ANNA, &[stands(11, 6, 5)]);
        assert!(background.take_news().is_empty());
    }

    #[test]
    fn ones_own_messages_and_what_one_read_do_not_count() {
        let mut background = Background::default();
        background.watch(SESSION, ANNA, &[stands(10, 5, 2)]);
        background.marked_read(ANNA, CHAT, 4);
        background.marked_read(ANNA, CHAT, 3);
        background.advanced(&advanced(11, 6));
        assert_eq!(background.take_news(), [(SESSION, stands(11, 6, 4))]);
        let mut own = advanced(12, 7);
        own.read.push((ANNA, 7));
        background.advanced(&own);
        assert_eq!(background.take_news(), [(SESSION, stands(12, 7, 7))]);
    }

    #[test]
    fn a_removed_member_hears_nothing_and_a_new_one_does() {
        let mut background = Background::default();
        background.watch(SESSION, ANNA, &[stands(10, 5, 5)]);
        let mut left = advanced(11, 5);
        left.left.push(ANNA);
        background.advanced(&left);
        background.advanced(&advanced(12, 6));
        assert!(background.take_news().is_empty());
        let mut joined = advanced(13, 6);
        joined.joined.push((ANNA, 6));
        background.advanced(&joined);
        background.advanced(&advanced(14, 7));
        assert_eq!(background.take_news(), [(SESSION, stands(14, 7, 6))]);
    }

    #[test]
    fn an_old_look_brings_nobody_back_who_has_left() {
        let mut background = Background::default();
        background.watch(SESSION, ANNA, &[]);
        let mut left = advanced(11, 5);
        left.left.push(ANNA);
        background.advanced(&left);
        background.watch(SESSION, ANNA, &[stands(10, 5, 5)]);
        background.advanced(&advanced(12, 6));
        assert!(background.take_news().is_empty());
    }

    #[test]
    fn what_was_read_elsewhere_while_looking_counts() {
        let mut background = Background::default();
        background.watch(SESSION, ANNA, &[]);
        background.marked_read(ANNA, CHAT, 5);
        background.watch(SESSION, ANNA, &[stands(10, 5, 2)]);
        background.advanced(&advanced(11, 6));
        assert_eq!(background.take_news(), [(SESSION, stands(11, 6, 5))]);
    }

    #[test]
    fn nothing_is_ever_unread_below_zero() {
        let mut background = Background::default();
        background.watch(SESSION, ANNA, &[stands(10, 5, 5)]);
        background.marked_read(ANNA, CHAT, 7);
        background.advanced(&advanced(11, 6));
        assert_eq!(background.take_news(), [(SESSION, stands(11, 7, 7))]);
    }

    #[test]
    fn a_socket_that_is_gone_leaves_nothing() {
        let mut background = Background::default();
        background.watch(SESSION, ANNA, &[stands(10, 5, 5)]);
        background.advanced(&advanced(11, 6));
        background.unwatch(SESSION);
        assert!(background.take_news().is_empty());
        assert!(background.by_chat.is_empty() && background.by_user.is_empty());
    }
}
