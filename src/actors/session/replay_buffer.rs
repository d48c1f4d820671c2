//! What is said in a conversation while its past is still being replayed to a socket.
//!
//! A conversation adds a socket in line with its deliveries: what it hands over before that is part
//! of the past that is replayed, what comes after it is not. So there is neither a gap nor an
//! overlap between history and live, and the conversation never waits for one who is joining.

use bytes::Bytes;

/// A conversation's frames for one socket, held back.
#[derive(Debug, Default)]
pub(super) struct ReplayBuffer {
    runs: Vec<Bytes>,
    bytes: usize,
    overflowed: bool,
    /// Has the conversation added the socket?
    added: bool,
    /// Has everything been replayed already?
    released: bool,
}

/// What becomes of a buffer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Released {
    /// These come next, and then everything as it is said.
    Live(Vec<Bytes>),
    /// Everything as it is said, from where the socket is added.
    WhenAdded,
    /// Too much was said meanwhile; it must be replayed too.
    Overflowed,
}

impl ReplayBuffer {
    /// Takes a run, or forgets that there is one if it would be more than `bound` bytes in all.
    pub(super) fn push(&mut self, runs: &[Bytes], bound: usize) {
        if !self.added || self.overflowed {
            return;
        }
        self.bytes += runs.iter().map(Bytes::len).sum::<usize>();
        if self.bytes > bound {
            self.overflowed = true;
            self.runs = Vec::new();
        } else {
            self.runs.extend_from_slice(runs);
        }
    }

    /// The conversation has added the socket; `true` if the buffer is over with that.
    pub(super) fn add(&mut self) -> bool {
        self.added = true;
        self.runs.clear();
        self.bytes = 0;
        self.overflowed = false;
        self.released
    }

    /// Everything up to the place where the socket is added has been replayed.
    pub(super) fn release(&mut self) -> Released {
        if !self.added {
            self.released = true;
            return Released::WhenAdded;
        }
        if self.overflowed {
            return Released::Overflowed;
        }
        Released::Live(std::mem::take(&mut self.runs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(text: &'static str) -> [Bytes; 1] {
        [Bytes::from_static(text.as_bytes())]
    }

    #[test]
    fn what_is_said_before_the_socket_is_added_is_history() {
        let mut buffer = ReplayBuffer::default();
        buffer.push(&run("history"), 100);
        assert!(!buffer.add());
        buffer.push(&run("live"), 100);
        assert_eq!(buffer.release(), Released::Live(run("live").to_vec()));
    }

    #[test]
    fn a_replay_that_is_done_early_waits_for_the_socket_to_be_added() {
        let mut buffer = ReplayBuffer::default();
        assert_eq!(buffer.release(), Released::WhenAdded);
        buffer.push(&run("history"), 100);
        assert!(buffer.add());
    }

    #[test]
    fn too_much_is_replayed_instead() {
        let mut buffer = ReplayBuffer::default();
        buffer.add();
        buffer.push(&run("12345"), 6);
        buffer.push(&run("12"), 6);
        assert_eq!(buffer.release(), Released::Overflowed);
        // Another round: the conversation adds the socket anew.
        buffer.add();
        buffer.push(&run("1"), 6);
        assert_eq!(buffer.release(), Released::Live(run("1").to_vec()));
    }
}
