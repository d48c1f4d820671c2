//! One conversation: the shell around [`Conversation`]. It takes
//! commands, has one batch at a time committed, and hands what is new to the relays.

mod background_news;
mod catch_up;
mod deliver;
mod ephemeral;
mod relay_queue;
mod subscribers;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::{Actor, ActorContext, Addr, AsyncContext, Context, Handler, MessageResult};

use crate::actors::announcing::Announcer;
use crate::actors::conversation::background_news::BackgroundNews;
use crate::actors::conversation::catch_up::CaughtUpWith;
use crate::actors::conversation::deliver::Acks;
use crate::actors::conversation::relay_queue::RelayQueue;
use crate::actors::conversation::subscribers::{Subscriber, Subscribers};
use crate::actors::directory::{Directory, Followed, Generation};
use crate::actors::messages::{
    Amend, BatchCommitted, BatchFailed, CloseConversation, Delivered, Delivery, Describe,
    Description, Incarnation, NotOpened, OpenConversation, Opened, PostMessage, RelayAt, RelayId,
    ReplyTo, Retired, Submit,
};
use crate::actors::metrics::Metrics;
use crate::actors::writer::Writer;
use crate::domain::conversation::{Conversation, Loaded};
use crate::domain::event::{AnnotationsByMessage, Settled};
use crate::domain::limits::{BatchBounds, QueueBounds, TokenBucket};
use crate::domain::{Change, Kind, Refusal, Role};
use crate::faults::{FaultPoint, Faults};
use crate::mistakes::Mistake;
use crate::store::Store;

/// How often waiting changes are looked at for their age.
const TICK: Duration = Duration::from_millis(500);
/// How long a test's fault holds a delivery before it is asked again.
const HELD_FOR: Duration = Duration::from_millis(10);
/// How long a retired actor stays to send stragglers to its successor.
const LINGER: Duration = Duration::from_secs(1);

/// What an actor needs beside its conversation.
#[derive(Clone, Debug)]
pub struct ConversationServices {
    /// Where it reads what others have committed.
    pub store: Store,
    /// Where it commits.
    pub writer: Addr<Writer>,
    /// Who tells of what has been committed.
    pub announcer: Arc<Announcer>,
    /// Where relays are, and where it is listed itself.
    pub directory: Arc<Directory>,
    /// What it counts in.
    pub metrics: Arc<Metrics>,
    /// How long it stays without sockets.
    pub idle_after: Duration,
    /// What goes wrong, in a test.
    pub faults: Faults,
}

#[derive(Debug)]
pub struct ConversationActor {
    core: Conversation<ReplyTo>,
    services: ConversationServices,
    generation: Generation,
    subscribers: Subscribers,
    relay_queues: HashMap<RelayId, RelayQueue>,
    /// Who gets an `ack` in line with what has not been delivered yet.
    acks: Acks,
    caught_up: CaughtUpWith,
    /// What others on this node know of it.
    followed: Arc<Followed>,
    started: Instant,
    last_used: Instant,
    /// What those in the background have not been told yet.
    news: BackgroundNews,
    typing: TokenBucket,
    /// Since when somebody may not know who is there: the members have changed, or a relay could not
    /// be told.
    online_stale: Option<Duration>,
    retired: bool,
}

impl ConversationActor {
    /// The actor of a conversation as the store has it.
    pub fn new(
        loaded: Loaded,
        generation: Generation,
        followed: Arc<Followed>,
        services: ConversationServices,
    ) -> Self {
        let now = Instant::now();
        let head_n = loaded.head_n;
        let core = Conversation::new(loaded, QueueBounds::CONVERSATION);
        Self {
            // A file has one server, and a command line that makes accounts.
            core: match services.store.is_sqlite() || Mistake::DecidesFromMemory.is_made() {
                true => core,
                false => core.shared(),
            },
            services,
            generation,
            subscribers: Subscribers::default(),
            relay_queues: HashMap::new(),
            acks: Acks::new(),
            caught_up: CaughtUpWith::default(),
            followed,
            started: now,
            last_used: now,
            news: BackgroundNews::new(head_n),
            typing: ephemeral::typing_pace(),
            online_stale: None,
            retired: false,
        }
    }

