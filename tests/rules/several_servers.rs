//! Several servers have the same conversation in memory and commit to one ledger. What each tells the
//! others is lost, repeated and comes in any order; each reads what it lacks from the store. Every socket
//! sees all that happened, once and in order, wherever it was said.

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use vestnik::domain::conversation::{
    AHEAD_BYTES, CaughtUp, Conversation, Eviction, Missing, Segment,
};
use vestnik::domain::event::Settled;
use vestnik::domain::limits::BatchBounds;
use vestnik::domain::{Change, Emoji, Event, Fact, Kind, MessageId, UserId};

use crate::interleavings::{BOUNDS, NO_MESSAGE, Retarget, USERS, change, last_change, user};
use crate::model::Model;

const SERVERS: usize = 3;

/// Something that happens at one of the servers, or on the way between them.
#[derive(Clone, Debug)]
enum Step {
    Ask(usize, Change),
    Submit(usize),
    /// The transaction of what was submitted.
    Commit(usize),
    /// The writer tells its conversation.
    Tell(usize),
    /// One of the things arrives that servers have told each other; it may come again.
    Hear {
        which: usize,
        again: bool,
    },
    Lose {
        which: usize,
    },
    /// Asks the store how far it has come.
    Look(usize),
    /// Reads what is missing, so many changes at most.
    Read(usize, usize),
    /// What was read arrives.
    Find(usize),
    Open(usize, UserId),
    Crash(usize),
}

fn server() -> impl Strategy<Value = usize> {
    0..SERVERS
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        16 => (server(), change()).prop_map(|(at, change)| Step::Ask(at, change)),
        1 => (server(), last_change()).prop_map(|(at, change)| Step::Ask(at, change)),
        10 => server().prop_map(Step::Submit),
        10 => server().prop_map(Step::Commit),
        10 => server().prop_map(Step::Tell),
        6 => (0_usize..32, any::<bool>()).prop_map(|(which, again)| Step::Hear { which, again }),
        4 => (0_usize..32).prop_map(|which| Step::Lose { which }),
        3 => server().prop_map(Step::Look),
        6 => (server(), 1_usize..6).prop_map(|(at, rows)| Step::Read(at, rows)),
        6 => server().prop_map(Step::Find),
        6 => (server(), user()).prop_map(|(at, user)| Step::Open(at, user)),
        1 => server().prop_map(Step::Crash),
    ]
}

/// What one server tells another.
#[derive(Clone, Debug)]
enum Word {
    Events(Vec<Arc<Event>>),
    Head(i64),
}

#[derive(Debug)]
struct Socket {
    user: UserId,
    opened_at: i64,
    seen: Vec<Segment>,
    is_open: bool,
}

impl Socket {
    fn position(&self) -> i64 {
        self.seen.last().map_or(self.opened_at, |segment| segment.seq)
    }
}

struct Server {
    core: Conversation<usize>,
    submitted: Option<Vec<Change>>,
    committed: Option<Vec<Settled>>,
    found: Option<CaughtUp>,
    sockets: Vec<Socket>,
}

struct World {
    model: Model,
    servers: Vec<Server>,
    words: Vec<(usize, Word)>,
    asked: usize,
    stored: Vec<Arc<Event>>,
}

/// What the store remembers as one thing, with the last place of its changes.
#[derive(PartialEq, Eq)]
enum Row {
    Message(MessageId),
    Reaction(MessageId, UserId, Emoji),
    Pin(MessageId),
    Member(UserId),
    Chat,
}

fn row(fact: &Fact) -> Row {
    match fact {
        Fact::Posted(m) | Fact::Edited(m) | Fact::Deleted(m) => Row::Message(m.id),
        Fact::Reacted(r) => Row::Reaction(r.message, r.user, r.emoji.clone()),
        Fact::Pinned(pin) => Row::Pin(pin.message),
        Fact::Joined { user, .. } | Fact::Left { user, .. } | Fact::RoleChanged { user, .. } => {
            Row::Member(*user)
        }
        Fact::Renamed { .. } | Fact::ChatDeleted => Row::Chat,
    }
}

/// Has `later` taken the place of `event` in the store, or taken it away?
fn replaces(later: &Event, event: &Event) -> bool {
    let takes_away = match (&later.fact, row(&event.fact)) {
        (Fact::Deleted(gone), Row::Reaction(id, ..) | Row::Pin(id)) => gone.id == id,
        _ => false,
    };
    later.seq > event.seq && (takes_away || row(&later.fact) == row(&event.fact))
}

