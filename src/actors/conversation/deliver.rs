//! Handing out what has happened: events to everybody, answers to their senders, news to those who
//! have the conversation in the background.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use actix::Context;

use crate::actors::ConversationActor;
use crate::actors::announcing::Announcement;
use crate::actors::conversation::relay_queue::RelayQueue;
use crate::actors::conversation::subscribers::Subscribers;
use crate::actors::messages::{Deliver, Delivery, RelayId, ReplyTo, Sender};
use crate::domain::conversation::{Eviction, Segment};
use crate::domain::event::{AnnotationsByMessage, Settled};
use crate::domain::refusal::Surface;
use crate::domain::{ConversationId, Event};
use crate::wire::{About, Close, Encoded, Problem, server};

/// Who gets an `ack` behind which `seq`.
pub(super) type Acks = BTreeMap<i64, (Sender, Arc<Event>)>;

/// An `ack`, if the sender wants one.
pub(super) fn acknowledge(
    conversation: ConversationId,
    sender: &Sender,
    event: &Event,
    dup: bool,
) -> Encoded {
    let key = sender.client_msg_id.as_ref();
    key.map(|key| server::ack(conversation, key, event, dup)).unwrap_or_default()
}

/// The queues of relays where somebody listens.
fn with_subscribers<'a>(
    queues: &'a mut HashMap<RelayId, RelayQueue>,
    subscribers: &'a Subscribers,
) -> impl Iterator<Item = (&'a RelayId, &'a mut RelayQueue)> {
    queues.iter_mut().filter(|(relay, _)| subscribers.are_at(**relay))
}

impl ConversationActor {
    /// Hands segments to every relay with subscribers. `annotations` is what hangs on the messages that were read
    /// from the store; `is_ours` what a batch of this server has committed.
    pub(super) fn deliver(
        &mut self,
        segments: &[Segment],
        annotations: &AnnotationsByMessage,
        is_ours: bool,
    ) {
        for segment in segments {
            let conversation = self.core.id();
            self.services.announcer.tell(Announcement::Changed {
                conversation,
                segment,
                is_ours,
            });
            match segment.is_whole() {
                true => self.deliver_events(&segment.events),
                false => self.deliver_changes(segment, annotations),
            }
            self.news.add(self.core.id(), &segment.events, is_ours);
            self.notice_members(&segment.events);
            self.evict(segment.eviction);
        }
        // Delivered earlier, so there is nothing left to be in line with.
        let (head, _) = self.core.head();
        self.acknowledge_up_to(head);
    }

    /// An `ack` goes right behind its message, to its sender alone.
    fn deliver_events(&mut self, events: &[Arc<Event>]) {
        let (frames, ends) = server::events(self.core.id(), events.iter().map(AsRef::as_ref));
        let mut from = HashMap::new();
        for (event, end) in events.iter().zip(ends) {
            let Some((sender, _)) = self.acks.remove(&event.seq) else {
                continue;
            };
            let ack = acknowledge(self.core.id(), &sender, event, false);
            sender.unanswered.settle();
            let are_others_there = self.subscribers.are_at(sender.relay);
            let Some(queue) = self.queue_of(sender.relay) else {
                continue;
            };
            let from = from.entry(sender.relay).or_insert(0);
            if are_others_there {
                queue.push_everybody(frames.slice(*from..end));
            }
            queue.push(Delivery::One(sender.session, ack));
            *from = end;
        }
        for (relay, queue) in with_subscribers(&mut self.relay_queues, &self.subscribers) {
            let from = from.get(relay).copied().unwrap_or(0);
            queue.push_everybody(frames.slice(from..));
        }
    }

    /// All in one frame, and the `ack`s of what is in it behind that.
    fn deliver_changes(&mut self, segment: &Segment, annotations: &AnnotationsByMessage) {
        let id = self.core.id();
        if !self.subscribers.is_empty() {
            let whole = server::changes(id, segment, annotations);
            let (plain, _) = server::events(id, segment.events.iter().map(AsRef::as_ref));
            for (_, queue) in with_subscribers(&mut self.relay_queues, &self.subscribers) {
                queue.push_changes(whole.clone(), plain.clone());
            }
        }
        self.acknowledge_up_to(segment.seq);
    }

    pub(super) fn acknowledge_up_to(&mut self, seq: i64) {
        while let Some(first) = self.acks.first_entry().filter(|first| *first.key() <= seq) {
            let (sender, event) = first.remove();
            let ack = acknowledge(self.core.id(), &sender, &event, false);
            self.whisper(&sender, ack);
        }
    }