    fn accept(&mut self, change: Change, reply_to: ReplyTo, ctx: &Context<Self>) {
        self.last_used = Instant::now();
        match self.room_for_more() {
            _ if self.retired => self.refuse_retired(reply_to),
            Err(refusal) => self.answer(reply_to, Settled::Refused(refusal)),
            Ok(()) => match self.core.enqueue(change, reply_to, self.started.elapsed()) {
                Ok(()) => self.submit(ctx),
                Err((reply_to, refusal)) => self.answer(reply_to, Settled::Refused(refusal)),
            },
        }
        self.flush(ctx);
    }

    fn room_for_more(&self) -> Result<(), Refusal> {
        if self.services.directory.is_draining() {
            return Err(Refusal::GoingAway);
        }
        if self.relay_queues.values().any(RelayQueue::is_full) {
            return Err(Refusal::Busy);
        }
        Ok(())
    }

    fn refuse_retired(&mut self, reply_to: ReplyTo) {
        match reply_to {
            ReplyTo::Caller(caller) => drop(caller.send(Err(Retired))),
            ReplyTo::Session(_) => self.answer(reply_to, Settled::Refused(Refusal::Busy)),
        }
    }

    /// Hands the next batch to the writer, if none is there.
    fn submit(&mut self, ctx: &Context<Self>) {
        let now = self.started.elapsed();
        if let Some(changes) = self.core.take_batch(BatchBounds::DEFAULT, now) {
            self.services.writer.do_send(Submit {
                conversation: self.core.id(),
                changes: Arc::new(changes),
                from: ctx.address(),
            });
        }
    }

    fn tick(&mut self, ctx: &mut Context<Self>) {
        for (reply_to, refusal) in self.core.expire(self.started.elapsed()) {
            self.answer(reply_to, Settled::Refused(refusal));
        }
        self.tell_news();
        self.tell_online_again(ctx);
        self.read_on(ctx);
        self.flush(ctx);
        let is_unused = self.subscribers.is_empty()
            && self.core.pending() == 0
            && self.relay_queues.is_empty()
            && !self.caught_up.is_reading();
        if !is_unused {
            self.last_used = Instant::now();
        } else if !self.retired && self.last_used.elapsed() >= self.services.idle_after {
            self.retire(ctx);
        }
    }

    /// Takes itself off the list; who found it there before is sent to its successor for a while.
    fn retire(&mut self, ctx: &mut Context<Self>) {
        self.retired = true;
        self.services.directory.unlist(self.core.id(), self.generation);
        ctx.run_later(LINGER, Self::end);
    }

    fn incarnation(&self, ctx: &Context<Self>) -> Incarnation {
        Incarnation {
            conversation: self.core.id(),
            actor: ctx.address(),
        }
    }

    /// Stops, once all relays have what was for them: who is to be closed must be.
    fn end(&mut self, ctx: &mut Context<Self>) {
        let owes = |queue: &RelayQueue| queue.is_working() && queue.addr.connected();
        if self.relay_queues.values().any(owes) {
            ctx.run_later(LINGER, Self::end);
        } else {
            ctx.stop();
        }
    }

    fn admit(&self, command: &OpenConversation) -> Result<Option<Role>, Refusal> {
        match command.user {
            Some(user) => self.core.role_of(user).map(Some).ok_or(Refusal::NotMember),
            None if self.core.kind() == Kind::General => Ok(None),
            None => Err(Refusal::NotMember),
        }
    }

    fn listen(&mut self, command: &OpenConversation) {
        let RelayAt { id, addr } = &command.relay;
        let subscriber = Subscriber {
            user: command.user,
            relay: *id,
            bound: command.bound,
        };
        if self.subscribers.add(command.session, subscriber) {
            let queue =
                self.relay_queues.entry(*id).or_insert_with(|| RelayQueue::new(addr.clone()));
            queue.push(Delivery::Add(command.session));
        }
    }
}

