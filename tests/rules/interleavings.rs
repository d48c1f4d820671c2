//! Any interleaving of posts, joins, removals, commits, failures, broken commits, crashes and
//! repeats keeps the promises 1, 2, 3, 6 and 9 of the design.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use vestnik::domain::change::Post;
use vestnik::domain::conversation::{Conversation, Eviction};
use vestnik::domain::event::Settled;
use vestnik::domain::limits::{BatchBounds, QueueBounds};
use vestnik::domain::{
    Authority, Change, ChatName, ClientMsgId, Emoji, Event, Kind, MessageId, NewText, Refusal,
    Role, UserId,
};

use crate::model::{Expected, Model};

pub(crate) const USERS: i64 = 5;
pub(crate) const NO_MESSAGE: MessageId = MessageId(9_999);
pub(crate) const BOUNDS: QueueBounds = QueueBounds {
    changes: 6,
    bytes: 4_000,
    age: Duration::from_secs(4),
};

/// Something that happens.
#[derive(Clone, Debug)]
enum Step {
    Ask(Change),
    /// Hand a batch to the writer.
    Submit {
        at_most: usize,
    },
    /// The writer is done with it.
    Finish(Fate),
    /// The process dies, and starts again.
    Crash {
        committed: bool,
    },
    /// Time passes.
    Wait {
        seconds: u64,
    },
    /// A member opens a socket.
    Open(UserId),
}

#[derive(Clone, Copy, Debug)]
enum Fate {
    Committed,
    Failed,
    /// The answer to COMMIT was lost; it had committed, or not.
    Unknown {
        committed: bool,
    },
}

pub(crate) fn user() -> impl Strategy<Value = UserId> {
    (1..=USERS).prop_map(UserId)
}

fn role() -> impl Strategy<Value = Role> {
    prop::sample::select(Role::ALL.to_vec())
}

fn authority() -> impl Strategy<Value = Authority> {
    prop_oneof![4 => user().prop_map(Authority::User), 1 => Just(Authority::Operator)]
}

fn post() -> impl Strategy<Value = Change> {
    let key = prop::option::of(0..4);
    let reply_to = prop::option::weighted(0.1, message());
    let sender = prop::option::weighted(0.95, user());
    (sender, key, 0..3, reply_to).prop_map(|(sender, key, text, reply_to)| {
        Change::Post(Post {
            by: sender.map_or(Authority::Operator, Authority::User),
            text: NewText::parse(&format!("text {text}")).unwrap(),
            client_msg_id: key.map(|key| ClientMsgId::parse(&format!("key-{key}")).unwrap()),
            reply_to,
            uploads: Vec::new(),
            sequence: None,
        })
    })
}

/// The model's ids are 1000 and the place of the message; some of these are none.
fn message() -> impl Strategy<Value = MessageId> {
    (1_001..1_012_i64).prop_map(MessageId)
}

fn emoji() -> impl Strategy<Value = Emoji> {
    prop::sample::select(vec!["👍", "❤️"]).prop_map(|emoji| Emoji::parse(emoji).unwrap())
}

fn alteration() -> impl Strategy<Value = Change> {
    prop_oneof![
        3 => (authority(), message(), 0..3).prop_map(|(by, message, text)| Change::Edit {
            by,
            message,
            text: NewText::parse(&format!("text {text}")).unwrap(),
        }),
        2 => (authority(), message()).prop_map(|(by, message)| Change::Delete { by, message }),
        4 => (user(), message(), emoji(), any::<bool>())
            .prop_map(|(user, message, emoji, on)| Change::React {
                user,
                device: None,
                message,
                emoji,
                on
            }),
        2 => (authority(), message(), any::<bool>())
            .prop_map(|(by, message, on)| Change::Pin { by, message, on }),
    ]
}

pub(crate) fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        10 => post(),
        6 => alteration(),
        4 => (authority(), (1..=USERS + 1).prop_map(UserId), role())
            .prop_map(|(by, user, role)| Change::Join { by, user, role }),
        3 => (authority(), user()).prop_map(|(by, user)| Change::Leave { by, user }),
        2 => user().prop_map(|user| Change::Leave { by: Authority::User(user), user }),
        2 => (authority(), user(), role())
            .prop_map(|(by, user, role)| Change::SetRole { by, user, role }),
        1 => authority().prop_map(|by| Change::Rename { by, name: ChatName::parse("x").unwrap() }),
    ]
}