    fn evict(&mut self, eviction: Eviction) {
        let (gone, close) = match eviction {
            Eviction::Nobody => return,
            Eviction::User(user) => (self.subscribers.of_user(user), Close::REMOVED),
            Eviction::Everybody => (self.subscribers.all(), Close::NO_SUCH_CHAT),
        };
        for session in gone {
            let Some(subscriber) = self.subscribers.remove(session) else {
                continue;
            };
            if let Some(queue) = self.relay_queues.get_mut(&subscriber.relay) {
                queue.push(Delivery::Remove(session, subscriber.bound.then_some(close)));
            }
        }
    }

    pub(super) fn answer(&mut self, reply_to: ReplyTo, settled: Settled) {
        self.count(&settled);
        match reply_to {
            // A caller that hung up needs no answer.
            ReplyTo::Caller(caller) => drop(caller.send(Ok(settled))),
            ReplyTo::Session(sender) => {
                let frames = self.frames_for(&sender, &settled);
                self.whisper(&sender, frames);
            }
        }
    }

    fn count(&self, settled: &Settled) {
        let metrics = &self.services.metrics;
        match settled {
            Settled::Stored(_) => metrics.stored.inc(),
            Settled::Repeated(_) | Settled::Unchanged(_) => metrics.repeated.inc(),
            Settled::Refused(_) => metrics.refused.inc(),
        };
    }

    /// An `ack` answers only a send with a key; an error answers every send.
    fn frames_for(&self, sender: &Sender, settled: &Settled) -> Encoded {
        let conversation = self.core.id();
        match settled {
            Settled::Refused(refusal) => {
                let problem = Problem::told(*refusal, Surface::Frame);
                let key = sender.client_msg_id.as_ref();
                server::error(&problem, &About::change(Some(conversation), sender.message, key))
            }
            Settled::Stored(event) => acknowledge(conversation, sender, event, false),
            Settled::Repeated(event) => acknowledge(conversation, sender, event, true),
            Settled::Unchanged(seq) => {
                let key = sender.client_msg_id.as_ref();
                key.map(|key| server::unchanged(conversation, key, *seq)).unwrap_or_default()
            }
        }
    }

    pub(super) fn whisper(&mut self, sender: &Sender, frames: Encoded) {
        sender.unanswered.settle();
        if frames.is_empty() {
            return;
        }
        if let Some(queue) = self.queue_of(sender.relay) {
            queue.push(Delivery::One(sender.session, frames));
        }
    }

    /// The queue to a relay, also one where nobody listens; `None` if there is no such relay.
    fn queue_of(&mut self, relay: RelayId) -> Option<&mut RelayQueue> {
        if let std::collections::hash_map::Entry::Vacant(place) = self.relay_queues.entry(relay) {
            place.insert(RelayQueue::new(self.services.directory.relay(relay)?));
        }
        self.relay_queues.get_mut(&relay)
    }

    /// Tells that it has moved on, a few times a second at most.
    pub(super) fn tell_news(&mut self) {
        if let Some((news, is_ours)) = self.news.take_due(self.started.elapsed()) {
            let news = &news;
            self.services.announcer.tell(Announcement::Advanced { news, is_ours });
        }
    }

    /// Hands each idle relay what waits for it; forgets relays that nobody listens at.
    pub(super) fn flush(&mut self, ctx: &Context<Self>) {
        let incarnation = self.incarnation(ctx);
        for queue in self.relay_queues.values_mut() {
            if let Some(items) = queue.next_delivery() {
                self.services.metrics.relay_messages.inc();
                let incarnation = incarnation.clone();
                queue.addr.do_send(Deliver { incarnation, items });
            }
        }
        let subscribers = &self.subscribers;
        self.relay_queues
            .retain(|relay, queue| queue.is_working() || subscribers.are_at(*relay));
        let (seq, _) = self.core.head();
        self.followed.set(seq, self.subscribers.len());
    }

    /// Remembers the senders that get an `ack` in line with what is new; the rest is to be answered after.
    pub(super) fn take_acks(
        &mut self,
        answers: Vec<(ReplyTo, Settled)>,
    ) -> Vec<(ReplyTo, Settled)> {
        let mut others = Vec::new();
        for (reply_to, settled) in answers {
            match (reply_to, settled) {
                (ReplyTo::Session(sender), Settled::Stored(event))
                    if sender.client_msg_id.is_some() =>
                {
                    self.services.metrics.stored.inc();
                    self.acks.insert(event.seq, (sender, event));
                }
                other => others.push(other),
            }
        }
        others
    }
}
