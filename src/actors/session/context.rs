//! Whose session it is, by what right it is there, and where its socket is.

use std::rc::Rc;

use tokio::sync::Semaphore;

use crate::actors::messages::SessionId;
use crate::actors::session::socket::Socket;
use crate::actors::worker::Worker;
use crate::domain::{Authority, ConversationId, TokenId, UserId};

/// What everything that is done for one session needs to know of it.
#[derive(Clone)]
pub(super) struct SessionContext {
    pub(super) session: SessionId,
    pub(super) user: Option<UserId>,
    /// By which device, if they signed in.
    pub(super) token: Option<TokenId>,
    /// The chat that the URL binds; the socket closes when its user is removed from it.
    pub(super) bound: Option<ConversationId>,
    pub(super) socket: Rc<Socket>,
    pub(super) worker: Rc<Worker>,
    /// Whose past is being written: one chat's at a time, or many at once would fill the outbox of a
    /// reader who is not slow.
    pub(super) turn: Rc<Semaphore>,
}

impl SessionContext {
    /// On whose authority the socket asks.
    pub(super) fn asker(&self) -> Authority {
        match (self.user, self.token) {
            (Some(user), Some(token)) => Authority::Device(user, token),
            (Some(user), None) => Authority::User(user),
            (None, _) => Authority::Operator,
        }
    }
}
