//! Where a text may call somebody: each `@` that is neither inside a word nor in code, in an address,
//! in the destination of a link, or behind a backslash. docs/protocol.md ("Mentions") defines it by
//! these rules, and `web/client/src/rules/mentions.ts` is the same scanner; `tests/mentions.json` holds both.
//!
//! One pass: what is found to be code or an address is skipped, and how code ends is known
//! beforehand ([`CodeSpans`]).

use std::ops::Range;

use crate::domain::mentions::code::CodeSpans;
use crate::domain::mentions::looked_at;
use crate::domain::names::letters::{PUNCTUATION, is_name_char};

/// Brackets in the destination of a link, one in the other (as in CommonMark).
const NESTED_BRACKETS: usize = 32;
/// What begins an address beside `scheme://`, in any case of letters.
const ADDRESSES: [&str; 3] = ["www.", "mailto:", "xmpp:"];

/// Where names are called: the places of what follows the `@`, in order. None is empty.
pub(super) fn runs(text: &str) -> Vec<Range<usize>> {
    let mut scan = Scan {
        text,
        at: 0,
        word: None,
        brackets: 0,
        code: CodeSpans::of(text),
        runs: Vec::new(),
    };
    while scan.at < text.len() {
        looked_at(1);
        scan.step();
    }
    scan.runs
}

struct Scan<'a> {
    text: &'a str,
    /// Everything before it has been read.
    at: usize,
    /// Where the word begins that ends here, if one does.
    word: Option<usize>,
    /// Brackets that are open.
    brackets: usize,
    code: CodeSpans,
    runs: Vec<Range<usize>>,
}

impl Scan<'_> {
    fn step(&mut self) {
        let Some(c) = self.text[self.at..].chars().next() else {
            self.at = self.text.len();
            return;
        };
        match c {
            '\\' => self.escape(),
            '`' => self.pass(self.code.end_of_ticks(self.at)),
            '~' => self.pass(self.code.end_of_tildes(self.at)),
            '[' => {
                self.brackets += 1;
                self.pass(self.at + 1);
            }
            ']' => self.close_bracket(),
            '@' => self.call(),
            ':' if self.is_scheme() => self.pass(end_of_address(self.text, self.at)),
            '/' if self.is_host() => self.pass(end_of_address(self.text, self.at)),
            c if is_name_char(c) => self.read_word(c),
            c => {
                if c == '\n' && is_blank_line(&self.text[self.at + 1..]) {
                    self.brackets = 0;
                }
                self.pass(self.at + c.len_utf8());
            }
        }
    }

    /// Goes on at `end`, behind what is no word.
    fn pass(&mut self, end: usize) {
        self.at = end;
        self.word = None;
    }

    fn escape(&mut self) {
        let escaped = self.text.as_bytes().get(self.at + 1).is_some_and(u8::is_ascii_punctuation);
        self.pass(self.at + 1 + usize::from(escaped));
    }

    fn read_word(&mut self, c: char) {
        let rest = &self.text.as_bytes()[self.at..];
        let begins = |address: &&str| {
            let head = rest.get(..address.len());
            head.is_some_and(|head| head.eq_ignore_ascii_case(address.as_bytes()))
        };
        if self.word.is_none() && c.is_ascii_alphabetic() && ADDRESSES.iter().any(begins) {
            return self.pass(end_of_address(self.text, self.at));
        }
        self.word.get_or_insert(self.at);
        self.at += c.len_utf8();
    }

    fn call(&mut self) {
        let is_inside = self.word.is_some();
        let from = self.at + 1;
        let rest = &self.text[from..];
        let to = from + rest.find(|c| !is_name_char(c)).unwrap_or(rest.len());
        if !is_inside && to > from {
            self.runs.push(from..to);
        }
        self.at = to;
        // An `@` behind a name is inside an address, and what follows a called name is no host.
        self.word = (to > from).then_some(if is_inside { from } else { to });
    }

    /// `scheme` before `://`?
    fn is_scheme(&self) -> bool {
        let word = self.word.map_or("", |word| &self.text[word..self.at]);
        let word = word.trim_start_matches(|c: char| !c.is_ascii_alphabetic());
        self.text[self.at..].starts_with("://")
            && !word.is_empty()
            && word.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'))
    }

    /// `example.com` before a slash? Its last dot is between two letters.
    fn is_host(&self) -> bool {
        let word = self.word.map_or("", |word| &self.text[word..self.at]);
        !word.ends_with(PUNCTUATION)
            && word
                .rsplit_once('.')
                .is_some_and(|(before, _)| !before.is_empty() && !before.ends_with(PUNCTUATION))
    }

    /// Skips the destination of a link, if one follows.
    fn close_bracket(&mut self) {
        let is_open = self.brackets > 0;
        self.brackets = self.brackets.saturating_sub(1);
        let from = self.at + 1;
        let destination = is_open.then(|| end_of_destination(self.text, from)).flatten();
        self.pass(destination.unwrap_or(from));
    }
}

