//! Whose turn it is with what only so many can have at once: those who go first, and among them the
//! others, one after a few. Nobody waits behind more than one of the others, however many there are.

/// Who goes first?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// What everybody waits for: messages and read commands, many in one turn.
    First,
    /// What one person waits for.
    Others,
}

/// How many may have it at once, and wait for it.
#[derive(Clone, Copy, Debug)]
pub struct TurnBounds {
    /// At once.
    pub at_once: usize,
    /// The others among them.
    pub others_at_once: usize,
    /// Others who wait.
    pub others_waiting: usize,
}

/// Turns of the first in a row while one of the others waits.
pub const IN_A_ROW: usize = 4;

/// What becomes of one who comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// It is their turn.
    Go,
    /// They wait.
    Wait,
    /// Too many wait.
    Full,
}

/// Who has it, and who waits.
#[derive(Clone, Debug)]
pub struct Turns {
    bounds: TurnBounds,
    running: [usize; 2],
    waiting: [usize; 2],
    in_a_row: usize,
}

impl Turns {
    /// Nobody has it.
    pub fn new(bounds: TurnBounds) -> Self {
        Self {
            bounds,
            running: [0; 2],
            waiting: [0; 2],
            in_a_row: 0,
        }
    }

    /// Somebody comes.
    pub fn enter(&mut self, lane: Lane) -> Entry {
        let waiting = self.waiting[lane as usize];
        self.waiting[lane as usize] += 1;
        if waiting == 0 && self.next() == Some(lane) {
            self.begin(lane);
            return Entry::Go;
        }
        if lane == Lane::Others && waiting >= self.bounds.others_waiting {
            self.waiting[lane as usize] -= 1;
            return Entry::Full;
        }
        Entry::Wait
    }

    /// Which lane is next, if one can be.
    pub fn next(&self) -> Option<Lane> {
        let [first, others] = self.waiting;
        if self.running.iter().sum::<usize>() >= self.bounds.at_once {
            return None;
        }
        let others_may =
            others > 0 && self.running[Lane::Others as usize] < self.bounds.others_at_once;
        match (first > 0, others_may) {
            (true, true) if self.in_a_row >= IN_A_ROW => Some(Lane::Others),
            (true, _) => Some(Lane::First),
            (false, true) => Some(Lane::Others),
            (false, false) => None,
        }
    }

    /// The turn of one who waited begins.
    pub fn begin(&mut self, lane: Lane) {
        self.waiting[lane as usize] -= 1;
        self.running[lane as usize] += 1;
        self.in_a_row = match lane {
            Lane::First if self.waiting[Lane::Others as usize] > 0 => self.in_a_row + 1,
            _ => 0,
        };
    }

    /// A turn has ended.
    pub fn end(&mut self, lane: Lane) {
        self.running[lane as usize] -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one_at_a_time() -> Turns {
        Turns::new(TurnBounds {
            at_once: 1,
            others_at_once: 1,
            others_waiting: 3,
        })
    }

    fn next(turns: &mut Turns, before: Lane) -> Option<Lane> {
        turns.end(before);
        let lane = turns.next()?;
        turns.begin(lane);
        Some(lane)
    }

    #[test]
    fn the_first_goes_before_all_others_who_wait() {
        let mut turns = one_at_a_time();
        assert_eq!(turns.enter(Lane::Others), Entry::Go);
        for _ in 0..3 {
            assert_eq!(turns.enter(Lane::Others), Entry::Wait);
        }
        assert_eq!(turns.enter(Lane::Others), Entry::Full);
        assert_eq!(turns.enter(Lane::First), Entry::Wait);
        assert_eq!(next(&mut turns, Lane::Others), Some(Lane::First));
        assert_eq!(next(&mut turns, Lane::First), Some(Lane::Others));
    }

    #[test]
    fn the_others_are_not_starved() {
        let mut turns = one_at_a_time();
        assert_eq!(turns.enter(Lane::First), Entry::Go);
        assert_eq!(turns.enter(Lane::Others), Entry::Wait);
        let mut lanes = Vec::new();
        for _ in 0..2 * IN_A_ROW {
            turns.enter(Lane::First);
            lanes.extend(next(&mut turns, *lanes.last().unwrap_or(&Lane::First)));
        }
        let place = lanes.iter().position(|lane| *lane == Lane::Others);
        assert_eq!(place, Some(IN_A_ROW));
    }

    #[test]
    fn others_leave_room_for_the_first_where_there_are_several() {
        let mut turns = Turns::new(TurnBounds {
            at_once: 3,
            others_at_once: 1,
            others_waiting: 9,
        });
        assert_eq!(turns.enter(Lane::Others), Entry::Go);
        assert_eq!(turns.enter(Lane::Others), Entry::Wait);
        assert_eq!(turns.enter(Lane::First), Entry::Go);
        assert_eq!(turns.enter(Lane::First), Entry::Go);
        assert_eq!(turns.enter(Lane::First), Entry::Wait);
        assert_eq!(next(&mut turns, Lane::First), Some(Lane::First));
        assert_eq!(next(&mut turns, Lane::Others), Some(Lane::Others));
    }
}
