//! What somebody typed to find a message: words, `"phrases"`, `-words`, and filters like `from:anna`.

use chrono::{DateTime, Utc};

use crate::domain::search::dates::{DateSpan, span};
use crate::domain::search::{Clause, Field, Phrase, WordToken, analyze};

/// Longest query, in bytes.
pub const QUERY_BYTES: usize = 1_024;
/// Words, phrases and filters of a query at most.
pub const MAX_CLAUSES: usize = 32;
/// Letters from which on the beginning of a word is looked for.
const PREFIX_CHARS: usize = 2;

/// What is wrong with a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryError {
    /// What is wrong, and what would be right.
    pub text: String,
    /// Where, in UTF-16 units.
    pub place: usize,
}

impl std::fmt::Display for QueryError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} (at character {})", self.text, self.place + 1)
    }
}

/// A condition on a message beside its words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filter {
    /// Who said it; `me` is whoever asks.
    From(String),
    /// Where: the name of a chat, its id, or `@` and the name of whom one has a private chat with.
    In(String),
    /// Said before then.
    Before(DateTime<Utc>),
    /// Said then or later.
    Since(DateTime<Utc>),
    /// There is an address of a page in it.
    HasLink,
    /// A file hangs on it.
    HasFile,
    /// It is pinned.
    IsPinned,
    /// It mentions whoever asks.
    MentionsMe,
}

/// A filter as it was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypedFilter {
    /// What it says.
    pub filter: Filter,
    /// Must it not be so?
    pub is_not: bool,
    /// Where it is, in UTF-16 units.
    pub place: usize,
}

/// A word or phrase that must be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// All forms of it.
    pub clause: Clause,
    /// As it was typed.
    pub exact: Phrase,
}

/// What somebody typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TypedQuery {
    /// All of these must be there.
    pub wanted: Vec<Wanted>,
    /// None of these may be there.
    pub unwanted: Vec<Clause>,
    /// And all of these hold.
    pub filters: Vec<TypedFilter>,
}

/// A piece of a query: what is between spaces, or in quotation marks.
#[derive(Clone, Debug)]
struct QueryPiece {
    key: Option<String>,
    text: String,
    is_not: bool,
    is_quoted: bool,
    place: usize,
}

/// What was typed, or what is wrong with it.
pub fn parse(query: &str) -> Result<TypedQuery, QueryError> {
    if query.len() > QUERY_BYTES {
        return Err(wrong(0, format!("a query has {QUERY_BYTES} bytes at most")));
    }
    let pieces = Pieces::of(query)?;
    if pieces.len() > MAX_CLAUSES {
        let text = format!("a query has {MAX_CLAUSES} words and filters at most");
        return Err(wrong(pieces[MAX_CLAUSES].place, text));
    }
    let is_word = |piece: &QueryPiece| piece.key.is_none() && !piece.is_not;
    let last = pieces.iter().rposition(is_word);
    let mut typed = TypedQuery::default();
    for (number, piece) in pieces.iter().enumerate() {
        if let Some(key) = &piece.key {
            filters(key, piece, &mut typed.filters)?;
            continue;
        }
        let goes_on = Some(number) == last && !piece.is_quoted;
        let Some(wanted) = wanted(piece, goes_on) else {
            continue;
        };
        match piece.is_not {
            true => typed.unwanted.push(wanted.clause),
            false => typed.wanted.push(wanted),
        }
    }
    if typed.wanted.is_empty() && typed.filters.is_empty() && typed.unwanted.is_empty() {
        let text = "there is no word to look for, and no filter like from:anna";
        return Err(wrong(0, text));
    }
    Ok(typed)
}

fn wrong(place: usize, text: impl Into<String>) -> QueryError {
    QueryError {
        text: text.into(),
        place,
    }
}

const KEYS: [&str; 8] = [
    "from", "in", "before", "after", "on", "has", "is", "mentions",
];
const OPENING: [char; 4] = ['"', '“', '„', '«'];
const CLOSING: [char; 4] = ['"', '”', '“', '»'];

/// Parts a query.
struct Pieces<'a> {
    rest: std::iter::Peekable<std::str::Chars<'a>>,
    place: usize,
}

