//! Read commands that wait to be stored, one entry for each member, however many they have sent.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet, VecDeque};
use std::time::Duration;

use tokio::sync::oneshot;

use crate::actors::messages::{ReadCommandAnswer, SubmitReadCommand};
use crate::domain::TokenId;
use crate::domain::limits::ReadCommandBounds;
use crate::domain::read_commands::ReadCommands;
use crate::store::conversations::MemberKey;

/// What one member has asked, and who waits for it.
#[derive(Debug)]
pub(super) struct MemberRequests {
    /// In order, what is asked from one device in a row merged into one.
    asked: Vec<(Option<TokenId>, ReadCommands)>,
    replies: Vec<(Option<TokenId>, oneshot::Sender<ReadCommandAnswer>)>,
    since: Duration,
}

impl MemberRequests {
    /// All of it as one.
    pub(super) fn asked(&self) -> ReadCommands {
        self.asked
            .iter()
            .fold(ReadCommands::default(), |all, (_, asked)| all.and(*asked))
    }

    /// The devices that it is asked from.
    pub(super) fn devices(&self) -> impl Iterator<Item = TokenId> {
        self.asked.iter().filter_map(|(device, _)| *device)
    }

    /// Takes back what these devices have asked, and answers it. `None` if nothing is left.
    pub(super) fn without(
        mut self,
        ended: &HashSet<TokenId>,
        answer: &ReadCommandAnswer,
    ) -> Option<Self> {
        let has_ended = |device: Option<TokenId>| device.is_some_and(|one| ended.contains(&one));
        self.asked.retain(|(device, _)| !has_ended(*device));
        for (_, reply) in self.replies.extract_if(.., |(device, _)| has_ended(*device)) {
            let _ = reply.send(answer.clone());
        }
        (!self.asked.is_empty()).then_some(self)
    }

    pub(super) fn answer(self, answer: &ReadCommandAnswer) {
        for (_, reply) in self.replies {
            let _ = reply.send(answer.clone());
        }
    }

    fn ask(&mut self, device: Option<TokenId>, asked: ReadCommands) {
        match self.asked.last_mut() {
            Some((last, before)) if *last == device => *before = before.and(asked),
            _ => self.asked.push((device, asked)),
        }
    }
}

/// Members in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct ReadCommandQueue {
    order: VecDeque<MemberKey>,
    waiting: HashMap<MemberKey, MemberRequests>,
    callers: usize,
}

impl ReadCommandQueue {
    pub(super) fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// Takes a request, or gives back whom to tell that there are too many.
    pub(super) fn push(
        &mut self,
        request: SubmitReadCommand,
        now: Duration,
    ) -> Result<(), oneshot::Sender<ReadCommandAnswer>> {
        if self.callers >= ReadCommandBounds::DEFAULT.callers {
            return Err(request.reply);
        }
        self.callers += 1;
        let whose = (request.conversation, request.user);
        match self.waiting.entry(whose) {
            Entry::Occupied(mut waiting) => {
                let waiting = waiting.get_mut();
                waiting.ask(request.device, request.command.into());
                waiting.replies.push((request.device, request.reply));
            }
            Entry::Vacant(at) => {
                self.order.push_back(whose);
                at.insert(MemberRequests {
                    asked: vec![(request.device, request.command.into())],
                    replies: vec![(request.device, request.reply)],
                    since: now,
                });
            }
        }
        Ok(())
    }

    /// Has these wait again, before what their members have asked since.
    pub(super) fn put_back(&mut self, again: Vec<(MemberKey, MemberRequests)>) {
        for (whose, mut first) in again.into_iter().rev() {
            self.callers += first.replies.len();
            match self.waiting.remove(&whose) {
                Some(later) => {
                    later.asked.into_iter().for_each(|(device, asked)| first.ask(device, asked));
                    first.replies.extend(later.replies);
                }
                None => self.order.push_front(whose),
            }
            self.waiting.insert(whose, first);
        }
    }

    /// Takes those who came first, at most `members`.
    pub(super) fn take_first(&mut self, members: usize) -> Vec<(MemberKey, MemberRequests)> {
        std::iter::from_fn(|| self.pop()).take(members).collect()
    }

    /// Takes those who have waited too long.
    pub(super) fn take_old(&mut self, now: Duration) -> Vec<(MemberKey, MemberRequests)> {
        let is_old =
            |waiting: &MemberRequests| now - waiting.since > ReadCommandBounds::DEFAULT.age;
        let mut old = Vec::new();
        while self.first().is_some_and(is_old) {
            old.extend(self.pop());
        }
        old
    }

    fn first(&self) -> Option<&MemberRequests> {
        self.order.front().and_then(|whose| self.waiting.get(whose))
    }

