//! What the hub publishes: numbered, sealed, and in as few envelopes as it fits into.

use std::sync::Arc;

use serde::Serialize;

use crate::actors::metrics::Metrics;
use crate::bus::Bus;
use crate::bus::content::CarriedEvent;
use crate::bus::envelope::{AROUND, Content, Sealer};
use crate::bus::hint::Hint;

/// Users in one part of a list of them.
pub(super) const USERS: usize = 400;
/// Tokens in one hint.
const TOKENS: usize = 400;
/// What a list of changes takes beside them, in bytes.
const EVENTS: usize = 16;

/// What one node says.
#[derive(Debug)]
pub(super) struct Publisher {
    pub(super) bus: Arc<dyn Bus>,
    pub(super) sealer: Sealer,
    /// The last number that was given to an envelope.
    pub(super) number: u64,
    pub(super) metrics: Arc<Metrics>,
}

impl Publisher {
    /// Something is not said, as there was too much: a number that nobody hears.
    pub(super) fn skip(&mut self) {
        self.number += 1;
    }

    /// Publishes hints, in order; those that may be lost have no number, and come after the others.
    pub(super) fn send(&mut self, hints: Vec<Hint>) {
        let most = self.most();
        let (droppable, durable): (Vec<_>, Vec<_>) =
            hints.into_iter().flat_map(|hint| cut(hint, most)).partition(Hint::is_droppable);
        self.publish(durable, true);
        self.publish(droppable, false);
    }

    /// What the hints of one envelope may have together, in bytes.
    fn most(&self) -> usize {
        self.bus.most_bytes().saturating_sub(AROUND)
    }

    fn publish(&mut self, hints: Vec<Hint>, has_number: bool) {
        for hints in together(hints, self.most()) {
            // What does not fit into any is a hole that the others see.
            self.number += u64::from(has_number);
            let number = has_number.then_some(self.number);
            let sealed = hints.and_then(|hints| self.sealer.seal(&Content { number, hints }));
            if let Some(sealed) = sealed {
                self.metrics.cluster.published.inc();
                self.bus.publish(sealed);
            }
        }
    }
}

/// Cuts what is a list into parts that fit.
fn cut(hint: Hint, most: usize) -> Vec<Hint> {
    match hint {
        Hint::Changed { chat, seq, events } if events.len() > 1 => runs(chat, seq, events, most),
        Hint::Ended { tokens, user, ask } if tokens.len() > TOKENS => {
            let part = |tokens: &[i64]| Hint::Ended {
                tokens: tokens.to_vec(),
                user,
                ask: None,
            };
            let mut parts: Vec<_> = tokens.chunks(TOKENS).map(part).collect();
            // Whoever has heard the last has heard all, or sees a hole.
            if let Some(Hint::Ended { ask: last, .. }) = parts.last_mut() {
                *last = ask;
            }
            parts
        }
        Hint::Moved { came, went } if came.len() + went.len() > USERS => {
            let part = |came: &[i64], went: &[i64]| Hint::Moved {
                came: came.to_vec(),
                went: went.to_vec(),
            };
            let came = came.chunks(USERS).map(|came| part(came, &[]));
            came.chain(went.chunks(USERS).map(|went| part(&[], went))).collect()
        }
        hint => vec![hint],
    }
}

/// A run of changes as several, each of which fits, as far as that is possible.
fn runs(chat: i64, seq: i64, events: Vec<CarriedEvent>, most: usize) -> Vec<Hint> {
    // Beside the changes.
    let around = bytes_of(&Hint::Changed {
        chat,
        seq,
        events: Vec::new(),
    }) + EVENTS;
    let mut runs = Vec::new();
    let (mut run, mut bytes) = (Vec::new(), around);
    let changed = |events: Vec<CarriedEvent>| {
        events
            .last()
            .map(CarriedEvent::seq)
            .map(|seq| Hint::Changed { chat, seq, events })
    };
    for event in events {
        let size = bytes_of(&event);
        if bytes + size > most {
            runs.extend(changed(std::mem::take(&mut run)));
            bytes = around;
        }
        bytes += size;
        run.push(event);
    }
    runs.extend(changed(run));
    runs
}

