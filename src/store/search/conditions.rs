//! Clauses in the languages of the two stores. No word has a sign in it that means something there, but each is put
//! in quotation marks all the same.

use std::fmt::Write as _;

use crate::domain::search::{Clause, Field, IndexedText, NO_WORD, Phrase, flags};

/// What must be in a message, and what must not.
#[derive(Clone, Debug, Default)]
pub(super) struct Conditions {
    pub(super) all: Vec<Clause>,
    pub(super) none: Vec<Clause>,
}

impl Conditions {
    /// Do they hold for this message?
    pub(super) fn hold(&self, text: &IndexedText) -> bool {
        self.all.iter().all(|clause| clause.is_in(text))
            && !self.none.iter().any(|clause| clause.is_in(text))
    }

    /// For `MATCH` of FTS5.
    pub(super) fn for_sqlite(&self) -> String {
        self.written(phrase_for_sqlite, " OR ", " AND ", |all, none| {
            format!("({all}) NOT ({none})")
        })
    }

    /// A `tsquery`.
    pub(super) fn for_postgres(&self) -> String {
        self.written(phrase_for_postgres, " | ", " & ", |all, none| format!("({all}) & !({none})"))
    }

    fn written(
        &self,
        phrase: impl Fn(&Phrase) -> String,
        or: &str,
        and: &str,
        but: impl Fn(String, String) -> String,
    ) -> String {
        let clause = |clause: &Clause| {
            let phrases: Vec<_> = clause.0.iter().map(&phrase).collect();
            format!("({})", phrases.join(or))
        };
        let clauses = |of: &[Clause]| of.iter().map(clause).collect::<Vec<_>>();
        let all = match self.all.is_empty() {
            // What is left out must be left out of something.
            true => clause(&Clause(vec![Phrase::one(Field::Extra, flags::ANY)])),
            false => clauses(&self.all).join(and),
        };
        match self.none.is_empty() {
            true => all,
            false => but(all, clauses(&self.none).join(or)),
        }
    }
}

fn phrase_for_sqlite(phrase: &Phrase) -> String {
    let column = match phrase.field {
        Field::Word => "words",
        Field::Stem => "stems",
        Field::Extra => "extra",
    };
    let words: Vec<_> = phrase.words.iter().map(|word| word.replace('"', "")).collect();
    let goes_on = if phrase.is_prefix { " *" } else { "" };
    format!("{column} : \"{}\"{goes_on}", words.join(" "))
}

fn phrase_for_postgres(phrase: &Phrase) -> String {
    let mut text = String::from("(");
    for (place, word) in phrase.words.iter().enumerate() {
        text.push_str(if place > 0 { " <-> " } else { "" });
        text.push_str(&lexeme(phrase.field, word));
    }
    text.push_str(if phrase.is_prefix { ":*)" } else { ")" });
    text
}

/// A word as Postgres keeps it: stems are told from words by a sign.
fn lexeme(field: Field, word: &str) -> String {
    let mark = if field == Field::Stem { "=" } else { "" };
    format!("'{mark}{}'", word.replace('\\', "\\\\").replace('\'', "''"))
}

/// A `tsvector`: words and stems with their places, the rest without.
pub(super) fn tsvector(text: &IndexedText) -> String {
    let mut vector = String::new();
    for (field, words) in [(Field::Word, &text.words), (Field::Stem, &text.stems)] {
        let counted = words.iter().enumerate();
        for (place, word) in counted.filter(|(_, word)| *word != NO_WORD) {
            // Writing to a text cannot fail.
            _ = write!(vector, "{}:{} ", lexeme(field, word), place + 1);
        }
    }
    for word in &text.extra {
        _ = write!(vector, "{} ", lexeme(Field::Extra, word));
    }
    vector
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clauses_are_said_in_both_languages() {
        let word = |word: &str| Clause(vec![Phrase::one(Field::Word, word)]);
        let either = Clause(vec![
            Phrase::of(Field::Stem, vec!["о".into(), "релиз".into()]),
            Phrase::one(Field::Extra, "+ab").going_on(),
        ]);
        let conditions = Conditions {
            all: vec![word("a"), either],
            none: vec![word("b"), word("c")],
        };
        assert_eq!(
            conditions.for_sqlite(),
            r#"((words : "a") AND (stems : "о релиз" OR extra : "+ab" *)) NOT ((words : "b") OR (words : "c"))"#
        );
        assert_eq!(
            conditions.for_postgres(),
            "((('a')) & (('=о' <-> '=релиз') | ('+ab':*))) & !((('b')) | (('c')))"
        );
        let nothing = Conditions {
            all: vec![],
            none: vec![word("b")],
        };
        assert_eq!(nothing.for_sqlite(), r#"((extra : "@a")) NOT ((words : "b"))"#);
    }
}
