//! What other servers have told may not have been heard: the bus was away, or one of them died. What matters
//! of it is in the store, and is looked for there: what has ended, how far the conversations have come that
//! are open here, and where the users stand who have sockets here.

use std::sync::Arc;

use actix::fut::WrapFuture;
use actix::{ActorFutureExt, AsyncContext, Context, Handler, ResponseFuture};
use futures_util::FutureExt;
use futures_util::future::join_all;

use crate::actors::background::chats::{self, Watched};
use crate::actors::directory::Directory;
use crate::actors::messages::{
    EndedElsewhere, ExpectAgain, PresentElsewhere, Resync, Snapshot, WatchAgain,
};
use crate::actors::registry::{Registry, watching_rights};
use crate::domain::UserId;
use crate::store::changes::ahead;
use crate::store::{Store, StoreError};

/// One snapshot at a time, and one more if it was asked for meanwhile.
#[derive(Debug, Default)]
pub(super) struct Resyncing {
    is_running: bool,
    again: bool,
}

impl Registry {
    fn resync(&mut self, ctx: &mut Context<Self>) {
        if self.resync.is_running {
            self.resync.again = true;
            return;
        }
        self.resync.is_running = true;
        let (store, directory) = (self.store.clone(), Arc::clone(&self.directory));
        let ((tokens, of_trusted), users) = (self.sessions.rights(), self.sessions.users());
        let looked = async move {
            let ended = watching_rights::look(&store, &tokens, &of_trusted).await;
            let moved_on = ahead(&store, &directory.followed()).await;
            (ended, moved_on)
        };
        let (store, directory) = (self.store.clone(), Arc::clone(&self.directory));
        let looked = looked.into_actor(self).then(move |(ended, moved_on), registry, ctx| {
            if let Ok(ended) = ended {
                registry.act_on(ended, ctx);
            }
            registry.read_on(moved_on);
            async move { look_again(&store, &directory, users).await }.into_actor(registry)
        });
        ctx.spawn(looked.map(|looked, registry, ctx| {
            if let Err(error) = looked {
                log::warn!("what other servers have told is not made up for yet: {error}");
            }
            registry.resync.is_running = false;
            if std::mem::take(&mut registry.resync.again) {
                registry.resync(ctx);
            }
        }));
    }
}

/// One user after the other, so that many are no rush.
async fn look_again(
    store: &Store,
    directory: &Directory,
    users: Vec<UserId>,
) -> Result<(), StoreError> {
    for user in users {
        for relay in directory.relays() {
            relay.do_send(ExpectAgain { user });
        }
        let (watched, failed) = match chats::watched(store, user).await {
            Ok(watched) => (watched, None),
            // They go on with what they know.
            Err(error) => (Watched::default(), Some(error)),
        };
        let chats = Arc::new(watched.chats.iter().map(Snapshot::from).collect());
        for relay in directory.relays() {
            relay.do_send(WatchAgain {
                user,
                chats: Arc::clone(&chats),
                is_whole: watched.is_whole,
            });
        }
        if let Some(error) = failed {
            return Err(error);
        }
    }
    Ok(())
}

impl Handler<Resync> for Registry {
    type Result = ();

    fn handle(&mut self, _: Resync, ctx: &mut Context<Self>) {
        self.resync(ctx);
    }
}

impl Handler<EndedElsewhere> for Registry {
    type Result = ResponseFuture<()>;

    /// It is told by the server that has ended them, and here to the sockets only.
    fn handle(&mut self, fact: EndedElsewhere, _: &mut Context<Self>) -> Self::Result {
        let closing = match fact.user {
            Some(user) => self.sessions.end_user(user, &fact.tokens),
            None => self.sessions.revoke(&fact.tokens),
        };
        Box::pin(join_all(closing).map(drop))
    }
}

impl Handler<PresentElsewhere> for Registry {
    type Result = ();

    fn handle(&mut self, fact: PresentElsewhere, _: &mut Context<Self>) {
        for (user, is_there) in &fact.changes {
            match is_there {
                true => self.elsewhere.insert(*user),
                false => self.elsewhere.remove(user),
            };
        }
        self.note_presence(fact.changes.into_iter().map(|(user, _)| user));
    }
}
