//! How the servers on one database tell each other what they have committed.
//!
//! What is told is a hint. Nothing depends on it but time: whoever misses it finds the same in the store,
//! and notices that by the numbers that each server gives to what it says
//! ([`Peers`](crate::domain::cluster::Peers)).
//!
//! - [`hint`]: what is said. [`content`]: what a hint carries of a conversation. [`envelope`]: how it is sealed
//!   and numbered.
//! - [`postgres`]: the bus that needs nothing but the database. [`nats`]: the bus of many servers.
//! - [`written`]: a hint as the text that is sealed.
//! - `queue`: what waits to be published. `backoff`: how long to wait before trying again.

mod backoff;
pub(crate) mod content;
pub(crate) mod envelope;
pub(crate) mod hint;
pub(crate) mod nats;
pub(crate) mod postgres;
mod queue;
pub(crate) mod written;

use std::fmt::Debug;
use std::sync::Arc;

use tokio::sync::mpsc;

/// Something that comes from the bus.
#[derive(Debug)]
pub enum Arrival {
    /// What is said from now on is heard. Something may have been missed before.
    Joined,
    /// Nothing is heard until the next [`Arrival::Joined`].
    Lost,
    /// A sealed envelope, one's own too.
    Envelope(Vec<u8>),
}

/// What has arrived and waits to be opened.
pub type Arrivals = mpsc::Receiver<Arrival>;

/// A bus, and what comes by it.
pub type Connected = (Arc<dyn Bus>, Arrivals);

/// Envelopes that may wait to be opened; beyond, they are lost, as [`Arrival::Joined`] says.
pub const ARRIVALS: usize = 8_192;

/// A way to all servers on this database.
///
/// - **At most once.** Loss, repetition, delay and any order are legal. Nothing is published before it is
///   committed.
/// - **Doubt.** After whatever may have lost something, [`Arrival::Joined`] comes, once everything is heard
///   again.
/// - **Time.** `publish` never waits and never fails; what does not fit is lost.
/// - **Secrecy.** Others may listen, so what is published is sealed.
pub trait Bus: Debug + Send + Sync {
    /// Says this to all who listen.
    fn publish(&self, sealed: Vec<u8>);

    /// What one envelope may have, in bytes, sealed.
    fn most_bytes(&self) -> usize;
}
