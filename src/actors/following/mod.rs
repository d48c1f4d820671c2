//! Followers: parts of the server that make something of what is committed and must miss nothing of it,
//! like a search index, notifications, or hooks of other programs.
//!
//! A follower reads as a client does, by position from the store; what is [announced](crate::actors::announcing)
//! is only its hint that there is more. Where it stands in each conversation is stored in the transaction that
//! stores what it makes of the changes ([`Consumer::write`]). So it may begin late, fail, and die at any time,
//! and several servers on one database may each run it: all of them together take each change once.
//!
//! Followers have a thread of their own, so that they cost those who send nothing but their share of the database,
//! where they go behind messages. What is to be done next says [`Agenda`].

mod catching_up;
mod step;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use actix_rt::{Arbiter, ArbiterHandle};
use futures_util::future::{BoxFuture, FutureExt, ready};
use tokio::sync::{Notify, oneshot};
use tokio_util::sync::CancellationToken;

use crate::actors::announcing::{Announcement, Listener};
use crate::actors::metrics::{ByFollower, Metrics};
use crate::domain::ConversationId;
use crate::domain::following::{Agenda, Next, StepOutcome, WALK_PAGE};
use crate::store::changes::{Bounds, Changes};
use crate::store::{Store, StoreError, Transaction, follower_positions};

pub use catching_up::catch_up;

/// What is read at once.
pub const STEP: Bounds = Bounds {
    rows: 200,
    bytes: 256 << 10,
};

/// The changes of one conversation after one position, up to another (`changes.seq`).
#[derive(Clone, Debug)]
pub struct Step {
    /// The conversation that has changed.
    pub conversation: ConversationId,
    /// The consumer has had everything up to here.
    pub after: i64,
    /// What has changed, by `seq`, each thing at its last place and as it is now. What was said and edited before it
    /// was read may come as an edit only, with the whole message.
    pub changes: Changes,
}

/// Why a consumer could not take a step.
#[derive(Debug, thiserror::Error)]
pub enum ConsumerError {
    /// The store does not answer, or refuses.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Something else; said in the log.
    #[error("{0}")]
    Other(String),
}

/// What comes of giving a consumer a step.
pub type ConsumerFuture<'a> = BoxFuture<'a, Result<(), ConsumerError>>;

/// Who makes something of each change.
///
/// - **Order.** The steps of one conversation come one after the other, each beginning where the one before ended.
///   Between conversations there is no order.
/// - **Once.** What [`write`](Self::write) writes is committed with the position, or not at all. What
///   [`prepare`](Self::prepare) does may be done again, after a failure or a crash, and by two servers at the same time.
/// - **Failure.** A step that fails, panics or takes too long is given again, later and later; meanwhile other
///   conversations go on.
/// - **End.** Both may be dropped at any `await`, when the server stops.
pub trait Consumer: Send + Sync {
    /// Under which name its positions are stored: for ever the same. The log and the metrics call it so.
    fn name(&self) -> &'static str;

    /// Does what needs time, or goes outside: nobody waits for it.
    fn prepare<'a>(&'a self, _step: &'a Step) -> ConsumerFuture<'a> {
        ready(Ok(())).boxed()
    }

    /// Writes what it makes of the step. On SQLite everybody who writes waits for it, so it is to be a few
    /// statements.
    fn write<'a>(&'a self, step: &'a Step, transaction: &'a Transaction) -> ConsumerFuture<'a>;

    /// How long it leaves the database to others after a step that took so long.
    fn rest_after(&self, _took: Duration) -> Duration {
        Duration::ZERO
    }
}

/// All followers of a server.
pub struct Followers {
    thread: Option<ArbiterHandle>,
    hints: Vec<Arc<Hints>>,
    ending: CancellationToken,
    ended: Vec<oneshot::Receiver<()>>,
}

impl Followers {
    /// One for each of these consumers; they wait for [`Followers::start`].
    pub fn new(consumers: Vec<Arc<dyn Consumer>>) -> Self {
        Self {
            thread: None,
            hints: consumers.into_iter().map(|consumer| Arc::new(Hints::to(consumer))).collect(),
            ending: CancellationToken::new(),
            ended: Vec::new(),
        }
    }

    /// What gives them their hints.
    pub fn listeners(&self) -> impl Iterator<Item = Arc<dyn Listener>> {
        self.hints.iter().map(|hints| Arc::clone(hints) as Arc<dyn Listener>)
    }

