//! Places on the way of a message where a test has the process die, as by `kill -9` at that very
//! instant, or only the actor that passes it, as by a bug: a panic. `VESTNIK_FAULT=after_commit@3`
//! or `panic:after_commit@3` names one, and how often it is passed; it is taken only under `--trust`.
//! Without it, to pass such a place costs a look at an empty option.

use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Everything is written into a transaction, and nothing is committed.
    BeforeCommit,
    /// The commit is durable, and nobody knows.
    AfterCommit,
    /// The conversation knows, and has told nobody.
    BeforeDelivery,
    /// What is to be delivered is on its way to the sockets.
    AfterDelivery,
}

impl Place {
    const ALL: [(Self, &'static str); 4] = [
        (Self::BeforeCommit, "before_commit"),
        (Self::AfterCommit, "after_commit"),
        (Self::BeforeDelivery, "before_delivery"),
        (Self::AfterDelivery, "after_delivery"),
    ];
}

/// What is to go wrong; by default nothing. Clones share their count.
#[derive(Clone, Debug, Default)]
pub struct Faults(Option<Arc<Fault>>);

#[derive(Debug)]
struct Fault {
    place: Place,
    is_panic: bool,
    left: AtomicU64,
}

impl Faults {
    /// This place is passed.
    pub fn pass(&self, place: Place) {
        let Some(fault) = &self.0 else {
            return;
        };
        if fault.place == place && fault.left.fetch_sub(1, Ordering::AcqRel) == 1 {
            if fault.is_panic {
                log::error!("the fault that was asked for: a panic {place:?}");
                std::panic::resume_unwind(Box::new("the fault that was asked for"));
            }
            log::error!("the fault that was asked for: the process dies {place:?}");
            std::process::abort();
        }
    }

    /// Is anything to go wrong?
    pub fn is_some(&self) -> bool {
        self.0.is_some()
    }
}

impl FromStr for Faults {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        let wrong = || format!("{text:?} is no fault like after_commit@3 or panic:after_commit@3");
        let named = text.strip_prefix("panic:");
        let (name, count) = named.unwrap_or(text).split_once('@').ok_or_else(wrong)?;
        let place = Place::ALL.iter().find(|(_, known)| *known == name);
        let (place, _) = *place.ok_or_else(wrong)?;
        let count = count.parse().ok().filter(|count| *count > 0).ok_or_else(wrong)?;
        Ok(Self(Some(Arc::new(Fault {
            place,
            is_panic: named.is_some(),
            left: AtomicU64::new(count),
        }))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_names_a_place_and_a_count() {
        assert!("after_commit@3".parse::<Faults>().is_ok_and(|faults| faults.is_some()));
        assert!("panic:after_commit@3".parse::<Faults>().is_ok_and(|faults| faults.is_some()));
        assert!("".parse::<Faults>().is_ok_and(|faults| !faults.is_some()));
        for wrong in [
            "after_commit",
            "nowhere@1",
            "after_commit@0",
            "after_commit@x",
            "@",
        ] {
            assert!(wrong.parse::<Faults>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn other_places_are_passed() {
        let faults: Faults = "after_commit@1".parse().unwrap_or_default();
        faults.pass(Place::BeforeCommit);
        Faults::default().pass(Place::AfterCommit);
    }
}
