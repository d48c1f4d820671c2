//! What a name is, for accounts, chats and mentions alike: which characters it may have
//! ([`letters`]), in which form it is kept, compared and searched ([`forms`]), what is refused
//! ([`rules`], after UTS #39 and UAX #31), and what looks like what ([`likeness`]).
//!
//! All of it is linear in the text, and every caller bounds the text before it asks.

pub mod forms;
pub mod letters;
pub mod likeness;
pub mod rules;

/// The name that history shows for one whose account was deleted.
pub const DELETED_USER: &str = "deleted user";

/// The name that history shows for nobody in particular (`--trust`).
pub const NOBODY: &str = "anonymous";