    /// Has them begin, on a thread of their own, if there are any.
    pub fn start(&mut self, store: &Store, metrics: &Arc<Metrics>) {
        for hints in &self.hints {
            let (tell, told) = oneshot::channel();
            let follower = Follower {
                hints: Arc::clone(hints),
                store: store.clone(),
                metrics: Arc::clone(metrics),
                started: Instant::now(),
                is_failing: false,
            };
            let ending = self.ending.clone();
            let thread = self.thread.get_or_insert_with(|| Arbiter::new().handle());
            thread.spawn(async move {
                let _ = ending.run_until_cancelled(follower.run()).await;
                let _ = tell.send(());
            });
            self.ended.push(told);
        }
    }

    /// Ends them; what they have begun is taken back.
    pub async fn stop(self) {
        self.ending.cancel();
        for ended in self.ended {
            let _ = ended.await;
        }
        if let Some(thread) = self.thread {
            thread.stop();
        }
    }
}

impl std::fmt::Debug for Followers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.hints.iter().map(|hints| hints.name())).finish()
    }
}

/// What a follower is told: it notes it down, and nothing more.
struct Hints {
    consumer: Arc<dyn Consumer>,
    agenda: Mutex<Agenda>,
    has_more: Notify,
}

impl Hints {
    fn to(consumer: Arc<dyn Consumer>) -> Self {
        Self {
            consumer,
            agenda: Mutex::default(),
            has_more: Notify::new(),
        }
    }

    /// For a moment. A panic of another holder has not harmed it: what it lacks is found by walking.
    fn agenda(&self) -> MutexGuard<'_, Agenda> {
        self.agenda.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Listener for Hints {
    fn name(&self) -> &'static str {
        self.consumer.name()
    }

    fn hear(&self, announcement: &Announcement<'_>) {
        let (conversation, seq) = match announcement {
            Announcement::Changed {
                conversation,
                segment,
                ..
            } => (*conversation, segment.seq),
            Announcement::Founded { chat, .. } => (chat.id, chat.head_seq),
            _ => return,
        };
        self.agenda().hint(conversation, seq);
        self.has_more.notify_one();
    }
}

/// One consumer, and what it works with.
struct Follower {
    hints: Arc<Hints>,
    store: Store,
    metrics: Arc<Metrics>,
    started: Instant,
    /// The last try came to nothing, and that was logged.
    is_failing: bool,
}

impl Follower {
    async fn run(mut self) {
        loop {
            let (next, behind) = {
                let mut agenda = self.hints.agenda();
                (agenda.next(self.started.elapsed()), agenda.behind())
            };
            let label = ByFollower {
                follower: self.name(),
            };
            self.metrics.follower_behind.get_or_create(&label).set(behind as i64);
            match next {
                Next::Read(conversation) => self.read_on(conversation).await,
                Next::Walk(after) => self.walk(after).await,
                Next::Rest(until) => self.rest(until).await,
            }
        }
    }

    fn name(&self) -> &'static str {
        self.hints.consumer.name()
    }

    async fn read_on(&mut self, conversation: ConversationId) {
        let began = Instant::now();
        let outcome = step::read_on(&*self.hints.consumer, &self.store, conversation).await;
        let rest = self.hints.consumer.rest_after(began.elapsed());
        let label = ByFollower {
            follower: self.name(),
        };
        let outcome = match outcome {
            Ok(outcome) => {
                self.metrics.follower_steps.get_or_create(&label).inc();
                self.succeeded();
                outcome
            }
            Err(error) => {
                self.metrics.follower_failures.get_or_create(&label).inc();
                self.failed(&format!("conversation {conversation}: {error}"));
                StepOutcome::Failed
            }
        };
        self.hints.agenda().done(outcome, self.started.elapsed());
        if !rest.is_zero() {
            tokio::time::sleep(rest).await;
        }
    }

    async fn walk(&mut self, after: ConversationId) {
        let found = follower_positions::behind(&self.store, self.name(), after, WALK_PAGE).await;
        let now = self.started.elapsed();
        match found {
            Ok(page) => self.hints.agenda().walked(&page, now),
            Err(error) => {
                self.failed(&error.to_string());
                self.hints.agenda().walk_failed(now);
            }
        }
    }

    /// A hint ends it.
    async fn rest(&self, until: Duration) {
        let rest = until.saturating_sub(self.started.elapsed());
        let _ = tokio::time::timeout(rest, self.hints.has_more.notified()).await;
    }

    fn failed(&mut self, why: &str) {
        if !self.is_failing {
            self.is_failing = true;
            log::warn!("{} falls behind, and tries again: {why}", self.name());
        }
    }

    fn succeeded(&mut self) {
        if self.is_failing {
            self.is_failing = false;
            log::info!("{} goes on", self.name());
        }
    }
}
