//! What is counted and timed in a run.

use mio::Registry;

use crate::histogram::Histogram;
use crate::plan::Plan;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Phase {
    Opening,
    WarmingUp,
    Measuring,
    /// Nothing is sent any more.
    Draining,
}

#[derive(Clone, Copy, Default)]
pub(crate) struct Counts {
    /// Sockets that are ready, and up to date if they are to be.
    pub(crate) ready: u64,
    /// Sockets that were closed before that, and after it.
    pub(crate) failed: u64,
    pub(crate) closed: u64,
    pub(crate) sent: u64,
    pub(crate) acked: u64,
    pub(crate) delivered: u64,
    pub(crate) bytes: u64,
    pub(crate) reads: u64,
    pub(crate) refused: u64,
    pub(crate) twice: u64,
    pub(crate) out_of_order: u64,
    /// Messages of another room.
    pub(crate) foreign: u64,
    /// What --count asks for.
    pub(crate) counted: u64,
}

/// What all connections share.
pub(crate) struct Run<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) registry: Registry,
    pub(crate) phase: Phase,
    pub(crate) counts: Counts,
    /// Sockets that are on their way.
    pub(crate) opening: usize,
    /// How many messages each publisher has sent.
    pub(crate) sent: Vec<u64>,
    /// What a read brings; one for all.
    pub(crate) buffer: Vec<u8>,
    /// Of a message, from when it was due to each reader.
    pub(crate) delivery: Histogram,
    /// Of a message, from when it was due to its acknowledgement.
    pub(crate) ack: Histogram,
    /// Of a socket, from its beginning until it is ready, and from then until it is up to date.
    pub(crate) readying: Histogram,
    pub(crate) updating: Histogram,
}

impl<'a> Run<'a> {
    pub(crate) fn new(plan: &'a Plan, registry: Registry) -> Self {
        Self {
            registry,
            phase: Phase::Opening,
            counts: Counts::default(),
            opening: 0,
            sent: vec![0; plan.args.rooms * plan.args.publishers],
            buffer: vec![0; 256 << 10],
            delivery: Histogram::default(),
            ack: Histogram::default(),
            readying: Histogram::default(),
            updating: Histogram::default(),
            plan,
        }
    }
}
