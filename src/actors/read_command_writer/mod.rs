//! What users say they have read, from a socket or over REST, and whether they want to be told: group
//! commit apart from that of messages, which never wait for more than one such transaction.
//!
//! What arrives while one transaction runs is the next one. The first few begin at once; where they
//! keep coming they gather for a moment, so that a crowd that reads the same message costs a few
//! transactions and not one each. When a transaction is done, the relays are told, which count for
//! all sockets of a user and tell them, and then those who wait for an answer.

mod batch;
mod queue;

use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::fut::WrapFuture;
use actix::{Actor, ActorFutureExt, AsyncContext, Context, Handler};
use tokio::sync::oneshot;

use crate::actors::announcing::Announcer;
use crate::actors::messages::{Flush, ReadCommandAnswer, SubmitReadCommand};
use crate::actors::metrics::Metrics;
use crate::actors::read_command_writer::batch::ReadCommandBatch;
use crate::actors::read_command_writer::queue::{MemberRequests, ReadCommandQueue};
use crate::domain::Refusal;
use crate::domain::limits::{ReadCommandBounds, TokenBucket};
use crate::store::Store;
use crate::store::conversations::MemberKey;

/// The actor. One a node.
#[derive(Debug)]
pub struct ReadCommandWriter {
    services: ReadCommandServices,
    queue: ReadCommandQueue,
    pace: TokenBucket,
    is_storing: bool,
    /// Is it waiting for its pace?
    is_resting: bool,
    flushed: Vec<oneshot::Sender<()>>,
    started: Instant,
}

/// What it works with.
#[derive(Clone, Debug)]
pub struct ReadCommandServices {
    /// Where read commands are stored.
    pub store: Store,
    /// Who tells of what is stored.
    pub announcer: Arc<Announcer>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
}

impl ReadCommandWriter {
    /// One with an empty queue.
    pub fn new(services: ReadCommandServices) -> Self {
        let bounds = ReadCommandBounds::DEFAULT;
        Self {
            services,
            queue: ReadCommandQueue::default(),
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
        match self.pace.take_one(now) {
            Ok(()) => self.store(ctx),
            Err(wait) => {
                self.is_resting = true;
                ctx.run_later(wait, |writer, ctx| {
                    writer.is_resting = false;
                    writer.go_on(ctx);
                });
            }
        }
    }

    fn store(&mut self, ctx: &mut Context<Self>) {
        self.is_storing = true;
        let waiting = self.queue.take_first(ReadCommandBounds::DEFAULT.members);
        let batch = ReadCommandBatch::new(self.services.clone(), waiting);
        let stored = batch.run().into_actor(self);
        ctx.spawn(stored.map(|again, writer, ctx| {
            writer.queue.put_back(again);
            writer.is_storing = false;
            writer.go_on(ctx);
        }));
    }
}

fn refuse(old: Vec<(MemberKey, MemberRequests)>) {
    let busy: ReadCommandAnswer = Err(Refusal::Busy.into());
    for (_, waiting) in old {
        waiting.answer(&busy);
    }
}

impl Actor for ReadCommandWriter {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        // Who sends read commands is bounded: a socket by what it may have unanswered, REST by the connections
        // that the server takes. What waits is bounded by the queue.
        ctx.set_mailbox_capacity(0);
    }
}

impl Handler<SubmitReadCommand> for ReadCommandWriter {
    type Result = ();

    fn handle(&mut self, command: SubmitReadCommand, ctx: &mut Context<Self>) {
        self.services.metrics.read_commands.inc();
        match self.queue.push(command, self.started.elapsed()) {
            Ok(()) => self.go_on(ctx),
            Err(reply) => drop(reply.send(Err(Refusal::Busy.into()))),
        }
    }
}

impl Handler<Flush> for ReadCommandWriter {
    type Result = ();

    fn handle(&mut self, command: Flush, ctx: &mut Context<Self>) {
        self.flushed.push(command.done);
        self.go_on(ctx);
    }
}
