//! A conversation's rule before and after the transaction.
//!
//! ```text
//! decide ─▶ enqueue ─▶ take_batch ─▶ (the writer commits) ─▶ committed ─▶ answers and deliveries
//!    │         │                          │                     ▲
//!  refuse     busy                      failed ─▶ answers      heard, caught_up
//! ```
//!
//! One batch is in flight at a time; what arrives meanwhile is the next batch. That is the whole of
//! group commit from here: no timer, and no wait when idle.
//!
//! Another process may commit to the same conversation. What is learnt of that, from whomever and in
//! whatever order, goes the same way to the listeners (`hearing`): without a gap, and each change once.
//!
//! `W` is whatever waits for the answer; the rule only carries it. Time comes in as the span since
//! an arbitrary fixed start.

mod hearing;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use crate::domain::event::Settled;
use crate::domain::limits::{BatchBounds, QueueBounds};
use crate::domain::{Change, ConversationId, Event, Kind, Refusal, Role, UserId};

pub use hearing::{AHEAD_BYTES, CaughtUp, Missing};

/// What a conversation is when it is loaded from the store.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// Its identity.
    pub id: ConversationId,
    /// Its kind.
    pub kind: Kind,
    /// The last `seq`.
    pub head_seq: i64,
    /// The last `n`.
    pub head_n: i64,
    /// Its members now.
    pub roles: HashMap<UserId, Role>,
}

/// A conversation in memory: a cache of the ledger, good enough to refuse early and to deliver in
/// order, never the authority.
#[derive(Debug)]
pub struct Conversation<W> {
    id: ConversationId,
    kind: Kind,
    is_deleted: bool,
    head_seq: i64,
    head_n: i64,
    roles: HashMap<UserId, Role>,
    queue: VecDeque<Queued<W>>,
    queue_bytes: usize,
    in_flight: Option<InFlight<W>>,
    bounds: QueueBounds,
    /// Does nobody else write to the store? Then memory may refuse whom it does not know.
    is_alone: bool,
    /// The last `seq` that certainly is in the store and is not explained by a batch in flight.
    target: i64,
    /// The same, heard while a batch was in flight: that may be what it is about.
    rumour: i64,
    /// What is known behind a gap, by `seq`.
    ahead: BTreeMap<i64, Arc<Event>>,
    ahead_bytes: usize,
    /// Where the gap begins that is being filled.
    gap_from: Option<i64>,
}

#[derive(Debug)]
struct Queued<W> {
    change: Change,
    waiter: W,
    since: Duration,
}

#[derive(Debug)]
struct InFlight<W> {
    /// Taken out when its owner has been told that the outcome is unknown.
    waiters: Vec<Option<W>>,
    since: Duration,
}

/// What became of a batch: who is told what, and what everybody sees.
#[derive(Debug)]
pub struct Committed<W> {
    /// The answer to each change whose owner still waits, in the order of the batch.
    pub answers: Vec<(W, Settled)>,
    /// What is new, cut so that a removed member's sockets end between two segments.
    pub segments: Vec<Segment>,
}

/// The changes after one position up to another, and who must see nothing after them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The position of everybody who listens.
    pub after: i64,
    /// Their position with it.
    pub seq: i64,
    /// By `seq`. What was read from the store lacks the numbers of what has changed again since.
    pub events: Vec<Arc<Event>>,
    /// Whose sockets end here.
    pub eviction: Eviction,
}

impl Segment {
    /// Is there an event for each number?
    pub fn is_whole(&self) -> bool {
        i64::try_from(self.events.len()).is_ok_and(|events| events == self.seq - self.after)
    }
}

/// Whose sockets end behind a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Eviction {
    /// The next segment goes to the same ones.
    Nobody,
    /// This user is no longer a member.
    User(UserId),
    /// The conversation is gone.
    Everybody,
}

impl<W> Conversation<W> {
    /// A conversation as the store has it.
    pub fn new(loaded: Loaded, bounds: QueueBounds) -> Self {
        Self {
            id: loaded.id,
            kind: loaded.kind,
            is_deleted: false,
            head_seq: loaded.head_seq,
            head_n: loaded.head_n,
            roles: loaded.roles,
            queue: VecDeque::new(),
            queue_bytes: 0,
            in_flight: None,
            bounds,
            is_alone: true,
            target: 0,
            rumour: 0,
            ahead: BTreeMap::new(),
            ahead_bytes: 0,
            gap_from: None,
        }
    }

    /// The same where another process may make somebody a member at any time: the ledger says who is
    /// none.
    pub fn shared(self) -> Self {
        Self {
            is_alone: false,
            ..self
        }
    }

    /// Its identity.
    pub fn id(&self) -> ConversationId {
        self.id
    }

    /// Its kind.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The last `(seq, n)` that was delivered.
    pub fn head(&self) -> (i64, i64) {
        (self.head_seq, self.head_n)
    }

    /// The role of `user`, `None` for one who is no member or if the conversation is gone.
    pub fn role_of(&self, user: UserId) -> Option<Role> {
        if self.is_deleted {
            return None;
        }
        self.roles.get(&user).copied()
    }

    /// Its members, in no order.
    pub fn members(&self) -> impl ExactSizeIterator<Item = UserId> {
        self.roles.keys().copied()
    }

