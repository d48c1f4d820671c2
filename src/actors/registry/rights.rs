//! Another process may end a token or an account: the command line, or another node. REST asks the
//! store with each request; for the sockets that are open it is asked here, every few seconds. And
//! the same for General, to which the command line adds members.

use std::time::Duration;

use actix::fut::WrapFuture;
use actix::{ActorFutureExt, AsyncContext, Context};
use futures_util::FutureExt;
use futures_util::future::join_all;

use crate::actors::messages::CatchUp;
use crate::actors::registry::Registry;
use crate::domain::{ConversationId, TokenId, UserId};
use crate::store::{Store, StoreError, conversations, rights};

/// How often. A socket outlives its right by this and the time of the queries.
const EVERY: Duration = Duration::from_secs(5);

/// What has ended elsewhere, and how far General has come.
struct Seen {
    tokens: Vec<TokenId>,
    users: Vec<UserId>,
    general: Option<i64>,
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

    fn act_on(&mut self, seen: Seen, ctx: &mut Context<Self>) {
        let mut closing = self.sessions.revoke(&seen.tokens);
        closing.extend(seen.users.into_iter().flat_map(|user| self.sessions.end_user(user, &[])));
        ctx.spawn(join_all(closing).map(drop).into_actor(self));
        let general = self.directory.conversation(ConversationId::GENERAL);
        if let (Some(general), Some(seq)) = (general, seen.general) {
            general.do_send(CatchUp { seq, member: None });
        }
    }
}

async fn look(store: &Store, tokens: &[TokenId], users: &[UserId]) -> Result<Seen, StoreError> {
    Ok(Seen {
        tokens: rights::ended_tokens(store, tokens).await?,
        users: rights::ended_users(store, users).await?,
        general: conversations::head_of_general(store).await?,
    })
}
