//! What a follower does next: a part of the server that must miss nothing of what is committed (a search
//! index, notifications) reads each conversation from a position of its own on, which is stored with what
//! it makes of it.
//!
//! An [`Agenda`] knows no position. It knows which conversations may have more, from hints, which may be
//! lost, repeated, late and in any order, and from walking through the store, which finds what no hint
//! told. So it may be bounded, thrown away with the process, and begun anew at any time.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::time::Duration;

use crate::domain::ConversationId;

/// Conversations that are remembered as due; of others the next walk through the store says so again.
pub const DUE_AT_MOST: usize = 10_000;
/// Conversations that one step of the walk asks about.
pub const WALK_PAGE: usize = 1_000;
/// How long after one step of the walk the next one is taken, once all have been asked about.
pub const WALK_EVERY: Duration = Duration::from_secs(1);

/// How long a conversation that has failed rests: so long, and twice as long each time after.
const REST_AT_FIRST: Duration = Duration::from_millis(100);
/// And so long at most.
pub const REST_AT_MOST: Duration = Duration::from_secs(60);
/// How long everything rests at most where one conversation after the other fails: then it is not the
/// conversations.
pub const PAUSE_AT_MOST: Duration = Duration::from_secs(5);

/// What is to be done now. Time is the span since an arbitrary fixed start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Read on in this conversation, and say what became of it.
    Read(ConversationId),
    /// Ask the store how far the conversations behind this one have come, [`WALK_PAGE`] of them.
    Walk(ConversationId),
    /// Nothing before this time, unless a hint comes.
    Rest(Duration),
}

/// How far a conversation has come, and a follower in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The conversation.
    pub conversation: ConversationId,
    /// The follower has everything up to here.
    pub position: i64,
    /// The conversation's last `seq`.
    pub head: i64,
}

/// What became of reading on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepOutcome {
    /// The follower has everything up to `position` now, and the store had `head` when it was read.
    Moved {
        /// Where the follower stands.
        position: i64,
        /// Where the conversation stood.
        head: i64,
    },
    /// Another server's follower of the same name was faster: the position is to be read anew.
    Overtaken,
    /// It came to nothing, and is to be tried again.
    Failed,
}

/// Which conversations a follower has to read, and in which order: one step of each after the other, so that
/// a long history does not keep the others waiting.
#[derive(Debug, Default)]
pub struct Agenda {
    due: VecDeque<ConversationId>,
    /// Those that have failed, and when they are tried again.
    resting: BTreeSet<(Duration, ConversationId)>,
    /// All of them, and the one that is being read.
    pending: HashMap<ConversationId, Pending>,
    at_work: Option<ConversationId>,
    walk: Walk,
    /// Conversations that have failed in a row.
    failures: u32,
    failed_last: Option<ConversationId>,
    rests_until: Duration,
}

#[derive(Clone, Copy, Debug, Default)]
struct Pending {
    /// The last `seq` that was heard of since it was read.
    seq: i64,
    /// In a row.
    failures: u32,
}

#[derive(Debug)]
struct Walk {
    /// The last conversation that was asked about.
    after: ConversationId,
    /// When the next ones are.
    at: Duration,
    failures: u32,
    /// Have all been asked about since the start?
    has_been_round: bool,
}

impl Default for Walk {
    fn default() -> Self {
        Self {
            after: ConversationId(0),
            at: Duration::ZERO,
            failures: 0,
            has_been_round: false,
        }
    }
}

impl Agenda {
    /// A conversation has come to `seq`, as somebody says.
    pub fn hint(&mut self, conversation: ConversationId, seq: i64) {
        if let Some(pending) = self.pending.get_mut(&conversation) {
            pending.seq = pending.seq.max(seq);
        } else if self.pending.len() < DUE_AT_MOST {
            self.pending.insert(conversation, Pending { seq, failures: 0 });
            self.due.push_back(conversation);
        }
    }