    /// How many changes wait or are being committed.
    pub fn pending(&self) -> usize {
        self.queue.len() + self.in_flight.as_ref().map_or(0, |batch| batch.waiters.len())
    }

    /// May this be queued at all? Only what the ledger would surely refuse too is refused here. A
    /// keyed post always passes: it may repeat one that was stored while its sender was a member.
    pub fn decide(&self, change: &Change) -> Result<(), Refusal> {
        if change.is_keyed() {
            return Ok(());
        }
        if self.is_deleted {
            return Err(Refusal::ChatNotFound);
        }
        if self.pending() > 0 || !self.is_alone {
            // What is on its way, or was stored by another process, may change the asker's role; the
            // ledger will know.
            return Ok(());
        }
        match change {
            Change::Post(post) => match post.sender().map(|user| self.role_of(user)) {
                Some(None) => Err(Refusal::NotMember),
                Some(Some(role)) if !role.may_write() => Err(Refusal::ReadOnly),
                _ => Ok(()),
            },
            Change::React { user, .. } if self.role_of(*user).is_none() => Err(Refusal::NotMember),
            Change::Edit { by, .. }
            | Change::Delete { by, .. }
            | Change::Pin { by, .. }
            | Change::Join { by, .. }
            | Change::Leave { by, .. }
            | Change::SetRole { by, .. }
            | Change::Rename { by, .. }
            | Change::DeleteChat { by } => match by.user() {
                Some(user) if self.role_of(user).is_none() => Err(Refusal::NotMember),
                _ => Ok(()),
            },
            Change::React { .. } | Change::Abandon | Change::Register(_) => Ok(()),
        }
    }

    /// Puts a change in line, or gives the waiter back with the reason: refused, or `busy` when the
    /// line is full in changes or bytes.
    pub fn enqueue(
        &mut self,
        change: Change,
        waiter: W,
        now: Duration,
    ) -> Result<(), (W, Refusal)> {
        if let Err(refusal) = self.decide(&change) {
            return Err((waiter, refusal));
        }
        let bytes = change.bytes();
        let full =
            self.queue.len() >= self.bounds.changes || self.queue_bytes + bytes > self.bounds.bytes;
        if full {
            return Err((waiter, Refusal::Busy));
        }
        self.queue_bytes += bytes;
        self.queue.push_back(Queued {
            change,
            waiter,
            since: now,
        });
        Ok(())
    }

    /// The next batch, if there is something to do and nothing in flight.
    pub fn take_batch(&mut self, bounds: BatchBounds, now: Duration) -> Option<Vec<Change>> {
        if self.in_flight.is_some() || self.queue.is_empty() {
            return None;
        }
        let mut changes = Vec::new();
        let mut waiters = Vec::new();
        let mut bytes = 0;
        while let Some(next) = self.queue.front() {
            bytes += next.change.bytes();
            if !changes.is_empty() && (changes.len() >= bounds.changes || bytes > bounds.bytes) {
                break;
            }
            if let Some(queued) = self.queue.pop_front() {
                self.queue_bytes -= queued.change.bytes();
                changes.push(queued.change);
                waiters.push(Some(queued.waiter));
            }
        }
        self.in_flight = Some(InFlight {
            waiters,
            since: now,
        });
        Some(changes)
    }

    /// The batch in flight was decided: `settled` has one entry a change, in order. What another process
    /// has stored before it is missing then, and is delivered first.
    pub fn committed(&mut self, settled: Vec<Settled>) -> Committed<W> {
        let waiters = self.in_flight.take().map_or_else(Vec::new, |batch| batch.waiters);
        let events = settled.iter().filter_map(|settled| match settled {
            Settled::Stored(event) => Some(event.clone()),
            _ => None,
        });
        let segments = self.heard(events.collect::<Vec<_>>());
        self.believe_rumour();
        let answers = waiters
            .into_iter()
            .zip(settled)
            .filter_map(|(waiter, settled)| waiter.map(|waiter| (waiter, settled)))
            .collect();
        Committed { answers, segments }
    }

    /// The batch in flight was certainly not stored, for `refusal`.
    pub fn failed(&mut self, refusal: Refusal) -> Vec<(W, Refusal)> {
        let waiters = self.in_flight.take().map_or_else(Vec::new, |batch| batch.waiters);
        self.believe_rumour();
        waiters.into_iter().flatten().map(|waiter| (waiter, refusal)).collect()
    }

    /// Who has waited too long: those in line are dropped from it (`busy`, not stored); those in
    /// flight are told that the outcome is not known yet, and may see it delivered later.
    pub fn expire(&mut self, now: Duration) -> Vec<(W, Refusal)> {
        let age = self.bounds.age;
        let is_old = |since: Duration| now.saturating_sub(since) >= age;
        let mut expired = Vec::new();
        if let Some(batch) = self.in_flight.as_mut().filter(|batch| is_old(batch.since)) {
            let waiters = batch.waiters.iter_mut().filter_map(Option::take);
            expired.extend(waiters.map(|waiter| (waiter, Refusal::OutcomeUnknown)));
        }
        while self.queue.front().is_some_and(|queued| is_old(queued.since)) {
            if let Some(queued) = self.queue.pop_front() {
                self.queue_bytes -= queued.change.bytes();
                expired.push((queued.waiter, Refusal::Busy));
            }
        }
        expired
    }
}
