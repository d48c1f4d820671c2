//! What is told to the other servers: the listener that makes hints of what is announced here.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::actors::announcing::{Announcement, Listener};
use crate::actors::confirmations::{AskId, Confirmations};
use crate::actors::local_sockets::founded;
use crate::actors::messages::{Advanced, Snapshot};
use crate::bus::content::carried;
use crate::bus::hint::{self, Hint};
use crate::domain::cluster::sum;
use crate::domain::{TokenId, UserId};
use crate::mistakes::Mistake;

/// Hints that may wait to be sealed; beyond, they are lost, and the others see that.
const WAITING: usize = 65_536;

/// What waits to be told. Whoever is alone keeps nothing.
#[derive(Debug, Default)]
pub(crate) struct Outgoing {
    state: Mutex<State>,
    more: Notify,
    confirmations: Arc<Confirmations>,
}

#[derive(Debug, Default)]
struct State {
    has_peers: bool,
    waiting: Vec<Hint>,
    is_cut: bool,
    /// Who has sockets here.
    here: HashSet<UserId>,
}

/// What was taken out.
#[derive(Debug, Default)]
pub(super) struct WaitingHints {
    /// The hints, in order.
    pub(super) hints: Vec<Hint>,
    /// Is something missing that would have been among them?
    pub(super) is_cut: bool,
}

impl Outgoing {
    /// From now on there is somebody to tell, or nobody.
    pub(super) fn has_peers(&self, has_peers: bool) {
        let mut state = self.lock();
        state.has_peers = has_peers;
        if !has_peers {
            state.waiting.clear();
        }
    }

    /// Tells this too.
    pub(super) fn push(&self, hint: Hint) {
        let mut state = self.lock();
        if !state.has_peers {
            return;
        }
        if state.waiting.len() < WAITING {
            state.waiting.push(hint);
        } else {
            state.is_cut |= !hint.is_droppable();
        }
        drop(state);
        self.more.notify_one();
    }

    /// Nobody is asked who could confirm it.
    fn is_alone_with(&self, announcement: &Announcement<'_>) {
        if let Announcement::TokensEnded { ask: Some(ask), .. }
        | Announcement::AccountEnded { ask: Some(ask), .. } = *announcement
        {
            self.confirmations.put(ask, []);
        }
    }

    /// Who waits for what the others confirm.
    pub(crate) fn confirmations(&self) -> &Arc<Confirmations> {
        &self.confirmations
    }

    /// Everything that waits.
    pub(super) fn take_hints(&self) -> WaitingHints {
        let mut state = self.lock();
        WaitingHints {
            hints: std::mem::take(&mut state.waiting),
            is_cut: std::mem::take(&mut state.is_cut),
        }
    }

    /// When there is more.
    pub(super) async fn more(&self) {
        self.more.notified().await;
    }

    /// How many have sockets here, and the sum of who they are.
    pub(super) fn told_of_here(&self) -> (usize, u64) {
        let state = self.lock();
        (state.here.len(), sum(state.here.iter().copied()))
    }

    /// Who has sockets here.
    pub(super) fn here(&self) -> HashSet<UserId> {
        self.lock().here.clone()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn moved(&self, changes: &[(UserId, bool)]) {
        let mut state = self.lock();
        for (user, is_there) in changes {
            match is_there {
                true => state.here.insert(*user),
                false => state.here.remove(user),
            };
        }
        drop(state);
        let of = |wanted: bool| {
            let users = changes.iter().filter(move |(_, is_there)| *is_there == wanted);
            users.map(|(user, _)| user.0).collect()
        };
        self.push(Hint::Moved {
            came: of(true),
            went: of(false),
        });
    }
}

impl Listener for Outgoing {
    fn name(&self) -> &'static str {
        "the other servers"
    }

