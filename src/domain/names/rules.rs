//! What a new name must be: something to be seen, in letters that belong together, that says nothing
//! about the text around it. Names that were given before these rules go on working.

use icu_properties::CodePointSetData;
use icu_properties::props::{
    Emoji, ExtendedPictographic, GeneralCategory as Category, GeneralCategoryGroup as Group,
};
use unicode_script::{Script, UnicodeScript};

use crate::domain::names::forms::composed;
use crate::domain::names::letters::{
    PUNCTUATION, category, is_ignorable, is_letter_or_digit, is_mark,
};
use crate::domain::names::likeness::{Skeletons, is_of_one_script};

/// Shortest and longest username, in characters.
pub const USERNAME_CHARS: (usize, usize) = (3, 32);
/// Longest username as it may be typed: a letter with its marks may come in four parts.
pub const USERNAME_TYPED_CHARS: usize = 4 * USERNAME_CHARS.1;

/// Marks on one letter at most, composed. Hebrew and Vedic texts have three.
pub const MARKS: usize = 4;
/// Names that call everybody here or in other messengers, and those of who is nobody.
pub const RESERVED: [&str; 8] = [
    "all",
    "channel",
    "deleted",
    "everybody",
    "everyone",
    "here",
    "nobody",
    "system",
];

const JOINER: char = '\u{200d}';
const NON_JOINER: char = '\u{200c}';
const AS_EMOJI: char = '\u{fe0f}';

/// May it be a username, but for its length? `name` is composed.
pub fn is_username(name: &str) -> bool {
    let begins_well = name.chars().next().is_some_and(|c| !is_mark(c));
    begins_well
        && name.chars().all(is_username_char)
        && name.chars().any(is_letter_or_digit)
        && marks_are_few(name)
        && is_of_one_script(name)
        && !is_reserved(name)
}

/// Does it call everybody, or look as if it did?
fn is_reserved(name: &str) -> bool {
    let skeletons = Skeletons::of(name);
    RESERVED.iter().any(|reserved| Skeletons::of(reserved).is_like(&skeletons))
}

fn is_username_char(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric() || PUNCTUATION.contains(&c);
    }
    let category = category(c);
    let is_allowed = Group::Letter.contains(category)
        || matches!(
            category,
            Category::NonspacingMark | Category::SpacingMark | Category::DecimalNumber
        );
    is_allowed && !is_ignorable(c) && is_plain(c)
}

/// Is it no mere variant of another character, like full width or mathematical letters (not NFKC)?
/// Thai and Lao write one vowel with a character that is.
fn is_plain(c: char) -> bool {
    let mut buffer = [0; 4];
    let alone: &str = c.encode_utf8(&mut buffer);
    matches!(c, '\u{e33}' | '\u{eb3}')
        || icu_normalizer::ComposingNormalizerBorrowed::new_nfkc().is_normalized(alone)
}

fn marks_are_few(text: &str) -> bool {
    let mut in_a_row = 0;
    text.chars().all(|c| {
        in_a_row = if is_mark(c) { in_a_row + 1 } else { 0 };
        in_a_row <= MARKS
    })
}

/// A text in one line as people see it: composed, any space as one space, none at the ends. `None` if
/// something in it cannot be seen, or turns the text around it.
pub fn line(text: &str) -> Option<String> {
    let composed = composed(text);
    let chars: Vec<char> = composed.chars().collect();
    let is_allowed = |(at, c): (usize, &char)| is_visible(*c) || joins(&chars, at);
    if !chars.iter().enumerate().all(is_allowed) || !marks_are_few(&composed) {
        return None;
    }
    let is_space = |c: char| category(c) == Category::SpaceSeparator;
    let words: Vec<_> = composed.split(is_space).filter(|word| !word.is_empty()).collect();
    let begins_well = |word: &&str| word.chars().next().is_some_and(|c| !is_mark(c));
    words.iter().all(begins_well).then(|| words.join(" "))
}

/// Is it a character that is seen, or a space?
fn is_visible(c: char) -> bool {
    // Blanks that Unicode does not call spaces, and the place of an object that is not there.
    let is_blank = matches!(c, '\u{2800}' | '\u{1d159}' | '\u{fffc}');
    let is_hidden = matches!(
        category(c),
        Category::Control
            | Category::Format
            | Category::Surrogate
            | Category::PrivateUse
            | Category::LineSeparator
            | Category::ParagraphSeparator
    );
    !is_blank && !is_hidden && !is_ignorable(c)
}

/// Some that cannot be seen make one sign of their neighbours: the joiner of emoji, what asks for the
/// colours of an emoji, and the joiners of scripts whose letters change shape.
fn joins(chars: &[char], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|place| chars.get(place)).copied();
    let after = chars.get(at + 1).copied();
    match chars[at] {
        AS_EMOJI => before.is_some_and(is_emoji),
        JOINER if after.is_some_and(is_pictograph) => {
            before.is_some_and(|c| is_emoji(c) || c == AS_EMOJI)
        }
        JOINER | NON_JOINER => before.is_some_and(is_shaped) && after.is_some_and(is_shaped),
        _ => false,
    }
}

