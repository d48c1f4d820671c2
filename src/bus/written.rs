//! Hints as they are sent: each, and each change that one carries, is written as JSON once, to a text that is
//! measured first and sealed then.

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use crate::bus::content::CarriedEvent;
use crate::bus::hint::Hint;

/// What a list of changes takes beside them, in bytes.
const EVENTS: usize = 16;

/// A hint as a text.
#[derive(Debug)]
pub(crate) struct WrittenHint {
    /// The text; `None` for one that is too large by itself.
    pub(crate) text: Option<Box<RawValue>>,
    /// May it be lost without anybody having to look for what was missed?
    pub(crate) is_droppable: bool,
}

/// [`Hint::Changed`] with changes that are written already.
#[derive(Serialize)]
#[serde(tag = "type", rename = "changed")]
struct ChangedText<'a> {
    chat: i64,
    seq: i64,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    events: &'a [Box<RawValue>],
}

/// The bytes of a text in a list.
pub(crate) fn bytes_of(text: &RawValue) -> usize {
    text.get().len() + 1
}

/// Writes a hint, to texts of at most so many bytes each: a run of changes as several, as far as it must be, and without
/// those that are too large, which the others read.
pub(crate) fn write(hint: &Hint, most: usize) -> Vec<WrittenHint> {
    match hint {
        Hint::Changed { chat, seq, events } if !events.is_empty() => {
            runs((*chat, *seq), events, most)
        }
        hint => vec![whole(hint, hint.is_droppable(), most)],
    }
}

fn whole(hint: &impl Serialize, is_droppable: bool, most: usize) -> WrittenHint {
    let text = to_raw_value(hint).ok();
    WrittenHint {
        text: text.filter(|text| bytes_of(text) <= most),
        is_droppable,
    }
}

fn runs((chat, last): (i64, i64), events: &[CarriedEvent], most: usize) -> Vec<WrittenHint> {
    let changed =
        |seq, events: &[Box<RawValue>]| whole(&ChangedText { chat, seq, events }, false, most);
    // Beside the changes.
    let around = changed(last, &[]).text.map_or(most, |text| bytes_of(&text) + EVENTS);
    let (mut runs, mut run, mut bytes, mut upto) = (Vec::new(), Vec::new(), around, 0);
    for (place, event) in events.iter().enumerate() {
        let seq = if place + 1 == events.len() {
            last
        } else {
            event.seq()
        };
        let text = to_raw_value(event).ok().filter(|text| around + bytes_of(text) <= most);
        let fits = text.as_ref().is_some_and(|text| bytes + bytes_of(text) <= most);
        if !fits && !run.is_empty() {
            runs.push(changed(upto, &run));
            run.clear();
            bytes = around;
        }
        match text {
            Some(text) => {
                bytes += bytes_of(&text);
                run.push(text);
                upto = seq;
            }
            None => runs.push(changed(seq, &[])),
        }
    }
    if !run.is_empty() {
        runs.push(changed(upto, &run));
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bus::content::carried;
    use crate::domain::{ChatName, Event, Fact};

    fn renamed(seq: i64, length: usize) -> Event {
        let name = ChatName::given(&"x".repeat(length));
        Event {
            seq,
            at: chrono::DateTime::default(),
            fact: Fact::Renamed { name },
        }
    }

    fn run_of(events: &[Event]) -> Hint {
        Hint::Changed {
            chat: 1,
            seq: events.last().map_or(0, |event| event.seq),
            events: carried(events),
        }
    }

    fn read(written: &WrittenHint) -> Hint {
        serde_json::from_str(written.text.as_ref().unwrap().get()).unwrap()
    }

    #[test]
    fn what_fits_is_written_as_it_would_be_in_one_piece() {
        let hints = [
            run_of(&[renamed(1, 3)]),
            run_of(&[renamed(1, 3), renamed(2, 5), renamed(3, 1)]),
            run_of(&[]),
            Hint::Bye,
        ];
        for hint in hints {
            let written = write(&hint, 10_000);
            assert_eq!(written.len(), 1, "{hint:?}");
            let text = written[0].text.as_ref().unwrap().get();
            assert_eq!(text, serde_json::to_string(&hint).unwrap());
            assert_eq!(written[0].is_droppable, hint.is_droppable());
        }
    }

    #[test]
    fn a_long_run_of_changes_goes_in_parts_and_one_that_fits_nowhere_without_its_content() {
        let mut events: Vec<_> = (1..=10).map(|seq| renamed(seq, 100)).collect();
        events.push(renamed(11, 2_000));
        events.push(renamed(12, 1));
        let most = 600;
        let parts = write(&run_of(&events), most);
        let said = |part: &WrittenHint| match read(part) {
            Hint::Changed { seq, events, .. } => (seq, events.len()),
            other => panic!("{other:?}"),
        };
        let said: Vec<_> = parts.iter().map(said).collect();
        assert!(said.windows(2).all(|two| two[0].0 < two[1].0), "{said:?}");
        assert!(said.contains(&(11, 0)), "the long one is to be read: {said:?}");
        assert_eq!(said.iter().map(|(_, events)| events).sum::<usize>(), 11);
        assert_eq!(said.last(), Some(&(12, 1)));
        assert!(said.len() < 8, "as many go together as fit: {said:?}");
    }

    #[test]
    fn a_change_that_is_alone_and_fits_nowhere_is_to_be_read() {
        let parts = write(&run_of(&[renamed(3, 2_000)]), 600);
        assert_eq!(
            parts.iter().map(read).collect::<Vec<_>>(),
            [Hint::Changed {
                chat: 1,
                seq: 3,
                events: Vec::new(),
            }]
        );
    }
}
