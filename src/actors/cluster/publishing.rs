//! What the hub publishes: numbered, sealed, and in as few envelopes as it fits into.

use std::sync::Arc;

use serde_json::value::RawValue;

use crate::actors::metrics::Metrics;
use crate::bus::Bus;
use crate::bus::envelope::{AROUND, Sealer};
use crate::bus::hint::Hint;
use crate::bus::written::{WrittenHint, bytes_of, write};

/// Users in one part of a list of them.
pub(super) const USERS: usize = 400;
/// Tokens in one hint.
const TOKENS: usize = 400;

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
        let (droppable, durable): (Vec<_>, Vec<_>) = hints
            .into_iter()
            .flat_map(cut)
            .flat_map(|hint| write(&hint, most))
            .partition(|hint| hint.is_droppable);
        self.publish(durable, true);
        self.publish(droppable, false);
    }

    /// What the hints of one envelope may have together, in bytes.
    fn most(&self) -> usize {
        self.bus.most_bytes().saturating_sub(AROUND)
    }

    fn publish(&mut self, hints: Vec<WrittenHint>, has_number: bool) {
        for hints in together(hints, self.most()) {
            // What does not fit into any is a hole that the others see.
            self.number += u64::from(has_number);
            let number = has_number.then_some(self.number);
            let sealed = hints.and_then(|hints| self.sealer.seal(number, &hints));
            if let Some(sealed) = sealed {
                self.metrics.cluster.published.inc();
                self.bus.publish(sealed);
            }
        }
    }
}

/// Cuts what is a list into parts that fit.
fn cut(hint: Hint) -> Vec<Hint> {
    match hint {
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

/// Hints that go together, in order; `None` for one that is too large by itself.
fn together(hints: Vec<WrittenHint>, most: usize) -> Vec<Option<Vec<Box<RawValue>>>> {
    let mut all = Vec::new();
    let (mut now, mut bytes) = (Vec::new(), 0);
    for hint in hints {
        let Some(text) = hint.text else {
            all.push(None);
            continue;
        };
        let size = bytes_of(&text);
        if bytes + size > most {
            all.push(Some(std::mem::take(&mut now)));
            bytes = 0;
        }
        bytes += size;
        now.push(text);
    }
    if !now.is_empty() {
        all.push(Some(now));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(chat: i64) -> Hint {
        Hint::Changed {
            chat,
            seq: 1,
            events: Vec::new(),
        }
    }

    fn written(hints: &[Hint], most: usize) -> Vec<WrittenHint> {
        hints.iter().flat_map(|hint| write(hint, most)).collect()
    }

    #[test]
    fn hints_go_together_in_order_as_far_as_they_fit() {
        let one = serde_json::to_vec(&changed(1)).unwrap().len() + 1;
        let hints: Vec<_> = (1..=5).map(changed).collect();
        let envelopes = together(written(&hints, 2 * one), 2 * one);
        let sizes: Vec<_> = envelopes.iter().flatten().map(Vec::len).collect();
        assert_eq!(sizes, [2, 2, 1]);
        let all = envelopes.into_iter().flatten().flatten();
        let all: Vec<Hint> = all.map(|text| serde_json::from_str(text.get()).unwrap()).collect();
        assert_eq!(all, hints);
    }

    #[test]
    fn what_fits_nowhere_leaves_a_hole() {
        let long = Hint::Typing {
            chat: 1,
            user: 1,
            username: "x".repeat(1_000),
        };
        let envelopes = together(written(&[changed(1), long, changed(2)], 100), 100);
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
        let asks: Vec<_> = cut(ended)
            .into_iter()
            .map(|hint| match hint {
                Hint::Ended { ask, .. } => ask,
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(asks, [None, None, Some(7)]);
        assert_eq!(cut(moved).len(), 4);
        assert_eq!(cut(changed(1)), [changed(1)]);
    }
}
