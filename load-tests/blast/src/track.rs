//! Which of one publisher's messages one reader has had: nothing may be missing, come twice, or come late.

/// What a message is to the reader that gets it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Seen {
    New,
    /// Behind a later one.
    OutOfOrder,
    Twice,
}

/// Messages are numbered from 0.
#[derive(Default, Clone)]
pub(crate) struct Track {
    next: u64,
    gaps: Vec<(u64, u64)>,
}

impl Track {
    pub(crate) fn see(&mut self, number: u64) -> Seen {
        if number >= self.next {
            if number > self.next {
                self.gaps.push((self.next, number));
            }
            self.next = number + 1;
            return Seen::New;
        }
        let Some(at) = self.gaps.iter().position(|gap| (gap.0..gap.1).contains(&number)) else {
            return Seen::Twice;
        };
        let (from, to) = self.gaps.swap_remove(at);
        let left = [(from, number), (number + 1, to)];
        self.gaps.extend(left.into_iter().filter(|gap| gap.0 < gap.1));
        Seen::OutOfOrder
    }

    /// How many of the first `sent` have not come.
    pub(crate) fn missing(&self, sent: u64) -> u64 {
        self.gaps.iter().map(|gap| gap.1 - gap.0).sum::<u64>() + sent.saturating_sub(self.next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(numbers: &[u64]) -> (Track, Vec<Seen>) {
        let mut track = Track::default();
        let seen = numbers.iter().map(|&number| track.see(number)).collect();
        (track, seen)
    }

    #[test]
    fn a_server_that_drops_one_is_found_out() {
        let (track, seen) = seen(&[0, 1, 3, 4]);
        assert_eq!(seen, [Seen::New; 4]);
        assert_eq!(track.missing(5), 1);
    }

    #[test]
    fn a_server_that_drops_the_last_one_is_found_out() {
        let (track, _) = seen(&[0, 1, 2]);
        assert_eq!(track.missing(3), 0);
        assert_eq!(track.missing(4), 1);
    }

    #[test]
    fn a_server_that_repeats_one_is_found_out() {
        let (track, seen) = seen(&[0, 1, 1, 2, 0]);
        assert_eq!(seen, [Seen::New, Seen::New, Seen::Twice, Seen::New, Seen::Twice]);
        assert_eq!(track.missing(3), 0);
    }

    #[test]
    fn a_server_that_changes_the_order_is_found_out() {
        let (track, seen) = seen(&[5, 2, 2, 0, 1, 4, 3]);
        assert_eq!(seen[..3], [Seen::New, Seen::OutOfOrder, Seen::Twice]);
        assert_eq!(seen[3..], [Seen::OutOfOrder; 4]);
        assert_eq!(track.missing(6), 0);
    }
}