impl Pieces<'_> {
    fn of(query: &str) -> Result<Vec<QueryPiece>, QueryError> {
        let mut reading = Pieces {
            rest: query.chars().peekable(),
            place: 0,
        };
        let mut pieces = Vec::new();
        while let Some(c) = reading.rest.peek().copied() {
            if c.is_whitespace() {
                reading.step();
            } else {
                pieces.push(reading.piece()?);
            }
        }
        Ok(pieces)
    }

    fn step(&mut self) -> Option<char> {
        let next = self.rest.next();
        self.place += next.map_or(0, char::len_utf16);
        next
    }

    fn is_at(&mut self, of: &[char]) -> bool {
        self.rest.peek().is_some_and(|next| of.contains(next))
    }

    fn piece(&mut self) -> Result<QueryPiece, QueryError> {
        let place = self.place;
        let is_not = self.is_at(&['-']);
        if is_not {
            self.step();
        }
        let mut piece = QueryPiece {
            key: None,
            text: String::new(),
            is_not,
            is_quoted: false,
            place,
        };
        if self.is_at(&OPENING) {
            (piece.text, piece.is_quoted) = (self.quoted()?, true);
            return Ok(piece);
        }
        while self.rest.peek().is_some_and(|next| !next.is_whitespace()) {
            let next = self.step().unwrap_or_default();
            let key = piece.text.to_ascii_lowercase();
            if next == ':' && piece.key.is_none() && KEYS.contains(&key.as_str()) {
                (piece.key, piece.text) = (Some(key), String::new());
                if self.is_at(&OPENING) {
                    piece.text = self.quoted()?;
                    return Ok(piece);
                }
                continue;
            }
            piece.text.push(next);
        }
        Ok(piece)
    }

    /// What is between two quotation marks.
    fn quoted(&mut self) -> Result<String, QueryError> {
        let place = self.place;
        self.step();
        let mut text = String::new();
        while let Some(next) = self.step() {
            if CLOSING.contains(&next) {
                return Ok(text);
            }
            text.push(next);
        }
        Err(wrong(place, "the quotation that begins here has no end"))
    }
}

/// What a piece asks for; nothing if there is no word in it.
fn wanted(piece: &QueryPiece, goes_on: bool) -> Option<Wanted> {
    let mut tokens = analyze(&piece.text).tokens;
    // In a longer text its last letter may go on.
    let is_half = |token: &WordToken| token.is_last_of_pairs;
    let goes_on = match tokens.as_slice() {
        [.., before, last] if is_half(last) && before.end == last.end => {
            tokens.pop();
            false
        }
        [.., last] if is_half(last) => true,
        [.., last] => goes_on && last.word.chars().count() >= PREFIX_CHARS,
        [] => return None,
    };
    let words: Vec<_> = tokens.iter().map(|token| token.word.clone()).collect();
    let stems: Vec<_> = tokens.iter().map(|token| token.stem.clone()).collect();
    let typed = |phrase: Phrase| if goes_on { phrase.going_on() } else { phrase };
    let exact = typed(Phrase::of(Field::Word, words.clone()));
    if piece.is_quoted {
        let clause = Clause(vec![exact.clone()]);
        return Some(Wanted { clause, exact });
    }
    let joined = words.concat();
    let mut forms = vec![Phrase::of(Field::Stem, stems.clone())];
    match (words.as_slice(), stems.as_slice()) {
        // What is a stem already may have another one itself: Иванова has Иванов, and that Иван.
        ([word], [stem]) if word != stem => {
            forms.push(Phrase::one(Field::Stem, word));
            forms.push(Phrase::one(Field::Word, stem));
        }
        ([_], _) => {}
        _ => forms.push(Phrase::one(Field::Word, &joined)),
    }
    if goes_on || words.len() > 1 {
        forms.push(exact.clone());
    }
    forms.push(typed(Phrase::one(Field::Extra, super::flags::compound(&joined))));
    let clause = Clause(forms);
    Some(Wanted { clause, exact })
}

/// What a filter says.
fn filters(key: &str, piece: &QueryPiece, found: &mut Vec<TypedFilter>) -> Result<(), QueryError> {
    let value = piece.text.trim();
    let wrong = |text: &str| Err(wrong(piece.place, text));
    let mut add = |filter| {
        found.push(TypedFilter {
            filter,
            is_not: piece.is_not,
            place: piece.place,
        });
    };
    let lower = value.to_lowercase();
    match (key, lower.as_str()) {
        ("from", "" | "@") => return wrong("from: needs a username behind it, like from:anna"),
        ("from", _) => add(Filter::From(value.trim_start_matches('@').to_owned())),
        ("in", "" | "@" | "#") => {
            return wrong(
                "in: needs the name of a chat behind it, like in:Release or in:\"Release team\"",
            );
        }
        ("in", _) => add(Filter::In(value.to_owned())),
        ("has", "link" | "links") => add(Filter::HasLink),
        ("has", "file" | "files") => add(Filter::HasFile),
        ("has", _) => return wrong("has: is followed by link or file"),
        ("is", "pinned") => add(Filter::IsPinned),
        ("is", _) => return wrong("is: is followed by pinned"),
        ("mentions", "me" | "@me") => add(Filter::MentionsMe),
        ("mentions", _) => return wrong("mentions: is followed by me"),
        (_, _) => {
            let Some(DateSpan { begin, end }) = span(value) else {
                return wrong(&format!(
                    "{key}: is followed by a day like 2026-11-01, or a time like 2026-11-01T10:00:00Z"
                ));
            };
            match (key, piece.is_not) {
                ("before", _) => add(Filter::Before(begin)),
                ("after", _) => add(Filter::Since(end)),
                (_, true) => return wrong("on: cannot be turned round; say before: or after:"),
                (_, false) => {
                    add(Filter::Since(begin));
                    add(Filter::Before(end));
                }
            }
        }
    }
    Ok(())
}
