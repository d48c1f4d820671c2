//! Group commit. What arrives while one transaction runs is the next one: no timer, and no wait
//! when idle. The store is asked to commit the batches of many conversations at once.
//!
//! - A batch that the database refuses is split until the one poisoned change is alone.
//! - A database that is away is tried again until the batch is too old; its senders are told
//!   `busy`, which is true: nothing was stored.
//! - A `COMMIT` without an answer is settled before anything else is committed.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::fut::WrapFuture;
use actix::{Actor, ActorFutureExt, Addr, AsyncContext, Context, Handler};
use tokio::sync::oneshot;

use crate::actors::ConversationActor;
use crate::actors::messages::{BatchCommitted, BatchFailed, Flush, Submit};
use crate::actors::metrics::Metrics;
use crate::domain::event::Settled;
use crate::domain::limits::{BatchBounds, QueueBounds};
use crate::domain::{Change, Refusal};
use crate::store::accounts::which_taken;
use crate::store::commit::{Attempt, Batch, Outcome, commit};
use crate::store::{Store, StoreError};

/// How long a batch is tried again while the database is away. Less than what its senders wait.
const RETRY_FOR: Duration = Duration::from_secs(3);

/// The actor.
#[derive(Debug)]
pub struct Writer {
    store: Store,
    metrics: Arc<Metrics>,
    queue: VecDeque<QueuedBatch>,
    queued_changes: usize,
    queued_bytes: usize,
    is_committing: bool,
    flushed: Vec<oneshot::Sender<()>>,
}

#[derive(Debug)]
struct QueuedBatch {
    submit: Submit,
    bytes: usize,
    since: Instant,
}

/// What one transaction commits.
struct GroupCommit {
    store: Store,
    metrics: Arc<Metrics>,
    batches: Vec<Batch>,
    deadline: Instant,
}

type Fates = Vec<Result<Vec<Settled>, Refusal>>;

impl Writer {
    /// A writer to `store`.
    pub fn new(store: Store, metrics: Arc<Metrics>) -> Self {
        Self {
            store,
            metrics,
            queue: VecDeque::new(),
            queued_changes: 0,
            queued_bytes: 0,
            is_committing: false,
            flushed: Vec::new(),
        }
    }

    fn is_full(&self, submit: &Submit, bytes: usize) -> bool {
        let bounds = QueueBounds::WRITER;
        let is_empty = self.queue.is_empty();
        !is_empty
            && (self.queued_changes + submit.changes.len() > bounds.changes
                || self.queued_bytes + bytes > bounds.bytes)
    }

    /// Starts the next transaction, if none runs.
    fn go_on(&mut self, ctx: &mut Context<Self>) {
        if self.is_committing {
            return;
        }
        self.drop_old();
        let (batches, from) = self.take_group();
        if batches.is_empty() {
            for flushed in self.flushed.drain(..) {
                let _ = flushed.send(());
            }
            return;
        }
        self.is_committing = true;
        let group = GroupCommit {
            store: self.store.clone(),
            metrics: self.metrics.clone(),
            batches,
            deadline: Instant::now() + RETRY_FOR,
        };
        let committed = group.run().into_actor(self);
        ctx.spawn(committed.map(move |fates, writer, ctx| {
            tell(&from, fates);
            writer.is_committing = false;
            writer.go_on(ctx);
        }));
    }

    /// Takes from the queue what fits one transaction, in order of conversations. A conversation
    /// has at most one batch here, so they are distinct.
    fn take_group(&mut self) -> (Vec<Batch>, Vec<Addr<ConversationActor>>) {
        let bounds = BatchBounds::DEFAULT;
        let (mut changes, mut bytes) = (0, 0);
        let mut taken = Vec::new();
        while let Some(next) = self.queue.front() {
            changes += next.submit.changes.len();
            bytes += next.bytes;
            if !taken.is_empty() && (changes > bounds.changes || bytes > bounds.bytes) {
                break;
            }
            if let Some(next) = self.pop() {
                taken.push(next.submit);
            }
        }
        taken.sort_by_key(|submit| submit.conversation);
        taken
            .into_iter()
            .map(|submit| {
                let batch = Batch {
                    conversation: submit.conversation,
                    changes: submit.changes,
                };
                (batch, submit.from)
            })
            .unzip()
    }

    fn pop(&mut self) -> Option<QueuedBatch> {
        let next = self.queue.pop_front()?;
        self.queued_changes -= next.submit.changes.len();
        self.queued_bytes -= next.bytes;
        Some(next)
    }

    fn drop_old(&mut self) {
        let is_old = |next: &QueuedBatch| next.since.elapsed() > QueueBounds::WRITER.age;
        while self.queue.front().is_some_and(is_old) {
            if let Some(old) = self.pop() {
                old.submit.from.do_send(BatchFailed {
                    refusal: Refusal::Busy,
                });
            }
        }
    }
}

fn tell(from: &[Addr<ConversationActor>], fates: Fates) {
    for (from, fate) in from.iter().zip(fates) {
        match fate {
            Ok(settled) => from.do_send(BatchCommitted { settled }),
            Err(refusal) => from.do_send(BatchFailed { refusal }),
        }
    }
}

