//! Times in nanoseconds of the monotonic clock, and a timer of that exactness for the poll (which by itself knows
//! milliseconds only: messages that are due apart would be sent together, and cost the server less).

use std::io;
use std::os::fd::AsRawFd as _;

use mio::unix::SourceFd;
use mio::{Interest, Registry, Token};
use rustix::fd::OwnedFd;
use rustix::time::{
    ClockId, Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, clock_gettime,
    timerfd_create, timerfd_settime,
};

const SECOND: u64 = 1_000_000_000;

pub(crate) fn now() -> u64 {
    nanoseconds(clock_gettime(ClockId::Monotonic))
}

/// The processor time of this process.
pub(crate) fn own_cpu() -> u64 {
    nanoseconds(clock_gettime(ClockId::ProcessCPUTime))
}

fn nanoseconds(time: Timespec) -> u64 {
    time.tv_sec as u64 * SECOND + time.tv_nsec as u64
}

/// Seconds as nanoseconds.
pub(crate) fn seconds(seconds: f64) -> u64 {
    (seconds * SECOND as f64) as u64
}

/// Wakes the poll at a time.
pub(crate) struct Timer {
    timer: OwnedFd,
    set_to: u64,
}

impl Timer {
    pub(crate) fn new(registry: &Registry, token: Token) -> io::Result<Self> {
        let timer = timerfd_create(
            TimerfdClockId::Monotonic,
            TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC,
        )?;
        registry.register(&mut SourceFd(&timer.as_raw_fd()), token, Interest::READABLE)?;
        Ok(Self { timer, set_to: 0 })
    }

    /// Setting it anew also forgets that it has rung.
    pub(crate) fn set(&mut self, at: u64) -> io::Result<()> {
        if at == self.set_to {
            return Ok(());
        }
        self.set_to = at;
        let zero = Timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        let at = Timespec {
            tv_sec: (at / SECOND) as i64,
            tv_nsec: (at % SECOND) as i64,
        };
        let time = Itimerspec {
            it_interval: zero,
            it_value: at,
        };
        timerfd_settime(&self.timer, TimerfdTimerFlags::ABSTIME, &time)?;
        Ok(())
    }
}