fn is_emoji(c: char) -> bool {
    CodePointSetData::new::<Emoji>().contains(c)
}

fn is_pictograph(c: char) -> bool {
    CodePointSetData::new::<ExtendedPictographic>().contains(c)
}

/// Is it a letter or mark of a script in which a joiner changes the shape of its neighbours?
fn is_shaped(c: char) -> bool {
    let is_plain = matches!(
        c.script(),
        Script::Latin
            | Script::Cyrillic
            | Script::Greek
            | Script::Han
            | Script::Common
            | Script::Hiragana
            | Script::Katakana
            | Script::Hangul
            | Script::Armenian
            | Script::Georgian
            | Script::Hebrew
            | Script::Thai
    );
    (Group::Letter.contains(category(c)) || is_mark(c)) && !is_plain
}

/// Is there a letter, a digit or a picture in it?
pub fn shows_something(text: &str) -> bool {
    text.chars()
        .any(|c| is_letter_or_digit(c) || Group::Symbol.contains(category(c)))
}

/// Is each word of a text of letters that belong together?
pub fn words_are_of_one_script(text: &str) -> bool {
    text.split(|c: char| !is_letter_or_digit(c) && !is_mark(c))
        .all(is_of_one_script)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usernames_are_of_one_script_and_can_be_seen() {
        for good in [
            "anna",
            "мария.п",
            "Łukasz_9",
            "李小龙",
            "प्रिया",
            "สมศักดิ์",
            "नेहा",
            "مُحمد",
            "น้ำ",
            "zoë-k",
            "a-b",
            "42nd",
            "김anna",
            "שָׁלוֹם",
            "nguyễn",
        ] {
            assert!(is_username(&composed(good)), "{good}");
        }
        for bad in [
            "...",
            "._-",
            "аdmin0",
            "𝐚𝐝𝐦𝐢𝐧",
            "ａｄｍｉｎ",
            "\u{3164}\u{3164}\u{3164}",
            "all",
            "ALL",
            "Everyone",
            "here",
            "ɑll",
            "аӏӏ",
            "ALl",
            "a1l",
            "nobodу",
            "evеryone",
            "ѕуѕtеm",
            "deIeted",
            "channeI",
            "a\u{200b}b",
            "a\u{202e}b",
            "a\u{2028}b",
            "\u{301}abc",
            "a b",
            "x\u{301}\u{301}\u{301}\u{301}\u{301}",
            "ⅷⅷⅷ",
            "😀😀😀",
            "\u{115f}\u{115f}a",
            "\u{2800}\u{2800}\u{2800}",
            "x²y",
            "ⓐⓑⓒ",
            "\u{e000}\u{e000}a",
        ] {
            assert!(!is_username(&composed(bad)), "{bad:?}");
        }
    }

    #[test]
    fn a_line_is_seen_and_leaves_its_neighbours_alone() {
        for (typed, kept) in [
            ("  Anna   Petrova ", "Anna Petrova"),
            ("Семе\u{308}н", "Семён"),
            ("Anna\u{a0}B.", "Anna B."),
            ("❤\u{fe0f} Anna", "❤\u{fe0f} Anna"),
            ("👩\u{200d}💻", "👩\u{200d}💻"),
            ("👩🏽\u{200d}💻 x", "👩🏽\u{200d}💻 x"),
            ("1\u{fe0f}\u{20e3}", "1\u{fe0f}\u{20e3}"),
            ("🇷🇺", "🇷🇺"),
            ("می\u{200c}خواهم", "می\u{200c}خواهم"),
            ("क्\u{200d}ष", "क्\u{200d}ष"),
        ] {
            assert_eq!(line(typed).as_deref(), Some(kept), "{typed:?}");
        }
        for bad in [
            "\u{200b}",
            "\u{2060}\u{2060}",
            "\u{3164}",
            "\u{2800}",
            "\u{feff}",
            "\u{ad}",
            "\u{e0041}",
            "\u{202e}gnisaM",
            "x\u{2028}y",
            "Masha\u{2066}",
            "owner\u{200b}",
            "a\u{200d}b",
            "a\u{200c}b",
            "а\u{200d}б",
            "x\u{fe0f}",
            "a\u{7}b",
            "\u{301}abc",
            "a \u{301}",
            "\u{61c}ab",
            "\u{34f}a",
            "\u{115f}",
            "\u{ffa0}",
            "\u{180e}",
            "\u{e000}",
            "\u{fffc}",
            "\u{1d159}",
            "\u{206a}",
            "x\u{301}\u{302}\u{303}\u{304}\u{305}",
            "\u{200d}💻",
            "👩\u{200d}",
        ] {
            assert_eq!(line(bad), None, "{bad:?}");
        }
    }
}
