//! How much one answer may be: a page ends at a bound in bytes too, as they are sent. A text of control
//! characters is six times as long on the wire as in the database.

use std::io;

use serde::Serialize;

/// Bytes of one page; a single item may be more.
pub const PAGE_BYTES: usize = 256 << 10;

/// Keeps the first of these that fit so many bytes, one at least; says whether any was cut off.
pub(super) fn keep_first<T: Serialize>(items: &mut Vec<T>, bytes: usize) -> bool {
    let fitting = fitting(items.iter(), bytes);
    let is_cut = fitting < items.len();
    items.truncate(fitting);
    is_cut
}

/// How many of these, one after the other, fit so many bytes; one at least.
pub(super) fn fitting<T: Serialize>(items: impl Iterator<Item = T>, bytes: usize) -> usize {
    let mut total = 0;
    let fits = |item: &T| {
        total += json_bytes(item) + 1;
        total <= bytes
    };
    items.take_while(fits).count().max(1)
}

fn json_bytes(item: &impl Serialize) -> usize {
    struct Count(usize);
    impl io::Write for Count {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut count = Count(0);
    match serde_json::to_writer(&mut count, item) {
        Ok(()) => count.0,
        // What cannot be written ends the page.
        Err(_) => usize::MAX >> 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_is_measured_as_it_is_sent() {
        let mut items = vec!["ab", "cd", "ef"];
        assert!(!keep_first(&mut items, 15));
        assert!(keep_first(&mut items, 14));
        assert_eq!(items, ["ab", "cd"]);
        let mut escaped = vec!["\u{1}", "\u{1}"];
        assert!(keep_first(&mut escaped, 17));
        assert_eq!(escaped.len(), 1);
    }

    #[test]
    fn one_item_is_on_every_page_however_long_it_is() {
        let mut items = vec!["x".repeat(100), "y".into()];
        assert!(keep_first(&mut items, 10));
        assert_eq!(items.len(), 1);
        assert_eq!(fitting(std::iter::empty::<u8>(), 10), 1);
        assert!(!keep_first(&mut Vec::<u8>::new(), 10));
    }
}
