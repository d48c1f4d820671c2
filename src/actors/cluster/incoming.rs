//! What is done with what other servers tell. Sockets hear of it as of what is committed here; a conversation
//! reads on from the store.

use std::sync::Arc;

use crate::actors::announcing::{Announcement, Listener};
use crate::actors::local_sockets::LocalSockets;
use crate::actors::messages::{
    Advanced, CatchUp, EndedElsewhere, HearChanges, MentionsOf, SignInFailedElsewhere, Snapshot,
    StartTyping,
};
use crate::bus::content::CarriedEvent;
use crate::bus::hint::{self, Hint};
use crate::domain::mentions::Mentions;
use crate::domain::unread::{ReadPosition, ReadState};
use crate::domain::{ConversationId, TokenId, UserId};

/// Whom it is passed on to.
#[derive(Debug)]
pub(super) struct Incoming(pub(super) Arc<LocalSockets>);

impl Incoming {
    /// Passes on what concerns chats and accounts; what is between servers is the hub's.
    pub(super) fn pass_on(&self, hint: Hint) {
        match hint {
            Hint::Changed { chat, seq, events } => self.changed(ConversationId(chat), seq, &events),
            Hint::Advanced(news) => {
                let news = &news_of(&news);
                self.0.hear(&Announcement::Advanced {
                    news,
                    is_ours: false,
                });
            }
            Hint::Read(stands) => {
                let (user, snapshot) = snapshot_of(&stands);
                self.0.hear(&Announcement::Read {
                    user,
                    snapshot: &snapshot,
                });
            }
            Hint::Shown(stands) => {
                let (user, snapshot) = snapshot_of(&stands);
                self.0.hear(&Announcement::Shown {
                    user,
                    snapshot: &snapshot,
                });
            }
            Hint::Muted { user, chat, muted } => self.0.hear(&Announcement::Muted {
                user: UserId(user),
                conversation: ConversationId(chat),
                muted,
            }),
            Hint::Hidden { user, chat } => self.0.hear(&Announcement::Hidden {
                user: UserId(user),
                conversation: ConversationId(chat),
            }),
            Hint::SignInFailed { peer, name } => {
                self.0.registry.do_send(SignInFailedElsewhere { peer, name });
            }
            Hint::Typing {
                chat,
                user,
                username,
            } => self.is_typing(ConversationId(chat), UserId(user), &username),
            Hint::Hello { .. }
            | Hint::Welcome { .. }
            | Hint::Pulse { .. }
            | Hint::Bye
            | Hint::AskUsers { .. }
            | Hint::Users { .. }
            | Hint::Moved { .. }
            | Hint::Ended { .. }
            | Hint::EndedSeen { .. } => {}
        }
    }

    /// Closes the sockets of what has ended; the future says when that is done.
    pub(super) fn ended(
        &self,
        tokens: Vec<i64>,
        user: Option<i64>,
    ) -> impl Future<Output = ()> + Send + use<> {
        let closed = self.0.registry.send(EndedElsewhere {
            tokens: tokens.into_iter().map(TokenId).collect(),
            user: user.map(UserId),
        });
        async move {
            // The registry ends with the server.
            let _ = closed.await;
        }
    }

    /// A conversation that does not run here is read when somebody opens it.
    fn changed(&self, conversation: ConversationId, seq: i64, events: &[CarriedEvent]) {
        let Some(addr) = self.0.directory.conversation(conversation) else {
            return;
        };
        let heard: Option<Vec<_>> =
            events.iter().map(|carried| carried.event().map(Arc::new)).collect();
        match heard.filter(|events| !events.is_empty()) {
            Some(events) => addr.do_send(HearChanges { events }),
            None => addr.do_send(CatchUp { seq, member: None }),
        }
    }

    fn is_typing(&self, conversation: ConversationId, user: UserId, username: &str) {
        if let Some(addr) = self.0.directory.conversation(conversation) {
            addr.do_send(StartTyping {
                user,
                username: username.into(),
                is_here: false,
            });
        }
    }
}

fn news_of(news: &hint::CarriedAdvance) -> Advanced {
    let position = |revision, n| ReadPosition { revision, n };
    // One of an earlier version does not say since which change.
    let seqs = news.mention_seqs.iter().copied().chain(std::iter::repeat(news.seq));
    let mentions = news.mentions.iter().zip(seqs).map(|((n, all, users), seq)| {
        let users = users.iter().copied().map(UserId).collect();
        let mentions = Mentions { all: *all, users };
        MentionsOf {
            n: *n,
            seq,
            mentions,
        }
    });
    Advanced {
        conversation: ConversationId(news.chat),
        seq: news.seq,
        n: news.n,
        read: news
            .read
            .iter()
            .map(|(user, revision, n)| (UserId(*user), position(*revision, *n)))
            .collect(),
        mentions: mentions.collect(),
        joined: news.joined.iter().map(|(user, seq, n)| (UserId(*user), *seq, *n)).collect(),
        left: news.left.iter().map(|(user, seq)| (UserId(*user), *seq)).collect(),
        is_deleted: news.is_deleted,
    }
}

fn snapshot_of(stands: &hint::Stands) -> (UserId, Snapshot) {
    let position = ReadPosition {
        revision: stands.revision,
        n: stands.read_n,
    };
    let snapshot = Snapshot {
        conversation: ConversationId(stands.chat),
        head: (stands.seq, stands.n),
        read_state: ReadState::new(position, stands.mentions.iter().copied()),
    };
    (UserId(stands.user), snapshot)
}
