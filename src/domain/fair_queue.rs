//! A line in which everybody gets a turn: those who wait go by caller, one of each after the other,
//! so that whoever asks a hundred times waits for themselves and not the others for them.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

/// Who waits, by caller.
#[derive(Debug)]
pub struct FairQueue<K, T> {
    places: usize,
    waiting: HashMap<K, VecDeque<T>>,
    /// Callers with somebody waiting, in the order of their turns.
    turns: VecDeque<K>,
    len: usize,
}

impl<K: Hash + Eq + Copy, T> FairQueue<K, T> {
    /// An empty line of so many places.
    pub fn new(places: usize) -> Self {
        Self {
            places,
            waiting: HashMap::new(),
            turns: VecDeque::new(),
            len: 0,
        }
    }

    /// Takes a place, of which a caller may have so many; gives `item` back if there is none. In a full
    /// line the last of the caller who has most makes room for one who has fewer.
    pub fn push(&mut self, caller: K, most: usize, item: T) -> Result<(), T> {
        let own = self.waiting.get(&caller).map_or(0, VecDeque::len);
        if own >= most || (self.len >= self.places && !self.make_room(own)) {
            return Err(item);
        }
        if own == 0 {
            self.turns.push_back(caller);
        }
        self.waiting.entry(caller).or_default().push_back(item);
        self.len += 1;
        Ok(())
    }

    /// Whose turn it is.
    pub fn pop(&mut self) -> Option<T> {
        let caller = self.turns.pop_front()?;
        let queue = self.waiting.get_mut(&caller)?;
        let item = queue.pop_front();
        if queue.is_empty() {
            self.waiting.remove(&caller);
        } else {
            self.turns.push_back(caller);
        }
        self.len -= usize::from(item.is_some());
        item
    }

    fn make_room(&mut self, own: usize) -> bool {
        let most = self.waiting.iter().max_by_key(|(_, queue)| queue.len());
        let Some(caller) =
            most.filter(|(_, queue)| queue.len() > own + 1).map(|(caller, _)| *caller)
        else {
            return false;
        };
        // It had two at least, so its turn stays.
        if let Some(queue) = self.waiting.get_mut(&caller) {
            self.len -= usize::from(queue.pop_back().is_some());
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(line: &mut FairQueue<u8, &'static str>) -> Vec<&'static str> {
        std::iter::from_fn(|| line.pop()).collect()
    }

    #[test]
    fn callers_take_turns_and_each_keeps_its_order() {
        let mut line = FairQueue::new(9);
        for (caller, item) in [
            (1, "a1"),
            (1, "a2"),
            (1, "a3"),
            (2, "b1"),
            (3, "c1"),
            (2, "b2"),
        ] {
            assert!(line.push(caller, 9, item).is_ok());
        }
        assert_eq!(all(&mut line), ["a1", "b1", "c1", "a2", "b2", "a3"]);
        assert_eq!(line.pop(), None);
        assert!(line.push(1, 1, "again").is_ok());
        assert_eq!(all(&mut line), ["again"]);
    }

    #[test]
    fn a_caller_has_so_many_places_and_no_more() {
        let mut line = FairQueue::new(9);
        assert!(line.push(1, 1, "a1").is_ok());
        assert_eq!(line.push(1, 1, "a2"), Err("a2"));
        assert!(line.push(2, 1, "b1").is_ok());
        assert_eq!(all(&mut line), ["a1", "b1"]);
    }

    #[test]
    fn in_a_full_line_whoever_has_most_makes_room() {
        let mut line = FairQueue::new(3);
        for item in ["a1", "a2", "a3"] {
            assert!(line.push(1, 9, item).is_ok());
        }
        assert_eq!(line.push(1, 9, "a4"), Err("a4"));
        assert!(line.push(2, 9, "b1").is_ok());
        assert_eq!(line.push(2, 9, "b2"), Err("b2"), "that would be as many as the other has");
        assert!(line.push(3, 9, "c1").is_ok());
        assert_eq!(line.push(4, 9, "d1"), Err("d1"), "everybody has one");
        assert_eq!(all(&mut line), ["a1", "b1", "c1"]);
    }
}
