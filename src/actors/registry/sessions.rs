//! Which sockets came by which token.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use actix::{Addr, Context, Handler};

use crate::actors::Session;
use crate::actors::messages::{
    CloseSocket, SessionEnded, SessionId, SessionStarted, Tell, TellUser,
};
use crate::actors::registry::Registry;
use crate::domain::presence::Presence;
use crate::domain::{TokenId, UserId};
use crate::wire::Close;

/// How long a revocation is remembered for sockets that were being opened meanwhile. Longer than an
/// upgrade can take.
const REMEMBERED: Duration = Duration::from_secs(120);

/// The sockets of this node.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    sessions: HashMap<SessionId, SessionStarted>,
    by_user: HashMap<UserId, HashSet<SessionId>>,
    revoked_tokens: HashMap<TokenId, Instant>,
    deleted_users: HashMap<UserId, Instant>,
    pub(super) presence: Presence,
}

impl Sessions {
    /// A socket came; by a token that was revoked meanwhile, it goes at once.
    fn add(&mut self, session: SessionStarted) {
        let token_ended =
            session.token.is_some_and(|token| self.revoked_tokens.contains_key(&token));
        let user_ended = session.user.is_some_and(|user| self.deleted_users.contains_key(&user));
        if token_ended || user_ended {
            close(&session.addr);
        }
        if let Some(user) = session.user {
            self.presence.came(user);
            self.by_user.entry(user).or_default().insert(session.session);
        }
        self.sessions.insert(session.session, session);
    }

    fn remove(&mut self, id: SessionId, now: Duration) {
        let user = self.sessions.remove(&id).and_then(|session| session.user);
        if let Some(user) = user {
            self.presence.went(user, now);
        }
        if let Some(user) = user
            && let Some(sessions) = self.by_user.get_mut(&user)
        {
            sessions.remove(&id);
            if sessions.is_empty() {
                self.by_user.remove(&user);
            }
        }
    }

    /// Closes the sockets of these tokens of `user`.
    pub(super) fn revoke(&mut self, user: UserId, tokens: &[TokenId]) {
        let now = Instant::now();
        self.revoked_tokens.retain(|_, at| now.duration_since(*at) < REMEMBERED);
        self.revoked_tokens.extend(tokens.iter().map(|token| (*token, now)));
        let came_by =
            |session: &&SessionStarted| session.token.is_some_and(|token| tokens.contains(&token));
        self.of_user(user).filter(came_by).for_each(|session| close(&session.addr));
    }

    /// Closes every socket of `user`, by whatever right it came.
    pub(super) fn end_user(&mut self, user: UserId) {
        let now = Instant::now();
        self.deleted_users.retain(|_, at| now.duration_since(*at) < REMEMBERED);
        self.deleted_users.insert(user, now);
        self.of_user(user).for_each(|session| close(&session.addr));
    }

    fn of_user(&self, user: UserId) -> impl Iterator<Item = &SessionStarted> {
        let ids = self.by_user.get(&user).into_iter().flatten();
        ids.filter_map(|id| self.sessions.get(id))
    }
}

fn close(session: &Addr<Session>) {
    session.do_send(CloseSocket {
        close: Close::REVOKED,
    });
}

impl Handler<SessionStarted> for Registry {
    type Result = ();

    fn handle(&mut self, fact: SessionStarted, _: &mut Context<Self>) {
        self.sessions.add(fact);
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
