//! Which sockets came by which token.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use actix::dev::Request;
use actix::{Context, Handler};

use crate::actors::Relay;
use crate::actors::messages::{
    CloseSocket, SessionEnded, SessionId, SessionStarted, Tell, TellUser,
};
use crate::actors::registry::Registry;
use crate::actors::session_sets::remove_from;
use crate::domain::presence::Presence;
use crate::domain::{TokenId, UserId};
use crate::wire::Close;

/// How long a revocation is remembered for sockets that were being opened meanwhile. Longer than an
/// upgrade can take.
const REMEMBERED: Duration = Duration::from_secs(120);

/// Sockets that are being closed, one request to a relay each. It must be waited for: what nobody waits
/// for is not done.
pub(super) type Closing = Vec<Request<Relay, CloseSocket>>;

/// The sockets of this node.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    sessions: HashMap<SessionId, SessionStarted>,
    by_user: HashMap<UserId, HashSet<SessionId>>,
    by_token: HashMap<TokenId, HashSet<SessionId>>,
    revoked_tokens: HashMap<TokenId, Instant>,
    deleted_users: HashMap<UserId, Instant>,
    pub(super) presence: Presence,
}

impl Sessions {
    /// A socket came. `false` if its token was revoked meanwhile: then it must go at once.
    fn add(&mut self, session: SessionStarted) -> bool {
        let token_ended =
            session.token.is_some_and(|token| self.revoked_tokens.contains_key(&token));
        // One that came by a token has that ended; a later token is of an account that is back.
        let user_ended = session.token.is_none()
            && session.user.is_some_and(|user| self.deleted_users.contains_key(&user));
        if let Some(user) = session.user {
            self.presence.came(user);
            self.by_user.entry(user).or_default().insert(session.session);
        }
        if let Some(token) = session.token {
            self.by_token.entry(token).or_default().insert(session.session);
        }
        self.sessions.insert(session.session, session);
        !(token_ended || user_ended)
    }

    fn remove(&mut self, id: SessionId, now: Duration) {
        let Some(session) = self.sessions.remove(&id) else {
            return;
        };
        if let Some(user) = session.user {
            self.presence.went(user, now);
            remove_from(&mut self.by_user, user, id);
        }
        if let Some(token) = session.token {
            remove_from(&mut self.by_token, token, id);
        }
    }

    /// Closes the sockets that came by these tokens. Once that is done nothing is delivered to them.
    pub(super) fn revoke(&mut self, tokens: &[TokenId]) -> Closing {
        let now = Instant::now();
        self.revoked_tokens.retain(|_, at| now.duration_since(*at) < REMEMBERED);
        self.revoked_tokens.extend(tokens.iter().map(|token| (*token, now)));
        let ids = tokens.iter().filter_map(|token| self.by_token.get(token)).flatten();
        let sessions = ids.filter_map(|id| self.sessions.get(id));
        sessions.map(close).collect()
    }

    /// Closes the sockets of `user`: those that came by these tokens of theirs, and those that came by
    /// no token.
    pub(super) fn end_user(&mut self, user: UserId, tokens: &[TokenId]) -> Closing {
        let mut closing = self.revoke(tokens);
        let now = Instant::now();
        self.deleted_users.retain(|_, at| now.duration_since(*at) < REMEMBERED);
        self.deleted_users.insert(user, now);
        let trusted = self.of_user(user).filter(|session| session.token.is_none());
        closing.extend(trusted.map(close));
        closing
    }

    /// Are there any?
    pub(super) fn is_any(&self) -> bool {
        !self.sessions.is_empty()
    }

    /// Whose they are.
    pub(super) fn users(&self) -> Vec<UserId> {
        self.by_user.keys().copied().collect()
    }

    /// By what right the sockets are here: tokens, and the users of those that came without.
    pub(super) fn rights(&self) -> (Vec<TokenId>, Vec<UserId>) {
        let trusted = self.sessions.values().filter(|session| session.token.is_none());
        let users: HashSet<_> = trusted.filter_map(|session| session.user).collect();
        (self.by_token.keys().copied().collect(), users.into_iter().collect())
    }

    fn of_user(&self, user: UserId) -> impl Iterator<Item = &SessionStarted> {
        let ids = self.by_user.get(&user).into_iter().flatten();
        ids.filter_map(|id| self.sessions.get(id))
    }
}

fn close(session: &SessionStarted) -> Request<Relay, CloseSocket> {
    session.relay.send(CloseSocket {
        session: session.session,
        close: Close::REVOKED,
    })
}

impl Handler<SessionStarted> for Registry {
    type Result = bool;

    fn handle(&mut self, fact: SessionStarted, _: &mut Context<Self>) -> bool {
        self.sessions.add(fact)
    }
}

impl Handler<SessionEnded> for Registry {
    type Result = ();

    fn handle(&mut self, fact: SessionEnded, _: &mut Context<Self>) {
        self.sessions.remove(fact.session, self.started.elapsed());
    }
}

impl Handler<TellUser> for Registry {
    type Result = ();

    fn handle(&mut self, command: TellUser, _: &mut Context<Self>) {
        for session in self.sessions.of_user(command.user) {
            session.addr.do_send(Tell {
                frames: command.frames.clone(),
            });
        }
    }
}
