//! Handing out what has happened: events to everybody, answers to their senders, news to those who
//! have the conversation in the background.

use std::collections::HashMap;
use std::sync::Arc;

use actix::Context;

use crate::actors::ConversationActor;
use crate::actors::conversation::lane::Lane;
use crate::actors::messages::{Deliver, Delivery, RelayId, ReplyTo, Sender};
use crate::domain::conversation::{Piece, Then};
use crate::domain::event::Settled;
use crate::domain::refusal::Surface;
use crate::domain::{ConversationId, Event};
use crate::wire::{About, Close, Encoded, Problem, server};

/// Who gets an `ack` behind which `seq`.
pub(super) type Acks = HashMap<i64, (Sender, Arc<Event>)>;

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

impl ConversationActor {
    /// Hands a piece to every relay with listeners; an `ack` goes right behind its message, to its
    /// sender alone.
    pub(super) fn deliver(&mut self, piece: &Piece, acks: &mut Acks) {
        let events = piece.events.iter().map(AsRef::as_ref);
        let (frames, ends) = server::events(self.core.id(), events);
        let mut from = HashMap::new();
        for (event, end) in piece.events.iter().zip(ends) {
            let Some((sender, _)) = acks.remove(&event.seq) else {
                continue;
            };
            let ack = acknowledge(self.core.id(), &sender, event, false);
            sender.unanswered.settle();
            let Some(lane) = self.lane_of(sender.relay) else {
                continue;
            };
            let from = from.entry(sender.relay).or_insert(0);
            lane.push_everybody(frames.slice(*from..end));
            lane.push(Delivery::One(sender.session, ack));
            *from = end;
        }
        for (relay, lane) in &mut self.lanes {
            let from = from.get(relay).copied().unwrap_or(0);
            lane.push_everybody(frames.slice(from..));
        }
        self.news.add(self.core.id(), &piece.events);
        self.notice_members(&piece.events);
        self.expel(piece.then);
    }

    fn expel(&mut self, then: Then) {
        let (gone, close) = match then {
            Then::Continue => return,
            Then::Expel(user) => (self.audience.of_user(user), Close::REMOVED),
            Then::ExpelAll => (self.audience.all(), Close::NO_SUCH_CHAT),
        };
        for session in gone {
            let Some(listener) = self.audience.remove(session) else {
                continue;
            };
            if let Some(lane) = self.lanes.get_mut(&listener.relay) {
                lane.listeners -= 1;
                lane.push(Delivery::Remove(session, listener.bound.then_some(close)));
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
        let metrics = &self.around.metrics;
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
        if let Some(lane) = self.lane_of(sender.relay) {
            lane.push(Delivery::One(sender.session, frames));
        }
    }

    /// The lane to a relay, also one where nobody listens; `None` if there is no such relay.
    fn lane_of(&mut self, relay: RelayId) -> Option<&mut Lane> {
        if let std::collections::hash_map::Entry::Vacant(place) = self.lanes.entry(relay) {
            place.insert(Lane::new(self.around.directory.relay(relay)?));
        }
        self.lanes.get_mut(&relay)
    }

    /// Tells the relays that it has moved on, a few times a second at most.
    pub(super) fn tell_news(&mut self) {
        if let Some(news) = self.news.take_due(self.started.elapsed()) {
            for relay in self.around.directory.relays() {
                self.around.metrics.relay_messages.inc();
                relay.do_send(news.clone());
            }
        }
    }

    /// Hands each idle relay what waits for it; forgets relays that nobody listens at.
    pub(super) fn flush(&mut self, ctx: &Context<Self>) {
        let incarnation = self.incarnation(ctx);
        for lane in self.lanes.values_mut() {
            if let Some(items) = lane.take() {
                self.around.metrics.relay_messages.inc();
                let incarnation = incarnation.clone();
                lane.addr.do_send(Deliver { incarnation, items });
            }
        }
        self.lanes.retain(|_, lane| !lane.is_idle());
    }

    /// Takes the senders out that get an `ack` in line with what is new; the rest is answered after.
    pub(super) fn take_acks(
        &self,
        answers: Vec<(ReplyTo, Settled)>,
    ) -> (Acks, Vec<(ReplyTo, Settled)>) {
        let mut acks = Acks::new();
        let mut others = Vec::new();
        for (reply_to, settled) in answers {
            match (reply_to, settled) {
                (ReplyTo::Session(sender), Settled::Stored(event))
                    if sender.client_msg_id.is_some() =>
                {
                    self.around.metrics.stored.inc();
                    acks.insert(event.seq, (sender, event));
                }
                other => others.push(other),
            }
        }
        (acks, others)
    }

    pub(super) fn expel_for_resync(&mut self) {
        for session in self.audience.all() {
            let listener = self.audience.remove(session);
            if let Some(lane) = listener.and_then(|gone| self.lanes.get_mut(&gone.relay)) {
                lane.listeners -= 1;
                lane.push(Delivery::Remove(session, Some(Close::RESYNC)));
            }
        }
    }
}
