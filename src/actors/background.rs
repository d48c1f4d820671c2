//! Background chats: a user's sockets that have a chat not open are told how many messages wait in
//! it, not what they are. The values are absolute and coalesced: however much is said, a socket hears
//! of a chat a few times a second at most, and the last value always comes.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use crate::actors::messages::{Advanced, Look, SessionId};
use crate::domain::unread::{ReadMark, Tally};
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
    /// Sockets whose look is being taken.
    looking: HashSet<SessionId>,
}

#[derive(Debug)]
struct Watcher {
    user: UserId,
    /// What they have read, by chat.
    tallies: HashMap<ConversationId, Tally>,
    /// While the look is being taken: what was learnt of chats that are not watched yet.
    early: Option<HashMap<ConversationId, Early>>,
    /// Chats that they have left since they began to watch, which an older look still has.
    gone: HashSet<ConversationId>,
}

#[derive(Debug, Default)]
struct Early {
    mark: ReadMark,
    /// Does the message with this `n` mention them?
    mentions: HashMap<i64, bool>,
}

impl Watcher {
    fn read(&mut self, conversation: ConversationId, mark: ReadMark) {
        match self.tallies.get_mut(&conversation) {
            Some(tally) => tally.read(mark),
            None => {
                if let Some(early) = self.early_of(conversation) {
                    early.mark = early.mark.max(mark);
                }
            }
        }
    }

    fn set_mention(&mut self, conversation: ConversationId, n: i64, is_meant: bool) {
        match self.tallies.get_mut(&conversation) {
            Some(tally) => tally.set_mention(n, is_meant),
            None => {
                if let Some(early) = self.early_of(conversation) {
                    early.mentions.insert(n, is_meant);
                }
            }
        }
    }

    fn early_of(&mut self, conversation: ConversationId) -> Option<&mut Early> {
        self.early.as_mut().map(|early| early.entry(conversation).or_default())
    }
}

impl Background {
    /// A socket is about to look where its user stands.
    pub(super) fn expect(&mut self, session: SessionId, user: UserId) {
        let watcher = Watcher {
            user,
            tallies: HashMap::new(),
            early: Some(HashMap::new()),
            gone: HashSet::new(),
        };
        self.watchers.insert(session, watcher);
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
            let head = self.heads.get(&look.conversation);
            if head.is_some_and(|(seq, _)| *seq > look.head.0) {
                self.dirty.insert((session, look.conversation));
            } else {
                self.heads.insert(look.conversation, look.head);
            }
        }
        self.looking.remove(&session);
        if let Some(watcher) = self.watchers.get_mut(&session) {
            watcher.early = None;
        }
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

    fn remove(&mut self, session: SessionId, conversation: ConversationId) {
        if let Some(watcher) = self.watchers.get_mut(&session) {
            watcher.tallies.remove(&conversation);
            watcher.gone.insert(conversation);
        }
        take(&mut self.by_chat, conversation, session);
        self.dirty.remove(&(session, conversation));
    }

    /// A socket is gone.
    pub(super) fn unwatch(&mut self, session: SessionId) {
        self.looking.remove(&session);
        let Some(watcher) = self.watchers.remove(&session) else {
            return;
        };
        take(&mut self.by_user, watcher.user, session);
        for conversation in watcher.tallies.into_keys() {
            take(&mut self.by_chat, conversation, session);
            self.dirty.remove(&(session, conversation));
        }
    }

