//! The hub: the only one that talks to the bus. It numbers and seals what is told, opens what is heard,
//! knows who is there, and has the store looked at when something may have been missed.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use tokio::sync::{mpsc, watch};
use tokio::time::{MissedTickBehavior, interval, timeout};

use crate::actors::cluster::handle::HubHandle;
use crate::actors::cluster::incoming::Incoming;
use crate::actors::cluster::outgoing::Outgoing;
use crate::actors::cluster::publishing::Publisher;
use crate::actors::confirmations::AskId;
use crate::actors::local_sockets::LocalSockets;
use crate::actors::messages::{CloseAll, GoAway, PresentElsewhere, Resync};
use crate::actors::metrics::ClusterMetrics;
use crate::bus::envelope::{Sealer, Secret, Unsealer};
use crate::bus::hint::Hint;
use crate::bus::{Arrivals, Bus};
use crate::config::{Difference, SharedSettings};
use crate::domain::cluster::{Lease, NodeId, Peers, Rosters};
use crate::domain::{UserId, return_times};
use crate::mistakes::Mistake;
use crate::store::nodes::{self, Node};
use crate::store::{Store, StoreError};
use crate::wire::Close;

/// How often a server says that it is there, to the others.
const PULSE: Duration = Duration::from_secs(1);
/// How often it says so to the database.
const RENEW: Duration = Duration::from_secs(3);
/// How long the database may take for it.
const RENEW_WITHIN: Duration = Duration::from_secs(2);
/// Connections by which a server tells and hears.
const OF_THE_BUS: i64 = 2;
/// How often those are greeted again who have not answered.
const GREET: Duration = Duration::from_millis(500);

/// What the hub needs.
#[derive(Debug)]
pub(crate) struct HubServices {
    /// Where the servers are listed.
    pub store: Store,
    /// What an administrator calls this one.
    pub name: String,
    /// The name of the session of Postgres by which it hears the others; empty if it hears them otherwise.
    pub listens_as: String,
    /// How many connections to the database it may have, beside those of the bus.
    pub connections: u32,
    /// How it is set in what all must have the same.
    pub settings: SharedSettings,
    /// What the servers on this database share.
    pub secret: Secret,
    /// The sockets of this server, and who knows and counts them.
    pub sockets: Arc<LocalSockets>,
}

type Renewed = Result<Option<Vec<Node>>, StoreError>;

/// The hub of one server.
pub(crate) struct Hub {
    pub(super) services: HubServices,
    pub(super) incoming: Incoming,
    pub(super) outgoing: Arc<Outgoing>,
    pub(super) publisher: Publisher,
    arrivals: Arrivals,
    secret: Secret,
    pub(super) unsealer: Unsealer,
    pub(super) me: NodeId,
    pub(super) peers: Peers,
    pub(super) lease: Lease,
    pub(super) rosters: Rosters,
    /// Peers whose users were not as they say, at their last pulse.
    pub(super) doubted: HashSet<NodeId>,
    started: Instant,
    /// Has the database said who is there?
    is_listed: bool,
    /// Is what the others tell heard?
    pub(super) is_hearing: bool,
    /// Those that have no session to hear anything by: they have died, or are about to come back.
    deaf: HashSet<NodeId>,
    /// What has ended elsewhere and is being closed here, with what is to be said then.
    pub(super) closing: FuturesUnordered<BoxFuture<'static, Option<Hint>>>,
    is_known: watch::Sender<bool>,
    leave: mpsc::Receiver<()>,
}

impl Hub {
    /// Lists this server among those on its database.
    pub(crate) async fn join(
        services: HubServices,
        outgoing: Arc<Outgoing>,
        (bus, arrivals): (Arc<dyn Bus>, Arrivals),
    ) -> Result<(Self, HubHandle), StoreError> {
        let secret = services.secret.clone();
        let me = enlist(&services).await?;
        warn_of_connections(&services).await?;
        warn_of_settings(&services, me).await?;
        let (tell_known, is_known) = watch::channel(false);
        let (ask_to_leave, leave) = mpsc::channel(1);
        // Nothing is heard yet.
        services.sockets.directory.set_hears_others(false);
        let incoming = Incoming(Arc::clone(&services.sockets));
        let hub = Self {
            incoming,
            outgoing,
            publisher: Publisher {
                bus,
                sealer: sealer(&secret, me)?,
                number: 0,
                metrics: Arc::clone(&services.sockets.metrics),
            },
            arrivals,
            unsealer: Unsealer::new(secret.clone()),
            secret,
            me,
            peers: Peers::of(me),
            lease: Lease::default(),
            rosters: Rosters::default(),
            doubted: HashSet::new(),
            started: Instant::now(),
            is_listed: false,
            is_hearing: false,
            deaf: HashSet::new(),
            closing: FuturesUnordered::new(),
            is_known: tell_known,
            leave,
            services,
        };
        let handle = HubHandle {
            is_known,
            leave: ask_to_leave,
        };
        Ok((hub, handle))
    }