    /// What is to be done. One thing at a time: whoever is told to read says what became of it before
    /// asking again.
    pub fn next(&mut self, now: Duration) -> Next {
        // Nothing was said of it.
        self.due.extend(self.at_work.take());
        if now < self.rests_until {
            return Next::Rest(self.rests_until);
        }
        while let Some((_, conversation)) = self.resting.first().filter(|(at, _)| *at <= now) {
            self.due.push_back(*conversation);
            self.resting.pop_first();
        }
        if self.walk.at <= now && self.pending.len() + WALK_PAGE <= DUE_AT_MOST {
            return Next::Walk(self.walk.after);
        }
        if let Some(conversation) = self.due.pop_front() {
            self.at_work = Some(conversation);
            // What it has heard of is there to be read, or was not true.
            if let Some(pending) = self.pending.get_mut(&conversation) {
                pending.seq = 0;
            }
            return Next::Read(conversation);
        }
        let tried_again = self.resting.first().map_or(Duration::MAX, |(at, _)| *at);
        let has_room = self.pending.len() + WALK_PAGE <= DUE_AT_MOST;
        Next::Rest(if has_room {
            tried_again.min(self.walk.at)
        } else {
            tried_again
        })
    }

    /// The conversations behind the one that the walk had come to, in the order of their ids, all that
    /// there are up to [`WALK_PAGE`].
    pub fn walked(&mut self, page: &[Progress], now: Duration) {
        for progress in page.iter().filter(|progress| progress.head > progress.position) {
            self.hint(progress.conversation, progress.head);
        }
        let is_last = page.len() < WALK_PAGE;
        self.walk.has_been_round |= is_last;
        self.walk.failures = 0;
        self.walk.after = match page.last() {
            Some(last) if !is_last => last.conversation,
            _ => ConversationId(0),
        };
        // The first time round at once: this is how what was missed while the server was down is found.
        self.walk.at = if self.walk.has_been_round {
            now + WALK_EVERY
        } else {
            now
        };
    }

    /// The store did not answer.
    pub fn walk_failed(&mut self, now: Duration) {
        self.walk.failures = self.walk.failures.saturating_add(1);
        self.walk.at = now + rest(self.walk.failures, REST_AT_MOST).max(WALK_EVERY);
    }

    /// What became of the conversation that was to be read.
    pub fn done(&mut self, outcome: StepOutcome, now: Duration) {
        let Some(conversation) = self.at_work.take() else {
            return;
        };
        let Some(pending) = self.pending.get_mut(&conversation) else {
            return;
        };
        match outcome {
            StepOutcome::Moved { position, head } => {
                (self.failures, self.failed_last, pending.failures) = (0, None, 0);
                if pending.seq.max(head) > position {
                    self.due.push_back(conversation);
                } else {
                    self.pending.remove(&conversation);
                }
            }
            StepOutcome::Overtaken => self.due.push_back(conversation),
            StepOutcome::Failed => {
                pending.failures = pending.failures.saturating_add(1);
                self.resting.insert((now + rest(pending.failures, REST_AT_MOST), conversation));
                if self.failed_last.replace(conversation) != Some(conversation) {
                    self.failures = self.failures.saturating_add(1);
                }
                self.rests_until = now + rest(self.failures, PAUSE_AT_MOST);
            }
        }
    }

    /// Conversations that are to be read, or tried again.
    pub fn behind(&self) -> usize {
        self.pending.len()
    }
}