/// What the store answers to one who reads there: each thing at its last place, as it is now.
fn read(model: &Model, missing: Missing, rows: usize) -> CaughtUp {
    let is_last = |event: &&Arc<Event>| !model.log.iter().any(|later| replaces(later, event));
    let inside = |event: &&Arc<Event>| (missing.after + 1..=missing.upto).contains(&event.seq);
    let all: Vec<_> = model.log.iter().filter(inside).filter(is_last).collect();
    let removes = |event: &Event| matches!(event.fact, Fact::Left { .. } | Fact::ChatDeleted);
    let removal = all.iter().position(|event| removes(event)).map_or(all.len(), |at| at + 1);
    let events = all.iter().take(rows.min(removal)).copied();
    let events: Vec<_> = events.map(|event| as_row(model, event, missing.known)).collect();
    let seq = match events.len() < all.len() || removal < all.len() {
        true => events.last().map_or(missing.upto, |last| last.seq),
        false => missing.upto,
    };
    CaughtUp {
        after: missing.after,
        events,
        seq,
    }
}

fn as_row(model: &Model, event: &Event, known: i64) -> Arc<Event> {
    let posted_at = |id| model.messages().find(|(_, m)| m.id == id).map_or(0, |(e, _)| e.seq);
    let fact = match event.fact.clone() {
        Fact::Edited(m) | Fact::Deleted(m) if posted_at(m.id) > known => Fact::Posted(m),
        Fact::RoleChanged {
            user,
            username,
            display_name,
            role,
        } => Fact::Joined {
            user,
            username,
            display_name,
            role,
        },
        fact => fact,
    };
    Arc::new(Event {
        fact,
        ..event.clone()
    })
}

impl World {
    fn new() -> Self {
        let model = Model::new(Kind::Group, USERS);
        let server = |_| Server::new(&model);
        Self {
            servers: (0..SERVERS).map(server).collect(),
            model,
            words: Vec::new(),
            asked: 0,
            stored: Vec::new(),
        }
    }

    fn perform(&mut self, step: Step) {
        match step {
            Step::Ask(at, change) => self.ask(at, change),
            Step::Submit(at) => {
                let bounds = BatchBounds {
                    changes: 3,
                    bytes: 2_000,
                };
                let batch = self.servers[at].core.take_batch(bounds, Duration::ZERO);
                self.servers[at].submitted = batch.or(self.servers[at].submitted.take());
            }
            Step::Commit(at) => self.commit(at),
            Step::Tell(at) => self.tell(at),
            Step::Hear { which, again } => self.hear(which, again),
            Step::Lose { which } => {
                if which < self.words.len() {
                    self.words.remove(which);
                }
            }
            Step::Look(at) => {
                let head = self.model.log.len() as i64;
                self.servers[at].core.heard_of(head);
            }
            Step::Read(at, rows) => {
                let missing = self.servers[at].core.missing();
                if self.servers[at].found.is_none() {
                    self.servers[at].found =
                        missing.map(|missing| read(&self.model, missing, rows));
                }
            }
            Step::Find(at) => {
                if let Some(found) = self.servers[at].found.take() {
                    let segments = self.servers[at].core.caught_up(found);
                    self.servers[at].deliver(&segments);
                }
            }
            Step::Open(at, user) => self.servers[at].open(user),
            Step::Crash(at) => self.servers[at] = Server::new(&self.model),
        }
    }

    fn ask(&mut self, at: usize, mut change: Change) {
        if change.target().is_some_and(|message| !self.model.is_stored(message)) {
            change.retarget(NO_MESSAGE);
        }
        self.asked += 1;
        let _ = self.servers[at].core.enqueue(change, self.asked, Duration::ZERO);
    }

    fn commit(&mut self, at: usize) {
        let Some(batch) = self.servers[at].submitted.take() else {
            return;
        };
        let settled = self.model.commit(&batch);
        let events = settled.iter().filter_map(|settled| match settled {
            Settled::Stored(event) => Some(event.clone()),
            _ => None,
        });
        let events: Vec<_> = events.collect();
        self.stored.extend(events.iter().cloned());
        for other in (0..SERVERS).filter(|other| *other != at && !events.is_empty()) {
            let word = match self.asked % 2 {
                0 => Word::Events(events.clone()),
                _ => Word::Head(self.model.log.len() as i64),
            };
            self.words.push((other, word));
        }
        self.servers[at].committed = Some(settled);
    }

    fn tell(&mut self, at: usize) {
        let server = &mut self.servers[at];
        if let Some(settled) = server.committed.take() {
            let committed = server.core.committed(settled);
            server.deliver(&committed.segments);
        }
    }

    fn hear(&mut self, which: usize, again: bool) {
        if which >= self.words.len() {
            return;
        }
        let (at, word) = match again {
            true => self.words[which].clone(),
            false => self.words.remove(which),
        };
        let server = &mut self.servers[at];
        match word {
            Word::Events(events) => {
                let segments = server.core.heard(events);
                server.deliver(&segments);
            }
            Word::Head(seq) => server.core.heard_of(seq),
        }
    }

