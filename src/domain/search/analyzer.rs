//! A text as words: composed, in lower case, `ё` as `е`, parted as Unicode parts words, and further where
//! somebody glued words together. Letters of scripts without spaces come two at a time.
//!
//! The work grows with the length of the text alone.

use std::collections::HashMap;
use std::sync::LazyLock;

use icu_properties::CodePointSetData;
use icu_properties::props::ExtendedPictographic;
use rust_stemmers::{Algorithm, Stemmer};
use unicode_script::{Script, UnicodeScript};
use unicode_segmentation::UnicodeSegmentation;

use crate::domain::names::forms::composed;
use crate::domain::names::letters::is_ignorable;
use crate::domain::search::word_parts::parts;

/// Characters of a word that count; two longer words that begin with the same ones are taken for the same.
pub const WORD_CHARS: usize = 64;
/// How often a word counts in one text. Postgres keeps no more places of one word.
pub const MAX_POSITIONS: usize = 255;
/// What stands where a word has come too often to count; no word of a text is like it.
pub const NO_WORD: &str = "~";
/// Asks for the colours of an emoji.
const AS_EMOJI: char = '\u{fe0f}';

/// A word of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WordToken {
    /// The word as it is compared.
    pub word: String,
    /// What its forms have in common.
    pub stem: String,
    /// Where it begins in the text, in UTF-16 units.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
    /// Is it half of a pair of letters, whose other half there is not? The last letter of each run of a
    /// script without spaces.
    pub is_last_of_pairs: bool,
}

/// A word that has parts: all of them together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compound {
    /// The parts without what stands between them.
    pub word: String,
    /// Where it begins in the text, in UTF-16 units.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
}

/// The words of a text in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AnalyzedText {
    /// Each word, and each part of a word with parts.
    pub tokens: Vec<WordToken>,
    /// The words with parts.
    pub compounds: Vec<Compound>,
}

/// The words of a text.
pub fn analyze(text: &str) -> AnalyzedText {
    let mut reading = TextReader::default();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let is_paired = are_paired(first);
        let end = rest.find(|c| are_paired(c) != is_paired).unwrap_or(rest.len());
        let (run, behind) = rest.split_at(end);
        if is_paired {
            reading.pairs(run);
        } else {
            run.split_word_bounds().for_each(|segment| reading.segment(segment));
        }
        rest = behind;
    }
    reading.found.bound_positions();
    reading.found
}

/// What the forms of a word have in common, by the script in which it is written.
pub fn stem(word: &str) -> String {
    static RUSSIAN: LazyLock<Stemmer> = LazyLock::new(|| Stemmer::create(Algorithm::Russian));
    static ENGLISH: LazyLock<Stemmer> = LazyLock::new(|| Stemmer::create(Algorithm::English));
    let stemmer = if word.chars().all(|c| matches!(c, 'а'..='я')) {
        &RUSSIAN
    } else if word.bytes().all(|byte| byte.is_ascii_lowercase()) {
        &ENGLISH
    } else {
        return word.to_owned();
    };
    match stemmer.stem(word) {
        stem if stem.is_empty() => word.to_owned(),
        stem => stem.into_owned(),
    }
}

impl AnalyzedText {
    /// The same, and behind it these texts, none of which goes on where the one before ended.
    pub(super) fn followed_by(mut self, others: impl Iterator<Item = Self>) -> Self {
        for other in others {
            self.tokens.push(WordToken {
                word: NO_WORD.to_owned(),
                stem: NO_WORD.to_owned(),
                start: 0,
                end: 0,
                is_last_of_pairs: false,
            });
            self.tokens.extend(other.tokens);
            self.compounds.extend(other.compounds);
        }
        self.bound_positions();
        self
    }

    /// Words that come too often are no words from there on, nor are stems.
    fn bound_positions(&mut self) {
        let mut words: HashMap<String, usize> = HashMap::new();
        for token in &mut self.tokens {
            if is_beyond(&mut words, &token.word) {
                token.word = NO_WORD.to_owned();
            }
        }
        let mut stems: HashMap<String, usize> = HashMap::new();
        for token in &mut self.tokens {
            token.stem = stem(&token.word);
            if is_beyond(&mut stems, &token.stem) {
                token.stem = NO_WORD.to_owned();
            }
        }
    }