pub(crate) trait Retarget {
    fn retarget(&mut self, to: MessageId);
}

impl Retarget for Change {
    fn retarget(&mut self, to: MessageId) {
        match self {
            Self::Post(post) => post.reply_to = Some(to),
            Self::Edit { message, .. }
            | Self::Delete { message, .. }
            | Self::React { message, .. }
            | Self::Pin { message, .. } => *message = to,
            _ => {}
        }
    }
}

pub(crate) fn last_change() -> impl Strategy<Value = Change> {
    authority().prop_map(|by| Change::DeleteChat { by })
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        6 => Just(Fate::Committed),
        1 => Just(Fate::Failed),
        2 => any::<bool>().prop_map(|committed| Fate::Unknown { committed }),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        20 => change().prop_map(Step::Ask),
        1 => last_change().prop_map(Step::Ask),
        10 => (1_usize..8).prop_map(|at_most| Step::Submit { at_most }),
        10 => fate().prop_map(Step::Finish),
        1 => any::<bool>().prop_map(|committed| Step::Crash { committed }),
        2 => (0_u64..6).prop_map(|seconds| Step::Wait { seconds }),
        4 => user().prop_map(Step::Open),
    ]
}

/// A socket, and what it has seen.
#[derive(Debug)]
struct Socket {
    user: UserId,
    opened_at: i64,
    seen: Vec<Arc<Event>>,
    is_open: bool,
}

/// The actor, the writer and the sockets around the core, with everything that was said.
struct World {
    model: Model,
    core: Conversation<usize>,
    asked: Vec<Change>,
    answers: HashMap<usize, Settled>,
    unknown: HashSet<usize>,
    in_flight: Option<Vec<Change>>,
    /// Asks that died with a process.
    lost: HashSet<usize>,
    sockets: Vec<Socket>,
    now: Duration,
}

impl World {
    fn new(kind: Kind) -> Self {
        let model = Model::new(kind, USERS);
        Self {
            core: Conversation::new(model.loaded(), BOUNDS),
            model,
            asked: Vec::new(),
            answers: HashMap::new(),
            unknown: HashSet::new(),
            in_flight: None,
            lost: HashSet::new(),
            sockets: Vec::new(),
            now: Duration::ZERO,
        }
    }

    fn perform(&mut self, step: Step) {
        match step {
            Step::Ask(change) => self.ask(change),
            Step::Submit { at_most } => {
                let bounds = BatchBounds {
                    changes: at_most,
                    bytes: 2_000,
                };
                if let Some(batch) = self.core.take_batch(bounds, self.now) {
                    assert!(self.in_flight.is_none(), "one batch in flight");
                    self.in_flight = Some(batch);
                }
            }
            Step::Finish(fate) => self.finish(fate),
            Step::Crash { committed } => self.crash(committed),
            Step::Wait { seconds } => {
                self.now += Duration::from_secs(seconds);
                let expired = self.core.expire(self.now);
                expired.into_iter().for_each(|(ask, refusal)| self.refuse(ask, refusal));
            }
            Step::Open(user) => {
                if self.core.role_of(user).is_some() {
                    let (opened_at, _) = self.core.head();
                    self.sockets.push(Socket {
                        user,
                        opened_at,
                        seen: Vec::new(),
                        is_open: true,
                    });
                }
            }
        }
    }

    fn ask(&mut self, mut change: Change) {
        // Nobody knows the id of a message that is not stored yet.
        if change.target().is_some_and(|message| !self.model.is_stored(message)) {
            change.retarget(NO_MESSAGE);
        }
        let ask = self.asked.len();
        self.asked.push(change.clone());
        if let Err((ask, refusal)) = self.core.enqueue(change, ask, self.now) {
            self.refuse(ask, refusal);
        }
    }

    fn finish(&mut self, fate: Fate) {
        let Some(batch) = self.in_flight.take() else {
            return;
        };
        let settled = match fate {
            Fate::Committed => self.commit(&batch),
            Fate::Failed => {
                let failed = self.core.failed(Refusal::Busy);
                return failed.into_iter().for_each(|(ask, refusal)| self.refuse(ask, refusal));
            }
            // A witness is there: the answers of the attempt stand.
            Fate::Unknown { committed: true } => self.commit(&batch),
            // None is: the same again.
            Fate::Unknown { committed: false } => {
                let before = self.model.clone();
                self.commit(&batch);
                self.model = before;
                self.commit(&batch)
            }
        };
        let committed = self.core.committed(settled);
        assert_eq!(self.core.missing(), None, "nobody else writes here");
        for segment in committed.segments {
            self.deliver(&segment.events, segment.eviction);
        }
        for (ask, settled) in committed.answers {
            self.answer(ask, settled);
        }
    }

