//! Looks that are taken anew, since news may have been missed: what another server has told did not arrive.

use crate::actors::background::Background;
use crate::actors::messages::{SessionId, Snapshot};
use crate::domain::{ConversationId, UserId};
use crate::wire::server::Counters;

impl Background {
    /// It is about to be looked where this user stands, for all their sockets. What is heard meanwhile is put
    /// together with the snapshot, as with the first one.
    pub(in crate::actors) fn expect_again(&mut self, user: UserId) {
        for session in self.sessions_of(user) {
            let Some(watcher) = self.watchers.get(&session) else {
                continue;
            };
            if watcher.before_snapshot.is_some() {
                // Its first snapshot is on its way.
                continue;
            }
            let told = watcher.read_states.iter().filter_map(|(conversation, read_state)| {
                let head = *self.heads.get(conversation)?;
                let told = Counters::of(*conversation, head, read_state);
                Some((*conversation, (read_state.clone(), told)))
            });
            let before = told.collect();
            let again = watcher.looking_again(before);
            self.watchers.insert(session, again);
            self.awaiting_snapshot.insert(session);
        }
    }

    /// There they stand. Whose chat is theirs no more is named. Unless `is_whole`, of what is not among these
    /// nothing new is known.
    pub(in crate::actors) fn watch_again(
        &mut self,
        user: UserId,
        chats: &[Snapshot],
        is_whole: bool,
    ) -> Vec<(SessionId, ConversationId)> {
        let mut gone = Vec::new();
        for session in self.sessions_of(user) {
            let before = self.watchers.get_mut(&session).and_then(|watcher| watcher.before.take());
            let Some(before) = before else {
                continue;
            };
            self.watch(session, chats);
            let known = self.watchers.get(&session).map(|watcher| watcher.read_states.keys());
            let new = known.into_iter().flatten().filter(|chat| !before.contains_key(chat));
            self.dirty.extend(new.map(|chat| (session, *chat)));
            for (conversation, (read_state, told)) in before {
                if !is_whole && self.stands(session, conversation).is_none() {
                    let (seq, _) = self.heads.get(&conversation).copied().unwrap_or_default();
                    self.add(session, conversation, seq, read_state);
                }
                match self.stands(session, conversation) {
                    Some(now) if now == told => {}
                    Some(_) => drop(self.dirty.insert((session, conversation))),
                    None => {
                        self.stop(session, conversation);
                        gone.push((session, conversation));
                    }
                }
            }
        }
        gone
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
