//! How fast one session may go: its own buckets, and those that it shares with its user's other
//! sessions. Who goes on too fast in spite of being told is closed.

use std::time::{Duration, Instant};

use crate::actors::engine::Engine;
use crate::actors::rate_limits::too_fast;
use crate::domain::UserId;
use crate::domain::limits::TokenBucket;
use crate::domain::rates::{Act, Buckets, Rates};
use crate::wire::client::Alteration;
use crate::wire::{ClientFrame, Problem};

/// Refusals for speed after which a socket is closed, and how many of them a second are forgiven. Not
/// in a row: some frames always pass in between.
const REFUSALS: f64 = 1_000.0;
const FORGIVEN: f64 = 20.0;

/// One session's pace.
#[derive(Debug)]
pub(super) struct Pacing {
    engine: Engine,
    user: Option<UserId>,
    rates: Rates,
    own: Buckets,
    started: Instant,
    refusals: TokenBucket,
    is_deaf: bool,
}

impl Pacing {
    pub(super) fn new(engine: &Engine, user: Option<UserId>) -> Self {
        Self {
            engine: engine.clone(),
            user,
            rates: engine.config().rates(),
            own: Buckets::default(),
            started: Instant::now(),
            refusals: TokenBucket::new(FORGIVEN, REFUSALS, Duration::ZERO),
            is_deaf: false,
        }
    }

    /// Lets a frame pass, or says when to come again. Whatever it is, it costs; what cannot be
    /// read, and a ping, cost as much.
    pub(super) fn spend(&mut self, frame: Option<&ClientFrame>) -> Result<(), Problem> {
        let taken = self.spend_own(Act::Frame).and_then(|()| match frame {
            Some(frame) => self.spend_on(frame),
            None => Ok(()),
        });
        if taken.is_err() {
            self.is_deaf |= self.refusals.take_one(self.started.elapsed()).is_err();
        }
        taken
    }

    /// What a frame costs besides being one. What is stored costs as much, whatever it is.
    fn spend_on(&mut self, frame: &ClientFrame) -> Result<(), Problem> {
        let (limits, user) = (self.engine.rate_limits(), self.user);
        match frame {
            ClientFrame::Send(send) => {
                limits.spend(user, Act::Message)?;
                limits.spend_many(user, Act::Text, send.text.bytes())
            }
            ClientFrame::Change(change) => {
                limits.spend(user, Act::Message)?;
                match &change.alteration {
                    Alteration::Edit(text) => limits.spend_many(user, Act::Text, text.bytes()),
                    _ => Ok(()),
                }
            }
            ClientFrame::Open(_) => {
                self.own
                    .spend(&self.rates, Act::Open, self.started.elapsed())
                    .map_err(too_fast)?;
                limits.spend(user, Act::UserOpen)
            }
            ClientFrame::Read(..) | ClientFrame::Unread(..) => limits.spend(user, Act::ReadCommand),
            // Which is not refused, but not heard; see `may_type`.
            ClientFrame::Typing(_) | ClientFrame::Close(_) | ClientFrame::Ping => Ok(()),
        }
    }

    /// May the user be said to be writing? Nobody is told if not.
    pub(super) fn may_type(&mut self) -> bool {
        let own = self.spend_own(Act::Typing);
        own.and_then(|()| self.engine.rate_limits().spend(self.user, Act::UserTyping))
            .is_ok()
    }

    fn spend_own(&mut self, act: Act) -> Result<(), Problem> {
        self.own.spend(&self.rates, act, self.started.elapsed()).map_err(too_fast)
    }

    /// Has it been told so often that telling is of no use?
    pub(super) fn is_deaf_to_it(&self) -> bool {
        self.is_deaf
    }
}
