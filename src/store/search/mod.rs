//! The index of words, and what it finds.
//!
//! - `entries`: what the index has of each message, and how it is written; `emptying`: how it is begun anew.
//! - `conditions`: clauses as each of the two stores reads them.
//! - `finding`: a page of hits, from the index (`matching`) and from what is not in it yet (`tail`); `filters`: whom and which chats
//!   a query means.
//! - `candidates`: messages that fit. `checking`: whether the index has what it must have.

mod candidates;
mod checking;
mod conditions;
mod emptying;
mod entries;
mod filters;
mod finding;
mod matching;
mod tail;

pub(crate) use checking::{missing_in_sample, status};
pub(crate) use emptying::{empty, prepare};
pub(in crate::store) use entries::take_out;
pub(crate) use entries::{FOLLOWER, IndexEntry, write};
pub use finding::RANKED;
pub(crate) use finding::{Hit, SearchPage, Sort, find};
pub use tail::TAIL;
