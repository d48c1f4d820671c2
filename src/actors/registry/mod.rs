//! The registry starts conversations, keeps accounts and tokens, and knows which sockets came by
//! which token, so that a revocation reaches them.

mod accounts;
mod closing_sockets;
mod conversations;
mod ending_accounts;
mod failure_limits;
mod hashing;
mod invitations;
pub(crate) mod passwords;
mod registration;
mod resync;
mod sessions;
mod watching_endings;
mod watching_heads;
mod watching_rights;

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::fut::WrapFuture;
use actix::{Actor, Addr, AsyncContext, Context};
use tokio::sync::oneshot;

use crate::actors::ConversationActor;
use crate::actors::announcing::{Announcement, Announcer};
use crate::actors::confirmations::Confirmations;
use crate::actors::conversation::ConversationServices;
use crate::actors::directory::Directory;
use crate::actors::failure::Failure;
use crate::actors::messages::PresenceChanged;
use crate::actors::metrics::Metrics;
use crate::actors::registry::failure_limits::Throttle;
use crate::actors::registry::passwords::Passwords;
use crate::actors::registry::resync::Resyncing;
use crate::actors::registry::sessions::Sessions;
use crate::actors::registry::watching_endings::SeenEndings;
use crate::actors::writer::Writer;
use crate::config::Config;
use crate::domain::rates::Act;
use crate::domain::{ConversationId, UserId};
use crate::store::Store;
use crate::store::expiry::Expiry;

/// How often those who have come and gone are told of, at most.
pub(super) const PRESENCE: Duration = Duration::from_secs(2);
/// How often expired tokens, tickets and invitations are deleted.
const SWEEP: Duration = Duration::from_secs(3_600);

type Located = Result<Addr<ConversationActor>, Failure>;

/// What all actors of a node share.
#[derive(Clone, Debug)]
pub struct Shared {
    /// Who is running where.
    pub directory: Arc<Directory>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// Who tells of what has been committed.
    pub announcer: Arc<Announcer>,
    /// Where other servers say that they have closed what has ended here, if they are told of it.
    pub confirmations: Option<Arc<Confirmations>>,
}

/// The actor. One a node.
#[derive(Debug)]
pub struct Registry {
    config: Arc<Config>,
    store: Store,
    directory: Arc<Directory>,
    metrics: Arc<Metrics>,
    /// Who tells of what has been committed.
    announcer: Arc<Announcer>,
    confirmations: Option<Arc<Confirmations>>,
    /// One on SQLite; on Postgres several, and a conversation always has the same.
    writers: Vec<Addr<Writer>>,
    /// What forgets tokens and invitations.
    expiry: Expiry,
    /// Who waits for a conversation that is being loaded.
    starting: HashMap<ConversationId, Vec<oneshot::Sender<Located>>>,
    sessions: Sessions,
    /// Who has sockets at other servers.
    elsewhere: HashSet<UserId>,
    resync: Resyncing,
    /// What has ended and was seen here.
    endings: SeenEndings,
    passwords: Passwords,
    /// Failed sign-ins, by address and by the account that was tried from there.
    by_peer: Throttle<IpAddr>,
    by_account: Throttle<(IpAddr, String)>,
    /// Those that succeed, by account.
    signed_in: Throttle<String>,
    /// Has the last look at what other processes write failed?
    has_looked_in_vain: bool,
    started: Instant,
}

impl Registry {
    /// A registry over `store`, which commits through `writers`.
    pub fn new(
        config: Arc<Config>,
        store: Store,
        shared: Shared,
        writers: Vec<Addr<Writer>>,
        expiry: Expiry,
    ) -> Self {
        let Shared {
            directory,
            metrics,
            announcer,
            confirmations,
        } = shared;
        let rates = config.rates();
        let passwords = match config.cheap_hashes {
            true => Passwords::for_tests(),
            false => Passwords::default(),
        };
        Self {
            config,
            store,
            directory,
            metrics,
            announcer,
            confirmations,
            writers,
            expiry,
            starting: HashMap::new(),
            sessions: Sessions::default(),
            elsewhere: HashSet::new(),
            resync: Resyncing::default(),
            endings: SeenEndings::default(),
            passwords,
            by_peer: Throttle::new(rates.of(Act::Guess)),
            by_account: Throttle::new(rates.of(Act::GuessAccount)),
            signed_in: Throttle::new(rates.of(Act::SignedIn)),
            has_looked_in_vain: false,
            started: Instant::now(),
        }
    }

    fn writer_of(&self, conversation: ConversationId) -> Addr<Writer> {
        let index = conversation.0.unsigned_abs() as usize % self.writers.len();
        self.writers[index].clone()
    }

    /// Tells the conversations who has come and gone; they know whose business it is.
    fn tell_presence(&mut self) {
        let changes = self.sessions.presence.take_changes(self.started.elapsed());
        if changes.is_empty() {
            return;
        }
        self.announcer.tell(Announcement::Present(&changes));
        self.note_presence(changes.into_iter().map(|(user, _)| user));
    }

    /// These have come or gone, here or elsewhere: who is at neither is not there.
    fn note_presence(&mut self, users: impl Iterator<Item = UserId>) {
        let mut changed = HashSet::new();
        for user in users {
            let is_there = self.elsewhere.contains(&user) || self.sessions.presence.is_told(user);
            if is_there != self.directory.is_present(user) {
                self.directory.set_present(user, is_there);
                changed.insert(user);
            }
        }
        if changed.is_empty() {
            return;
        }
        let users = Arc::new(changed);
        for conversation in self.directory.conversations() {
            let users = Arc::clone(&users);
            conversation.do_send(PresenceChanged { users });
        }
    }

    fn services(&self, conversation: ConversationId) -> ConversationServices {
        ConversationServices {
            store: self.store.clone(),
            writer: self.writer_of(conversation),
            directory: self.directory.clone(),
            announcer: self.announcer.clone(),
            metrics: self.metrics.clone(),
            idle_after: self.config.idle_after,
            faults: self.config.fault.clone(),
        }
    }
}

impl Actor for Registry {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        // What sockets say when they come and go must not be lost; commands of HTTP handlers are
        // bounded by the connections that the server takes.
        ctx.set_mailbox_capacity(0);
        ctx.run_interval(PRESENCE, |registry, _| registry.tell_presence());
        ctx.run_interval(SWEEP, |registry, ctx| {
            let (store, expiry) = (registry.store.clone(), registry.expiry.clone());
            let swept = async move {
                if let Err(error) = expiry.sweep(&store).await {
                    log::warn!("what has expired stays a while longer: {error}");
                }
            };
            ctx.spawn(swept.into_actor(registry));
        });
        self.watch_rights(ctx);
        self.watch_endings(ctx);
        self.watch_heads(ctx);
    }
}
