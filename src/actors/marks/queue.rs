//! Marks that wait to be stored, one entry for each member, however many marks they have put.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use tokio::sync::oneshot;

use crate::actors::messages::{Marked, PutMark};
use crate::domain::limits::MarkBounds;
use crate::domain::marking::Asked;
use crate::store::conversations::Whose;

/// What one member has asked, and who waits for it.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) asked: Asked,
    pub(super) replies: Vec<oneshot::Sender<Marked>>,
    since: Duration,
}

impl Waiting {
    pub(super) fn answer(self, answer: &Marked) {
        for reply in self.replies {
            let _ = reply.send(answer.clone());
        }
    }
}

/// Members in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Queue {
    order: VecDeque<Whose>,
    waiting: HashMap<Whose, Waiting>,
    callers: usize,
}

impl Queue {
    pub(super) fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// Takes a mark, or gives back whom to tell that there are too many.
    pub(super) fn push(
        &mut self,
        mark: PutMark,
        now: Duration,
    ) -> Result<(), oneshot::Sender<Marked>> {
        if self.callers >= MarkBounds::DEFAULT.callers {
            return Err(mark.reply);
        }
        self.callers += 1;
        let whose = (mark.conversation, mark.user);
        match self.waiting.entry(whose) {
            Entry::Occupied(mut waiting) => {
                let waiting = waiting.get_mut();
                waiting.asked = waiting.asked.and(mark.mark.into());
                waiting.replies.push(mark.reply);
            }
            Entry::Vacant(place) => {
                self.order.push_back(whose);
                place.insert(Waiting {
                    asked: mark.mark.into(),
                    replies: vec![mark.reply],
                    since: now,
                });
            }
        }
        Ok(())
    }

    /// Has these wait again, before what their members have asked since.
    pub(super) fn put_back(&mut self, again: Vec<(Whose, Waiting)>) {
        for (whose, mut first) in again.into_iter().rev() {
            self.callers += first.replies.len();
            match self.waiting.remove(&whose) {
                Some(later) => {
                    first.asked = first.asked.and(later.asked);
                    first.replies.extend(later.replies);
                }
                None => self.order.push_front(whose),
            }
            self.waiting.insert(whose, first);
        }
    }

    /// Takes those who came first, at most `members`.
    pub(super) fn take(&mut self, members: usize) -> Vec<(Whose, Waiting)> {
        std::iter::from_fn(|| self.pop()).take(members).collect()
    }

    /// Takes those who have waited too long.
    pub(super) fn take_old(&mut self, now: Duration) -> Vec<(Whose, Waiting)> {
        let is_old = |waiting: &Waiting| now - waiting.since > MarkBounds::DEFAULT.age;
        let mut old = Vec::new();
        while self.first().is_some_and(is_old) {
            old.extend(self.pop());
        }
        old
    }

    fn first(&self) -> Option<&Waiting> {
        self.order.front().and_then(|whose| self.waiting.get(whose))
    }

    fn pop(&mut self) -> Option<(Whose, Waiting)> {
        let whose = self.order.pop_front()?;
        let waiting = self.waiting.remove(&whose)?;
        self.callers -= waiting.replies.len();
        Some((whose, waiting))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::unread::ReadMark;
    use crate::domain::{ConversationId, Mark, UserId};

    type Reply = oneshot::Receiver<Marked>;

    fn put(queue: &mut Queue, user: i64, mark: Mark, now: u64) -> Option<Reply> {
        let (reply, answer) = oneshot::channel();
        let mark = PutMark {
            user: UserId(user),
            conversation: ConversationId(1),
            mark,
            reply,
        };
        queue.push(mark, Duration::from_secs(now)).is_ok().then_some(answer)
    }

    fn taken(queue: &mut Queue, members: usize) -> Vec<(Whose, Waiting)> {
        queue.take(members)
    }

    fn users(taken: &[(Whose, Waiting)]) -> Vec<i64> {
        taken.iter().map(|((_, user), _)| user.0).collect()
    }

    fn end(asked: Asked) -> ReadMark {
        let reader = crate::domain::marking::Reader {
            head_n: 10,
            joined_n: 0,
            mark: ReadMark { revision: 0, n: 1 },
            muted: false,
        };
        reader.after(asked).mark
    }

    #[test]
    fn the_marks_of_one_member_are_one_and_all_who_wait_are_answered() {
        let mut queue = Queue::default();
        let answers: Vec<_> = (1..=9).map(|n| put(&mut queue, 7, Mark::Read(n), 0)).collect();
        put(&mut queue, 8, Mark::Read(1), 0);
        let mut first = taken(&mut queue, 1);
        assert_eq!(users(&first), [7]);
        let (_, waiting) = first.remove(0);
        assert_eq!(end(waiting.asked).n, 9);
        waiting.answer(&Ok(None));
        assert!(
            answers
                .into_iter()
                .flatten()
                .all(|mut answer| matches!(answer.try_recv(), Ok(Ok(None))))
        );
        assert_eq!(users(&taken(&mut queue, 9)), [8]);
        assert!(queue.is_empty());
        assert_eq!(queue.callers, 0);
    }

    #[test]
    fn what_comes_back_is_first_in_line_and_before_what_was_asked_since() {
        let mut queue = Queue::default();
        for user in [1, 2] {
            put(&mut queue, user, Mark::Read(9), 0);
        }
        let both = taken(&mut queue, 9);
        for user in [3, 1] {
            put(&mut queue, user, Mark::Unread(4), 0);
        }
        queue.put_back(both);
        let all = taken(&mut queue, 9);
        assert_eq!(users(&all), [2, 3, 1]);
        assert_eq!(end(all[2].1.asked), ReadMark { revision: 1, n: 3 });
        assert_eq!(all[2].1.replies.len(), 2);
        assert_eq!(queue.callers, 0);
    }

    #[test]
    fn the_line_is_bounded_and_who_waits_too_long_is_taken_out() {
        let mut queue = Queue::default();
        let bounds = MarkBounds::DEFAULT;
        let room =
            (0..bounds.callers).all(|i| put(&mut queue, i as i64 % 5, Mark::Read(1), 0).is_some());
        assert!(room && put(&mut queue, 6, Mark::Read(1), 0).is_none());
        taken(&mut queue, 1);
        assert!(put(&mut queue, 6, Mark::Read(1), 4).is_some());
        assert!(queue.take_old(bounds.age).is_empty());
        let old = queue.take_old(bounds.age + Duration::from_secs(1));
        assert_eq!(users(&old), [1, 2, 3, 4]);
        assert_eq!(users(&taken(&mut queue, 9)), [6]);
    }
}
