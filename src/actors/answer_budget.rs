//! The answers that have been made and not been written yet, in bytes: a budget for all of them, so that
//! readers who do not read cannot fill the memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// An answer up to this size is always given: a refusal must arrive.
pub(crate) const SMALL: usize = 4 << 10;

#[derive(Clone, Debug)]
pub struct AnswerBudget(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    most: usize,
    bytes: AtomicUsize,
}

/// A part of the budget; given back when it is dropped.
#[derive(Debug)]
pub struct Reserved {
    bytes: usize,
    answers: AnswerBudget,
}

impl AnswerBudget {
    /// A budget of so many bytes; 0 is no limit.
    pub fn new(most: usize) -> Self {
        Self(Arc::new(Inner {
            most,
            bytes: AtomicUsize::new(0),
        }))
    }

    /// A part for an answer of this size; `None` if the budget is used up.
    pub fn reserve(&self, bytes: usize) -> Option<Reserved> {
        let most = self.0.most;
        let fits = |used: usize| {
            let total = used.saturating_add(bytes);
            (most == 0 || bytes <= SMALL || total <= most).then_some(total)
        };
        let reserved = self.0.bytes.fetch_update(Ordering::AcqRel, Ordering::Acquire, fits);
        reserved.is_ok().then(|| Reserved {
            bytes,
            answers: self.clone(),
        })
    }

    /// How much of it is used.
    pub fn bytes(&self) -> usize {
        self.0.bytes.load(Ordering::Acquire)
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        self.answers.0.bytes.fetch_sub(self.bytes, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_budget_is_used_up_and_given_back() {
        let answers = AnswerBudget::new(100 << 10);
        let first = answers.reserve(60 << 10).expect("it fits");
        assert!(answers.reserve(60 << 10).is_none());
        let small = answers.reserve(SMALL).expect("a small one is always given");
        assert_eq!(answers.bytes(), (60 << 10) + SMALL);
        drop(first);
        assert!(answers.reserve(60 << 10).is_some());
        drop(small);
        assert_eq!(answers.bytes(), 0);
    }

    #[test]
    fn no_limit_is_none() {
        let answers = AnswerBudget::new(0);
        assert!(answers.reserve(usize::MAX).is_some());
    }
}
