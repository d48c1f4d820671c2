//! What users say they have read, from a socket or over REST, and whether they want to be told: group
//! commit apart from that of messages, which never wait for more than one such transaction.
//!
//! What arrives while one transaction runs is the next one. The first few begin at once; where marks
//! keep coming they gather for a moment, so that a crowd that reads the same message costs a few
//! transactions and not one each. When a transaction is done, the relays are told, which count for
//! all sockets of a user and tell them, and then those who wait for an answer.

mod queue;
mod work;

use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::fut::WrapFuture;
use actix::{Actor, ActorFutureExt, AsyncContext, Context, Handler};
use tokio::sync::oneshot;

use crate::actors::announcing::Announcer;
use crate::actors::marks::queue::{Queue, Waiting};
use crate::actors::marks::work::Work;
use crate::actors::messages::{Flush, Marked, PutMark};
use crate::actors::metrics::Metrics;
use crate::domain::Refusal;
use crate::domain::limits::{MarkBounds, TokenBucket};
use crate::store::Store;
use crate::store::conversations::Whose;

/// The actor. One a node.
#[derive(Debug)]
pub struct Marks {
    surroundings: Surroundings,
    queue: Queue,
    pace: TokenBucket,
    is_storing: bool,
    /// Is it waiting for its pace?
    is_resting: bool,
    flushed: Vec<oneshot::Sender<()>>,
    started: Instant,
}

/// What it works with.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// Where marks are stored.
    pub store: Store,
    /// Who tells of marks that are stored.
    pub announcer: Arc<Announcer>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
}

impl Marks {
    /// One with an empty queue.
    pub fn new(surroundings: Surroundings) -> Self {
        let bounds = MarkBounds::DEFAULT;
        Self {
            surroundings,
            queue: Queue::default(),
            pace: TokenBucket::new(bounds.per_second, bounds.burst, Duration::ZERO),
            is_storing: false,
            is_resting: false,
            flushed: Vec::new(),
            started: Instant::now(),
        }
    }

    /// Starts the next transaction, unless one runs or it is too early for it.
    fn go_on(&mut self, ctx: &mut Context<Self>) {
        if self.is_storing || self.is_resting {
            return;
        }
        let now = self.started.elapsed();
        refuse(self.queue.take_old(now));
        if self.queue.is_empty() {
            for flushed in self.flushed.drain(..) {
                let _ = flushed.send(());
            }
            return;
        }
        match self.pace.take(now) {
            Ok(()) => self.store(ctx),
            Err(wait) => {
                self.is_resting = true;
                ctx.run_later(wait, |marks, ctx| {
                    marks.is_resting = false;
                    marks.go_on(ctx);
                });
            }
        }
    }

    fn store(&mut self, ctx: &mut Context<Self>) {
        self.is_storing = true;
        let waiting = self.queue.take(MarkBounds::DEFAULT.members);
        let work = Work::new(self.surroundings.clone(), waiting);
        let stored = work.run().into_actor(self);
        ctx.spawn(stored.map(|again, marks, ctx| {
            marks.queue.put_back(again);
            marks.is_storing = false;
            marks.go_on(ctx);
        }));
    }
}

fn refuse(old: Vec<(Whose, Waiting)>) {
    let busy: Marked = Err(Refusal::Busy.into());
    for (_, waiting) in old {
        waiting.answer(&busy);
    }
}

impl Actor for Marks {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        // Who puts marks is bounded: a socket by what it may have unanswered, REST by the connections
        // that the server takes. What waits is bounded by the queue.
        ctx.set_mailbox_capacity(0);
    }
}

impl Handler<PutMark> for Marks {
    type Result = ();

    fn handle(&mut self, command: PutMark, ctx: &mut Context<Self>) {
        self.surroundings.metrics.marks.inc();
        match self.queue.push(command, self.started.elapsed()) {
            Ok(()) => self.go_on(ctx),
            Err(reply) => drop(reply.send(Err(Refusal::Busy.into()))),
        }
    }
}

impl Handler<Flush> for Marks {
    type Result = ();

    fn handle(&mut self, command: Flush, ctx: &mut Context<Self>) {
        self.flushed.push(command.done);
        self.go_on(ctx);
    }
}
