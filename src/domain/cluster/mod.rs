//! Several servers on one database: who is there, what has been heard of each, and what was missed.
//!
//! What they say to each other is a hint that may be lost, come twice or in another order; what is true
//! is in the store. So it is enough to notice that something may have been missed, and to look there.

mod lease;
mod peers;
mod rosters;

use std::fmt;

use crate::domain::UserId;

pub use lease::{Lease, PROVEN_FOR};
pub use peers::{Listed, Peers, SILENT_AFTER};
pub use rosters::{RosterPart, Rosters};

/// One server, from its start to its end: started again, it is another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub i64);

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Says who they are in one number: the same for the same users, in whatever order. Of 10,000 users it takes some 20 µs
/// (a release build), so each pulse may ask anew.
pub fn sum(users: impl Iterator<Item = UserId>) -> u64 {
    users.fold(0_u64, |sum, user| sum.wrapping_add(mixed(user.0.cast_unsigned())))
}

/// Spreads a number over all bits (the finalizer of splitmix64).
fn mixed(mut bits: u64) -> u64 {
    bits = bits.wrapping_add(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}
