//! What a socket makes of a frame.

use memchr::memmem;

use crate::clock::now;
use crate::connection::{Connection, State};
use crate::counts::{Phase, Run};
use crate::stamps::Stamp;
use crate::track::Seen;

fn has(frame: &[u8], text: &str) -> bool {
    memmem::find(frame, text.as_bytes()).is_some()
}

impl Connection {
    /// A frame has come at a time.
    pub(crate) fn frame(&mut self, run: &mut Run<'_>, frame: &[u8], at: u64) {
        let args = &run.plan.args;
        match self.state {
            State::Opening | State::Closed => {}
            State::Joining => {
                if args.ready.as_ref().is_some_and(|mark| has(frame, mark)) {
                    self.joined(run);
                }
            }
            State::Returning => self.replay(run, frame, at),
            State::Ready => self.messages(run, frame, at),
        }
    }

    fn replay(&mut self, run: &mut Run<'_>, frame: &[u8], at: u64) {
        let args = &run.plan.args;
        if let Some(mark) = &args.count {
            run.counts.counted += memmem::find_iter(frame, mark.as_bytes()).count() as u64;
        }
        let is_last = args.done.as_ref().is_some_and(|mark| has(frame, mark))
            && !args.unless.as_ref().is_some_and(|mark| has(frame, mark));
        if is_last {
            run.updating.record(at.saturating_sub(self.since));
            self.ready(run);
        }
    }

    fn messages(&mut self, run: &mut Run<'_>, frame: &[u8], at: u64) {
        let plan = run.plan;
        let mut any = plan.texts.each(frame, |stamp| self.delivered(run, stamp, at));
        if self.publisher.as_ref().is_some_and(|publisher| publisher.message.has_key()) {
            any |= plan.keys.each(frame, |stamp| self.acknowledged(run, stamp, at));
        }
        if !any && has(frame, &run.plan.args.refusal) {
            run.counts.refused += 1;
            if run.counts.refused == 1 {
                eprintln!("blast: refused: {}", String::from_utf8_lossy(frame));
            }
        }
    }

    fn delivered(&mut self, run: &mut Run<'_>, stamp: Stamp, at: u64) {
        let first = self.room * run.plan.args.publishers;
        let Some(track) = self.tracks.get_mut(stamp.publisher.wrapping_sub(first)) else {
            run.counts.foreign += 1;
            return;
        };
        match track.see(stamp.number) {
            Seen::Twice => {
                run.counts.twice += 1;
                return;
            }
            Seen::OutOfOrder => run.counts.out_of_order += 1,
            Seen::New => {}
        }
        run.counts.delivered += 1;
        if run.phase == Phase::Measuring {
            run.delivery.record(at.saturating_sub(stamp.due));
        }
        if self.publisher.as_ref().is_some_and(|publisher| !publisher.message.has_key()) {
            self.acknowledged(run, stamp, at);
        }
    }

    /// The first of acknowledgement and message that comes back counts, and makes room for the next message.
    fn acknowledged(&mut self, run: &mut Run<'_>, stamp: Stamp, at: u64) {
        let Some(publisher) = &mut self.publisher else {
            return;
        };
        if publisher.id != stamp.publisher || publisher.acks.see(stamp.number) == Seen::Twice {
            return;
        }
        run.counts.acked += 1;
        if run.phase == Phase::Measuring {
            run.ack.record(at.saturating_sub(stamp.due));
        }
        if run.is_sending() && run.plan.args.rate == 0.0 {
            self.publish(run, now());
        }
    }
}