impl GroupCommit {
    /// Commits everything that can be; one fate a batch.
    async fn run(self) -> Fates {
        let started = Instant::now();
        let fates = match self.persist(&self.batches).await {
            Ok(settled) => settled.into_iter().map(Ok).collect(),
            Err(StoreError::Unavailable(_)) => vec![Err(Refusal::Busy); self.batches.len()],
            Err(_) => self.run_apart().await,
        };
        if fates.iter().any(Result::is_ok) {
            let changes: usize = self.batches.iter().map(|batch| batch.changes.len()).sum();
            self.metrics.commits.inc();
            self.metrics.commit_changes.observe(changes as f64);
            self.metrics.commit_seconds.observe(started.elapsed().as_secs_f64());
        }
        fates
    }

    /// Something in here is poison. Conversations apart first, then changes apart.
    async fn run_apart(&self) -> Fates {
        let mut fates = Fates::with_capacity(self.batches.len());
        for batch in &self.batches {
            let fate = match self.persist(std::slice::from_ref(batch)).await {
                Ok(mut settled) => settled.pop().ok_or(Refusal::NotStored),
                Err(StoreError::Unavailable(_)) => Err(Refusal::Busy),
                Err(_) => Ok(self.run_one_by_one(batch).await),
            };
            fates.push(fate);
        }
        fates
    }

    async fn run_one_by_one(&self, batch: &Batch) -> Vec<Settled> {
        let mut settled = Vec::with_capacity(batch.changes.len());
        for change in batch.changes.iter() {
            settled.push(self.run_one(batch, change).await);
        }
        settled
    }

    async fn run_one(&self, batch: &Batch, change: &Change) -> Settled {
        let alone = Batch {
            conversation: batch.conversation,
            changes: Arc::new(vec![change.clone()]),
        };
        match self.persist(&[alone]).await {
            Ok(mut settled) => settled
                .pop()
                .and_then(|mut settled| settled.pop())
                .unwrap_or(Settled::Refused(Refusal::NotStored)),
            Err(StoreError::Unavailable(_)) => Settled::Refused(Refusal::Busy),
            Err(error) => {
                // A name that was given away between the look and the write is nobody's failure.
                let taken = which_taken(&error);
                if taken.is_none() {
                    log::error!("conversation {} refused a change: {error}", batch.conversation);
                }
                Settled::Refused(taken.unwrap_or(Refusal::NotStored))
            }
        }
    }

    /// Tries until it is known: committed, or certainly not.
    async fn persist(&self, batches: &[Batch]) -> Result<Vec<Vec<Settled>>, StoreError> {
        let mut pause = Pause::default();
        loop {
            match commit(&self.store, batches, self.store.now()).await {
                Ok(Outcome::Committed(settled)) => return Ok(settled),
                Ok(Outcome::Unknown(attempt)) => {
                    if let Some(settled) = self.settle(&attempt).await {
                        return Ok(settled);
                    }
                    // Certainly not stored; another try, while there is time.
                    if Instant::now() >= self.deadline {
                        return Err(StoreError::Unavailable("commits fail".into()));
                    }
                }
                Err(StoreError::Unavailable(why)) if Instant::now() < self.deadline => {
                    log::warn!("a commit is tried again: {why}");
                }
                Err(error) => return Err(error),
            }
            self.metrics.commit_retries.inc();
            pause.wait().await;
        }
    }

    /// However long it takes: nothing else may be committed before this is known.
    async fn settle(&self, attempt: &Attempt) -> Option<Vec<Vec<Settled>>> {
        let mut pause = Pause::default();
        loop {
            match attempt.settle(&self.store).await {
                Ok(settled) => return settled,
                Err(error) => log::warn!("the outcome of a commit is still unknown: {error}"),
            }
            pause.wait().await;
        }
    }
}

/// Longer each time, up to a second.
#[derive(Default)]
struct Pause(u32);

impl Pause {
    async fn wait(&mut self) {
        let millis = 20_u64 << self.0.min(6);
        self.0 += 1;
        tokio::time::sleep(Duration::from_millis(millis.min(1_000))).await;
    }
}

impl Actor for Writer {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        // Each conversation has at most one batch here, and the queue is bounded below.
        ctx.set_mailbox_capacity(0);
    }
}

impl Handler<Submit> for Writer {
    type Result = ();

    fn handle(&mut self, submit: Submit, ctx: &mut Context<Self>) {
        let bytes = submit.changes.iter().map(Change::bytes).sum();
        if self.is_full(&submit, bytes) {
            submit.from.do_send(BatchFailed {
                refusal: Refusal::Busy,
            });
            return;
        }
        self.queued_changes += submit.changes.len();
        self.queued_bytes += bytes;
        self.queue.push_back(QueuedBatch {
            submit,
            bytes,
            since: Instant::now(),
        });
        self.go_on(ctx);
    }
}

impl Handler<Flush> for Writer {
    type Result = ();

    fn handle(&mut self, command: Flush, ctx: &mut Context<Self>) {
        self.flushed.push(command.done);
        self.go_on(ctx);
    }
}
