//! Where a session listens, and where it is about to: each chat is in one state.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::domain::ConversationId;

/// One chat of a session; `A` is where it is asked.
#[derive(Debug, PartialEq, Eq)]
enum ChatState<A> {
    /// Its past is being replayed.
    Opening {
        /// If it was open before, and is opened from another position.
        before: Option<A>,
        /// The peer has closed it already: it is left once it is open, since the two would cross.
        is_to_close: bool,
    },
    /// It is live.
    Open(A),
}

/// What a `close` comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Closed {
    /// It was open.
    Now,
    /// It is being opened.
    WhenOpen,
    /// It was not open.
    Not,
}

/// The chats of a session that are open or being opened.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct SessionChats<A>(HashMap<ConversationId, ChatState<A>>);

impl<A> SessionChats<A> {
    /// These are open.
    pub(super) fn of(open: impl IntoIterator<Item = (ConversationId, A)>) -> Self {
        Self(open.into_iter().map(|(chat, addr)| (chat, ChatState::Open(addr))).collect())
    }

    /// A chat is to be opened, or opened again; `false` if it is being opened already.
    pub(super) fn begin(&mut self, chat: ConversationId) -> bool {
        let before = match self.0.entry(chat) {
            Entry::Occupied(entry) if matches!(entry.get(), ChatState::Opening { .. }) => {
                return false;
            }
            Entry::Occupied(entry) => match entry.remove() {
                ChatState::Open(addr) => Some(addr),
                ChatState::Opening { before, .. } => before,
            },
            Entry::Vacant(_) => None,
        };
        let opening = ChatState::Opening {
            before,
            is_to_close: false,
        };
        self.0.insert(chat, opening);
        true
    }

    /// It is open; `false` if the peer has closed it meanwhile.
    pub(super) fn opened(&mut self, chat: ConversationId, addr: A) -> bool {
        let was = self.0.remove(&chat);
        if matches!(
            was,
            Some(ChatState::Opening {
                is_to_close: true,
                ..
            })
        ) {
            return false;
        }
        self.0.insert(chat, ChatState::Open(addr));
        true
    }

    /// It could not be opened, and is not open any more either.
    pub(super) fn failed(&mut self, chat: ConversationId) {
        self.0.remove(&chat);
    }

    /// The peer closes it.
    pub(super) fn close(&mut self, chat: ConversationId) -> Closed {
        match self.0.get_mut(&chat) {
            Some(ChatState::Opening { is_to_close, .. }) => {
                *is_to_close = true;
                Closed::WhenOpen
            }
            Some(ChatState::Open(_)) => {
                self.0.remove(&chat);
                Closed::Now
            }
            None => Closed::Not,
        }
    }

    /// Where it is asked, if the session listens there or has until a moment ago.
    pub(super) fn addr(&self, chat: ConversationId) -> Option<&A> {
        match self.0.get(&chat)? {
            ChatState::Open(addr) => Some(addr),
            ChatState::Opening { before, .. } => before.as_ref(),
        }
    }

    /// All of them.
    pub(super) fn all(&self) -> impl Iterator<Item = ConversationId> {
        self.0.keys().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHAT: ConversationId = ConversationId(7);

    #[test]
    fn a_chat_is_opened_once_at_a_time_and_again_from_elsewhere() {
        let mut chats = SessionChats::of([]);
        assert!(chats.begin(CHAT) && !chats.begin(CHAT));
        assert_eq!(chats.addr(CHAT), None);
        assert!(chats.opened(CHAT, 1));
        assert_eq!(chats.addr(CHAT), Some(&1));
        assert!(chats.begin(CHAT));
        assert_eq!(chats.addr(CHAT), Some(&1), "it is there while it is replayed again");
        assert!(chats.opened(CHAT, 2));
        assert_eq!(chats, SessionChats::of([(CHAT, 2)]));
    }

    #[test]
    fn what_is_closed_while_it_is_opened_is_left_once_it_is_open() {
        let mut chats = SessionChats::of([(CHAT, 1)]);
        assert!(chats.begin(CHAT));
        assert_eq!(chats.close(CHAT), Closed::WhenOpen);
        assert!(!chats.opened(CHAT, 2));
        assert_eq!(chats, SessionChats::of([]), "also if it was open before");
        assert_eq!(chats.close(CHAT), Closed::Not);
        chats = SessionChats::of([(CHAT, 1)]);
        assert_eq!(chats.close(CHAT), Closed::Now);
        assert_eq!(chats, SessionChats::of([]));
    }

    #[test]
    fn what_cannot_be_opened_again_is_open_no_more() {
        let mut chats = SessionChats::of([(CHAT, 1)]);
        chats.begin(CHAT);
        chats.close(CHAT);
        chats.failed(CHAT);
        assert_eq!(chats, SessionChats::of([]));
        assert!(chats.begin(CHAT) && chats.opened(CHAT, 2), "what was closed then is forgotten");
    }
}
