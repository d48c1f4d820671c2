//! One connection: its bytes in and out.

use std::io::{self, ErrorKind, Read as _, Write as _};

use mio::net::TcpStream;

use crate::frames::{self, Opening};

/// What a connection has brought.
pub(crate) enum Arrival<'a> {
    /// It opens its socket, in a room.
    Joins(String),
    Says(u8, &'a [u8]),
}

pub(crate) struct Connection {
    pub(crate) stream: TcpStream,
    /// Its room, and its place among the members at the time.
    pub(crate) room: Option<(usize, i64)>,
    is_open: bool,
    /// The beginning of a frame.
    rest: Vec<u8>,
    /// What the kernel did not take.
    out: Vec<u8>,
}

/// Whether the connection goes on.
pub(crate) type GoesOn = bool;

impl Connection {
    pub(crate) fn new(stream: TcpStream) -> Self {
        Self {
            stream,
            room: None,
            is_open: false,
            rest: Vec::new(),
            out: Vec::new(),
        }
    }

    /// Writes at once what the kernel takes; the rest waits, without a bound: this is a floor.
    pub(crate) fn write(&mut self, bytes: &[u8]) {
        let taken = if self.out.is_empty() {
            self.stream.write(bytes).unwrap_or(0)
        } else {
            0
        };
        self.out.extend_from_slice(&bytes[taken..]);
    }

    /// Goes on with what has waited.
    pub(crate) fn flush(&mut self) {
        while !self.out.is_empty() {
            match self.stream.write(&self.out) {
                Ok(taken) if taken > 0 => drop(self.out.drain(..taken)),
                _ => return,
            }
        }
        self.out = Vec::new();
    }

    /// Reads until there is no more, and hands over what came.
    pub(crate) fn read(&mut self, buffer: &mut [u8], mut each: impl FnMut(Arrival<'_>)) -> GoesOn {
        loop {
            let read = match self.stream.read(buffer) {
                Ok(0) => return false,
                Ok(read) => read,
                Err(error) => return is_for_later(&error),
            };
            // Whole frames are used where they are.
            let goes_on = if self.rest.is_empty() {
                let used = self.take_in(&mut buffer[..read], &mut each);
                used.inspect(|used| self.rest.extend_from_slice(&buffer[*used..read]))
            } else {
                let mut bytes = std::mem::take(&mut self.rest);
                bytes.extend_from_slice(&buffer[..read]);
                let used = self.take_in(&mut bytes, &mut each);
                used.inspect(|used| {
                    bytes.drain(..*used);
                    self.rest = bytes;
                })
            };
            if goes_on.is_none() {
                return false;
            }
            if read < buffer.len() {
                return true;
            }
        }
    }

    /// Uses what it can, and returns how much; `None` ends the connection.
    fn take_in(&mut self, bytes: &mut [u8], each: &mut impl FnMut(Arrival<'_>)) -> Option<usize> {
        let mut used = 0;
        if !self.is_open {
            match frames::request(bytes) {
                Opening::NotYet => return Some(0),
                Opening::Wrong => return None,
                Opening::Request(request) => {
                    self.is_open = true;
                    self.write(request.answer.as_bytes());
                    used = request.length;
                    each(Arrival::Joins(request.room));
                }
            }
        }
        let mut goes_on = true;
        used += frames::decode(&mut bytes[used..], |opcode, payload| match opcode {
            frames::TEXT | frames::BINARY => each(Arrival::Says(opcode, payload)),
            frames::PING => {
                let mut pong = Vec::new();
                frames::encode(&mut pong, frames::PONG, payload);
                self.write(&pong);
            }
            frames::CLOSE => goes_on = false,
            _ => {}
        })?;
        goes_on.then_some(used)
    }
}

fn is_for_later(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}
