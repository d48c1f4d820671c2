//! Is a peer still there? One that has been silent for a while is pinged, and given up if it says nothing to
//! that. Time is the span since an arbitrary fixed start.

use std::time::Duration;

/// How long a peer may be silent.
#[derive(Clone, Copy, Debug)]
pub struct HeartbeatBounds {
    /// Before it is pinged.
    pub ping_after: Duration,
    /// After that.
    pub pong_within: Duration,
}

/// What is to be done now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beat {
    /// There is nothing to do yet.
    Wait,
    /// Ping it.
    Ping,
    /// Give it up.
    GiveUp,
}

/// When a peer was heard, and when it was asked whether it is there.
#[derive(Clone, Copy, Debug)]
pub struct Heartbeat {
    bounds: HeartbeatBounds,
    heard: Duration,
    pinged: Option<Duration>,
    is_paused: bool,
}

impl Heartbeat {
    /// Of a peer that is there at the start.
    pub fn new(bounds: HeartbeatBounds) -> Self {
        Self {
            bounds,
            heard: Duration::ZERO,
            pinged: None,
            is_paused: false,
        }
    }

    /// It has said something, whatever it was.
    pub fn hear(&mut self, now: Duration) {
        self.heard = now;
    }

    /// Nobody reads what it says, or somebody does again: until then its silence proves nothing.
    pub fn pause(&mut self, is_paused: bool, now: Duration) {
        if self.is_paused && !is_paused {
            self.heard = now;
        }
        self.is_paused = is_paused;
    }

    /// How long it has been silent.
    pub fn silence(&self, now: Duration) -> Duration {
        now.saturating_sub(self.heard)
    }

    /// To be asked now and then.
    pub fn beat(&mut self, now: Duration) -> Beat {
        match self.pinged {
            Some(pinged) if self.heard > pinged => {
                self.pinged = None;
                Beat::Wait
            }
            Some(pinged) => {
                let is_late = now.saturating_sub(pinged) > self.bounds.pong_within;
                if is_late && !self.is_paused {
                    Beat::GiveUp
                } else {
                    Beat::Wait
                }
            }
            None if self.silence(now) > self.bounds.ping_after => {
                self.pinged = Some(now);
                Beat::Ping
            }
            None => Beat::Wait,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Beat::{GiveUp, Ping, Wait};
    use super::*;

    enum Happens {
        Heard,
        Paused(bool),
        Beat(Beat),
    }
    use Happens::{Beat as Asked, Heard, Paused};

    /// What happens at which second, with a ping after 10 and a pong within 5.
    fn check(name: &str, story: &[(u64, Happens)]) {
        let mut heartbeat = Heartbeat::new(HeartbeatBounds {
            ping_after: Duration::from_secs(10),
            pong_within: Duration::from_secs(5),
        });
        for (second, happens) in story {
            let now = Duration::from_secs(*second);
            match happens {
                Heard => heartbeat.hear(now),
                Paused(is_paused) => heartbeat.pause(*is_paused, now),
                Asked(beat) => assert_eq!(heartbeat.beat(now), *beat, "{name}, second {second}"),
            }
        }
    }

    #[test]
    fn a_silent_peer_is_pinged_once_and_given_up() {
        let silent = [
            (10, Asked(Wait)),
            (11, Asked(Ping)),
            (12, Asked(Wait)),
            (16, Asked(Wait)),
        ];
        check("silent", &silent);
        check("to the end", &[(11, Asked(Ping)), (16, Asked(Wait)), (17, Asked(GiveUp))]);
    }

    #[test]
    fn whatever_it_says_proves_that_it_is_there() {
        let story = [
            (9, Heard),
            (11, Asked(Wait)),
            (20, Asked(Ping)),
            (21, Heard),
            (26, Asked(Wait)),
        ];
        check("talks", &story);
        let again = [
            (11, Asked(Ping)),
            (12, Heard),
            (13, Asked(Wait)),
            (22, Asked(Wait)),
            (23, Asked(Ping)),
        ];
        check("answers, and is silent again", &again);
    }

    #[test]
    fn a_peer_that_is_not_read_from_is_not_given_up() {
        let story = [
            (11, Asked(Ping)),
            (12, Paused(true)),
            (30, Asked(Wait)),
            (31, Paused(false)),
            (32, Asked(Wait)),
            (41, Asked(Wait)),
            (42, Asked(Ping)),
            (48, Asked(GiveUp)),
        ];
        check("paused", &story);
    }
}
