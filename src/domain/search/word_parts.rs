//! The parts of a word that somebody glued together: `snake_case`, `camelCase`, `a.b.c`.

use crate::domain::names::letters::{is_ignorable, is_mark};

/// Where the parts of a word are, in bytes. What stands between them (`_`, `.`, an apostrophe) is in none.
pub(super) fn parts(word: &str) -> Vec<(usize, usize)> {
    let mut parts = Vec::new();
    let (mut begin, mut before) = (None, None);
    let mut chars = word.char_indices().peekable();
    while let Some((place, c)) = chars.next() {
        if !is_of_word(c) {
            parts.extend(begin.take().map(|begin| (begin, place)));
            before = None;
            continue;
        }
        let is_mark = !c.is_alphanumeric();
        let next = chars.peek().map(|(_, next)| *next);
        if begin.is_some() && !is_mark && is_joint(before, c, next) {
            parts.extend(begin.replace(place).map(|begin| (begin, place)));
        }
        begin = begin.or(Some(place));
        // A letter and its marks are one.
        before = if is_mark { before } else { Some(c) };
    }
    parts.extend(begin.map(|begin| (begin, word.len())));
    parts
}

/// Does a new part begin with this letter? As in `camelCase`, and before the last capital of `HTTPServer`.
fn is_joint(before: Option<char>, c: char, next: Option<char>) -> bool {
    let Some(before) = before.filter(|_| c.is_uppercase()) else {
        return false;
    };
    before.is_lowercase() || before.is_uppercase() && next.is_some_and(char::is_lowercase)
}

/// Is it a letter, a digit, a mark on one, or shown as nothing?
fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || !c.is_ascii() && (is_mark(c) || is_ignorable(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_were_glued_together_come_apart() {
        let parts_of = |word| parts(word).iter().map(|(a, b)| &word[*a..*b]).collect::<Vec<_>>();
        for (word, expected) in [
            ("word", vec!["word"]),
            ("snake_case_name", vec!["snake", "case", "name"]),
            ("__init__", vec!["init"]),
            ("camelCase", vec!["camel", "Case"]),
            ("HTTPServer", vec!["HTTP", "Server"]),
            ("getURL", vec!["get", "URL"]),
            ("a.b.c", vec!["a", "b", "c"]),
            ("example.com", vec!["example", "com"]),
            ("John’s", vec!["John", "s"]),
            ("ВерсияДва", vec!["Версия", "Два"]),
            ("v2", vec!["v2"]),
            ("MIT", vec!["MIT"]),
            ("и\u{306}", vec!["и\u{306}"]),
            ("aе\u{301}Б", vec!["aе\u{301}", "Б"]),
            ("_", vec![]),
            ("", vec![]),
        ] {
            assert_eq!(parts_of(word), expected, "{word}");
        }
    }
}
