//! One socket, from its first byte to its last: what it sends, and its bytes until they are frames.

use std::io;
use std::mem::take;

use memchr::memmem;
use mio::Token;

use crate::clock::now;
use crate::counts::{Phase, Run};
use crate::frames;
use crate::plan::Message;
use crate::stamps::Stamp;
use crate::stream::{Stream, is_for_later};
use crate::track::Track;

/// Bytes of a read at least.
const READ: usize = 64 << 10;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// The answer to its request has not come.
    Opening,
    Joining,
    /// It is ready, and has asked for what it missed.
    Returning,
    Ready,
    Closed,
}

pub(crate) struct Publisher {
    /// Among all publishers.
    pub(crate) id: usize,
    pub(crate) acks: Track,
    pub(crate) message: Message,
}

pub(crate) struct Connection {
    pub(crate) index: usize,
    pub(crate) room: usize,
    pub(crate) state: State,
    /// What it has had of each publisher of its room.
    pub(crate) tracks: Box<[Track]>,
    pub(crate) publisher: Option<Box<Publisher>>,
    /// When its present state began.
    pub(crate) since: u64,
    stream: Option<Stream>,
    is_stalled: bool,
    /// The beginning of a frame.
    rest: Vec<u8>,
    out: Vec<u8>,
}

impl Connection {
    pub(crate) fn open(run: &mut Run<'_>, index: usize) -> io::Result<Self> {
        let args = &run.plan.args;
        let (room, place) = (index / args.subs, index % args.subs);
        let publisher = (place < args.publishers).then(|| {
            Box::new(Publisher {
                id: room * args.publishers + place,
                acks: Track::default(),
                message: Message::new(&run.plan.fill(&args.publish, index), args.payload),
            })
        });
        run.opening += 1;
        Ok(Self {
            index,
            room,
            state: State::Opening,
            tracks: vec![Track::default(); args.publishers].into(),
            publisher,
            since: now(),
            stream: Some(Stream::open(run.plan, index, &run.registry, Token(index))?),
            is_stalled: place >= run.plan.readers(),
            rest: Vec::new(),
            out: run.plan.request(index),
        })
    }

    /// Queues its next message.
    pub(crate) fn publish(&mut self, run: &mut Run<'_>, due: u64) {
        let Some(publisher) = &self.publisher else {
            return;
        };
        let number = run.sent[publisher.id];
        let stamp = Stamp {
            run: run.plan.run,
            publisher: publisher.id,
            number,
            due,
        };
        let mut text = String::with_capacity(256);
        publisher.message.write(&stamp, &mut text);
        run.sent[publisher.id] += 1;
        run.counts.sent += 1;
        frames::encode(&mut self.out, run.plan.opcode(), text.as_bytes());
    }

    pub(crate) fn flush(&mut self, run: &mut Run<'_>) {
        let Some(stream) = &mut self.stream else {
            return;
        };
        while !self.out.is_empty() || stream.wants_write() {
            match stream.write(&self.out) {
                Ok(taken) => {
                    self.out.drain(..taken);
                    if taken == 0 {
                        break;
                    }
                }
                Err(error) if is_for_later(&error) => break,
                Err(error) => return self.close(run, &error.to_string()),
            }
        }
        if self.out.is_empty() && self.publisher.is_none() {
            // An idle socket shall cost nothing here.
            self.out = Vec::new();
        }
    }

    /// Reads until there is no more.
    pub(crate) fn read(&mut self, run: &mut Run<'_>) {
        let mut buffer = take(&mut run.buffer);
        while !(self.is_stalled && self.state == State::Ready) {
            let Some(stream) = &mut self.stream else {
                break;
            };
            let kept = self.rest.len();
            if buffer.len() < kept + READ {
                buffer.resize(2 * kept + READ, 0);
            }
            let room = buffer.len() - kept;
            let read = match stream.read(&mut buffer[kept..]) {
                Ok(0) => {
                    self.close(run, "closed by the server");
                    break;
                }
                Ok(read) => read,
                Err(error) if is_for_later(&error) => break,
                Err(error) => {
                    self.close(run, &error.to_string());
                    break;
                }
            };
            let is_drained = stream.is_drained(read, room);
            buffer[..kept].copy_from_slice(&self.rest);
            run.counts.reads += 1;
            run.counts.bytes += read as u64;
            let used = self.take_in(run, &buffer[..kept + read]);
            self.keep(&buffer[used..kept + read]);
            if is_drained {
                break;
            }
        }
        run.buffer = buffer;
    }

