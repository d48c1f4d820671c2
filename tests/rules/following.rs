//! Followers against an adversary: hints are lost, repeated, stale or untrue; consumers fail; processes die at any
//! instant; two servers run the same follower. Each change is taken once and in order all the same, and nobody is
//! busy with nothing.

use std::time::Duration;

use proptest::prelude::*;
use vestnik::domain::ConversationId;
use vestnik::domain::following::{Agenda, Next, Progress, REST_AT_MOST, StepOutcome, WALK_EVERY};

const CHATS: usize = 3;
/// Changes that are read at once.
const STEP: i64 = 2;

#[derive(Clone, Debug)]
enum Event {
    /// Somebody writes, and nobody is told.
    Commit(usize),
    /// A server is told that a chat has come so far.
    Hint {
        server: usize,
        chat: usize,
        seq: i64,
    },
    /// A server does what is next: it reads.
    Begin(usize),
    /// What it had begun ends well, or not.
    End {
        server: usize,
        fails: bool,
    },
    /// The store does not answer the walk.
    Unanswered(usize),
    /// A server dies, perhaps right behind its commit, and is started anew.
    Die {
        server: usize,
        has_committed: bool,
    },
    Wait(u64),
}

fn event() -> impl Strategy<Value = Event> {
    let (server, chat) = (|| 0..2_usize, || 0..CHATS);
    prop_oneof![
        4 => chat().prop_map(Event::Commit),
        4 => (server(), chat(), 0..12_i64)
            .prop_map(|(server, chat, seq)| Event::Hint { server, chat, seq }),
        6 => server().prop_map(Event::Begin),
        6 => (server(), prop::bool::weighted(0.3))
            .prop_map(|(server, fails)| Event::End { server, fails }),
        1 => server().prop_map(Event::Unanswered),
        1 => (server(), any::<bool>())
            .prop_map(|(server, has_committed)| Event::Die { server, has_committed }),
        2 => (1..2_000_u64).prop_map(Event::Wait),
    ]
}

#[derive(Default)]
struct Server {
    agenda: Agenda,
    /// What it has read, and has not written yet.
    begun: Option<Progress>,
}

/// The store, with what the consumer has made of it, and the servers.
#[derive(Default)]
struct World {
    heads: [i64; CHATS],
    positions: [i64; CHATS],
    taken: [Vec<i64>; CHATS],
    servers: [Server; 2],
    now: Duration,
}

impl World {
    fn progress(&self, chat: usize) -> Progress {
        Progress {
            conversation: ConversationId(chat as i64 + 1),
            position: self.positions[chat],
            head: self.heads[chat],
        }
    }

    fn apply(&mut self, event: &Event) {
        match *event {
            Event::Commit(chat) => self.heads[chat] += 1,
            Event::Hint { server, chat, seq } => {
                self.servers[server].agenda.hint(ConversationId(chat as i64 + 1), seq);
            }
            Event::Begin(server) => drop(self.begin(server)),
            Event::End { server, fails } => self.end(server, fails),
            Event::Unanswered(server) => {
                let now = self.now;
                let server = &mut self.servers[server];
                if server.begun.is_none() && matches!(server.agenda.next(now), Next::Walk(_)) {
                    server.agenda.walk_failed(now);
                }
            }
            Event::Die {
                server,
                has_committed,
            } => {
                if has_committed && let Some(begun) = self.servers[server].begun {
                    self.commit(begun);
                }
                self.servers[server] = Server::default();
            }
            Event::Wait(millis) => self.now += Duration::from_millis(millis),
        }
    }

    /// One thing at a time; what it was, unless it is not done with the last.
    fn begin(&mut self, at: usize) -> Option<Next> {
        if self.servers[at].begun.is_some() {
            return None;
        }
        let next = self.servers[at].agenda.next(self.now);
        match next {
            Next::Read(conversation) => {
                self.servers[at].begun = Some(self.progress(conversation.0 as usize - 1));
            }
            Next::Walk(after) => {
                let chats = after.0 as usize..CHATS;
                let page: Vec<_> = chats.map(|chat| self.progress(chat)).collect();
                self.servers[at].agenda.walked(&page, self.now);
            }
            Next::Rest(until) => assert!(until > self.now, "to rest is to let time go by"),
        }
        Some(next)
    }

    fn end(&mut self, at: usize, fails: bool) {
        let Some(begun) = self.servers[at].begun.take() else {
            return;
        };
        let outcome = match fails {
            true => StepOutcome::Failed,
            false => self.commit(begun),
        };
        self.servers[at].agenda.done(outcome, self.now);
    }

    /// The transaction: the position moves only from where it was read, with what is made of the changes.
    fn commit(&mut self, begun: Progress) -> StepOutcome {
        let chat = begun.conversation.0 as usize - 1;
        if self.positions[chat] != begun.position {
            return StepOutcome::Overtaken;
        }
        let to = begun.head.min(begun.position + STEP);
        self.taken[chat].extend(begun.position + 1..=to);
        self.positions[chat] = to;
        StepOutcome::Moved {
            position: to,
            head: begun.head,
        }
    }

    /// Nothing goes wrong any more: how often `at` had something to do within `time`.
    fn run(&mut self, at: usize, time: Duration) -> usize {
        let (until, mut done) = (self.now + time, 0);
        while self.now < until {
            self.end(at, false);
            match self.begin(at) {
                Some(Next::Rest(rest)) => self.now = rest.min(until),
                Some(Next::Read(_) | Next::Walk(_)) => done += 1,
                None => unreachable!("it has just ended"),
            }
            assert!(done < 10_000, "busy with nothing");
        }
        done
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]
    #[test]
    fn each_change_is_taken_once_and_in_order(events in prop::collection::vec(event(), 0..80)) {
        let mut world = World::default();
        for event in &events {
            world.apply(event);
        }
        // A server that stays, without a hint, finds whatever is left.
        world.run(0, REST_AT_MOST + 2 * WALK_EVERY);
        prop_assert_eq!(world.positions, world.heads);
        for (taken, head) in world.taken.iter().zip(world.heads) {
            prop_assert!(taken.iter().copied().eq(1..=head), "{:?}", taken);
        }
        prop_assert_eq!(world.servers[0].agenda.behind(), 0);
        // And then it walks, and nothing else.
        let walks = world.run(0, 10 * WALK_EVERY);
        prop_assert!(walks <= 11, "{} in ten seconds", walks);
    }
}