    fn pop(&mut self) -> Option<(MemberKey, MemberRequests)> {
        let whose = self.order.pop_front()?;
        let waiting = self.waiting.remove(&whose)?;
        self.callers -= waiting.replies.len();
        Some((whose, waiting))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::unread::ReadPosition;
    use crate::domain::{ConversationId, ReadCommand, UserId};

    type Reply = oneshot::Receiver<ReadCommandAnswer>;

    fn put(
        queue: &mut ReadCommandQueue,
        user: i64,
        command: ReadCommand,
        now: u64,
    ) -> Option<Reply> {
        let (reply, answer) = oneshot::channel();
        let request = SubmitReadCommand {
            user: UserId(user),
            device: None,
            conversation: ConversationId(1),
            command,
            reply,
        };
        queue.push(request, Duration::from_secs(now)).is_ok().then_some(answer)
    }

    fn taken(queue: &mut ReadCommandQueue, members: usize) -> Vec<(MemberKey, MemberRequests)> {
        queue.take_first(members)
    }

    fn users(taken: &[(MemberKey, MemberRequests)]) -> Vec<i64> {
        taken.iter().map(|((_, user), _)| user.0).collect()
    }

    fn end(waiting: &MemberRequests) -> ReadPosition {
        let reader = crate::domain::read_commands::Reader {
            head_n: 10,
            joined_n: 0,
            position: ReadPosition { revision: 0, n: 1 },
            muted: false,
        };
        reader.after(waiting.asked()).position
    }

    #[test]
    fn the_commands_of_one_member_are_one_and_all_who_wait_are_answered() {
        let mut queue = ReadCommandQueue::default();
        let answers: Vec<_> =
            (1..=9).map(|n| put(&mut queue, 7, ReadCommand::Read(n), 0)).collect();
        put(&mut queue, 8, ReadCommand::Read(1), 0);
        let mut first = taken(&mut queue, 1);
        assert_eq!(users(&first), [7]);
        let (_, waiting) = first.remove(0);
        assert_eq!(end(&waiting).n, 9);
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
        let mut queue = ReadCommandQueue::default();
        for user in [1, 2] {
            put(&mut queue, user, ReadCommand::Read(9), 0);
        }
        let both = taken(&mut queue, 9);
        for user in [3, 1] {
            put(&mut queue, user, ReadCommand::Unread(4), 0);
        }
        queue.put_back(both);
        let all = taken(&mut queue, 9);
        assert_eq!(users(&all), [2, 3, 1]);
        assert_eq!(end(&all[2].1), ReadPosition { revision: 1, n: 3 });
        assert_eq!(all[2].1.replies.len(), 2);
        assert_eq!(queue.callers, 0);
    }

    #[test]
    fn what_a_device_has_asked_is_taken_back_with_it_and_the_rest_stays() {
        let mut queue = ReadCommandQueue::default();
        let mut put = |device: i64, n: i64| {
            let (reply, answer) = oneshot::channel();
            let request = SubmitReadCommand {
                user: UserId(7),
                device: Some(TokenId(device)),
                conversation: ConversationId(1),
                command: ReadCommand::Read(n),
                reply,
            };
            assert!(queue.push(request, Duration::ZERO).is_ok());
            answer
        };
        let mut answers = [(1, 2), (2, 9), (2, 8), (1, 3)].map(|(device, n)| put(device, n));
        let (_, waiting) = taken(&mut queue, 9).remove(0);
        assert_eq!(waiting.devices().map(|token| token.0).collect::<Vec<_>>(), [1, 2, 1]);
        assert_eq!(end(&waiting).n, 9);
        let left = waiting.without(&[TokenId(2)].into(), &Ok(None)).unwrap();
        assert_eq!(end(&left).n, 3);
        let are_told = answers.each_mut().map(|answer| answer.try_recv().is_ok());
        assert_eq!(are_told, [false, true, true, false]);
        assert!(left.without(&[TokenId(1)].into(), &Ok(None)).is_none());
    }

    #[test]
    fn the_line_is_bounded_and_who_waits_too_long_is_taken_out() {
        let mut queue = ReadCommandQueue::default();
        let bounds = ReadCommandBounds::DEFAULT;
        let room = (0..bounds.callers)
            .all(|i| put(&mut queue, i as i64 % 5, ReadCommand::Read(1), 0).is_some());
        assert!(room && put(&mut queue, 6, ReadCommand::Read(1), 0).is_none());
        taken(&mut queue, 1);
        assert!(put(&mut queue, 6, ReadCommand::Read(1), 4).is_some());
        assert!(queue.take_old(bounds.age).is_empty());
        let old = queue.take_old(bounds.age + Duration::from_secs(1));
        assert_eq!(users(&old), [1, 2, 3, 4]);
        assert_eq!(users(&taken(&mut queue, 9)), [6]);
    }
}
