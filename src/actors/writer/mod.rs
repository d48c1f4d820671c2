//! Group commit. What arrives while one transaction runs is the next one: no timer, and no wait
//! when idle. The store is asked to commit the batches of many conversations at once.
//!
//! - A conversation whose head another server has locked is left out of the transaction. It waits in one of its own,
//!   beside the next ones of the others, so that a chat that is busy elsewhere holds up no other.
//! - A batch that the database refuses is split until the one poisoned change is alone.
//! - A database that is away is tried again until the batch is too old; its senders are told
//!   `busy`, which is true: nothing was stored.
//! - A `COMMIT` without an answer is settled before anything else of its conversations is committed: each has one
//!   batch here at a time.
//!
//! `group_commit`: one transaction, until it is known what became of it.

mod group_commit;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::fut::WrapFuture;
use actix::{Actor, ActorFutureExt, AsyncContext, Context, Handler};
use tokio::sync::oneshot;

use crate::actors::messages::{BatchCommitted, BatchFailed, Flush, Submit};
use crate::actors::metrics::Metrics;
use crate::actors::writer::group_commit::{Fate, GroupCommit, HeadsToLock};
use crate::domain::limits::{BatchBounds, QueueBounds};
use crate::domain::{Change, Refusal};
use crate::store::Store;
use crate::store::commit::Batch;

/// How long a batch is tried again while the database is away. Less than what its senders wait.
const RETRY_FOR: Duration = Duration::from_secs(3);
/// How long a batch waits for the head of its conversation, which others have locked.
const HELD_FOR: Duration = Duration::from_secs(4);
/// How long it waits in one go; then it is the turn of the next one that waits.
const HELD_TURN: Duration = Duration::from_millis(250);

#[derive(Debug)]
pub struct Writer {
    store: Store,
    metrics: Arc<Metrics>,
    queue: VecDeque<QueuedBatch>,
    queued_changes: usize,
    queued_bytes: usize,
    is_committing: bool,
    /// Batches whose conversations' heads were locked by others.
    held: VecDeque<QueuedBatch>,
    is_waiting: bool,
    flushed: Vec<oneshot::Sender<()>>,
}

#[derive(Debug)]
struct QueuedBatch {
    submit: Submit,
    bytes: usize,
    since: Instant,
}

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
            held: VecDeque::new(),
            is_waiting: false,
            flushed: Vec::new(),
        }
    }

    fn is_full(&self, submit: &Submit, bytes: usize) -> bool {
        let bounds = QueueBounds::WRITER;
        let is_empty = self.queue.is_empty() && self.held.is_empty();
        !is_empty
            && (self.queued_changes + submit.changes.len() > bounds.changes
                || self.queued_bytes + bytes > bounds.bytes)
    }

    /// Starts the next transactions, of those that do not run.
    fn go_on(&mut self, ctx: &mut Context<Self>) {
        self.drop_old();
        self.commit_next(ctx);
        self.wait_for_next(ctx);
        if !self.is_committing && !self.is_waiting {
            for flushed in self.flushed.drain(..) {
                let _ = flushed.send(());
            }
        }
    }

    fn commit_next(&mut self, ctx: &mut Context<Self>) {
        if self.is_committing {
            return;
        }
        let taken = self.take_group();
        if taken.is_empty() {
            return;
        }
        self.is_committing = true;
        let since = Instant::now();
        let group = self.group(&taken, HeadsToLock::Free, since + RETRY_FOR);
        let committed = group.run().into_actor(self);
        ctx.spawn(committed.map(move |fates, writer, ctx| {
            writer.is_committing = false;
            for (batch, fate) in taken.into_iter().zip(fates) {
                // From now on it is as old as its wait for the head.
                let batch = QueuedBatch { since, ..batch };
                writer.tell(batch, fate);
            }
            writer.go_on(ctx);
        }));
    }

    /// One after the other, and each for a moment, since they wait for different things.
    fn wait_for_next(&mut self, ctx: &mut Context<Self>) {
        if self.is_waiting {
            return;
        }
        let Some(batch) = self.held.pop_front() else {
            return;
        };
        self.uncount(&batch);
        self.is_waiting = true;
        let deadline = batch.since + HELD_FOR;
        let heads = HeadsToLock::Within(HELD_TURN, batch.since);
        let group = self.group(std::slice::from_ref(&batch), heads, deadline);
        let committed = group.run().into_actor(self);
        ctx.spawn(committed.map(move |fates, writer, ctx| {
            writer.is_waiting = false;
            let fate = fates.into_iter().next().unwrap_or(Fate::Refused(Refusal::NotStored));
            writer.tell(batch, fate);
            writer.go_on(ctx);
        }));
    }

    fn group(&self, taken: &[QueuedBatch], heads: HeadsToLock, deadline: Instant) -> GroupCommit {
        let batches = taken.iter().map(|taken| Batch {
            conversation: taken.submit.conversation,
            changes: Arc::clone(&taken.submit.changes),
        });
        GroupCommit {
            store: self.store.clone(),
            metrics: self.metrics.clone(),
            batches: batches.collect(),
            heads,
            deadline,
        }
    }

    fn tell(&mut self, batch: QueuedBatch, fate: Fate) {
        let from = &batch.submit.from;
        match fate {
            Fate::Settled(settled) => from.do_send(BatchCommitted { settled }),
            Fate::Refused(refusal) => from.do_send(BatchFailed { refusal }),
            Fate::Held => {
                self.count(&batch);
                self.held.push_back(batch);
            }
        }
    }

    /// Takes from the queue what fits one transaction, in order of conversations. A conversation
    /// has at most one batch here, so they are distinct.
    fn take_group(&mut self) -> Vec<QueuedBatch> {
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
                taken.push(next);
            }
        }
        taken.sort_by_key(|taken| taken.submit.conversation);
        taken
    }

    fn pop(&mut self) -> Option<QueuedBatch> {
        let next = self.queue.pop_front()?;
        self.uncount(&next);
        Some(next)
    }

    fn count(&mut self, batch: &QueuedBatch) {
        self.queued_changes += batch.submit.changes.len();
        self.queued_bytes += batch.bytes;
    }

    fn uncount(&mut self, batch: &QueuedBatch) {
        self.queued_changes -= batch.submit.changes.len();
        self.queued_bytes -= batch.bytes;
    }

    fn drop_old(&mut self) {
        let is_old = |next: &QueuedBatch| next.since.elapsed() > QueueBounds::WRITER.age;
        while self.queue.front().is_some_and(is_old) {
            if let Some(old) = self.pop() {
                self.tell(old, Fate::Refused(Refusal::Busy));
            }
        }
        let held = std::mem::take(&mut self.held);
        for batch in held {
            if batch.since.elapsed() < HELD_FOR {
                self.held.push_back(batch);
            } else {
                self.uncount(&batch);
                self.tell(batch, Fate::Refused(Refusal::Busy));
            }
        }
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
        let batch = QueuedBatch {
            submit,
            bytes,
            since: Instant::now(),
        };
        self.count(&batch);
        self.queue.push_back(batch);
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