    /// Runs until it is asked to leave.
    pub(crate) async fn run(mut self) {
        let mut pulse = interval(PULSE);
        let mut renew = interval(RENEW);
        let mut greet = interval(GREET);
        pulse.set_missed_tick_behavior(MissedTickBehavior::Skip);
        renew.set_missed_tick_behavior(MissedTickBehavior::Skip);
        greet.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut renewing: Option<BoxFuture<'static, Renewed>> = None;
        // Of a clone: it is waited for while the hub works.
        let outgoing = Arc::clone(&self.outgoing);
        loop {
            tokio::select! {
                arrival = self.arrivals.recv() => match arrival {
                    Some(arrival) => self.arrive(arrival),
                    None => return,
                },
                () = outgoing.more() => self.tell(),
                Some(closed) = self.closing.next() => self.publisher.send(closed.into_iter().collect()),
                _ = pulse.tick() => self.pulse(),
                _ = greet.tick() => self.greet(),
                _ = renew.tick(), if renewing.is_none() => {
                    renewing = Some(renew_within(self.services.store.clone(), self.me).boxed());
                }
                renewed = async { match renewing.as_mut() {
                    Some(renewing) => renewing.await,
                    None => std::future::pending().await,
                } } => {
                    renewing = None;
                    self.renewed(renewed).await;
                }
                _ = self.leave.recv() => {
                    self.publisher.send(vec![Hint::Bye]);
                    let left = nodes::leave(&self.services.store, self.me);
                    drop(timeout(RENEW_WITHIN, left).await);
                    return;
                }
            }
        }
    }

    pub(super) fn metrics(&self) -> &ClusterMetrics {
        &self.services.sockets.metrics.cluster
    }

    pub(super) fn now(&self) -> Duration {
        self.started.elapsed()
    }

    /// Whoever has gone has told of nothing that it did last; whoever is new knows nothing of what is here.
    async fn renewed(&mut self, renewed: Renewed) {
        let living = match renewed {
            Ok(Some(living)) => living,
            Ok(None) => return self.begin_anew().await,
            Err(error) => return log::debug!("who else is there is not known: {error}"),
        };
        self.is_listed = true;
        self.lease.renewed(self.now());
        let deaf = living.iter().filter(|node| !node.is_listening);
        self.deaf = deaf.map(|node| NodeId(node.id)).collect();
        let living: Vec<_> = living.iter().map(|node| NodeId(node.id)).collect();
        let listed = self.peers.listed(&living, self.now());
        self.outgoing.has_peers(!self.peers.is_alone());
        self.metrics().peers.set(self.peers.count().try_into().unwrap_or(i64::MAX));
        if self.is_hearing {
            self.warn_of_unheard();
        }
        for node in &listed.gone {
            log::warn!("server {node} is gone without a word");
            self.forget(*node);
        }
        if !listed.gone.is_empty() && !Mistake::DeathIgnored.is_made() {
            self.resync();
        }
        self.tell_presence(listed.went.into_iter().map(|user| (user, false)).collect());
        self.greet();
    }

    fn warn_of_unheard(&mut self) {
        for node in self.peers.never_heard(self.now()) {
            log::warn!(
                "server {node} runs on this database and is never heard: set the same VESTNIK_BUS for all of them"
            );
        }
    }

    /// This server was taken for gone: it slept, or could not reach the database. What it said last may have
    /// been left out of account, so that it is another one from now on.
    async fn begin_anew(&mut self) {
        let joined = enlist(&self.services);
        match timeout(RENEW_WITHIN, joined).await {
            Ok(Ok(me)) => {
                let Ok(sealer) = sealer(&self.secret, me) else {
                    return;
                };
                log::warn!("this server was taken for gone; it is known as {me} from now on");
                self.publisher.send(vec![Hint::Bye]);
                (self.me, self.publisher.sealer, self.publisher.number) = (me, sealer, 0);
                let went = self.peers.listed(&[], self.now()).went;
                self.tell_presence(went.into_iter().map(|user| (user, false)).collect());
                self.peers = Peers::of(me);
                self.resync();
            }
            Ok(Err(error)) => log::warn!("this server is not listed: {error}"),
            Err(_) => log::warn!("this server is not listed: the database does not answer"),
        }
    }

    /// Greets those that have not answered yet. It is done twice a second and never as an answer: one that has
    /// died is greeted in vain for as long as it is listed.
    fn greet(&mut self) {
        let to: Vec<_> = self.peers.unwelcoming().map(|node| node.0).collect();
        if !to.is_empty() {
            self.publisher.send(vec![Hint::Hello { to }]);
        }
        self.may_be_ready();
    }

