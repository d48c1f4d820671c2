//! What a user has read, from a socket or over REST: stored, and told to the relays, which count for
//! all their sockets and tell them.

use chrono::Utc;

use crate::actors::engine::{Engine, Failure};
use crate::actors::messages::{Look, MarkedRead, TellUser};
use crate::domain::{ConversationId, Refusal, UserId};
use crate::store::conversations::{self, Listing};
use crate::wire::server;

impl Engine {
    /// Moves what a user has read forward to `n`. Where they stand then; `None` for one who is no
    /// member.
    pub async fn mark_read(
        &self,
        chat: ConversationId,
        user: UserId,
        n: i64,
    ) -> Result<Option<Listing>, Failure> {
        let marked = conversations::mark_read(self.store(), chat, user, n, Utc::now()).await?;
        Ok(marked.inspect(|listing| self.tell_marked(user, listing)))
    }

    /// Makes message `n` the first that a user has not read. Where they stand then; `None` for one who
    /// is no member.
    pub async fn mark_unread(
        &self,
        chat: ConversationId,
        user: UserId,
        n: i64,
    ) -> Result<Option<Listing>, Failure> {
        let marked = conversations::mark_unread(self.store(), chat, user, n).await?;
        Ok(marked.inspect(|listing| self.tell_marked(user, listing)))
    }

    fn tell_marked(&self, user: UserId, listing: &Listing) {
        for relay in self.directory().relays() {
            relay.do_send(MarkedRead {
                user,
                look: Look::from(listing),
            });
        }
    }

    /// Has a user notified of a chat no longer, or again; `chat_not_found` for one who is no member.
    pub async fn mute(
        &self,
        chat: ConversationId,
        user: UserId,
        muted: bool,
    ) -> Result<(), Failure> {
        if !conversations::mute(self.store(), chat, user, muted).await? {
            return Err(Refusal::ChatNotFound.into());
        }
        self.registry().do_send(TellUser {
            user,
            frames: server::muted(chat, muted),
        });
        Ok(())
    }
}
