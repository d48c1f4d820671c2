//! A net under the look at what has ended lately ([`watching_endings`](super::watching_endings)): now and then,
//! and after the database was away, all rights by which sockets are open are looked at.

use std::time::Duration;

use actix::fut::WrapFuture;
use actix::{ActorFutureExt, AsyncContext, Context};
use futures_util::FutureExt;
use futures_util::future::join_all;

use crate::actors::registry::Registry;
use crate::domain::{TokenId, UserId};
use crate::store::{Store, StoreError, rights};

/// How often, if nothing is wrong.
const EVERY: Duration = Duration::from_secs(30);

/// What has ended elsewhere.
pub(super) struct EndedRights {
    tokens: Vec<TokenId>,
    users: Vec<UserId>,
}

impl Registry {
    pub(super) fn watch_rights(&self, ctx: &mut Context<Self>) {
        ctx.run_later(EVERY, |registry, ctx| {
            registry.look_at_rights(ctx);
            registry.watch_rights(ctx);
        });
    }

    pub(super) fn look_at_rights(&self, ctx: &mut Context<Self>) {
        let (tokens, users) = self.sessions.rights();
        let store = self.store.clone();
        let seen = async move { look(&store, &tokens, &users).await };
        ctx.spawn(seen.into_actor(self).map(|seen, registry, ctx| match seen {
            Ok(seen) => registry.act_on(seen, ctx),
            Err(error) => log::warn!("open sockets were not checked: {error}"),
        }));
    }

    pub(super) fn act_on(&mut self, seen: EndedRights, ctx: &mut Context<Self>) {
        let closing = self.has_ended(&seen.tokens, &seen.users);
        ctx.spawn(join_all(closing).map(drop).into_actor(self));
    }
}

pub(super) async fn look(
    store: &Store,
    tokens: &[TokenId],
    users: &[UserId],
) -> Result<EndedRights, StoreError> {
    Ok(EndedRights {
        tokens: rights::ended_tokens(store, tokens).await?,
        users: rights::ended_users(store, users).await?,
    })
}
