//! Reading what another process has committed: the command line, which makes an account, or another
//! server. The actor notices when it commits itself and finds a gap, or is told. The sockets stay open and
//! are told what they lack, at its place among everything else.

use std::sync::Arc;

use actix::fut::WrapFuture;
use actix::{ActorFutureExt, AsyncContext, Context, Handler, ResponseActFuture};
use tokio::sync::oneshot;

use crate::actors::ConversationActor;
use crate::actors::conversation::relay_queue::RelayQueue;
use crate::actors::messages::{CatchUp, HearChanges};
use crate::domain::conversation::CaughtUp;
use crate::domain::event::AnnotationsByMessage;
use crate::domain::{Event, Fact, UserId};
use crate::store::changes::{self, Bounds, Found};
use crate::store::{StoreError, conversations};

/// What is read at once, and told in one frame.
const STEP: Bounds = Bounds {
    rows: 200,
    bytes: 64 << 10,
};

/// What is being read, and who waits for it.
#[derive(Debug, Default)]
pub(super) struct CaughtUpWith {
    is_reading: bool,
    /// It could not be read, and that was logged.
    has_failed: bool,
    /// Told when the head has come so far; `false` if it could not be read.
    waiting: Vec<(i64, oneshot::Sender<bool>)>,
}

impl CaughtUpWith {
    pub(super) fn is_reading(&self) -> bool {
        self.is_reading
    }

    fn tell(&mut self, head: i64) {
        for (_, waiting) in self.waiting.extract_if(.., |(seq, _)| *seq <= head) {
            let _ = waiting.send(true);
        }
    }

    fn fail(&mut self) {
        for (_, waiting) in self.waiting.drain(..) {
            let _ = waiting.send(false);
        }
    }
}

impl ConversationActor {
    /// Reads what is missing, a step at a time, unless it is being read or nobody could take it now.
    pub(super) fn read_on(&mut self, ctx: &mut Context<Self>) {
        let (head, _) = self.core.head();
        self.caught_up.tell(head);
        if self.caught_up.is_reading || self.relay_queues.values().any(RelayQueue::is_full) {
            return;
        }
        let Some(missing) = self.core.missing() else {
            self.caught_up.has_failed = false;
            return;
        };
        self.caught_up.is_reading = true;
        let (store, id) = (self.services.store.clone(), self.core.id());
        let found = async move { changes::missing(&store, id, missing, STEP).await };
        ctx.spawn(found.into_actor(self).map(move |found, actor, ctx| {
            actor.caught_up.is_reading = false;
            match found {
                Ok(found) => {
                    actor.take_found(missing.after, found.for_delivery());
                    actor.read_on(ctx);
                }
                Err(error) => actor.found_nothing(&error),
            }
            actor.flush(ctx);
        }));
    }

    fn take_found(&mut self, after: i64, found: Found) {
        let Found {
            changes,
            read_positions,
        } = found;
        let annotations = changes.annotations;
        let events = changes
            .events
            .into_iter()
            .map(|event| Arc::new(with_annotations(event, &annotations)));
        let segments = self.core.caught_up(CaughtUp {
            after,
            events: events.collect(),
            seq: changes.seq,
        });
        self.services.metrics.caught_up.inc();
        self.deliver(&segments, &annotations, false);
        self.news.add_read_positions(self.core.id(), &read_positions);
        self.tell_news();
    }

    /// It is tried again with the next tick. Whoever waits for an answer gets it, though it is not in
    /// line with what it is about.
    fn found_nothing(&mut self, error: &StoreError) {
        if !self.caught_up.has_failed {
            self.caught_up.has_failed = true;
            log::warn!(
                "conversation {}: what others wrote is not read yet: {error}",
                self.core.id()
            );
        }
        self.caught_up.fail();
        self.acknowledge_up_to(i64::MAX);
    }

    /// Does this memory lack what the store said?
    fn is_behind(&self, store: CatchUp) -> bool {
        let (seq, _) = self.core.head();
        seq < store.seq || store.member.is_some_and(|user| !self.knows(user))
    }

    fn knows(&self, user: UserId) -> bool {
        self.core.role_of(user).is_some()
    }
}

/// Live, an edited message carries what hangs on it.
fn with_annotations(mut event: Event, annotations: &AnnotationsByMessage) -> Event {
    if let Fact::Edited(message) = &mut event.fact {
        message.annotations = annotations.get(&message.id).cloned();
    }
    event
}

impl Handler<HearChanges> for ConversationActor {
    type Result = ();

    /// What follows on what is known is delivered; if something is missing before it, that is read.
    fn handle(&mut self, command: HearChanges, ctx: &mut Context<Self>) {
        if self.retired {
            return;
        }
        let segments = self.core.heard(command.events);
        self.services.metrics.cluster.heard.inc_by(segments.len() as u64);
        self.deliver(&segments, &AnnotationsByMessage::default(), false);
        self.tell_news();
        self.read_on(ctx);
        self.flush(ctx);
    }
}

impl Handler<CatchUp> for ConversationActor {
    type Result = ResponseActFuture<Self, bool>;

    fn handle(&mut self, command: CatchUp, ctx: &mut Context<Self>) -> Self::Result {
        if self.retired || !self.is_behind(command) {
            let is_retired = self.retired;
            return Box::pin(async move { is_retired }.into_actor(self));
        }
        let (tell, told) = oneshot::channel();
        self.caught_up.waiting.push((command.seq, tell));
        self.core.heard_of(command.seq);
        self.read_on(ctx);
        let read = told.into_actor(self).then(move |read, actor, _| {
            let id = actor.core.id();
            let unknown = command.member.filter(|user| !actor.knows(*user));
            let store = actor.services.store.clone();
            // A member whose account is active again: that takes no number.
            let loaded = async move {
                match unknown {
                    Some(_) => conversations::load(&store, id).await.ok().flatten(),
                    None => None,
                }
            };
            loaded.into_actor(actor).map(move |loaded, actor, ctx| {
                if let Some(loaded) = loaded {
                    actor.core.reloaded(loaded);
                    actor.read_on(ctx);
                }
                read.unwrap_or(false) && command.member.is_none_or(|user| actor.knows(user))
            })
        });
        Box::pin(read)
    }
}