    /// Without one that could hear it and does not know it, this server is ready.
    pub(super) fn may_be_ready(&mut self) {
        let is_known = self.peers.unwelcoming().all(|node| self.deaf.contains(&node));
        if is_known && self.is_listed && !*self.is_known.borrow() {
            self.is_known.send_replace(true);
        }
    }

    fn pulse(&mut self) {
        if self.peers.is_alone() {
            return;
        }
        let now = self.now();
        if self.lease.sends_away(now, self.peers.is_well_elsewhere(now)) {
            log::warn!(
                "the database is well, and not to be reached from here: clients are sent away"
            );
            self.send_away();
        }
        let are_silent = !self.peers.silent(now).is_empty() && !Mistake::DeathIgnored.is_made();
        let is_deaf = !self.is_hearing && !Mistake::NothingMissed.is_made();
        if is_deaf || are_silent {
            self.resync();
        }
        let (users, sum) = self.outgoing.told_of_here();
        let pulse = Hint::Pulse {
            last: self.publisher.number,
            users,
            sum,
            has_database: self.lease.is_proven(now),
        };
        self.publisher.send(vec![pulse]);
    }

    /// They come back when they are told to, and find another server if the balancer asks whether one is
    /// ready.
    fn send_away(&self) {
        let directory = &self.services.sockets.directory;
        let window = return_times::window(directory.sessions());
        for relay in directory.relays() {
            relay.do_send(GoAway { window });
            relay.do_send(CloseAll {
                close: Close::RESTART,
            });
        }
    }

    /// Tells what waits.
    fn tell(&mut self) {
        let taken = self.outgoing.take_hints();
        if taken.is_cut {
            self.publisher.skip();
        }
        let listening = || self.peers.nodes().filter(|node| !self.deaf.contains(node));
        for hint in &taken.hints {
            if let Hint::Ended { ask: Some(ask), .. } = hint {
                self.outgoing.confirmations().put(AskId(*ask), listening());
            }
        }
        self.publisher.send(taken.hints);
    }

    pub(super) fn tell_presence(&self, mut changes: Vec<(UserId, bool)>) {
        if Mistake::PresenceOutlivesNodes.is_made() {
            changes.retain(|(_, is_there)| *is_there);
        }
        if !changes.is_empty() {
            self.services.sockets.registry.do_send(PresentElsewhere { changes });
        }
    }

    /// Something may have been missed: what matters of it is in the store.
    pub(super) fn resync(&self) {
        self.metrics().resyncs.inc();
        self.services.sockets.registry.do_send(Resync);
    }
}

/// Each server opens its connections as it needs them, so that one that starts finds room which is not there
/// when all of them are busy.
async fn warn_of_connections(services: &HubServices) -> Result<(), StoreError> {
    let (servers, sessions) = nodes::sessions(&services.store).await?;
    let of_the_bus = if services.listens_as.is_empty() {
        0
    } else {
        OF_THE_BUS
    };
    let each = i64::from(services.connections) + of_the_bus;
    if servers * each > sessions {
        log::warn!(
            "{servers} servers may open {} connections, {each} each if they are set as this one, and Postgres has \
             {sessions} for all: raise its max_connections, or set VESTNIK_DB_CONNECTIONS to fewer",
            servers * each
        );
    }
    Ok(())
}

/// What people may do should not depend on which server they are connected to.
async fn warn_of_settings(services: &HubServices, me: NodeId) -> Result<(), StoreError> {
    let all = nodes::list(&services.store).await?;
    for other in all.iter().filter(|node| node.lives() && node.id != me.0) {
        let theirs = SharedSettings::read(other.settings.as_deref().unwrap_or_default());
        let differences = services.settings.differences(&theirs);
        if !differences.is_empty() {
            log::warn!(
                "this server and server {} ({}) on the same database are set differently: {}; set the same for all \
                 of them",
                other.id,
                other.name,
                Difference::list(&differences)
            );
        }
    }
    Ok(())
}

async fn enlist(services: &HubServices) -> Result<NodeId, StoreError> {
    let HubServices {
        store,
        name,
        listens_as,
        settings,
        ..
    } = services;
    nodes::join(store, name, env!("CARGO_PKG_VERSION"), listens_as, &settings.to_text()).await
}

fn sealer(secret: &Secret, node: NodeId) -> Result<Sealer, StoreError> {
    Sealer::new(secret, node)
        .ok_or_else(|| StoreError::Rejected("there is no key for the bus".into()))
}

async fn renew_within(store: Store, me: NodeId) -> Renewed {
    let late = || StoreError::Unavailable("the database does not answer".into());
    timeout(RENEW_WITHIN, nodes::renew(&store, me))
        .await
        .unwrap_or_else(|_| Err(late()))
}
