//! What one may react with.

use std::sync::Arc;

use crate::domain::Refusal;

/// Longest emoji, in bytes: a family of four with skin tones, or a flag of a region, fits.
pub const EMOJI_BYTES: usize = 64;

/// The same in code points, for documents: so many always fit.
pub const EMOJI_CHARS: usize = EMOJI_BYTES / 4;

/// A code point that [`is_pictorial`] and no half of a flag.
macro_rules! pictorial {
    () => {
        "[©®‼⁉™ℹ〰〽㊗㊙\u{2190}-\u{21ff}\u{2300}-\u{23ff}\u{24c2}\u{25a0}-\u{27bf}\u{2900}-\u{297f}\
         \u{2b00}-\u{2bff}\u{1f000}-\u{1f1e5}\u{1f200}-\u{1f3fa}\u{1f400}-\u{1faff}]"
    };
}

/// What follows one: how it is shown, a skin tone, the letters of a region.
macro_rules! attached {
    () => {
        "[\u{fe0e}\u{fe0f}\u{1f3fb}-\u{1f3ff}\u{e0020}-\u{e007f}]"
    };
}

/// The form of an emoji for documents, a regular expression: what matches is one. There are few
/// others; they are longer than any that is shown.
pub const EMOJI_PATTERN: &str = concat!(
    "^(?:[0-9#*]\u{fe0f}?\u{20e3}|[\u{1f1e6}-\u{1f1ff}]{2}|",
    pictorial!(),
    attached!(),
    "{0,7}(?:\u{200d}",
    pictorial!(),
    attached!(),
    "{0,2}){0,4})$"
);

/// A reaction: one emoji, however many code points it takes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Emoji(Arc<str>);

/// Makes one emoji of two.
const JOINER: char = '\u{200d}';
/// Ends a digit, `#` or `*` that is shown as a key.
const KEYCAP: char = '\u{20e3}';

/// Is it of a block that has emoji (UTS #51)? Of what stands elsewhere much cannot be seen, or changes
/// how its neighbours are shown.
fn is_pictorial(c: char) -> bool {
    matches!(c,
        '©' | '®' | '‼' | '⁉' | '™' | 'ℹ' | '〰' | '〽' | '㊗' | '㊙'
        | '\u{2190}'..='\u{21ff}' | '\u{2300}'..='\u{23ff}' | '\u{24c2}'
        | '\u{25a0}'..='\u{27bf}' | '\u{2900}'..='\u{297f}' | '\u{2b00}'..='\u{2bff}'
        | '\u{1f000}'..='\u{1faff}')
}

/// How many emoji begin in a text of such parts: what is joined to the one before does not, nor does a
/// skin tone; of regional indicators two make a flag.
fn beginnings(text: &str) -> usize {
    let (mut whole, mut halves) = (0, 0);
    let mut before = None;
    for c in text.chars() {
        match c {
            '\u{1f1e6}'..='\u{1f1ff}' => halves += 1,
            '\u{1f3fb}'..='\u{1f3ff}' if before.is_some() => {}
            '0'..='9' | '#' | '*' => whole += 1,
            c if is_pictorial(c) && before != Some(JOINER) => whole += 1,
            _ => {}
        }
        before = Some(c);
    }
    whole + usize::div_ceil(halves, 2)
}

impl Emoji {
    /// Checks `text`; `invalid_emoji` if it is a word, nothing to be seen, or more than one.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let is_keycap = text.ends_with(KEYCAP);
        let is_part = |c: char| {
            is_pictorial(c)
                || matches!(c, JOINER | '\u{fe0e}' | '\u{fe0f}' | '\u{e0020}'..='\u{e007f}')
                || is_keycap && matches!(c, '0'..='9' | '#' | '*' | KEYCAP)
        };
        if text.len() > EMOJI_BYTES || !text.chars().all(is_part) || beginnings(text) != 1 {
            return Err(Refusal::InvalidEmoji);
        }
        Ok(Self(text.into()))
    }

    /// The emoji.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "the pattern is a constant")]
mod tests {
    use proptest::prelude::*;
    use proptest::string::string_regex;

    use super::*;

    proptest! {
        #[test]
        fn what_has_the_form_of_an_emoji_is_one(
            text in string_regex(EMOJI_PATTERN.trim_matches(['^', '$'])).unwrap(),
        ) {
            prop_assume!(text.chars().count() <= EMOJI_CHARS);
            prop_assert!(Emoji::parse(&text).is_ok(), "{:?}", text);
        }
    }

    #[test]
    fn an_emoji_is_no_word() {
        for good in [
            "👍",
            "👍🏽",
            "❤️",
            "1️⃣",
            "🇷🇺",
            "👨‍👩‍👧‍👦",
            "❤️‍🔥",
            "🏴\u{e0067}\u{e007f}",
            "✅",
            "🅰️",
            "ℹ️",
            "™️",
        ] {
            assert!(Emoji::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "a",
            "1",
            "ok",
            "да",
            "<b>",
            "👍 ",
            "👍\n",
            &"👍".repeat(17),
            "#*",
            "#*\u{20e3}",
            "👍👎",
            "🇷🇺🇷",
            "1👍",
            "\u{200b}",
            "\u{202e}👍",
            "\u{200d}",
            "\u{fe0f}",
            "\u{20e3}",
            "👍\u{301}",
            "\u{e000}",
        ] {
            assert_eq!(Emoji::parse(bad), Err(Refusal::InvalidEmoji), "{bad:?}");
        }
    }
}