    fn hear(&self, announcement: &Announcement<'_>) {
        if let Announcement::Present(changes) = *announcement {
            return self.moved(changes);
        }
        if !self.lock().has_peers {
            return self.is_alone_with(announcement);
        }
        let hint = hint_of(announcement);
        let is_kept = matches!(hint, Some(Hint::Ended { .. })) && Mistake::EndsHereOnly.is_made();
        if let Some(hint) = hint.filter(|_| !is_kept) {
            self.push(hint);
        }
    }
}

/// What the others are told of it, if anything.
fn hint_of(announcement: &Announcement<'_>) -> Option<Hint> {
    Some(match *announcement {
        Announcement::Changed {
            conversation,
            segment,
            is_ours: true,
        } => Hint::Changed {
            chat: conversation.0,
            seq: segment.seq,
            events: carried(segment.events.iter().map(AsRef::as_ref)),
        },
        Announcement::Advanced {
            news,
            is_ours: true,
        } => Hint::Advanced(news_of(news)),
        // Those who have stored it tell it themselves.
        Announcement::Changed { is_ours: false, .. }
        | Announcement::Advanced { is_ours: false, .. }
        | Announcement::TokensEnded { ask: None, .. }
        | Announcement::AccountEnded { ask: None, .. }
        | Announcement::Present(_) => return None,
        Announcement::Founded { chat, members } => Hint::Advanced(news_of(&founded(chat, members))),
        Announcement::Read { user, snapshot } => Hint::Read(stands(user, snapshot)),
        Announcement::Muted {
            user,
            conversation,
            muted,
        } => Hint::Muted {
            user: user.0,
            chat: conversation.0,
            muted,
        },
        Announcement::Hidden { user, conversation } => Hint::Hidden {
            user: user.0,
            chat: conversation.0,
        },
        Announcement::Shown { user, snapshot } => Hint::Shown(stands(user, snapshot)),
        Announcement::TokensEnded {
            tokens,
            ask: Some(ask),
        } => ended(None, tokens, ask),
        Announcement::AccountEnded {
            user,
            tokens,
            ask: Some(ask),
        } => ended(Some(user), tokens, ask),
        Announcement::SignInFailed { peer, name } => Hint::SignInFailed {
            peer,
            name: name.to_owned(),
        },
        Announcement::Typing {
            conversation,
            user,
            username,
        } => Hint::Typing {
            chat: conversation.0,
            user: user.0,
            username: username.to_owned(),
        },
    })
}

fn ended(user: Option<UserId>, tokens: &[TokenId], ask: AskId) -> Hint {
    Hint::Ended {
        tokens: tokens.iter().map(|token| token.0).collect(),
        user: user.map(|user| user.0),
        ask: Some(ask.0),
    }
}

fn news_of(news: &Advanced) -> hint::CarriedAdvance {
    let mentions = news.mentions.iter().map(|of| {
        let users = of.mentions.users.iter().map(|user| user.0).collect();
        (of.n, of.mentions.all, users)
    });
    hint::CarriedAdvance {
        chat: news.conversation.0,
        seq: news.seq,
        n: news.n,
        read: news
            .read
            .iter()
            .map(|(user, position)| (user.0, position.revision, position.n))
            .collect(),
        mentions: mentions.collect(),
        mention_seqs: news.mentions.iter().map(|of| of.seq).collect(),
        joined: news.joined.iter().map(|(user, seq, n)| (user.0, *seq, *n)).collect(),
        left: news.left.iter().map(|(user, seq)| (user.0, *seq)).collect(),
        is_deleted: news.is_deleted,
    }
}

fn stands(user: UserId, snapshot: &Snapshot) -> hint::Stands {
    let position = snapshot.read_state.read_position();
    hint::Stands {
        user: user.0,
        chat: snapshot.conversation.0,
        seq: snapshot.head.0,
        n: snapshot.head.1,
        revision: position.revision,
        read_n: position.n,
        mentions: snapshot.read_state.mentions().collect(),
    }
}