    /// Everything that is on its way arrives, but for what was told, all of which is lost.
    fn calm(&mut self) {
        self.words.clear();
        for at in 0..SERVERS {
            while self.servers[at].core.pending() > 0 {
                self.perform(Step::Submit(at));
                self.perform(Step::Commit(at));
                self.perform(Step::Tell(at));
            }
        }
        for at in 0..SERVERS {
            self.perform(Step::Find(at));
            self.perform(Step::Look(at));
            while self.servers[at].core.missing().is_some() {
                self.perform(Step::Read(at, 3));
                self.perform(Step::Find(at));
            }
        }
    }

    fn check(&self) {
        for server in &self.servers {
            for socket in &server.sockets {
                self.check_positions(socket);
                self.check_removal(socket);
                if socket.is_open {
                    assert_eq!(
                        socket.position(),
                        server.core.head().0,
                        "one has all that is known"
                    );
                }
            }
        }
    }

    /// Each segment begins where the one before ended, and lacks only what has changed again.
    fn check_positions(&self, socket: &Socket) {
        let mut position = socket.opened_at;
        for segment in &socket.seen {
            assert_eq!(segment.after, position, "a gap, or out of order");
            position = segment.seq;
            let mut events = segment.events.iter().peekable();
            for seq in segment.after + 1..=segment.seq {
                let stored = &self.model.log[seq as usize - 1];
                match events.next_if(|event| event.seq == seq) {
                    Some(event) => assert_same(event, stored),
                    None => {
                        let is_gone = self.model.log.iter().any(|later| replaces(later, stored));
                        assert!(is_gone, "{stored:?} was left out");
                    }
                }
            }
            assert!(events.next().is_none(), "younger or older than its segment");
        }
    }

    /// After a removal one sees nothing, unless one is a member again.
    fn check_removal(&self, socket: &Socket) {
        let removed = self.model.log.iter().find(|event| {
            let is_gone = match &event.fact {
                Fact::Left { user, .. } => *user == socket.user,
                Fact::ChatDeleted => true,
                _ => false,
            };
            event.seq > socket.opened_at && is_gone
        });
        let Some(removed) = removed.filter(|removed| socket.position() > removed.seq) else {
            return;
        };
        let is_back = |event: &Arc<Event>| match &event.fact {
            Fact::Joined { user, .. } => *user == socket.user && event.seq > removed.seq,
            _ => false,
        };
        assert!(self.model.log.iter().any(is_back), "{:?} saw on after {removed:?}", socket.user);
    }

    fn check_calm(&self) {
        let head = self.model.log.len() as i64;
        for server in &self.servers {
            assert_eq!(server.core.head().0, head, "everybody has everything");
            assert_eq!(server.core.head().1, self.model.messages().count() as i64);
            for user in (1..=USERS).map(UserId) {
                let role = self.model.members().get(&user).copied();
                assert_eq!(server.core.role_of(user), role, "the roles of {user:?}");
            }
        }
        assert!(self.stored.iter().all(|event| self.model.holds(event)));
    }
}

impl Server {
    fn new(model: &Model) -> Self {
        Self {
            core: Conversation::new(model.loaded(), BOUNDS).shared(),
            submitted: None,
            committed: None,
            found: None,
            sockets: Vec::new(),
        }
    }