    /// The stems of these words, as they stand in a text that has them in this order.
    pub fn stems_of<'a>(words: impl Iterator<Item = &'a str>) -> Vec<String> {
        let mut seen = HashMap::new();
        let stem_of = |word| match stem(word) {
            stem if is_beyond(&mut seen, &stem) => NO_WORD.to_owned(),
            stem => stem,
        };
        words.map(stem_of).collect()
    }
}

/// Has it come too often already?
fn is_beyond(seen: &mut HashMap<String, usize>, word: &str) -> bool {
    if word == NO_WORD {
        return false;
    }
    match seen.get_mut(word) {
        Some(times) => {
            *times += 1;
            *times > MAX_POSITIONS
        }
        None => {
            seen.insert(word.to_owned(), 1);
            false
        }
    }
}

/// How far a text has been read.
#[derive(Default)]
struct TextReader {
    found: AnalyzedText,
    /// In UTF-16 units.
    place: usize,
}

impl TextReader {
    /// What Unicode takes for one word, or for what is between words.
    fn segment(&mut self, segment: &str) {
        let start = self.place;
        self.place += utf16(segment);
        if !segment.chars().any(char::is_alphanumeric) {
            if segment.chars().any(is_emoji) {
                self.push(emoji(segment), start, self.place);
            }
            return;
        }
        let parts = parts(segment);
        let mut whole = String::new();
        for (begin, end) in &parts {
            let word = normal(&segment[*begin..*end]);
            let start = start + utf16(&segment[..*begin]);
            whole.push_str(&word);
            self.push(word, start, start + utf16(&segment[*begin..*end]));
        }
        if parts.len() > 1 {
            let word = whole.chars().take(WORD_CHARS).collect();
            let end = self.place;
            self.found.compounds.push(Compound { word, start, end });
        }
    }

    /// A run of letters of a script without spaces: each letter with the next one, and the last one alone.
    fn pairs(&mut self, run: &str) {
        let letters: Vec<char> = run.chars().collect();
        for (place, letter) in letters.iter().enumerate() {
            let next = letters.get(place + 1);
            let pair: String = [Some(letter), next].into_iter().flatten().collect();
            let start = self.place;
            self.place += letter.len_utf16();
            let end = self.place + next.map_or(0, |next| next.len_utf16());
            self.push(normal(&pair), start, end);
            if let Some(token) = self.found.tokens.last_mut() {
                token.is_last_of_pairs = next.is_none();
            }
        }
    }

    fn push(&mut self, word: String, start: usize, end: usize) {
        if word.is_empty() {
            return;
        }
        self.found.tokens.push(WordToken {
            word,
            stem: String::new(),
            start,
            end,
            is_last_of_pairs: false,
        });
    }
}

fn utf16(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// The form in which words are compared.
fn normal(word: &str) -> String {
    let folded = match word.is_ascii() {
        true => word.to_ascii_lowercase(),
        // Twice: lower case may be decomposed.
        false => composed(&composed(word).to_lowercase()),
    };
    let plain = |c| if c == 'ё' { 'е' } else { c };
    folded
        .chars()
        .filter(|c| c.is_ascii() || !is_ignorable(*c))
        .map(plain)
        .take(WORD_CHARS)
        .collect()
}

/// An emoji whatever its colours: with the tone of a skin it is found by the one without.
fn emoji(segment: &str) -> String {
    let is_tone = |c| matches!(c, '\u{1f3fb}'..='\u{1f3ff}');
    let plain: String = segment
        .chars()
        .filter(|c| *c != AS_EMOJI && !is_tone(*c))
        .take(WORD_CHARS)
        .collect();
    plain.chars().filter(|c| !c.is_ascii() && !c.is_whitespace()).collect()
}

fn is_emoji(c: char) -> bool {
    let is_flag = matches!(c, '\u{1f1e6}'..='\u{1f1ff}');
    is_flag || !c.is_ascii() && CodePointSetData::new::<ExtendedPictographic>().contains(c)
}

/// Is it a letter of a script that puts no spaces between words, or whose words have their endings glued to them?
fn are_paired(c: char) -> bool {
    if c.is_ascii() || !c.is_alphanumeric() {
        return false;
    }
    // The sign for a long vowel is of two scripts.
    c == 'ー'
        || matches!(
            c.script(),
            Script::Han | Script::Hiragana | Script::Katakana | Script::Hangul | Script::Bopomofo
        )
}
