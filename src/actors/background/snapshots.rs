//! Where the users stand in all their chats, as it is read from the store: when a socket begins, and anew when
//! news may have been missed, since what another server has told did not arrive.

use std::collections::HashSet;

use crate::actors::background::Background;
use crate::actors::background::watcher::{BeforeSnapshot, Watcher};
use crate::actors::messages::{SessionId, Snapshot};
use crate::domain::{ConversationId, UserId};
use crate::wire::server::Counters;

/// What a snapshot that was taken anew has shown.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::actors) struct LookedAgain {
    /// Whose chat is theirs no more.
    pub(in crate::actors) gone: Vec<(SessionId, ConversationId)>,
    /// The first snapshot of a socket may be older, and is on its way: look once more when it is there.
    pub(in crate::actors) is_too_early: bool,
}

impl Background {
    /// A socket is about to read where its user stands.
    pub(in crate::actors) fn expect(&mut self, session: SessionId, user: UserId) {
        self.watchers.insert(session, Watcher::without_snapshot(user));
        self.by_user.entry(user).or_default().insert(session);
        self.awaiting_snapshot.insert(session);
    }

    /// A socket wants to hear of its user's chats, where they stand as `chats` say. What happened
    /// since that was read is told at once. The chats are named that are theirs no more.
    pub(in crate::actors) fn watch(
        &mut self,
        session: SessionId,
        chats: &[Snapshot],
    ) -> Vec<ConversationId> {
        let mut gone = Vec::new();
        for snapshot in chats {
            if !self.learn(session, snapshot) {
                gone.push(snapshot.conversation);
            }
            let stands = self.stands(session, snapshot.conversation);
            if stands.is_some_and(|stands| stands != snapshot.counters()) {
                self.dirty.insert((session, snapshot.conversation));
            }
        }
        self.awaiting_snapshot.remove(&session);
        if let Some(watcher) = self.watchers.get_mut(&session) {
            watcher.before_snapshot = None;
        }
        gone
    }

    /// It is about to be read anew where this user stands, for all their sockets.
    pub(in crate::actors) fn expect_again(&mut self, user: UserId) {
        self.each_of(user, Watcher::looks_again);
    }

    /// There they stand. Unless `is_whole`, of what is not among these nothing new is known.
    pub(in crate::actors) fn watch_again(
        &mut self,
        user: UserId,
        chats: &[Snapshot],
        is_whole: bool,
    ) -> LookedAgain {
        let mut looked = LookedAgain::default();
        let found: HashSet<_> = chats.iter().map(|snapshot| snapshot.conversation).collect();
        for session in self.sessions_of(user) {
            let Some(watcher) = self.watchers.get_mut(&session) else {
                continue;
            };
            let Some(joined) = watcher.has_looked_again() else {
                continue;
            };
            if watcher.before_snapshot.is_some() {
                looked.is_too_early = true;
                continue;
            }
            for snapshot in chats {
                let before = self.stands(session, snapshot.conversation);
                self.learn(session, snapshot);
                if self.stands(session, snapshot.conversation) != before {
                    self.dirty.insert((session, snapshot.conversation));
                }
            }
            if is_whole {
                let gone = self
                    .forget_others(session, |chat| found.contains(&chat) || joined.contains(&chat));
                looked.gone.extend(gone.into_iter().map(|chat| (session, chat)));
            }
        }
        looked
    }

    /// Takes the other chats from a socket, which are named.
    fn forget_others(
        &mut self,
        session: SessionId,
        stays: impl Fn(ConversationId) -> bool,
    ) -> Vec<ConversationId> {
        let Some(watcher) = self.watchers.get_mut(&session) else {
            return Vec::new();
        };
        let gone: Vec<_> =
            watcher.read_states.keys().copied().filter(|chat| !stays(*chat)).collect();
        for conversation in &gone {
            watcher.read_states.remove(conversation);
        }
        for conversation in &gone {
            self.stop(session, *conversation);
        }
        gone
    }

    /// Watches a chat from now on, unless its user has left it since.
    pub(super) fn learn(&mut self, session: SessionId, snapshot: &Snapshot) -> bool {
        let conversation = snapshot.conversation;
        self.learn_head(conversation, snapshot.head);
        let Some(watcher) = self.watchers.get_mut(&session) else {
            return false;
        };
        if watcher.has_left_since(conversation, snapshot.head.0) {
            return false;
        }
        let unknown_n = watcher.learn(snapshot);
        let before = watcher.take_before_snapshot(conversation);
        self.by_chat.entry(conversation).or_default().insert(session);
        self.correct(session, snapshot, unknown_n);
        if let Some(BeforeSnapshot { position, read }) = before {
            if let Some(watcher) = self.watchers.get_mut(&session) {
                watcher.read(conversation, position);
            }
            if let Some(read) = read {
                self.learn(session, &read);
            }
        }
        true
    }

    /// What was told of a conversation since a snapshot was read is truer than the snapshot.
    fn correct(&mut self, session: SessionId, snapshot: &Snapshot, unknown_n: i64) {
        let conversation = snapshot.conversation;
        let Some(watcher) = self.watchers.get_mut(&session) else {
            return;
        };
        for told in self.recent_mentions.since(conversation, snapshot.head.0) {
            if told.n <= unknown_n || !watcher.has_seen(conversation, told.seq) {
                watcher.set_mention(conversation, told);
            }
        }
    }

    pub(super) fn stands(
        &self,
        session: SessionId,
        conversation: ConversationId,
    ) -> Option<Counters> {
        let read_state = self.watchers.get(&session)?.read_states.get(&conversation)?;
        let head = *self.heads.get(&conversation)?;
        Some(Counters::of(conversation, head, read_state))
    }
}
