//! Finding what was said: which words a text has, and what a query asks for.
//!
//! Both stores only match: they are given the words of a text as [`analyze`] finds them, and conditions on such
//! words, so they find the same. Whoever reads a text that no store has indexed yet asks [`IndexedText`] the same.
//!
//! - [`analyze`]: a text as words, each with its stem and its place.
//! - [`parse`]: what somebody typed, as a [`TypedQuery`]; what is wrong with it as a [`QueryError`].
//! - [`Clause`] and [`Phrase`]: what must be in a text, or must not.
//! - [`IndexedText`]: all that an index has of a message. [`score`]: which of two hits is better.

mod analyzer;
mod clauses;
mod cursor;
mod dates;
mod hits;
mod indexed_text;
mod query;
#[cfg(test)]
mod tests;
mod word_parts;

pub use analyzer::{
    AnalyzedText, Compound, MAX_POSITIONS, NO_WORD, WORD_CHARS, WordToken, analyze, stem,
};
pub use clauses::{Clause, Field, Phrase};
pub use cursor::SearchCursor;
pub use hits::{Marks, marks, score};
pub use indexed_text::{AboutMessage, IndexedText, flags};
pub use query::{
    Filter, MAX_CLAUSES, QUERY_BYTES, QueryError, TypedFilter, TypedQuery, Wanted, parse,
};

/// Which rules the words of an index were made by. An index of other rules is made anew.
pub const RULES: i64 = 1;
