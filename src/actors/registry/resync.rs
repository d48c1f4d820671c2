//! What other servers have told may not have been heard: the bus was away, or one of them died. What matters
//! of it is in the store, and is looked for there: what has ended, how far the conversations have come that
//! are open here, and where the users stand who have sockets here.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use actix::fut::WrapFuture;
use actix::{ActorFutureExt, Addr, AsyncContext, Context, Handler, ResponseFuture};
use futures_util::FutureExt;
use futures_util::future::join_all;

use crate::actors::background::chats::{self, Watched};
use crate::actors::directory::Directory;
use crate::actors::messages::{
    EndedElsewhere, ExpectAgain, LookAgain, PresentElsewhere, Resync, Snapshot, WatchAgain,
};
use crate::actors::registry::{Registry, watching_rights};
use crate::actors::relay::Relay;
use crate::domain::UserId;
use crate::store::changes::ahead;
use crate::store::{Store, StoreError};

/// How often it is looked again at users of whom a socket is just beginning, and how long that may take.
const TRIALS: usize = 10;
const BEGINNING: Duration = Duration::from_millis(100);

/// When it is looked again after the store did not answer.
const AGAIN: Duration = Duration::from_secs(1);

/// One look at a time, and one more if it was asked for meanwhile.
#[derive(Debug, Default)]
pub(super) struct Resyncing {
    is_running: bool,
    again: bool,
    /// At whom it is to be looked, if not at everybody.
    users: HashSet<UserId>,
}

impl Registry {
    fn resync(&mut self, ctx: &mut Context<Self>) {
        if self.resync.is_running {
            self.resync.again = true;
            return;
        }
        self.resync.is_running = true;
        self.resync.users.clear();
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
        ctx.spawn(looked.map(|looked, registry, ctx| registry.has_looked(&looked, ctx)));
    }

    fn has_looked(&mut self, looked: &Result<bool, StoreError>, ctx: &mut Context<Self>) {
        match looked {
            Ok(is_done) => self.resync.again |= !is_done,
            Err(error) => {
                log::warn!("what other servers have told is not made up for yet: {error}");
                ctx.run_later(AGAIN, Self::resync);
            }
        }
        self.resync.is_running = false;
        match std::mem::take(&mut self.resync.again) {
            true => self.resync(ctx),
            false => self.look_at_some(ctx),
        }
    }

    fn look_at_some(&mut self, ctx: &mut Context<Self>) {
        if self.resync.is_running || self.resync.users.is_empty() {
            return;
        }
        self.resync.is_running = true;
        let users = std::mem::take(&mut self.resync.users).into_iter().collect();
        let (store, directory) = (self.store.clone(), Arc::clone(&self.directory));
        let looked = async move { look_again(&store, &directory, users).await }.into_actor(self);
        ctx.spawn(looked.map(|looked, registry, ctx| registry.has_looked(&looked, ctx)));
    }
}

/// One user after the other, so that many are no rush, and once more those of whom a socket was just beginning.
/// Has that been enough?
async fn look_again(
    store: &Store,
    directory: &Directory,
    mut users: Vec<UserId>,
) -> Result<bool, StoreError> {
    for _ in 0..TRIALS {
        let mut too_early = Vec::new();
        for user in users {
            if look_again_at(store, directory, user).await? {
                too_early.push(user);
            }
        }
        if too_early.is_empty() {
            return Ok(true);
        }
        users = too_early;
        tokio::time::sleep(BEGINNING).await;
    }
    Ok(false)
}

/// Has a socket of theirs been just beginning?
async fn look_again_at(
    store: &Store,
    directory: &Directory,
    user: UserId,
) -> Result<bool, StoreError> {
    for relay in directory.relays() {
        relay.do_send(ExpectAgain { user });
    }
    let (watched, failed) = match chats::watched(store, user).await {
        Ok(watched) => (watched, None),
        // They go on with what they know.
        Err(error) => (Watched::default(), Some(error)),
    };
    let chats = Arc::new(watched.chats.iter().map(Snapshot::from).collect());
    let is_whole = watched.is_whole;
    let tell = |relay: &Addr<Relay>| {
        relay.send(WatchAgain {
            user,
            chats: Arc::clone(&chats),
            is_whole,
        })
    };
    let told = join_all(directory.relays().iter().map(tell)).await;
    // A relay that is gone has no sockets.
    let is_too_early = told.into_iter().any(|answer| answer.unwrap_or(false));
    failed.map_or(Ok(is_too_early), Err)
}

impl Handler<Resync> for Registry {
    type Result = ();

    fn handle(&mut self, _: Resync, ctx: &mut Context<Self>) {
        self.resync(ctx);
    }
}

impl Handler<LookAgain> for Registry {
    type Result = ();

    fn handle(&mut self, command: LookAgain, ctx: &mut Context<Self>) {
        self.resync.users.insert(command.user);
        self.look_at_some(ctx);
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
