//! Another process may write to conversations that sockets of this server listen to: another server on
//! the same Postgres, or the command line. Nobody says so. Every second one statement asks the store for
//! all of them how far they have come; those that are behind read on.

use std::time::Duration;

use actix::fut::WrapFuture;
use actix::{ActorFutureExt, AsyncContext, Context};

use crate::actors::messages::CatchUp;
use crate::actors::registry::Registry;
use crate::domain::ConversationId;
use crate::store::StoreError;
use crate::store::changes::ahead;

/// How long after one look the next one is taken. What another process has stored is told so much later.
const EVERY: Duration = Duration::from_secs(1);

impl Registry {
    /// One look after the other, however long one takes; none while nobody listens.
    pub(super) fn watch_heads(&self, ctx: &mut Context<Self>) {
        ctx.run_later(EVERY, |registry, ctx| {
            let (store, followed) = (registry.store.clone(), registry.directory.followed());
            let seen = async move { ahead(&store, &followed).await };
            ctx.spawn(seen.into_actor(registry).map(|seen, registry, ctx| {
                registry.read_on(seen);
                registry.watch_heads(ctx);
            }));
        });
    }

    pub(super) fn read_on(&mut self, seen: Result<Vec<(ConversationId, i64)>, StoreError>) {
        let failed = seen.as_ref().err();
        if let Some(error) = failed.filter(|_| !self.has_looked_in_vain) {
            log::warn!("what other processes write is not seen for now: {error}");
        }
        self.has_looked_in_vain = failed.is_some();
        for (conversation, seq) in seen.into_iter().flatten() {
            if let Some(addr) = self.directory.conversation(conversation) {
                addr.do_send(CatchUp { seq, member: None });
            }
        }
    }
}