impl Actor for ConversationActor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        ctx.run_interval(TICK, Self::tick);
        self.services.metrics.conversations.inc();
    }

    fn stopped(&mut self, _: &mut Context<Self>) {
        self.services.metrics.conversations.dec();
    }
}

impl Handler<PostMessage> for ConversationActor {
    type Result = ();

    fn handle(&mut self, command: PostMessage, ctx: &mut Context<Self>) {
        self.accept(Change::Post(command.post), command.reply_to, ctx);
    }
}

impl Handler<Amend> for ConversationActor {
    type Result = ();

    fn handle(&mut self, command: Amend, ctx: &mut Context<Self>) {
        self.accept(command.change, command.reply_to, ctx);
    }
}

impl Handler<OpenConversation> for ConversationActor {
    type Result = Result<Opened, NotOpened>;

    fn handle(&mut self, command: OpenConversation, ctx: &mut Context<Self>) -> Self::Result {
        if self.retired {
            return Err(NotOpened::Retired);
        }
        let role = self.admit(&command).map_err(NotOpened::Refused)?;
        self.listen(&command);
        self.flush(ctx);
        let (seq, n) = self.core.head();
        let online = self.online();
        Ok(Opened {
            seq,
            n,
            role,
            online,
        })
    }
}

impl Handler<CloseConversation> for ConversationActor {
    type Result = ();

    fn handle(&mut self, command: CloseConversation, ctx: &mut Context<Self>) {
        let Some(subscriber) = self.subscribers.remove(command.session) else {
            return;
        };
        if let Some(queue) = self.relay_queues.get_mut(&subscriber.relay) {
            queue.push(Delivery::Remove(command.session, None));
        }
        self.flush(ctx);
    }
}

impl Handler<BatchCommitted> for ConversationActor {
    type Result = ();

    fn handle(&mut self, fact: BatchCommitted, ctx: &mut Context<Self>) {
        if self.services.faults.holds(FaultPoint::BeforeDelivery) {
            ctx.notify_later(fact, HELD_FOR);
            return;
        }
        self.services.faults.pass(FaultPoint::BeforeDelivery);
        let committed = self.core.committed(fact.settled);
        let answers = self.take_acks(committed.answers);
        self.deliver(&committed.segments, &AnnotationsByMessage::default(), true);
        for (reply_to, settled) in answers {
            self.answer(reply_to, settled);
        }
        self.tell_news();
        self.submit(ctx);
        self.read_on(ctx);
        self.flush(ctx);
        self.services.faults.pass(FaultPoint::AfterDelivery);
    }
}

impl Handler<BatchFailed> for ConversationActor {
    type Result = ();

    fn handle(&mut self, fact: BatchFailed, ctx: &mut Context<Self>) {
        for (reply_to, refusal) in self.core.failed(fact.refusal) {
            self.answer(reply_to, Settled::Refused(refusal));
        }
        self.submit(ctx);
        self.read_on(ctx);
        self.flush(ctx);
    }
}

impl Handler<Delivered> for ConversationActor {
    type Result = ();

    fn handle(&mut self, fact: Delivered, ctx: &mut Context<Self>) {
        if let Some(queue) = self.relay_queues.get_mut(&fact.relay) {
            queue.busy = false;
        }
        self.read_on(ctx);
        self.flush(ctx);
    }
}

impl Handler<Describe> for ConversationActor {
    type Result = MessageResult<Describe>;

    fn handle(&mut self, _: Describe, _: &mut Context<Self>) -> Self::Result {
        let (head_seq, head_n) = self.core.head();
        MessageResult(Description {
            head_seq,
            head_n,
            pending: self.core.pending() + self.acks.len(),
            undelivered: self.relay_queues.values().filter(|queue| queue.is_working()).count(),
            sessions: self.subscribers.len(),
        })
    }
}
