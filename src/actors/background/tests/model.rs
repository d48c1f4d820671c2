//! Whatever is told of a user's chat, in whatever order and however often: the socket has been told, last, what
//! the store has. If something was lost, it has after a snapshot that was taken anew.

use proptest::prelude::*;

use super::*;
use crate::actors::background::snapshots::LookedAgain;
use crate::actors::messages::MentionsOf;
use crate::domain::mentions::Mentions;
use crate::domain::unread::ReadPosition;

const CHAT: ConversationId = ConversationId(7);
const ANNA: UserId = UserId(1);
const SESSION: SessionId = SessionId(1);

/// What happens in the store.
#[derive(Clone, Debug)]
enum Step {
    Post {
        mentions: bool,
    },
    /// By the user, who has read it thereby.
    PostOwn,
    Edit {
        back: usize,
        mentions: bool,
    },
    Read {
        back: i64,
    },
    PutBack {
        back: i64,
    },
    Leave,
    Join,
    /// It is read where they stand: the first snapshot of the socket, and then anew.
    Look,
}

/// The store, as far as it is about this user and this chat.
#[derive(Clone, Debug, Default)]
struct Ledger {
    seq: i64,
    /// Whom each message mentions.
    mentions: Vec<bool>,
    position: ReadPosition,
    joined_n: i64,
    is_in: bool,
}

impl Ledger {
    fn n(&self) -> i64 {
        self.mentions.len() as i64
    }

    fn snapshot(&self) -> Snapshot {
        let read = self.position.n.max(self.joined_n);
        let meant = (1..=self.n()).filter(|n| *n > read && self.mentions[*n as usize - 1]);
        let position = ReadPosition {
            n: read,
            ..self.position
        };
        Snapshot {
            conversation: CHAT,
            head: (self.seq, self.n()),
            read_state: ReadState::new(position, meant),
        }
    }

    fn chats(&self) -> Vec<Snapshot> {
        self.is_in.then(|| self.snapshot()).into_iter().collect()
    }

    /// What is told of a step; none if it does nothing.
    fn take(&mut self, step: &Step) -> Option<News> {
        match step {
            Step::Post { mentions } => Some(self.post(*mentions)),
            Step::PostOwn if self.is_in => {
                let mut news = self.post(false);
                self.position.n = self.position.n.max(self.n());
                if let News::Advanced(advanced) = &mut news {
                    advanced.read.push((ANNA, self.position));
                }
                Some(news)
            }
            Step::Edit { back, mentions } => {
                let place = self.mentions.len().checked_sub(1 + back)?;
                self.mentions[place] = *mentions;
                Some(self.changed(place as i64 + 1, *mentions))
            }
            Step::Read { back } if self.is_in => {
                let n = (self.n() - back).max(self.snapshot().read_state.read_position().n);
                self.position.n = n;
                Some(News::Read(self.snapshot()))
            }
            Step::PutBack { back } if self.is_in => {
                let n = (self.n() - back).max(self.joined_n);
                self.position = ReadPosition {
                    revision: self.position.revision + 1,
                    n,
                };
                Some(News::Read(self.snapshot()))
            }
            Step::Leave if self.is_in => {
                (self.is_in, self.seq) = (false, self.seq + 1);
                let mut advanced = Advanced::new(CHAT, self.seq, self.n());
                advanced.left.push((ANNA, self.seq));
                Some(News::Advanced(advanced))
            }
            Step::Join if !self.is_in => {
                (self.is_in, self.seq, self.joined_n) = (true, self.seq + 1, self.n());
                self.position.n = self.position.n.max(self.n());
                let mut advanced = Advanced::new(CHAT, self.seq, self.n());
                advanced.joined.push((ANNA, self.seq, self.n()));
                Some(News::Advanced(advanced))
            }
            _ => None,
        }
    }

    fn post(&mut self, mentions: bool) -> News {
        self.mentions.push(mentions);
        self.changed(self.n(), mentions)
    }

    fn changed(&mut self, n: i64, is_meant: bool) -> News {
        self.seq += 1;
        let users = if is_meant {
            vec![ANNA]
        } else {
            vec![UserId(2)]
        };
        let mut advanced = Advanced::new(CHAT, self.seq, self.n());
        let mentions = Mentions { all: false, users };
        advanced.mentions.push(MentionsOf {
            n,
            seq: self.seq,
            mentions,
        });
        News::Advanced(advanced)
    }
}

