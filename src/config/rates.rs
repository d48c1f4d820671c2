//! How often who may do what: the defaults, and what was set instead.

use crate::config::Config;
use crate::domain::pace::{Act, Rate, Rates};

/// Frames a second of a socket, and messages of a user.
const SEND_RATE: u32 = 1_000;
/// Chats a second that a socket opens, and how many seconds' worth at once: a client that comes back
/// opens all that it shows.
const OPEN_RATE: u32 = 20;
const OPEN_BURST: u32 = 10;
/// Who types says so every few seconds, in one chat at a time.
const TYPING_RATE: u32 = 2;
const TYPING_BURST: u32 = 5;
/// Sessions of a user that may go at their full pace at once.
const DEVICES: u32 = 5;

/// So many times a rate, after a burst of so many seconds of it.
fn times(rate: u32, times: u32, burst: u32) -> Rate {
    let per_second = f64::from(rate) * f64::from(times);
    Rate {
        per_second,
        burst: per_second * f64::from(burst),
    }
}

impl Config {
    /// How often one session may do what.
    pub fn session_rates(&self) -> Rates {
        let frames = self.rate(self.send_rate, SEND_RATE);
        let opens = self.rate(self.open_rate, OPEN_RATE);
        Rates::default()
            .with(Act::Frame, frames.map(|rate| times(rate, 1, 2)))
            .with(Act::Open, opens.map(|rate| times(rate, 1, OPEN_BURST)))
            .with(
                Act::Typing,
                self.rate(None, TYPING_RATE).map(|rate| times(rate, 1, TYPING_BURST)),
            )
    }

    /// How often one user may, over all sessions and REST together.
    pub fn user_rates(&self) -> Rates {
        let messages = self.rate(self.user_send_rate.or(self.send_rate), SEND_RATE);
        let opens = self.rate(self.open_rate, OPEN_RATE);
        let typing = self.rate(None, TYPING_RATE);
        // Not as messages: one reads as fast as all others write.
        let frames = self.rate(self.send_rate, SEND_RATE);
        Rates::default()
            .with(Act::Message, messages.map(|rate| times(rate, 1, 2)))
            .with(Act::Mark, frames.map(|rate| times(rate, 1, 2)))
            .with(Act::Ticket, opens.map(|rate| times(rate, 1, OPEN_BURST)))
            .with(Act::Open, opens.map(|rate| times(rate, DEVICES, OPEN_BURST)))
            .with(Act::Typing, typing.map(|rate| times(rate, DEVICES, TYPING_BURST)))
    }

    /// What was set, where 0 is none; otherwise the default, which `--trust` does without.
    fn rate(&self, set: Option<u32>, default: u32) -> Option<u32> {
        match set {
            Some(0) => None,
            None if self.trust => None,
            rate => Some(rate.unwrap_or(default)),
        }
    }
}
