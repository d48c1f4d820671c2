//! What must be in a text, or must not: conditions that both stores can match, and that can be asked of a text
//! that no store has indexed yet.

use crate::domain::search::IndexedText;

/// Which words of a text are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Field {
    /// The words as they stand there.
    Word,
    /// Their stems, at the same places.
    Stem,
    /// Words with parts, and [flags](super::flags) of the message; they have no places.
    Extra,
}

/// Words that stand one behind the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phrase {
    /// Which words are meant.
    pub field: Field,
    /// At least one.
    pub words: Vec<String>,
    /// Is the last one only the beginning of a word?
    pub is_prefix: bool,
}

/// At least one of these phrases.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Clause(pub Vec<Phrase>);

impl Phrase {
    /// One word.
    pub fn one(field: Field, word: impl Into<String>) -> Self {
        Self::of(field, vec![word.into()])
    }

    /// Several words.
    pub fn of(field: Field, words: Vec<String>) -> Self {
        Self {
            field,
            words,
            is_prefix: false,
        }
    }

    /// The same, where the last word may go on.
    pub fn going_on(mut self) -> Self {
        self.is_prefix = true;
        self
    }

    /// Where it begins in a text, by the numbers of words; of what has no place, by the place in its list.
    pub(super) fn places(&self, text: &IndexedText) -> Vec<usize> {
        let words = match self.field {
            Field::Word => &text.words,
            Field::Stem => &text.stems,
            Field::Extra => &text.extra,
        };
        let Some((last, before)) = self.words.split_last() else {
            return Vec::new();
        };
        let fits = |window: &[String]| {
            window.split_last().is_some_and(|(end, begin)| {
                begin == before
                    && if self.is_prefix {
                        end.starts_with(last.as_str())
                    } else {
                        end == last
                    }
            })
        };
        let found = words.windows(self.words.len()).enumerate().filter(|(_, window)| fits(window));
        found.map(|(place, _)| place).collect()
    }
}

impl Clause {
    /// Is one of its phrases in the text?
    pub fn is_in(&self, text: &IndexedText) -> bool {
        self.0.iter().any(|phrase| !phrase.places(text).is_empty())
    }
}