/// How long after so many failures in a row.
fn rest(failures: u32, most: Duration) -> Duration {
    let doublings = failures.saturating_sub(1).min(16);
    (REST_AT_FIRST * (1 << doublings)).min(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: ConversationId = ConversationId(1);
    const B: ConversationId = ConversationId(2);
    const START: Duration = Duration::ZERO;

    fn moved(position: i64, head: i64) -> StepOutcome {
        StepOutcome::Moved { position, head }
    }

    /// One that has been round already, and found nothing.
    fn walked() -> Agenda {
        let mut agenda = Agenda::default();
        assert_eq!(agenda.next(START), Next::Walk(ConversationId(0)));
        agenda.walked(&[], START);
        agenda
    }

    #[test]
    fn it_begins_by_walking_through_the_store_page_by_page() {
        let mut agenda = Agenda::default();
        let page = |from: i64, len: i64| {
            let one = |id| Progress {
                conversation: ConversationId(id),
                position: 3,
                head: 3 + i64::from(id == 7),
            };
            (from..from + len).map(one).collect::<Vec<_>>()
        };
        let full = WALK_PAGE as i64;
        assert_eq!(agenda.next(START), Next::Walk(ConversationId(0)));
        agenda.walked(&page(1, full), START);
        assert_eq!(agenda.next(START), Next::Walk(ConversationId(full)));
        agenda.walked(&page(full + 1, 5), START);
        assert_eq!(agenda.next(START), Next::Read(ConversationId(7)));
        agenda.done(moved(4, 4), START);
        assert_eq!(agenda.next(START), Next::Rest(WALK_EVERY), "and now and then it walks on");
        assert_eq!(agenda.next(WALK_EVERY), Next::Walk(ConversationId(0)));
    }

    #[test]
    fn a_long_history_does_not_keep_the_others_waiting() {
        let mut agenda = walked();
        agenda.hint(A, 1_000);
        assert_eq!(agenda.next(START), Next::Read(A));
        agenda.hint(B, 1);
        agenda.done(moved(200, 1_000), START);
        assert_eq!(agenda.next(START), Next::Read(B));
        agenda.done(moved(1, 1), START);
        assert_eq!(agenda.next(START), Next::Read(A));
    }

    #[test]
    fn what_is_said_while_a_conversation_is_read_has_it_read_again() {
        let mut agenda = walked();
        agenda.hint(A, 1);
        assert_eq!(agenda.next(START), Next::Read(A));
        agenda.hint(A, 2);
        agenda.done(moved(1, 1), START);
        assert_eq!(agenda.next(START), Next::Read(A));
        agenda.hint(A, 2);
        agenda.done(moved(2, 2), START);
        assert_eq!(agenda.behind(), 0);
    }

    #[test]
    fn what_fails_is_tried_again_later_and_later_and_holds_up_nothing_else() {
        let mut agenda = walked();
        let (mut now, mut waited) = (START, Vec::new());
        agenda.hint(A, 1);
        for seq in 0..12 {
            let began = now;
            loop {
                match agenda.next(now) {
                    Next::Rest(until) => now = until,
                    Next::Walk(_) => agenda.walked(&[], now),
                    Next::Read(A) => break,
                    Next::Read(_) => {
                        assert!(now <= began + REST_AT_FIRST, "{now:?} after {began:?}");
                        agenda.done(moved(seq, seq), now);
                    }
                }
            }
            waited.push(now - began);
            agenda.done(StepOutcome::Failed, now);
            agenda.hint(B, seq + 1);
            if seq == 11 {
                agenda.done(StepOutcome::Failed, now);
            }
        }
        assert!(waited.is_sorted(), "{waited:?}");
        assert_eq!(waited.last(), Some(&REST_AT_MOST));
    }

    #[test]
    fn where_everything_fails_it_pauses_and_where_something_succeeds_it_goes_on() {
        let mut agenda = walked();
        for id in 1..=20 {
            agenda.hint(ConversationId(id), 1);
        }
        let mut now = START;
        for _ in 1..=20 {
            if let Next::Rest(until) = agenda.next(now) {
                now = until;
            }
            match agenda.next(now) {
                Next::Walk(_) => agenda.walked(&[], now),
                _ => agenda.done(StepOutcome::Failed, now),
            }
        }
        assert_eq!(agenda.next(now), Next::Rest(now + PAUSE_AT_MOST));
        now += PAUSE_AT_MOST;
        while let Next::Walk(_) = agenda.next(now) {
            agenda.walked(&[], now);
        }
        agenda.done(moved(1, 1), now);
        assert!(matches!(agenda.next(now), Next::Read(_)), "{agenda:?}");
    }

    #[test]
    fn what_has_no_room_is_found_by_the_walk() {
        let mut agenda = walked();
        for id in 0..2 * DUE_AT_MOST as i64 {
            agenda.hint(ConversationId(id), 1);
        }
        assert_eq!(agenda.behind(), DUE_AT_MOST);
        let late = WALK_EVERY * 2;
        assert_eq!(agenda.next(late), Next::Read(ConversationId(0)), "no walk without room");
        agenda.done(moved(1, 1), late);
        for id in 1..=WALK_PAGE as i64 {
            let next = agenda.next(late);
            if next == Next::Walk(ConversationId(0)) {
                assert_eq!(agenda.behind() + WALK_PAGE, DUE_AT_MOST);
                return;
            }
            assert_eq!(next, Next::Read(ConversationId(id)));
            agenda.done(moved(1, 1), late);
        }
        panic!("it never walks again");
    }
}
