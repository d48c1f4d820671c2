//! How a conversation learns what was committed: by its own batches, by others who tell of theirs, and
//! from the store. All of it may come late, twice or in any order. What is delivered is the run of the
//! store's numbers, each once.
//!
//! What comes behind a gap waits (`ahead`), as much as has room; that it is there is remembered in any
//! case. What is [`missing`](Conversation::missing) is read from the store, which fills the gap
//! ([`caught_up`](Conversation::caught_up)).

use std::sync::Arc;

use crate::domain::conversation::{Conversation, Eviction, Loaded, Segment};
use crate::domain::{Event, Fact};

/// Bytes that are kept of what comes behind a gap; the rest is read with the gap.
pub const AHEAD_BYTES: usize = 1 << 20;

/// What an event costs beside its text.
const EVENT_BYTES: usize = 256;

/// What is to be read from the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missing {
    /// What is up to here is known to everybody who has listened since the gap began.
    pub known: i64,
    /// After this `seq`.
    pub after: i64,
    /// Up to and including this one.
    pub upto: i64,
}

/// What the store had after a position.
#[derive(Clone, Debug)]
pub struct CaughtUp {
    /// The position.
    pub after: i64,
    /// What has changed, by `seq`, each thing at its last place.
    pub events: Vec<Arc<Event>>,
    /// All changes up to here are among them.
    pub seq: i64,
}

impl<W> Conversation<W> {
    /// These were committed, by whomever. What is delivered now: what follows on what was before.
    pub fn heard(&mut self, events: Vec<Arc<Event>>) -> Vec<Segment> {
        let mut run = SegmentBuilder::new(self.head_seq);
        for event in events {
            if event.seq == self.head_seq + 1 {
                self.deliver(event, &mut run);
            } else if event.seq > self.head_seq {
                self.keep(event);
            }
        }
        self.follow_on(&mut run);
        self.note_gap();
        run.cut()
    }

    /// The store's last `seq` was this, at some time. If a batch is in flight, that may be it.
    pub fn heard_of(&mut self, seq: i64) {
        self.rumour = self.rumour.max(seq);
        if self.in_flight.is_none() {
            self.believe_rumour();
        }
    }

    /// No batch is in flight: whatever is behind the head was committed by others.
    pub(super) fn believe_rumour(&mut self) {
        self.target = self.target.max(self.rumour);
        self.note_gap();
    }

    /// What is in the store and not here, if anything is.
    pub fn missing(&self) -> Option<Missing> {
        let last = self.ahead.last_key_value().map_or(0, |(seq, _)| *seq);
        let upto = self.target.max(last);
        (upto > self.head_seq).then(|| Missing {
            known: self.gap_from.unwrap_or(self.head_seq),
            after: self.head_seq,
            upto,
        })
    }

    /// The store had this. What is delivered now: all of it that is not known yet, and what waited for
    /// it.
    pub fn caught_up(&mut self, read: CaughtUp) -> Vec<Segment> {
        if read.after > self.head_seq {
            return Vec::new();
        }
        let mut run = SegmentBuilder::new(self.head_seq);
        for event in read.events {
            if event.seq > self.head_seq && event.seq <= read.seq {
                self.deliver(event, &mut run);
            }
        }
        self.head_seq = self.head_seq.max(read.seq);
        run.reach(self.head_seq);
        self.follow_on(&mut run);
        self.note_gap();
        run.cut()
    }

    /// The store has these members. What has no `seq` is learnt like this only: that somebody's account
    /// is active again. Nothing is delivered.
    pub fn reloaded(&mut self, loaded: Loaded) {
        if loaded.head_seq == self.head_seq && self.in_flight.is_none() {
            self.roles = loaded.roles;
        }
        self.heard_of(loaded.head_seq);
    }

    /// Keeps what is behind a gap, if there is room; that it is there is known in any case.
    fn keep(&mut self, event: Arc<Event>) {
        self.target = self.target.max(event.seq);
        let bytes = cost(&event);
        let is_known = self.ahead.contains_key(&event.seq);
        if !is_known && self.ahead_bytes + bytes <= AHEAD_BYTES {
            self.ahead_bytes += bytes;
            self.ahead.insert(event.seq, event);
        }
    }

    /// Delivers what waited for what is known by now.
    fn follow_on(&mut self, run: &mut SegmentBuilder) {
        while let Some(first) = self.ahead.first_entry() {
            if *first.key() > self.head_seq + 1 {
                break;
            }
            let event = first.remove();
            self.ahead_bytes -= cost(&event);
            if event.seq == self.head_seq + 1 {
                self.deliver(event, run);
            }
        }
    }

    fn note_gap(&mut self) {
        let is_behind = self.missing().is_some();
        self.gap_from = is_behind.then(|| self.gap_from.unwrap_or(self.head_seq));
    }

    fn deliver(&mut self, event: Arc<Event>, run: &mut SegmentBuilder) {
        let eviction = self.learn(&event);
        run.add(event, eviction);
    }

    fn learn(&mut self, event: &Event) -> Eviction {
        self.head_seq = event.seq;
        match &event.fact {
            // Of what the store remembers, the last place of a message says nothing of its number's.
            Fact::Posted(message) | Fact::Edited(message) | Fact::Deleted(message) => {
                self.head_n = self.head_n.max(message.n);
            }
            Fact::Joined { user, role, .. } | Fact::RoleChanged { user, role, .. } => {
                self.roles.insert(*user, *role);
            }
            Fact::Left { user, .. } => {
                self.roles.remove(user);
                return Eviction::User(*user);
            }
            Fact::Reacted(_) | Fact::Pinned(_) | Fact::Renamed { .. } => {}
            Fact::ChatDeleted => {
                self.is_deleted = true;
                return Eviction::Everybody;
            }
        }
        Eviction::Nobody
    }
}

fn cost(event: &Event) -> usize {
    event.bytes() + EVENT_BYTES
}

/// What is delivered at once: cut where somebody's sockets end, and between what the store has read
/// together and what came by itself.
struct SegmentBuilder {
    segments: Vec<Segment>,
    after: i64,
    seq: i64,
    events: Vec<Arc<Event>>,
}

impl SegmentBuilder {
    fn new(after: i64) -> Self {
        Self {
            segments: Vec::new(),
            after,
            seq: after,
            events: Vec::new(),
        }
    }

    fn add(&mut self, event: Arc<Event>, eviction: Eviction) {
        self.seq = event.seq;
        self.events.push(event);
        if eviction != Eviction::Nobody {
            self.end(eviction);
        }
    }

    /// Everything up to `seq` is told.
    fn reach(&mut self, seq: i64) {
        self.seq = seq;
        self.end(Eviction::Nobody);
    }

    fn end(&mut self, eviction: Eviction) {
        if self.seq > self.after {
            self.segments.push(Segment {
                after: self.after,
                seq: self.seq,
                events: std::mem::take(&mut self.events),
                eviction,
            });
            self.after = self.seq;
        }
    }

    fn cut(mut self) -> Vec<Segment> {
        self.end(Eviction::Nobody);
        self.segments
    }
}
