//! Stamps: what a message carries to be known again wherever the server puts it, `TS:run:publisher:number:due;`
//! in its text and `AK:…` in the key that only an acknowledgement must repeat.

use memchr::memmem::Finder;

/// What begins the stamp of a text.
pub(crate) const TEXT_MARK: &str = "TS:";
/// What begins the stamp of a key.
pub(crate) const KEY_MARK: &str = "AK:";

/// Which message it is, and when it was due, in nanoseconds of the monotonic clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// Tells messages of this run from those of earlier ones, which a server may send again.
    pub(crate) run: u64,
    pub(crate) publisher: usize,
    pub(crate) number: u64,
    pub(crate) due: u64,
}

impl Stamp {
    /// Appends it behind its mark.
    pub(crate) fn write(&self, mark: &str, text: &mut String) {
        use std::fmt::Write as _;
        let Stamp {
            run,
            publisher,
            number,
            due,
        } = self;
        // Writing to a string does not fail.
        let _ = write!(text, "{mark}{run}:{publisher}:{number}:{due}");
    }

    /// Reads what follows the mark.
    fn read(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes;
        let run = number(&mut rest)?;
        let publisher = usize::try_from(number(behind_colon(&mut rest)?)?).ok()?;
        let of_publisher = number(behind_colon(&mut rest)?)?;
        let due = number(behind_colon(&mut rest)?)?;
        Some(Self {
            run,
            publisher,
            number: of_publisher,
            due,
        })
    }
}

fn behind_colon<'a, 'b>(rest: &'a mut &'b [u8]) -> Option<&'a mut &'b [u8]> {
    *rest = rest.strip_prefix(b":")?;
    Some(rest)
}

fn number(rest: &mut &[u8]) -> Option<u64> {
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (text, behind) = rest.split_at(digits);
    *rest = behind;
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// Finds the stamps of one mark.
pub(crate) struct Scanner {
    finder: Finder<'static>,
    run: u64,
}

impl Scanner {
    pub(crate) fn new(mark: &'static str, run: u64) -> Self {
        Self {
            finder: Finder::new(mark),
            run,
        }
    }

    /// Hands over each stamp of this run in a frame; a frame may bring several messages. Whether there was any.
    pub(crate) fn each(&self, frame: &[u8], mut found: impl FnMut(Stamp)) -> bool {
        let mut rest = frame;
        let mut any = false;
        while let Some(at) = self.finder.find(rest) {
            rest = &rest[at + self.finder.needle().len()..];
            if let Some(stamp) = Stamp::read(rest).filter(|stamp| stamp.run == self.run) {
                any = true;
                found(stamp);
            }
        }
        any
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAMP: Stamp = Stamp {
        run: 7,
        publisher: 3,
        number: 0,
        due: 18_446_744_073_709_551_615,
    };

    fn found(frame: &str) -> Vec<Stamp> {
        let mut stamps = Vec::new();
        Scanner::new(TEXT_MARK, 7).each(frame.as_bytes(), |stamp| stamps.push(stamp));
        stamps
    }

    #[test]
    fn a_stamp_is_read_as_it_was_written() {
        let mut text = String::from("{\"content\":\"");
        STAMP.write(TEXT_MARK, &mut text);
        text += ";xxx\"}";
        assert_eq!(found(&text), [STAMP]);
        assert_eq!(found(&text.repeat(3)), [STAMP; 3]);
    }

    #[test]
    fn what_is_no_stamp_of_this_run_is_passed_over() {
        for frame in [
            "",
            "TS:",
            "TS:7",
            "TS:7:1:2",
            "TS:7:1:2:",
            "TS:7:1::2",
            "TS:8:1:2:3",
            "AK:7:1:2:3",
        ] {
            assert_eq!(found(frame), [], "{frame}");
        }
        assert_eq!(found("TS:7:99999999999999999999:2:3"), []);
        assert_eq!(found("TS:TS:7:1:2:3").len(), 1);
    }
}
