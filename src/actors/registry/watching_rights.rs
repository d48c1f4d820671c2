//! Another process may end a token or an account: the command line, or another node. REST asks the
//! store with each request; for the sockets that are open it is asked here, every few seconds.

use std::time::Duration;

use actix::fut::WrapFuture;
use actix::{ActorFutureExt, AsyncContext, Context};
use futures_util::FutureExt;
use futures_util::future::join_all;

use crate::actors::registry::Registry;
use crate::domain::{TokenId, UserId};
use crate::store::{Store, StoreError, rights};

/// How often. A socket outlives its right by this and the time of the queries.
const EVERY: Duration = Duration::from_secs(5);

/// What has ended elsewhere.
pub(super) struct Seen {
    tokens: Vec<TokenId>,
    users: Vec<UserId>,
}

impl Registry {
    /// One look after the other, however long one takes.
    pub(super) fn watch_rights(&self, ctx: &mut Context<Self>) {
        ctx.run_later(EVERY, |registry, ctx| {
            let (tokens, users) = registry.sessions.rights();
            let store = registry.store.clone();
            let seen = async move { look(&store, &tokens, &users).await };
            ctx.spawn(seen.into_actor(registry).map(|seen, registry, ctx| {
                match seen {
                    Ok(seen) => registry.act_on(seen, ctx),
                    Err(error) => log::warn!("open sockets were not checked: {error}"),
                }
                registry.watch_rights(ctx);
            }));
        });
    }

    pub(super) fn act_on(&mut self, seen: Seen, ctx: &mut Context<Self>) {
        let mut closing = self.end_tokens(&seen.tokens);
        closing.extend(seen.users.into_iter().flat_map(|user| self.end_account(user, &[])));
        ctx.spawn(join_all(closing).map(drop).into_actor(self));
    }
}

pub(super) async fn look(
    store: &Store,
    tokens: &[TokenId],
    users: &[UserId],
) -> Result<Seen, StoreError> {
    Ok(Seen {
        tokens: rights::ended_tokens(store, tokens).await?,
        users: rights::ended_users(store, users).await?,
    })
}