    /// One transaction, compared change by change with the naive rules.
    fn commit(&mut self, batch: &[Change]) -> Vec<Settled> {
        let mut naive = self.model.clone();
        let settled = self.model.commit(batch);
        for (change, settled) in batch.iter().zip(&settled) {
            match (naive.expect(change), settled) {
                (Expected::Happens, Settled::Stored(_)) => {
                    naive.commit(std::slice::from_ref(change));
                }
                (Expected::Unchanged, Settled::Unchanged(_)) => {}
                (Expected::Repeats(event), Settled::Repeated(again)) => assert_eq!(event, *again),
                (Expected::Refused(expected), Settled::Refused(refusal)) => {
                    assert_eq!(expected, *refusal, "{change:?}");
                }
                (expected, settled) => panic!("{change:?}: {settled:?} instead of {expected:?}"),
            }
        }
        assert_eq!(naive.log, self.model.log);
        settled
    }

    fn crash(&mut self, committed: bool) {
        if let Some(batch) = self.in_flight.take()
            && committed
        {
            self.commit(&batch);
        }
        self.core = Conversation::new(self.model.loaded(), BOUNDS);
        self.sockets.iter_mut().for_each(|socket| socket.is_open = false);
        let unanswered = (0..self.asked.len()).filter(|ask| !self.is_answered(*ask));
        self.lost.extend(unanswered.collect::<Vec<_>>());
    }

    fn is_answered(&self, ask: usize) -> bool {
        self.answers.contains_key(&ask) || self.unknown.contains(&ask) || self.lost.contains(&ask)
    }

    fn refuse(&mut self, ask: usize, refusal: Refusal) {
        if refusal == Refusal::OutcomeUnknown {
            assert!(!self.is_answered(ask), "answered twice");
            self.unknown.insert(ask);
        } else {
            self.answer(ask, Settled::Refused(refusal));
        }
    }

    fn answer(&mut self, ask: usize, settled: Settled) {
        assert!(!self.is_answered(ask), "answered twice");
        if let Settled::Stored(event) | Settled::Repeated(event) = &settled {
            assert!(self.model.holds(event), "acknowledged before it was durable");
        }
        self.answers.insert(ask, settled);
    }

    fn deliver(&mut self, events: &[Arc<Event>], eviction: Eviction) {
        for event in events {
            assert!(self.model.holds(event), "shown before it was durable");
        }
        for socket in self.sockets.iter_mut().filter(|socket| socket.is_open) {
            socket.seen.extend_from_slice(events);
            socket.is_open = match eviction {
                Eviction::Nobody => true,
                Eviction::User(user) => socket.user != user,
                Eviction::Everybody => false,
            };
        }
    }

    fn check(&self) {
        self.check_order();
        self.check_exactly_once();
        self.check_refusals();
        self.check_sockets();
    }

    /// Promise 2: 1, 2, 3 …, and messages 1, 2, 3 … among them.
    fn check_order(&self) {
        assert!(self.model.log.iter().map(|event| event.seq).eq(1..=self.model.log.len() as i64));
        let numbers = self.model.messages().map(|(_, message)| message.n);
        assert!(numbers.eq(1..=self.model.messages().count() as i64));
    }

    /// Promise 3: one message a key, and one answer.
    fn check_exactly_once(&self) {
        let mut keys = HashSet::new();
        for (_, message) in self.model.messages() {
            if let (Some(sender), Some(key)) = (message.sender, &message.client_msg_id) {
                assert!(keys.insert((sender, key.clone())), "{key:?} was stored twice");
            }
        }
        let mut first: HashMap<(UserId, ClientMsgId), &Arc<Event>> = HashMap::new();
        for settled in self.answers.values() {
            if let Settled::Stored(event) | Settled::Repeated(event) = settled
                && let Some(message) = event.message()
                && let (Some(sender), Some(key)) = (message.sender, &message.client_msg_id)
            {
                let first = first.entry((sender, key.clone())).or_insert(event);
                assert_eq!(*first, event, "two answers to one key");
            }
        }
    }