#[derive(Clone, Debug)]
enum News {
    Advanced(Advanced),
    Read(Snapshot),
    Watch(Vec<Snapshot>),
    WatchAgain(Vec<Snapshot>),
}

/// How each thing that is told fares: lost, or so much later, and perhaps once more.
#[derive(Clone, Copy, Debug)]
struct Fate {
    is_lost: bool,
    after: usize,
    again: Option<usize>,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => any::<bool>().prop_map(|mentions| Step::Post { mentions }),
        1 => Just(Step::PostOwn),
        3 => (0_usize..6, any::<bool>()).prop_map(|(back, mentions)| Step::Edit { back, mentions }),
        2 => (0_i64..4).prop_map(|back| Step::Read { back }),
        2 => (0_i64..8).prop_map(|back| Step::PutBack { back }),
        1 => Just(Step::Leave),
        2 => Just(Step::Join),
        2 => Just(Step::Look),
    ]
}

fn fate() -> impl Strategy<Value = Fate> {
    (prop::bool::weighted(0.03), 0_usize..6, prop::option::weighted(0.3, 0_usize..9)).prop_map(
        |(is_lost, after, again)| Fate {
            is_lost,
            after,
            again,
        },
    )
}

/// One socket, and what it was told last of the chat.
#[derive(Debug, Default)]
struct Client {
    background: Background,
    told: Option<Counters>,
    /// Is it to be looked how its user stands?
    is_unsure: bool,
}

impl Client {
    fn hear(&mut self, news: &News) {
        match news {
            News::Advanced(advanced) => {
                let moved_on = self.background.advanced(advanced);
                if !moved_on.gone.is_empty() {
                    self.told = None;
                }
                self.is_unsure |= !moved_on.unsure.is_empty();
            }
            News::Read(snapshot) => {
                for (_, counters) in self.background.read_position_moved(ANNA, snapshot) {
                    self.told = Some(counters);
                }
            }
            News::Watch(chats) => {
                self.told = chats.first().map(Snapshot::counters);
                if !self.background.watch(SESSION, chats).is_empty() {
                    self.told = None;
                }
            }
            News::WatchAgain(chats) => {
                let LookedAgain { gone, .. } = self.background.watch_again(ANNA, chats, true);
                if !gone.is_empty() {
                    self.told = None;
                }
            }
        }
    }

    fn told(&mut self) -> Option<Counters> {
        for (_, counters) in self.background.take_news() {
            self.told = Some(counters);
        }
        self.told
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 20_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn the_last_that_is_told_is_what_the_store_has(
        before in 0_usize..6,
        steps in prop::collection::vec((step(), fate(), any::<bool>()), 1..30),
    ) {
        let mut ledger = Ledger { is_in: true, ..Ledger::default() };
        let mut client = Client::default();
        let mut on_their_way: Vec<(usize, News)> = Vec::new();
        client.background.expect(SESSION, ANNA);
        let mut first = None;
        for (place, (step, fate, tells)) in steps.iter().enumerate() {
            if place == before {
                first = Some(place + fate.after);
                on_their_way.push((place + fate.after, News::Watch(ledger.chats())));
            }
            let is_sure = matches!(step, Step::Look);
            let news = match step {
                Step::Look if first.is_some_and(|first| first < place) => {
                    client.background.expect_again(ANNA);
                    Some(News::WatchAgain(ledger.chats()))
                }
                step => ledger.take(step),
            };
            if let Some(news) = news {
                if is_sure || !fate.is_lost {
                    on_their_way.push((place + fate.after, news.clone()));
                }
                if let (Some(again), false) = (fate.again, is_sure) {
                    on_their_way.push((place + again, news));
                }
            }
            let (now, later) = on_their_way.into_iter().partition(|(at, _)| *at <= place);
            on_their_way = later;
            let now: Vec<_> = now;
            now.iter().for_each(|(_, news)| client.hear(news));
            if *tells {
                client.told();
            }
        }
        if first.is_none() {
            on_their_way.push((0, News::Watch(ledger.chats())));
        }
        on_their_way.sort_by_key(|(at, _)| *at);
        on_their_way.iter().for_each(|(_, news)| client.hear(news));
        if client.is_unsure || steps.iter().any(|(_, fate, _)| fate.is_lost) {
            // Something was missed: that is noticed, and looked for.
            client.background.expect_again(ANNA);
            client.hear(&News::WatchAgain(ledger.chats()));
        }
        let stands = ledger.is_in.then(|| ledger.snapshot().counters());
        prop_assert_eq!(client.told(), stands);
    }
}
