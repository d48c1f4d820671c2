//! Who is mentioned in a text: `@username` and `@all`. The text says names; which of them are members
//! is the ledger's knowledge, and what is stored are their ids.
//!
//! A text is read once, where it is checked ([`NewText`](crate::domain::text::NewText)), on the thread
//! of whoever brings it; the ledger gets what was found.

mod code;
mod scan;

use std::collections::{HashMap, HashSet};

use crate::domain::UserId;
use crate::domain::names::forms::{former_key, key};
use crate::domain::names::letters::PUNCTUATION;
use crate::domain::names::rules::{USERNAME_CHARS, USERNAME_TYPED_CHARS};

/// The name that means everybody.
const ALL: &str = "all";
/// Readings that are looked up for one text; who is called beyond them is not mentioned. `@anna.` has
/// two, `anna.` and `anna`.
pub const MAX_READINGS: usize = 64;
/// Signs that end a sentence or a name of which each is tried as either.
const MAX_TAIL: usize = 3;

/// Counts the work, in tests.
fn looked_at(_bytes: usize) {
    #[cfg(test)]
    tests::looked_at(_bytes);
}

/// The names after an `@` in a text, as they may be looked up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// Is everybody meant?
    pub all: bool,
    /// Names in the form that is unique, best reading first.
    pub names: Vec<Vec<String>>,
}

/// Whom a message mentions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mentions {
    /// Everybody is mentioned.
    pub all: bool,
    /// These members, in the order of the text, each once.
    pub users: Vec<UserId>,
}

impl Mentions {
    /// Nobody?
    pub fn is_empty(&self) -> bool {
        !self.all && self.users.is_empty()
    }

    /// Is this user meant?
    pub fn include(&self, user: UserId) -> bool {
        self.all || self.users.contains(&user)
    }
}

/// Reads the names out of a text.
pub fn named(text: &str) -> Named {
    let mut named = Named::default();
    let mut seen = HashSet::new();
    let mut places = MAX_READINGS;
    for run in scan::runs(text) {
        let run = &text[run];
        let ends = ends(run);
        let Some(longest) = ends.first() else {
            continue;
        };
        if seen.insert(&run[..*longest]) {
            places -= named.add(run, &ends, places);
        }
        if places == 0 {
            break;
        }
    }
    named
}

/// Where the name may end that begins a run of its characters, longest first: what ends a sentence may
/// end a name too. Nowhere, if it is longer than any name: nothing of it is folded then.
fn ends(run: &str) -> Vec<usize> {
    let bare = run.trim_end_matches(PUNCTUATION).len();
    if bare == 0 || run[..bare].chars().nth(USERNAME_TYPED_CHARS).is_some() {
        return Vec::new();
    }
    let tail = run.len() - bare;
    let mut ends: Vec<_> = (bare..=bare + tail.min(MAX_TAIL)).rev().collect();
    if tail > MAX_TAIL && run.len() <= USERNAME_CHARS.1 {
        // A name that ends in so many of them is an old one, and meant as it is.
        ends.insert(0, run.len());
    }
    ends
}

impl Named {
    /// Adds up to so many readings of a run that ends at one of `ends`, and says how many.
    fn add(&mut self, run: &str, ends: &[usize], places: usize) -> usize {
        let mut readings = Vec::with_capacity(ends.len());
        for name in ends.iter().take(places).map(|end| &run[..*end]) {
            let key = key(name);
            if key == ALL {
                self.all = true;
                return (readings.len() + 1).min(places);
            }
            let former = former_key(name);
            if former != key {
                readings.push(former);
            }
            readings.push(key);
        }
        readings.truncate(places);
        let many = readings.len();
        if !self.names.contains(&readings) {
            self.names.push(readings);
        }
        many
    }

    /// Whom it mentions, if `members` are the members among those it may mean.
    pub fn resolve(&self, members: &HashMap<String, UserId>) -> Mentions {
        let mut mentions = Mentions {
            all: self.all,
            users: Vec::new(),
        };
        for readings in &self.names {
            let meant = readings.iter().find_map(|name| members.get(name));
            if let Some(user) = meant
                && !mentions.users.contains(user)
            {
                mentions.users.push(*user);
            }
        }
        mentions
    }
}

#[cfg(test)]
mod tests;