    /// Promise 9: what was refused was never stored. Without keys, by counting: no more messages
    /// are stored than were answered as stored, or may have been.
    fn check_refusals(&self) {
        let unkeyed = |ask: &usize| matches!(&self.asked[*ask], Change::Post(post) if post.client_msg_id.is_none());
        let stored = |ask: &usize| matches!(self.answers.get(ask), Some(Settled::Stored(_)));
        let asks: Vec<usize> = (0..self.asked.len()).filter(unkeyed).collect();
        let certain = asks.iter().filter(|ask| stored(ask)).count();
        let possible = asks.iter().filter(|ask| !self.answers.contains_key(ask)).count();
        let messages = self.model.messages().filter(|(_, m)| m.client_msg_id.is_none()).count();
        assert!((certain..=certain + possible).contains(&messages));
    }

    /// Promises 2 and 6: every socket sees a run of the log without a gap, from where it was
    /// opened, and nothing after its user was removed.
    fn check_sockets(&self) {
        for socket in &self.sockets {
            let run = self.model.log.iter().filter(|event| event.seq > socket.opened_at);
            assert!(run.take(socket.seen.len()).eq(&socket.seen), "a gap, or out of order");
            for event in &socket.seen {
                let was_member = self.model.members_at(event.seq - 1).contains_key(&socket.user);
                assert!(was_member, "{event:?} reached {:?} after the removal", socket.user);
            }
            if socket.is_open {
                let (head, _) = self.core.head();
                let last = socket.seen.last().map_or(socket.opened_at, |event| event.seq);
                assert_eq!(last, head, "an open socket has seen everything");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn any_interleaving_keeps_the_promises(
        kind in prop::sample::select(vec![Kind::Group, Kind::Private]),
        steps in prop::collection::vec(step(), 1..120),
    ) {
        let mut world = World::new(kind);
        for step in steps {
            world.perform(step);
            world.check_sockets();
        }
        world.perform(Step::Finish(Fate::Committed));
        while world.core.pending() > 0 {
            world.perform(Step::Submit { at_most: 3 });
            world.perform(Step::Finish(Fate::Committed));
        }
        world.check();
        let open = (0..world.asked.len()).find(|ask| !world.is_answered(*ask));
        prop_assert_eq!(open, None, "every ask is answered");
    }
}

#[test]
fn a_removed_member_who_repeats_an_old_send_gets_the_old_answer() {
    let mut world = World::new(Kind::Group);
    let member = UserId(2);
    let post = Change::Post(Post {
        by: Authority::User(member),
        text: NewText::parse("hi").unwrap(),
        client_msg_id: Some(ClientMsgId::parse("k").unwrap()),
        reply_to: None,
        uploads: Vec::new(),
        sequence: None,
    });
    let by = Authority::User(UserId(1));
    for change in [
        Change::Join {
            by,
            user: member,
            role: Role::Member,
        },
        post.clone(),
        Change::Leave { by, user: member },
        post,
    ] {
        world.perform(Step::Ask(change));
        world.perform(Step::Submit { at_most: 1 });
        world.perform(Step::Finish(Fate::Committed));
    }
    let (first, again) = (&world.answers[&1], &world.answers[&3]);
    let (Settled::Stored(first), Settled::Repeated(again)) = (first, again) else {
        panic!("{first:?}, {again:?}");
    };
    assert_eq!(first, again);
}

#[test]
fn a_full_line_is_busy_and_stores_nothing() {
    let mut world = World::new(Kind::Group);
    for _ in 0..BOUNDS.changes + 3 {
        world.perform(Step::Ask(Change::Post(Post {
            by: Authority::User(UserId(1)),
            text: NewText::parse("hi").unwrap(),
            client_msg_id: None,
            reply_to: None,
            uploads: Vec::new(),
            sequence: None,
        })));
    }
    let busy = world
        .answers
        .values()
        .filter(|s| **s == Settled::Refused(Refusal::Busy))
        .count();
    assert_eq!(busy, 3);
    world.perform(Step::Submit { at_most: 100 });
    world.perform(Step::Finish(Fate::Committed));
    assert_eq!(world.model.messages().count(), BOUNDS.changes);
    world.check();
}
