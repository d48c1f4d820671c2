//! What is shown of a hit: the places of the words that were looked for, and how good it is.

use std::time::Duration;

use crate::domain::search::query::Wanted;
use crate::domain::search::{Clause, Field, IndexedText, analyze};

/// Places that are marked in one text.
const MARKS_AT_MOST: usize = 64;
/// After so long a hit is half as good.
const HALF_LIFE: Duration = Duration::from_secs(90 * 24 * 60 * 60);

/// Where the words are that were looked for: begins and ends in UTF-16 units, in order, none in another.
pub type Marks = Vec<(usize, usize)>;

/// The places in a text that a query has found.
pub fn marks<'a>(text: &str, clauses: impl Iterator<Item = &'a Clause>) -> Marks {
    let analyzed = analyze(text);
    let words = IndexedText::new(analyzed.clone(), Vec::new());
    let mut found = Vec::new();
    for phrase in clauses.flat_map(|clause| &clause.0) {
        for place in phrase.places(&words) {
            let (first, last) = (place, place + phrase.words.len() - 1);
            let span = match phrase.field {
                Field::Extra => analyzed.compounds.get(place).map(|one| (one.start, one.end)),
                _ => match (analyzed.tokens.get(first), analyzed.tokens.get(last)) {
                    (Some(first), Some(last)) => Some((first.start, last.end)),
                    _ => None,
                },
            };
            found.extend(span);
        }
    }
    joined(found)
}

/// Spans in order; those that overlap are one.
fn joined(mut spans: Marks) -> Marks {
    spans.sort_unstable();
    let mut joined: Marks = Vec::new();
    for (start, end) in spans {
        match joined.last_mut() {
            Some((_, last)) if start < *last => *last = end.max(*last),
            _ => joined.push((start, end)),
        }
    }
    joined.truncate(MARKS_AT_MOST);
    joined
}

/// How good a hit is: all words one behind the other as they were typed, or all of them somewhere, or only
/// other forms of them; and the older, the less.
pub fn score(text: &str, wanted: &[Wanted], age: Duration) -> f64 {
    let words = IndexedText::new(analyze(text), Vec::new());
    let typed: Vec<_> = wanted.iter().map(|wanted| &wanted.exact).collect();
    let mut together = typed.first().map(|first| (*first).clone());
    if let Some(together) = &mut together {
        together.words = typed.iter().flat_map(|exact| exact.words.clone()).collect();
        together.is_prefix = typed.last().is_some_and(|last| last.is_prefix);
    }
    let likeness = if together.is_none_or(|together| !together.places(&words).is_empty()) {
        6.0
    } else if typed.iter().all(|exact| !exact.places(&words).is_empty()) {
        4.0
    } else {
        2.0
    };
    likeness * 0.5f64.powf(age.as_secs_f64() / HALF_LIFE.as_secs_f64())
}
