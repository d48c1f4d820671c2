//! Places on the way of a message where a test has the process die, as by `kill -9` at that very
//! instant, or only the actor that passes it, as by a bug: a panic. `VESTNIK_FAULT=after_commit@3`
//! or `panic:after_commit@3` names one, and how often it is passed; it is taken only under `--trust`.
//! `hold:before_delivery@3` holds what passes there until the test lets it go; only that place holds.
//! Without it, to pass such a place costs a look at an empty option.

use std::fs;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultPoint {
    /// Everything is written into a transaction, and nothing is committed.
    BeforeCommit,
    /// The commit is durable, and nobody knows.
    AfterCommit,
    /// The conversation knows, and has told nobody.
    BeforeDelivery,
    /// What is to be delivered is on its way to the sockets.
    AfterDelivery,
    /// Bytes of an upload are on the disk, and no row says so.
    AfterPart,
    /// A file has its name, and nothing is committed.
    BeforeFileCommit,
    /// A file is whole and durable, and nobody knows.
    AfterFileCommit,
}

impl FaultPoint {
    const ALL: [(Self, &'static str); 7] = [
        (Self::BeforeCommit, "before_commit"),
        (Self::AfterCommit, "after_commit"),
        (Self::BeforeDelivery, "before_delivery"),
        (Self::AfterDelivery, "after_delivery"),
        (Self::AfterPart, "after_part"),
        (Self::BeforeFileCommit, "before_file_commit"),
        (Self::AfterFileCommit, "after_file_commit"),
    ];
}

/// What is to go wrong; by default nothing. Clones share their count.
#[derive(Clone, Debug, Default)]
pub struct Faults(Option<Arc<Fault>>);

#[derive(Debug)]
struct Fault {
    place: FaultPoint,
    kind: FaultKind,
    left: AtomicU64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FaultKind {
    Death,
    Panic,
    Hold,
}

/// The file that is made when something is held, in the working folder. Once it is deleted all goes on.
const HELD: &str = "held";

impl Faults {
    /// This place is passed.
    pub fn pass(&self, place: FaultPoint) {
        let Some(fault) = &self.0 else {
            return;
        };
        if fault.place != place || fault.kind == FaultKind::Hold {
            return;
        }
        if fault.left.fetch_sub(1, Ordering::AcqRel) == 1 {
            if fault.kind == FaultKind::Panic {
                log::error!("the fault that was asked for: a panic {place:?}");
                std::panic::resume_unwind(Box::new("the fault that was asked for"));
            }
            log::error!("the fault that was asked for: the process dies {place:?}");
            std::process::abort();
        }
    }

    /// Is this place not to be passed yet? Whoever is held asks again.
    pub fn holds(&self, place: FaultPoint) -> bool {
        let fault = self
            .0
            .as_ref()
            .filter(|fault| fault.place == place && fault.kind == FaultKind::Hold);
        let Some(fault) = fault else {
            return false;
        };
        match fault.left.load(Ordering::Acquire) {
            0 => Path::new(HELD).exists(),
            1 => {
                log::error!(
                    "the fault that was asked for: held {place:?} until the file {HELD} is gone"
                );
                fault.left.store(0, Ordering::Release);
                fs::write(HELD, "").is_ok()
            }
            left => {
                fault.left.store(left - 1, Ordering::Release);
                false
            }
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
        let (kind, rest) = match text.split_once(':') {
            Some(("panic", rest)) => (FaultKind::Panic, rest),
            Some(("hold", rest)) => (FaultKind::Hold, rest),
            Some(_) => return Err(wrong()),
            None => (FaultKind::Death, text),
        };
        let (name, count) = rest.split_once('@').ok_or_else(wrong)?;
        let place = FaultPoint::ALL.iter().find(|(_, known)| *known == name);
        let (place, _) = *place.ok_or_else(wrong)?;
        let count = count.parse().ok().filter(|count| *count > 0).ok_or_else(wrong)?;
        Ok(Self(Some(Arc::new(Fault {
            place,
            kind,
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
            "stop:after_commit@1",
        ] {
            assert!(wrong.parse::<Faults>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn other_places_are_passed() {
        let faults: Faults = "after_commit@1".parse().unwrap_or_default();
        faults.pass(FaultPoint::BeforeCommit);
        Faults::default().pass(FaultPoint::AfterCommit);
    }
}
