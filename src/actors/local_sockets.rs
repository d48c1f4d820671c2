//! What the sockets of this server hear of what has been committed.
//!
//! Some things are done where they are announced, since they must be in line with something else. The changes
//! of a conversation go to its lanes, in line with who begins and who ceases to listen. The sockets of tokens
//! and accounts that have ended are closed by the registry, before whoever ended them is answered. Who is
//! there and who writes is told by each conversation to those who may know.

use std::sync::Arc;

use actix::{Addr, Message};

use crate::actors::Relay;
use crate::actors::announcing::{Announcement, Listener};
use crate::actors::directory::Directory;
use crate::actors::messages::{Advanced, ReadPositionMoved, TellUser};
use crate::actors::metrics::Metrics;
use crate::actors::registry::Registry;
use crate::domain::UserId;
use crate::store::conversations::Chat;
use crate::wire::{Encoded, server};

/// The relays, and the registry, which knows whose the sockets are.
#[derive(Debug)]
pub(crate) struct LocalSockets {
    /// Where the relays are.
    pub directory: Arc<Directory>,
    /// Who tells a user's sockets.
    pub registry: Addr<Registry>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
}

impl LocalSockets {
    fn tell_relays<M>(&self, message: &M)
    where
        M: Message<Result = ()> + Clone + Send + 'static,
        Relay: actix::Handler<M>,
    {
        for relay in self.directory.relays() {
            self.metrics.relay_messages.inc();
            relay.do_send(message.clone());
        }
    }

    fn tell_user(&self, user: UserId, frames: Encoded) {
        self.registry.do_send(TellUser { user, frames });
    }
}

/// Its members' sockets have it in the background from now on.
pub(super) fn founded(chat: &Chat, members: &[UserId]) -> Advanced {
    let mut news = Advanced::new(chat.id, chat.head_seq, chat.head_n);
    news.joined
        .extend(members.iter().zip(1..).map(|(member, seq)| (*member, seq, 0)));
    news
}

impl Listener for LocalSockets {
    fn name(&self) -> &'static str {
        "the sockets of this server"
    }

    fn hear(&self, announcement: &Announcement<'_>) {
        match *announcement {
            Announcement::Changed { .. }
            | Announcement::TokensEnded { .. }
            | Announcement::AccountEnded { .. }
            | Announcement::Present(_)
            | Announcement::SignInFailed { .. }
            | Announcement::Typing { .. } => {}
            Announcement::Advanced { news, .. } => self.tell_relays(news),
            Announcement::Founded { chat, members } => self.tell_relays(&founded(chat, members)),
            Announcement::Read { user, snapshot } => self.tell_relays(&ReadPositionMoved {
                user,
                snapshot: snapshot.clone(),
            }),
            Announcement::Muted {
                user,
                conversation,
                muted,
            } => self.tell_user(user, server::muted(conversation, muted)),
            Announcement::Hidden { user, conversation } => {
                self.tell_user(user, server::hidden(conversation));
            }
            Announcement::Shown { user, snapshot } => {
                self.tell_user(user, server::unread(&snapshot.counters()));
            }
        }
    }
}
