//! A bus between the servers of one test that does everything a bus may do: it loses, repeats, delays and
//! reorders, stands still, parts some from others, and says that it may have lost something when it has not.
//! What it does follows from a seed; when, is up to the machine.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::mpsc;
use vestnik::bus::{ARRIVALS, Arrival, Bus, Connected};

use super::seeded_random::Chance;

/// What one envelope may have here: small, so that long runs are cut and large changes left out.
const MOST_BYTES: usize = 1_200;
/// The longest delay of one envelope.
const DELAY_MILLIS: usize = 40;
/// The longest time for which a server hears nothing.
const PAUSE_MILLIS: usize = 400;

/// The bus between the servers of one test.
#[derive(Debug)]
pub(crate) struct FaultyBus(Mutex<State>);

#[derive(Debug)]
struct State {
    /// None if nothing goes wrong.
    chance: Option<Chance>,
    /// What an envelope takes, if nothing else happens to it.
    delay: Duration,
    /// Is nothing said of what is lost?
    is_silent: bool,
    /// Does everything arrive?
    loses_nothing: bool,
    listeners: Vec<Listener>,
    /// Who does not hear whom, for so many envelopes more.
    one_way_cuts: Vec<(usize, usize, usize)>,
    /// What was told since it is held: from whom, to whom, and what.
    held: Option<Vec<(usize, usize, Vec<u8>)>>,
}

/// One server, as the others reach it.
#[derive(Clone, Debug)]
struct Listener {
    tell: mpsc::Sender<Arrival>,
    /// For how many reasons it hears nothing now.
    pauses: usize,
}

/// What becomes of an envelope on its way to one server.
enum Fate {
    Lost,
    Comes {
        times: usize,
        after: Duration,
    },
    /// Nothing else comes either, for so long; then it is said that something may be missing.
    Pauses(Duration),
}

/// The end of it that one server has.
#[derive(Debug)]
struct BusEnd {
    bus: Arc<FaultyBus>,
    number: usize,
}

impl FaultyBus {
    pub(crate) fn new(seed: u64) -> Arc<Self> {
        Arc::new(Self(Mutex::new(State {
            chance: Some(Chance::new(seed)),
            delay: Duration::ZERO,
            is_silent: false,
            loses_nothing: false,
            listeners: Vec::new(),
            one_way_cuts: Vec::new(),
            held: None,
        })))
    }

    /// One that loses much and says nothing of it.
    pub(crate) fn silent(seed: u64) -> Arc<Self> {
        let bus = Self::new(seed);
        bus.0.lock().expect("no panic").is_silent = true;
        bus
    }

    /// One that reorders, and loses nothing.
    pub(crate) fn shuffling(seed: u64) -> Arc<Self> {
        let bus = Self::new(seed);
        bus.0.lock().expect("no panic").loses_nothing = true;
        bus
    }

    /// One on which everything arrives, at once and in order.
    pub(crate) fn faultless() -> Arc<Self> {
        Self::delaying(Duration::ZERO)
    }

    /// One on which everything arrives, so much later.
    pub(crate) fn delaying(delay: Duration) -> Arc<Self> {
        Arc::new(Self(Mutex::new(State {
            chance: None,
            delay,
            is_silent: false,
            loses_nothing: false,
            listeners: Vec::new(),
            one_way_cuts: Vec::new(),
            held: None,
        })))
    }

    /// Nothing arrives from now on until it is let go.
    pub(crate) fn hold(&self) {
        self.0.lock().expect("no panic").held = Some(Vec::new());
    }

    /// How much is held that the server with this number has told, by the order in which they came.
    pub(crate) fn held_of(&self, number: usize) -> usize {
        let state = self.0.lock().expect("no panic");
        state.held.iter().flatten().filter(|(from, ..)| *from == number).count()
    }