/// Its bytes in a list.
fn bytes_of(one: &impl Serialize) -> usize {
    serde_json::to_vec(one).map_or(usize::MAX, |text| text.len() + 1)
}

/// Hints that go together, in order; `None` for one that is too large by itself.
fn together(hints: Vec<Hint>, most: usize) -> Vec<Option<Vec<Hint>>> {
    let mut all = Vec::new();
    let (mut now, mut bytes) = (Vec::new(), 0);
    for hint in hints {
        let (mut hint, mut size) = (hint, 0);
        for _ in 0..2 {
            size = bytes_of(&hint);
            if size <= most {
                break;
            }
            // Then the others read it.
            hint = hint.without_content();
        }
        if size > most {
            all.push(None);
            continue;
        }
        if bytes + size > most {
            all.push(Some(std::mem::take(&mut now)));
            bytes = 0;
        }
        bytes += size;
        now.push(hint);
    }
    if !now.is_empty() {
        all.push(Some(now));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bus::content::carried;
    use crate::domain::{ChatName, Event, Fact};

    fn changed(chat: i64) -> Hint {
        Hint::Changed {
            chat,
            seq: 1,
            events: Vec::new(),
        }
    }

    #[test]
    fn hints_go_together_in_order_as_far_as_they_fit() {
        let one = serde_json::to_vec(&changed(1)).unwrap().len() + 1;
        let hints: Vec<_> = (1..=5).map(changed).collect();
        let envelopes = together(hints.clone(), 2 * one);
        let sizes: Vec<_> = envelopes.iter().flatten().map(Vec::len).collect();
        assert_eq!(sizes, [2, 2, 1]);
        let all: Vec<_> = envelopes.into_iter().flatten().flatten().collect();
        assert_eq!(all, hints);
    }

    #[test]
    fn a_long_run_of_changes_goes_in_parts_and_one_that_fits_nowhere_without_its_content() {
        let posted = |seq: i64, length: usize| {
            let name = ChatName::given(&"x".repeat(length));
            Event {
                seq,
                at: chrono::DateTime::default(),
                fact: Fact::Renamed { name },
            }
        };
        let mut events: Vec<_> = (1..=10).map(|seq| posted(seq, 100)).collect();
        events.push(posted(11, 2_000));
        events.push(posted(12, 1));
        let run = Hint::Changed {
            chat: 1,
            seq: 12,
            events: carried(&events),
        };
        let most = 600;
        let parts = together(cut(run, most), most);
        let hints: Vec<_> = parts.into_iter().flat_map(|hints| hints.unwrap()).collect();
        let said = |hint: &Hint| match hint {
            Hint::Changed { seq, events, .. } => (*seq, events.len()),
            other => panic!("{other:?}"),
        };
        let said: Vec<_> = hints.iter().map(said).collect();
        assert!(said.windows(2).all(|two| two[0].0 < two[1].0), "{said:?}");
        assert!(said.contains(&(11, 0)), "the long one is to be read: {said:?}");
        assert_eq!(said.iter().map(|(_, events)| events).sum::<usize>(), 11);
        assert_eq!(said.last(), Some(&(12, 1)));
        assert!(hints.iter().all(|hint| bytes_of(hint) <= most));
    }

    #[test]
    fn what_fits_nowhere_leaves_a_hole() {
        let long = Hint::Typing {
            chat: 1,
            user: 1,
            username: "x".repeat(1_000),
        };
        let envelopes = together(vec![changed(1), long, changed(2)], 100);
        assert_eq!(envelopes.iter().filter(|hints| hints.is_none()).count(), 1);
        assert_eq!(envelopes.iter().flatten().flatten().count(), 2);
    }

    #[test]
    fn long_lists_are_cut() {
        let ended = Hint::Ended {
            tokens: (0..1_000).collect(),
            user: Some(1),
            ask: Some(7),
        };
        let moved = Hint::Moved {
            came: (0..900).collect(),
            went: vec![1],
        };
        let asks: Vec<_> = cut(ended, 5_000)
            .into_iter()
            .map(|hint| match hint {
                Hint::Ended { ask, .. } => ask,
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(asks, [None, None, Some(7)]);
        assert_eq!(cut(moved, 5_000).len(), 4);
        assert_eq!(cut(changed(1), 5_000), [changed(1)]);
    }
}
