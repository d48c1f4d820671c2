//! The one thread: a poll over all connections, and the messages that are due.

use std::io;
use std::time::Duration;

use mio::{Events, Poll, Token};

use crate::clock::{Timer, now};
use crate::connection::{Connection, State};
use crate::counts::{Phase, Run};
use crate::due::Schedule;
use crate::plan::Plan;
use crate::process::Server;

const TIMER: Token = Token(usize::MAX);
/// Between two looks at the server's memory.
const LOOK: u64 = 50_000_000;
/// The poll comes back at the latest then, should a timer be lost.
const LONGEST: Duration = Duration::from_millis(100);

pub(crate) struct Generator<'a> {
    pub(crate) run: Run<'a>,
    pub(crate) connections: Vec<Connection>,
    pub(crate) server: Server,
    schedule: Option<Schedule>,
    poll: Poll,
    events: Events,
    timer: Timer,
    looked: u64,
}

impl<'a> Generator<'a> {
    pub(crate) fn new(plan: &'a Plan) -> io::Result<Self> {
        let poll = Poll::new()?;
        Ok(Self {
            run: Run::new(plan, poll.registry().try_clone()?),
            connections: Vec::with_capacity(plan.connections()),
            server: Server::new(plan.args.pid),
            schedule: None,
            timer: Timer::new(poll.registry(), TIMER)?,
            events: Events::with_capacity(1024),
            poll,
            looked: 0,
        })
    }

    /// Goes on until the time, or until `is_over`.
    pub(crate) fn until(&mut self, end: u64, is_over: impl Fn(&Run<'_>) -> bool) -> io::Result<()> {
        while now() < end && !is_over(&self.run) {
            self.turn(end)?;
        }
        Ok(())
    }

    /// Publishers begin, at their rate or with all that they may have in flight.
    pub(crate) fn begin(&mut self) {
        self.run.phase = Phase::WarmingUp;
        let args = &self.run.plan.args;
        let publishers: Vec<usize> = self.publishers().collect();
        if args.rate > 0.0 {
            self.schedule = Some(Schedule::new(&publishers, args.rate, now()));
            return;
        }
        let window = args.window;
        for at in publishers {
            let connection = &mut self.connections[at];
            (0..window).for_each(|_| connection.publish(&mut self.run, now()));
            connection.flush(&mut self.run);
        }
    }

    /// First the first of each room, so that at a rate rooms take turns.
    fn publishers(&self) -> impl Iterator<Item = usize> + use<> {
        let args = &self.run.plan.args;
        let (rooms, subs) = (args.rooms, args.subs);
        (0..args.publishers).flat_map(move |place| (0..rooms).map(move |room| room * subs + place))
    }

    fn turn(&mut self, end: u64) -> io::Result<()> {
        let run = &mut self.run;
        let window = run.plan.args.connect_window;
        while run.opening < window && self.connections.len() < run.plan.connections() {
            self.connections.push(Connection::open(run, self.connections.len())?);
        }
        let sending = self.schedule.as_mut().filter(|_| run.is_sending());
        let mut next = end;
        if let Some(schedule) = sending {
            while let Some((due, at)) = schedule.pop(now()) {
                self.connections[at].publish(run, due);
                self.connections[at].flush(run);
            }
            next = schedule.next().unwrap_or(end).min(end);
        }
        self.timer.set(next)?;
        self.events()?;
        if now() > self.looked + LOOK {
            self.looked = now();
            self.server.rss_kib();
        }
        Ok(())
    }

    fn events(&mut self) -> io::Result<()> {
        if let Err(error) = self.poll.poll(&mut self.events, Some(LONGEST))
            && error.kind() != io::ErrorKind::Interrupted
        {
            return Err(error);
        }
        for event in self.events.iter().filter(|event| event.token() != TIMER) {
            let connection = &mut self.connections[event.token().0];
            if connection.state == State::Closed {
                continue;
            }
            if event.is_readable() || event.is_error() || event.is_read_closed() {
                connection.read(&mut self.run);
            }
            connection.flush(&mut self.run);
        }
        Ok(())
    }
}