    /// What is held arrives, the last of it first.
    pub(crate) fn let_go_backwards(&self) {
        let mut state = self.0.lock().expect("no panic");
        for (_, to, sealed) in state.held.take().into_iter().flatten().rev() {
            drop(state.listeners[to].tell.try_send(Arrival::Envelope(sealed)));
        }
    }

    /// One more server is connected to it.
    pub(crate) fn connect(self: &Arc<Self>) -> Connected {
        let (tell, arrivals) = mpsc::channel(ARRIVALS);
        tell.try_send(Arrival::Joined).expect("room");
        let mut state = self.0.lock().expect("no panic");
        let number = state.listeners.len();
        state.listeners.push(Listener { tell, pauses: 0 });
        let end = BusEnd {
            bus: Arc::clone(self),
            number,
        };
        (Arc::new(end), arrivals)
    }
}

impl State {
    fn fate(&mut self, from: usize, to: usize) -> Fate {
        if let Some(cut) = self.one_way_cuts.iter_mut().find(|(a, b, _)| (*a, *b) == (from, to)) {
            cut.2 = cut.2.saturating_sub(1);
            return Fate::Lost;
        }
        match self.below(100) {
            0..60 if self.loses_nothing => Fate::Comes {
                times: 1,
                after: self.some_delay(),
            },
            0..8 => Fate::Lost,
            8..30 | 41 if self.is_silent => Fate::Lost,
            8..16 => Fate::Comes {
                times: 2,
                after: self.some_delay(),
            },
            16..40 => Fate::Comes {
                times: 1,
                after: self.some_delay(),
            },
            // One way only: whoever is not heard may hear.
            40 if !self.loses_nothing => {
                let envelopes = self.below(20);
                self.one_way_cuts.push((from, to, envelopes));
                Fate::Lost
            }
            41 if !self.loses_nothing => {
                let millis = self.below(PAUSE_MILLIS);
                Fate::Pauses(Duration::from_millis(millis as u64))
            }
            _ => Fate::Comes {
                times: 1,
                after: self.delay,
            },
        }
    }

    /// One of `0..bound`; the last one if nothing goes wrong.
    fn below(&mut self, bound: usize) -> usize {
        self.chance.as_mut().map_or(bound - 1, |chance| chance.below(bound))
    }

    fn some_delay(&mut self) -> Duration {
        Duration::from_millis(self.below(DELAY_MILLIS) as u64)
    }
}

impl Bus for BusEnd {
    fn publish(&self, sealed: Vec<u8>) {
        let mut state = self.bus.0.lock().expect("no panic");
        state.one_way_cuts.retain(|(_, _, left)| *left > 0);
        if state.held.is_some() {
            let to_all = 0..state.listeners.len();
            let of_this = to_all.map(|to| (self.number, to, sealed.clone()));
            state.held.iter_mut().for_each(|held| held.extend(of_this.clone()));
            return;
        }
        for to in 0..state.listeners.len() {
            let fate = state.fate(self.number, to);
            let Listener { tell, pauses } = state.listeners[to].clone();
            if pauses > 0 {
                continue;
            }
            let sealed = sealed.clone();
            // Whoever is full or gone hears nothing, as on any bus.
            match fate {
                Fate::Lost => {}
                Fate::Comes { times: 1, after } if after.is_zero() => {
                    drop(tell.try_send(Arrival::Envelope(sealed)));
                }
                Fate::Comes { times, after } => {
                    tokio::spawn(async move {
                        for _ in 0..times {
                            tokio::time::sleep(after).await;
                            drop(tell.try_send(Arrival::Envelope(sealed.clone())));
                        }
                    });
                }
                Fate::Pauses(millis) => {
                    state.listeners[to].pauses += 1;
                    let bus = Arc::clone(&self.bus);
                    tokio::spawn(async move {
                        tokio::time::sleep(millis).await;
                        bus.0.lock().expect("no panic").listeners[to].pauses -= 1;
                        drop(tell.try_send(Arrival::Joined));
                    });
                }
            }
        }
    }

    fn most_bytes(&self) -> usize {
        MOST_BYTES
    }
}