    fn keep(&mut self, rest: &[u8]) {
        if rest.is_empty() {
            self.rest = Vec::new();
        } else {
            self.rest.clear();
            self.rest.extend_from_slice(rest);
        }
    }

    /// Uses what it can, and returns how much.
    fn take_in(&mut self, run: &mut Run<'_>, bytes: &[u8]) -> usize {
        let mut used = 0;
        if self.state == State::Opening {
            let Some(end) = memmem::find(bytes, b"\r\n\r\n") else {
                return 0;
            };
            if !bytes.starts_with(b"HTTP/1.1 101") {
                self.close(run, &String::from_utf8_lossy(bytes));
                return bytes.len();
            }
            used = end + 4;
            self.upgraded(run);
        }
        let at = now();
        used + frames::decode(&bytes[used..], |opcode, payload| match opcode {
            frames::PING => frames::encode(&mut self.out, frames::PONG, payload),
            frames::PONG => {}
            frames::CLOSE => self.close(run, &close_reason(payload)),
            _ => self.frame(run, payload, at),
        })
    }

    fn upgraded(&mut self, run: &mut Run<'_>) {
        self.state = State::Joining;
        self.say(run, &run.plan.args.init);
        if run.plan.args.ready.is_none() {
            self.joined(run);
        }
    }

    pub(crate) fn joined(&mut self, run: &mut Run<'_>) {
        let at = now();
        run.readying.record(at.saturating_sub(self.since));
        self.since = at;
        self.say(run, &run.plan.args.then);
        if run.plan.args.done.is_some() {
            self.state = State::Returning;
        } else {
            self.ready(run);
        }
    }

    pub(crate) fn ready(&mut self, run: &mut Run<'_>) {
        self.state = State::Ready;
        run.opening -= 1;
        run.counts.ready += 1;
    }

    fn say(&mut self, run: &Run<'_>, templates: &[String]) {
        for template in templates {
            let text = run.plan.fill(template, self.index);
            frames::encode(&mut self.out, run.plan.opcode(), text.as_bytes());
        }
    }

    /// Closes it, and says why if it is the first one.
    pub(crate) fn close(&mut self, run: &mut Run<'_>, why: &str) {
        if let Some(stream) = self.stream.take() {
            stream.close(&run.registry);
        }
        let count = match self.state {
            State::Closed => return,
            State::Ready => &mut run.counts.closed,
            _ => {
                run.opening -= 1;
                &mut run.counts.failed
            }
        };
        *count += 1;
        if *count == 1 {
            eprintln!("blast: socket {}: {why}", self.index);
        }
        self.state = State::Closed;
    }

    /// How many messages of its room have not come.
    pub(crate) fn missing(&self, run: &Run<'_>) -> u64 {
        let args = &run.plan.args;
        let own = self.publisher.as_ref().filter(|_| args.no_echo).map(|publisher| publisher.id);
        let ids = self.room * args.publishers..;
        let others = ids.zip(self.tracks.iter()).filter(|(id, _)| Some(*id) != own);
        if self.is_stalled {
            0
        } else {
            others.map(|(id, track)| track.missing(run.sent[id])).sum()
        }
    }
}

impl Run<'_> {
    pub(crate) fn is_sending(&self) -> bool {
        matches!(self.phase, Phase::WarmingUp | Phase::Measuring)
    }
}

fn close_reason(payload: &[u8]) -> String {
    match payload {
        [high, low, reason @ ..] => {
            let code = u16::from_be_bytes([*high, *low]);
            format!("closed with {code} {}", String::from_utf8_lossy(reason))
        }
        _ => "closed without a code".into(),
    }
}