    fn open(&mut self, user: UserId) {
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

    fn deliver(&mut self, segments: &[Segment]) {
        for segment in segments {
            for socket in self.sockets.iter_mut().filter(|socket| socket.is_open) {
                socket.seen.push(segment.clone());
                socket.is_open = match segment.eviction {
                    Eviction::Nobody => true,
                    Eviction::User(user) => socket.user != user,
                    Eviction::Everybody => false,
                };
            }
        }
    }
}

/// The same change, as the store remembers it: a message as it is after it, whatever its kind.
fn assert_same(event: &Event, stored: &Event) {
    assert!(row(&event.fact) == row(&stored.fact), "{event:?} instead of {stored:?}");
    let text = |event: &Event| match &event.fact {
        Fact::Posted(m) | Fact::Edited(m) | Fact::Deleted(m) => m.text.clone(),
        _ => None,
    };
    assert_eq!(text(event), text(stored), "a message is what it was at its place");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn every_socket_sees_everything_once_wherever_it_was_said(
        steps in prop::collection::vec(step(), 1..160),
    ) {
        let mut world = World::new();
        for step in steps {
            world.perform(step);
            world.check();
        }
        world.calm();
        world.check();
        world.check_calm();
    }
}

fn posted(seq: i64, bytes: usize) -> Arc<Event> {
    let mut model = Model::new(Kind::Group, 1);
    let text = vestnik::domain::NewText::parse(&"x".repeat(bytes)).unwrap();
    let post = vestnik::domain::change::Post {
        by: vestnik::domain::Authority::User(UserId(1)),
        text,
        client_msg_id: None,
        reply_to: None,
        uploads: Vec::new(),
        sequence: None,
    };
    let settled = model.commit(&[Change::Post(post)]);
    match &settled[0] {
        Settled::Stored(event) => Arc::new(Event {
            seq,
            ..(**event).clone()
        }),
        settled => panic!("not stored: {settled:?}"),
    }
}

#[test]
fn what_waits_behind_a_gap_is_bounded_and_read_with_it() {
    let model = Model::new(Kind::Group, 1);
    let mut core: Conversation<()> = Conversation::new(model.loaded(), BOUNDS);
    const BYTES: usize = 16_000;
    let last = 3 + 2 * (AHEAD_BYTES / BYTES) as i64;
    for seq in 3..=last {
        assert!(core.heard(vec![posted(seq, BYTES)]).is_empty(), "{seq} is behind a gap");
    }
    let missing = core.missing().unwrap();
    assert_eq!(
        (missing.after, missing.upto),
        (1, last),
        "what was not kept is known to be there"
    );
    let segments = core.heard(vec![posted(2, 1)]);
    let delivered = segments.iter().map(|segment| segment.events.len()).sum::<usize>();
    assert!((10..=1 + AHEAD_BYTES / BYTES).contains(&delivered), "{delivered}");
    let missing = core.missing().unwrap();
    assert_eq!((missing.known, missing.upto), (1, last), "the rest is to be read");
    assert_eq!(missing.after, 1 + delivered as i64);
}

/// The `seq`s that are delivered, and from where to where each run of them goes.
fn delivered(segments: &[Segment]) -> Vec<(i64, Vec<i64>, i64)> {
    let seqs = |segment: &Segment| segment.events.iter().map(|event| event.seq).collect();
    segments
        .iter()
        .map(|segment| (segment.after, seqs(segment), segment.seq))
        .collect()
}

#[test]
fn what_was_heard_while_the_store_was_read_is_not_delivered_again() {
    let model = Model::new(Kind::Group, 1);
    let mut core: Conversation<()> = Conversation::new(model.loaded(), BOUNDS);
    assert!(core.heard(vec![posted(5, 1)]).is_empty(), "5 is behind a gap");
    let missing = core.missing().unwrap();
    let read = CaughtUp {
        after: missing.after,
        events: (2..=6).map(|seq| posted(seq, 1)).collect(),
        seq: missing.upto,
    };
    // Two of them arrive by themselves before what was read does.
    assert_eq!(delivered(&core.heard(vec![posted(2, 1)])), [(1, vec![2], 2)]);
    assert_eq!(delivered(&core.heard(vec![posted(3, 1)])), [(2, vec![3], 3)]);
    let found = core.caught_up(read.clone());
    assert_eq!(
        delivered(&found),
        [(3, vec![4, 5], 5)],
        "the rest, and nothing behind what was read"
    );
    assert_eq!((core.head().0, core.missing()), (5, None));
    // It arrives once more, and so does one that is older than what is known.
    assert_eq!(delivered(&core.caught_up(read)), []);
    let older = CaughtUp {
        after: 1,
        events: vec![posted(2, 1), posted(3, 1)],
        seq: 3,
    };
    assert_eq!(delivered(&core.caught_up(older)), []);
    assert_eq!(core.head().0, 5, "the head does not go back");
}

#[test]
fn what_was_read_behind_a_gap_is_not_delivered() {
    let model = Model::new(Kind::Group, 1);
    let mut core: Conversation<()> = Conversation::new(model.loaded(), BOUNDS);
    let read = CaughtUp {
        after: 3,
        events: vec![posted(4, 1)],
        seq: 4,
    };
    assert_eq!(delivered(&core.caught_up(read)), []);
    assert_eq!(core.head().0, 1, "2 and 3 are not known");
}

#[test]
fn what_is_in_flight_explains_a_head_that_was_looked_at() {
    let mut model = Model::new(Kind::Group, 1);
    let mut core = Conversation::new(model.loaded(), BOUNDS);
    let rename = Change::Rename {
        by: vestnik::domain::Authority::Operator,
        name: vestnik::domain::ChatName::parse("x").unwrap(),
    };
    core.enqueue(rename, (), Duration::ZERO).unwrap();
    let batch = core.take_batch(BatchBounds::DEFAULT, Duration::ZERO).unwrap();
    let settled = model.commit(&batch);
    core.heard_of(2);
    assert_eq!(core.missing(), None, "one's own batch is not to be read");
    core.committed(settled);
    assert_eq!(core.missing(), None);
    core.heard_of(3);
    assert_eq!(core.missing().map(|missing| missing.upto), Some(3));
}
