//! Who is mentioned in a text: `@username` and `@all`. The text says names; which of them are members
//! is the ledger's knowledge, and what is stored are their ids.

use std::collections::HashMap;

use crate::domain::UserId;
use crate::domain::text::{USERNAME_CHARS, fold};

/// The name that means everybody.
const ALL: &str = "all";
/// Names that are looked up in one text; what is beyond mentions nobody.
pub const MAX_NAMES: usize = 50;

/// The names after an `@` in a text, as they may be looked up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// Is everybody meant?
    pub all: bool,
    /// Names in the form that is unique, longest reading first: in `@anna.` both `anna.` and `anna`
    /// may be meant.
    pub names: Vec<Vec<String>>,
}

/// Whom a message mentions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mentions {
    /// Everybody.
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

/// Reads the names out of a text. An `@` inside a word, as in an address, names nobody.
pub fn named(text: &str) -> Named {
    let mut named = Named::default();
    let mut before = None;
    let mut rest = text;
    while let Some(place) = rest.find('@') {
        let (head, tail) = (&rest[..place], &rest[place + 1..]);
        let is_inside = head.chars().next_back().or(before).is_some_and(is_name);
        let run = name_at_start(tail);
        before = Some('@');
        rest = &tail[run.len()..];
        if !run.is_empty() {
            before = run.chars().next_back();
        }
        if !is_inside && named.names.len() < MAX_NAMES {
            named.add(run);
        }
    }
    named
}

impl Named {
    fn add(&mut self, run: &str) {
        // What ends a sentence may end a name too: the longest name that there is, is meant.
        let bare = run.trim_end_matches(['.', '-', '_']).len();
        let longest = run.len().min(bare + USERNAME_CHARS.1);
        let mut readings: Vec<_> = (bare..=longest).rev().map(|end| fold(&run[..end])).collect();
        if readings.iter().any(|name| name == ALL) {
            self.all = true;
            return;
        }
        readings.retain(|name| {
            let chars = name.chars().count();
            (USERNAME_CHARS.0..=USERNAME_CHARS.1).contains(&chars)
        });
        if !readings.is_empty() && !self.names.contains(&readings) {
            self.names.push(readings);
        }
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

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '.' | '_' | '-')
}

fn name_at_start(text: &str) -> &str {
    let end = text.find(|c| !is_name(c)).unwrap_or(text.len());
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mentioned(text: &str) -> (bool, Vec<i64>) {
        let members = [("anna", 1), ("мария.п", 2), ("bob_", 3), ("anna-lena", 4)];
        let members = members.map(|(name, id)| (name.to_owned(), UserId(id))).into();
        let mentions = named(text).resolve(&members);
        (mentions.all, mentions.users.iter().map(|user| user.0).collect())
    }

    #[test]
    fn names_are_found_where_people_write_them() {
        for (text, expected) in [
            ("@anna", vec![1]),
            ("привет, @Мария.П, и @ANNA!", vec![2, 1]),
            ("(@anna) @anna", vec![1]),
            ("ask @anna.", vec![1]),
            ("@bob_ @bob__", vec![3]),
            ("ask @bob_.", vec![3]),
            ("@anna-lena, @anna-", vec![4, 1]),
            ("@anna@anna", vec![1]),
            ("mail a@anna x.@anna", vec![]),
            ("@ @@ @nobody @an", vec![]),
            ("@@anna", vec![1]),
        ] {
            assert_eq!(mentioned(text), (false, expected), "{text}");
        }
    }

    #[test]
    fn everybody_is_all() {
        assert_eq!(mentioned("@all, @anna"), (true, vec![1]));
        assert_eq!(mentioned("@ALL."), (true, vec![]));
        assert!(!mentioned("@allan all@all").0);
    }

    #[test]
    fn a_text_full_of_names_is_bounded() {
        let text: String = (0..1_000).map(|i| format!("@user{i} ")).collect();
        assert_eq!(named(&text).names.len(), MAX_NAMES);
        assert_eq!(named(&"@".repeat(16_384)).names.len(), 0);
    }
}