/// The end of an address that is written as it is: a space, an angle bracket, a back-tick, or the
/// end of a link's text.
fn end_of_address(text: &str, from: usize) -> usize {
    let bytes = text.as_bytes();
    let ends = |(at, c): (usize, char)| match c {
        '<' | '>' | '`' => true,
        ']' => bytes.get(from + at + 1) == Some(&b'('),
        c => is_space(c),
    };
    let found = text[from..].char_indices().find(|found| ends(*found));
    let end = found.map_or(text.len(), |(at, _)| from + at);
    looked_at(end - from);
    end
}

/// The same characters on the server and in the page, whatever either's language calls a space.
pub(super) fn is_space(c: char) -> bool {
    matches!(c,
        '\t'..='\r' | ' ' | '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{2028}'
        | '\u{2029}' | '\u{202f}' | '\u{205f}' | '\u{3000}')
}

fn is_blank_line(line: &str) -> bool {
    let rest = line.trim_start_matches([' ', '\t', '\r']);
    rest.is_empty() || rest.starts_with('\n')
}

/// Where `(destination "title")` ends, if that is what stands at `from`.
fn end_of_destination(text: &str, from: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let skip = |mut at: usize| {
        while matches!(bytes.get(at), Some(b' ' | b'\t')) {
            at += 1;
        }
        at
    };
    if bytes.get(from) != Some(&b'(') {
        return None;
    }
    let begin = skip(from + 1);
    let end = match bytes.get(begin) {
        Some(b'<') => end_of_angles(bytes, begin + 1)?,
        _ => end_of_bare(text, begin)?,
    };
    let title = skip(end);
    let close = match bytes.get(title) {
        Some(quote @ (b'"' | b'\'')) if title > end => {
            skip(end_of_title(bytes, title + 1, *quote)?)
        }
        _ => title,
    };
    (bytes.get(close) == Some(&b')')).then_some(close + 1)
}

fn end_of_angles(bytes: &[u8], from: usize) -> Option<usize> {
    let found = bytes[from..].iter().position(|b| matches!(b, b'<' | b'>' | b'\n'))?;
    looked_at(found);
    (bytes[from + found] == b'>').then_some(from + found + 1)
}

fn end_of_title(bytes: &[u8], from: usize, quote: u8) -> Option<usize> {
    let found = bytes[from..].iter().position(|b| *b == quote || *b == b'\n')?;
    looked_at(found);
    (bytes[from + found] == quote).then_some(from + found + 1)
}

fn end_of_bare(text: &str, from: usize) -> Option<usize> {
    let mut open = 0;
    let mut chars = text[from..].char_indices();
    while let Some((at, c)) = chars.next() {
        looked_at(1);
        match c {
            '\\' => drop(chars.next()),
            '(' if open == NESTED_BRACKETS => return None,
            '(' => open += 1,
            ')' if open == 0 => return Some(from + at),
            ')' => open -= 1,
            c if is_space(c) => return (open == 0).then_some(from + at),
            _ => {}
        }
    }
    None
}