    /// A conversation has moved on.
    pub(super) fn advanced(&mut self, news: &Advanced) {
        let conversation = news.conversation;
        let head = self.heads.entry(conversation).or_default();
        *head = (*head).max((news.seq, news.n));
        for (user, n) in &news.joined {
            let mark = ReadMark { revision: 0, n: *n };
            for session in self.sessions_of(*user) {
                if let Some(watcher) = self.watchers.get_mut(&session) {
                    watcher.gone.remove(&conversation);
                }
                self.add(session, conversation, Tally::new(mark, []));
            }
        }
        self.learn_mentions(news);
        for (user, mark) in &news.read {
            self.each_of(*user, |watcher| watcher.read(conversation, *mark));
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

    /// Whoever is still looking may turn out to be a member.
    fn learn_mentions(&mut self, news: &Advanced) {
        if news.mentions.is_empty() {
            return;
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

    /// A user has put their read mark somewhere, and has been told.
    pub(super) fn marked_read(&mut self, user: UserId, look: &Look) {
        self.each_of(user, |watcher| {
            watcher.read(look.conversation, look.tally.mark());
            // Behind a mark that was put back are mentions that are not known here.
            for n in look.tally.mentions() {
                watcher.set_mention(look.conversation, n, true);
            }
        });
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

    /// Who is to be told what, once.
    pub(super) fn take_news(&mut self) -> Vec<(SessionId, Counters)> {
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
mod tests {
    use super::*;
    use crate::domain::mentions::Mentions;

    const CHAT: ConversationId = ConversationId(7);
    const ANNA: UserId = UserId(1);
    const SESSION: SessionId = SessionId(1);

    fn mark(n: i64) -> ReadMark {
        ReadMark { revision: 0, n }
    }

    fn look(seq: i64, n: i64, read_n: i64) -> Look {
        Look {
            conversation: CHAT,
            head: (seq, n),
            tally: Tally::new(mark(read_n), []),
        }
    }

    fn stands(seq: i64, n: i64, read_n: i64) -> Counters {
        Counters {
            chat_id: CHAT.0,
            seq,
            n,
            read_n,
            unread: n - read_n,
            mentions: 0,
        }
    }

    fn advanced(seq: i64, n: i64) -> Advanced {
        Advanced::new(CHAT, seq, n)
    }

    #[test]
    fn much_is_told_once_and_the_last_value_comes() {
        let mut background = Background::default();
        background.expect(SESSION, ANNA);
        background.watch(SESSION, &[look(10, 5, 5)]);
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
        background.expect(SESSION, ANNA);
        background.advanced(&advanced(11, 6));
        background.watch(SESSION, &[look(10, 5, 5)]);
        assert_eq!(background.take_news(), [(SESSION, stands(11, 6, 5))]);
        background.expect(SessionId(2), ANNA);
        background.watch(SessionId(2), &[look(11, 6, 5)]);
        assert!(background.take_news().is_empty());
    }

    #[test]
    fn ones_own_messages_and_what_one_read_do_not_count() {
        let mut background = Background::default();
        background.expect(SESSION, ANNA);
        background.watch(SESSION, &[look(10, 5, 2)]);
        background.marked_read(ANNA, &look(10, 5, 4));
        background.marked_read(ANNA, &look(10, 5, 3));
        background.advanced(&advanced(11, 6));
        assert_eq!(background.take_news(), [(SESSION, stands(11, 6, 4))]);
        let mut own = advanced(12, 7);
        own.read.push((ANNA, mark(7)));
        background.advanced(&own);
        assert_eq!(background.take_news(), [(SESSION, stands(12, 7, 7))]);
    }

    #[test]
    fn a_removed_member_hears_nothing_and_a_new_one_does() {
        let mut background = Background::default();
        background.expect(SESSION, ANNA);
        background.watch(SESSION, &[look(10, 5, 5)]);
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
        background.expect(SESSION, ANNA);
        let mut left = advanced(11, 5);
        left.left.push(ANNA);
        background.advanced(&left);
        background.watch(SESSION, &[look(10, 5, 5)]);
        background.advanced(&advanced(12, 6));
        assert!(background.take_news().is_empty());
    }

    #[test]
    fn what_was_read_elsewhere_while_looking_counts() {
        let mut background = Background::default();
        background.expect(SESSION, ANNA);
        background.marked_read(ANNA, &look(10, 5, 5));
        background.watch(SESSION, &[look(10, 5, 2)]);
        background.advanced(&advanced(11, 6));
        assert_eq!(background.take_news(), [(SESSION, stands(11, 6, 5))]);
    }

    fn of_anna() -> Mentions {
        Mentions {
            all: false,
            users: vec![ANNA],
        }
    }

    #[test]
    fn mentions_are_counted_until_they_are_read_or_taken_back() {
        let mut background = Background::default();
        background.expect(SESSION, ANNA);
        background.watch(SESSION, &[look(10, 5, 5)]);
        let mut news = advanced(12, 7);
        news.mentions = vec![(6, of_anna()), (7, of_anna())];
        background.advanced(&news);
        let told = |background: &mut Background| {
            background
                .take_news()
                .first()
                .map(|(_, counters)| (counters.unread, counters.mentions))
        };
        assert_eq!(told(&mut background), Some((2, 2)));
        let mut edited = advanced(13, 7);
        edited.mentions = vec![(7, Mentions::default())];
        background.advanced(&edited);
        assert_eq!(told(&mut background), Some((2, 1)));
        background.marked_read(ANNA, &look(13, 7, 6));
        background.advanced(&advanced(14, 8));
        assert_eq!(told(&mut background), Some((2, 0)));
    }

    #[test]
    fn a_mention_between_the_look_and_the_watch_counts() {
        let mut background = Background::default();
        background.expect(SESSION, ANNA);
        let mut news = advanced(11, 6);
        news.mentions = vec![(6, of_anna())];
        background.advanced(&news);
        background.watch(SESSION, &[look(10, 5, 5)]);
        let told = background.take_news();
        assert_eq!(told.first().map(|(_, counters)| counters.mentions), Some(1));
    }

    #[test]
    fn a_mark_that_was_put_back_brings_its_mentions() {
        let mut background = Background::default();
        background.expect(SESSION, ANNA);
        background.watch(SESSION, &[look(10, 5, 5)]);
        let back = Look {
            conversation: CHAT,
            head: (10, 5),
            tally: Tally::new(ReadMark { revision: 1, n: 2 }, [4]),
        };
        background.marked_read(ANNA, &back);
        background.marked_read(ANNA, &look(10, 5, 5));
        background.advanced(&advanced(11, 6));
        let told = background.take_news();
        let told = told.first().map(|(_, counters)| (counters.read_n, counters.mentions));
        assert_eq!(told, Some((2, 1)));
    }

    #[test]
    fn nothing_is_ever_unread_below_zero() {
        let mut background = Background::default();
        background.expect(SESSION, ANNA);
        background.watch(SESSION, &[look(10, 5, 5)]);
        background.marked_read(ANNA, &look(12, 7, 7));
        background.advanced(&advanced(11, 6));
        assert_eq!(background.take_news(), [(SESSION, stands(11, 7, 7))]);
    }

    #[test]
    fn a_socket_that_is_gone_leaves_nothing() {
        let mut background = Background::default();
        background.expect(SESSION, ANNA);
        background.watch(SESSION, &[look(10, 5, 5)]);
        background.advanced(&advanced(11, 6));
        background.unwatch(SESSION);
        assert!(background.take_news().is_empty());
        assert!(background.by_chat.is_empty() && background.by_user.is_empty());
    }
}
