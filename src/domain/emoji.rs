//! What one may react with.

use std::fmt::Write as _;
use std::iter::Peekable;
use std::str::Chars;
use std::sync::{Arc, LazyLock};

use icu_properties::CodePointSetData;
use icu_properties::props::{
    Emoji as HasEmoji, EmojiModifierBase, ExtendedPictographic, GeneralCategory,
};

use crate::domain::Refusal;
use crate::domain::names::letters::category;

/// Longest emoji, in bytes: a family of four with skin tones, or a flag of a region, fits.
pub const EMOJI_BYTES: usize = 64;

/// The same in code points, for documents: so many always fit.
pub const EMOJI_CHARS: usize = EMOJI_BYTES / 4;

/// Makes one emoji of two.
const JOINER: char = '\u{200d}';
/// Asks for the colours of an emoji.
const AS_EMOJI: char = '\u{fe0f}';
/// Ends a digit, `#` or `*` that is shown as a key.
const KEYCAP: char = '\u{20e3}';
/// Begins the flag of a region, which letters that cannot be seen name; and ends it.
const BLACK_FLAG: char = '\u{1f3f4}';
const END_OF_REGION: char = '\u{e007f}';
/// Letters of a region's name: two of its country, and up to three letters or digits.
const REGION: (usize, usize) = (3, 5);

/// The form of an emoji for documents, a regular expression: what matches is one. The others are
/// longer than any that is shown, or of a later Unicode.
pub static EMOJI_PATTERN: LazyLock<String> = LazyLock::new(|| {
    let toned = ranges(|c| CodePointSetData::new::<EmojiModifierBase>().contains(c));
    let emoji = ranges(|c| is_known_base(c) && c != BLACK_FLAG);
    let one =
        format!("(?:[{emoji}{BLACK_FLAG}]{AS_EMOJI}?|[{toned}]{AS_EMOJI}?[\u{1f3fb}-\u{1f3ff}])");
    format!(
        "^(?:[0-9#*]{AS_EMOJI}?{KEYCAP}|[\u{1f1e6}-\u{1f1ff}]{{2}}|\
         {BLACK_FLAG}[\u{e0061}-\u{e007a}]{{2}}[\u{e0030}-\u{e0039}\u{e0061}-\u{e007a}]{{1,3}}{END_OF_REGION}|\
         {one}(?:{JOINER}{one}){{0,3}})$"
    )
});

/// The inside of a bracket expression that has these characters.
fn ranges(has: impl Fn(char) -> bool) -> String {
    let mut found: Vec<(char, char)> = Vec::new();
    for c in ('\u{80}'..=char::MAX).filter(|c| has(*c)) {
        match found.last_mut() {
            Some((_, last)) if u32::from(*last) + 1 == u32::from(c) => *last = c,
            _ => found.push((c, c)),
        }
    }
    let mut text = String::new();
    for (first, last) in found {
        // Writing to a text cannot fail.
        _ = match first == last {
            true => write!(text, "{first}"),
            false => write!(text, "{first}-{last}"),
        };
    }
    text
}

/// A reaction: one emoji, however many code points it takes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Emoji(Arc<str>);

/// Is it of a block that has emoji? Of what stands elsewhere much cannot be seen, or changes how its neighbours
/// are shown.
fn is_pictorial(c: char) -> bool {
    matches!(c,
        '©' | '®' | '‼' | '⁉' | '™' | 'ℹ' | '〰' | '〽' | '㊗' | '㊙'
        | '\u{2190}'..='\u{21ff}' | '\u{2300}'..='\u{23ff}' | '\u{24c2}'
        | '\u{25a0}'..='\u{27bf}' | '\u{2900}'..='\u{297f}' | '\u{2b00}'..='\u{2bff}'
        | '\u{1f000}'..='\u{1faff}')
}

fn is_half_of_a_flag(c: char) -> bool {
    matches!(c, '\u{1f1e6}'..='\u{1f1ff}')
}

fn is_skin_tone(c: char) -> bool {
    matches!(c, '\u{1f3fb}'..='\u{1f3ff}')
}

fn is_key(c: char) -> bool {
    matches!(c, '0'..='9' | '#' | '*')
}

/// Can it be an emoji by itself, as far as this version of Unicode knows?
fn is_known_base(c: char) -> bool {
    let has_emoji = CodePointSetData::new::<HasEmoji>().contains(c);
    has_emoji && !is_key(c) && !is_half_of_a_flag(c) && !is_skin_tone(c)
}

/// The same with what is set aside for emoji of later versions.
fn is_base(c: char) -> bool {
    let is_later = || {
        CodePointSetData::new::<ExtendedPictographic>().contains(c)
            && category(c) == GeneralCategory::Unassigned
    };
    is_known_base(c) || is_later()
}

/// Is a text one emoji (UTS #51), whole and alone? Which flags there are, and what may be joined, is for
/// those who draw them.
fn is_one(text: &str) -> bool {
    let mut rest = text.chars().peekable();
    let is_whole = match rest.next() {
        Some(c) if is_key(c) => {
            rest.next_if_eq(&AS_EMOJI);
            rest.next() == Some(KEYCAP)
        }
        Some(c) if is_half_of_a_flag(c) => rest.next().is_some_and(is_half_of_a_flag),
        Some(BLACK_FLAG) if rest.peek().copied().is_some_and(is_of_region) => {
            ends_region(&mut rest)
        }
        Some(c) => is_joined(c, &mut rest),
        None => false,
    };
    is_whole && rest.next().is_none()
}

/// Emoji from `first` on, each joined to the one before.
fn is_joined(first: char, rest: &mut Peekable<Chars<'_>>) -> bool {
    let mut next = Some(first);
    while let Some(c) = next {
        if !is_base(c) {
            return false;
        }
        rest.next_if_eq(&AS_EMOJI);
        if CodePointSetData::new::<EmojiModifierBase>().contains(c) {
            rest.next_if(|c| is_skin_tone(*c));
        }
        if rest.next_if_eq(&JOINER).is_none() {
            return true;
        }
        next = rest.next();
    }
    // A joiner that joins nothing.
    false
}

/// A letter or digit of a region's name.
fn is_of_region(c: char) -> bool {
    matches!(c, '\u{e0030}'..='\u{e0039}' | '\u{e0061}'..='\u{e007a}')
}

/// The name of a region, and its end.
fn ends_region(rest: &mut Peekable<Chars<'_>>) -> bool {
    let mut letters = 0;
    while let Some(c) = rest.next_if(|c| is_of_region(*c)) {
        if letters < 2 && c < '\u{e0061}' {
            return false;
        }
        letters += 1;
    }
    (REGION.0..=REGION.1).contains(&letters) && rest.next() == Some(END_OF_REGION)
}

/// How many emoji begin in a text of such parts: what is joined to the one before does not, nor does a
/// skin tone; of regional indicators two make a flag.
fn beginnings(text: &str) -> usize {
    let (mut whole, mut halves) = (0, 0);
    let mut before = None;
    for c in text.chars() {
        match c {
            c if is_half_of_a_flag(c) => halves += 1,
            c if is_skin_tone(c) && before.is_some() => {}
            c if is_key(c) => whole += 1,
            c if is_pictorial(c) && before != Some(JOINER) => whole += 1,
            _ => {}
        }
        before = Some(c);
    }
    whole + usize::div_ceil(halves, 2)
}

impl Emoji {
    /// Checks what somebody reacts with; `invalid_emoji` if it is anything but one emoji.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        if text.len() > EMOJI_BYTES || !is_one(text) {
            return Err(Refusal::InvalidEmoji);
        }
        Ok(Self(text.into()))
    }

    /// Checks what somebody has reacted with, perhaps long ago, when arrows and stars that are no emoji
    /// were taken too; `invalid_emoji` if it is a word, nothing to be seen, or more than one.
    pub fn of_reaction(text: &str) -> Result<Self, Refusal> {
        let is_keycap = text.ends_with(KEYCAP);
        let is_part = |c: char| {
            is_pictorial(c)
                || matches!(c, JOINER | '\u{fe0e}' | AS_EMOJI | '\u{e0020}'..=END_OF_REGION)
                || is_keycap && (is_key(c) || c == KEYCAP)
        };
        let is_former =
            || text.len() <= EMOJI_BYTES && text.chars().all(is_part) && beginnings(text) == 1;
        Self::parse(text).or_else(|refusal| match is_former() {
            true => Ok(Self(text.into())),
            false => Err(refusal),
        })
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
            prop_assert!(Emoji::of_reaction(&text).is_ok(), "{:?}", text);
        }
    }

    #[test]
    fn an_emoji_is_one_whole_sign() {
        for good in [
            "👍",
            "👍🏽",
            "❤️",
            "❤",
            "☝️🏽",
            "1️⃣",
            "#\u{20e3}",
            "🇷🇺",
            "👨‍👩‍👧‍👦",
            "👩🏽‍🤝‍👨🏿",
            "❤️‍🔥",
            "🏳️‍🌈",
            "🏴‍☠️",
            "🏴",
            // Scotland, and a region of one's own making, which is drawn as a black flag.
            "🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
            "🏴\u{e0075}\u{e0073}\u{e0031}\u{e007f}",
            "✅",
            "🅰️",
            "ℹ️",
            "™️",
            "↔️",
            // Of a Unicode to come.
            "\u{1fadd}",
        ] {
            assert!(Emoji::parse(good).is_ok(), "{good}");
        }
    }

    #[test]
    fn an_emoji_is_no_word_and_no_several() {
        for bad in [
            "",
            "a",
            "1",
            "1\u{fe0f}",
            "ok",
            "да",
            "<b>",
            "👍 ",
            "👍\n",
            &"👍".repeat(17),
            "#*",
            "#*\u{20e3}",
            "👍\u{20e3}",
            "👍👎",
            "👍👎\u{20e3}",
            "🇷🇺🇷",
            "1👍",
            "\u{200b}",
            "\u{202e}👍",
            "\u{200d}",
            "\u{fe0e}",
            "\u{fe0f}",
            "\u{20e3}",
            "\u{fe0f}\u{20e3}",
            "👍\u{301}",
            "\u{e000}",
            "→",
            "★",
            "🀀",
        ] {
            assert_eq!(Emoji::parse(bad), Err(Refusal::InvalidEmoji), "{bad:?}");
        }
    }

    #[test]
    fn no_part_of_an_emoji_is_one() {
        // Of a flag, of a skin, of what is joined, of a region's name.
        for bad in [
            "🇷",
            "🇷\u{fe0f}",
            "🇷👍",
            "🏽",
            "🏽\u{fe0f}",
            "🏽🏽",
            "👍🏽🏽",
            "❤🏽",
            "👍\u{200d}",
            "\u{200d}👍",
            "👍\u{200d}\u{200d}👍",
            "👍\u{200d}🏽",
            "👍\u{200d}🇷🇺",
            "👍\u{fe0f}\u{fe0f}",
            "👍\u{fe0e}",
            "\u{fe0f}👍",
            "🏴\u{e0067}\u{e0062}\u{e0073}",
            "🏴\u{e0067}\u{e007f}",
            "🏴\u{e007f}",
            "🏴\u{e0031}\u{e0062}\u{e0073}\u{e007f}",
            "🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e0074}\u{e007f}",
            "👍\u{e0067}\u{e0062}\u{e0073}\u{e007f}",
            "\u{e0067}\u{e007f}",
        ] {
            assert_eq!(Emoji::parse(bad), Err(Refusal::InvalidEmoji), "{bad:?}");
        }
    }

    #[test]
    fn what_somebody_has_reacted_with_before_is_still_read() {
        for once in [
            "→",
            "★",
            "🇷",
            "🏽",
            "👍\u{200d}",
            "👍\u{fe0e}",
            "🏴\u{e0067}",
            "👍",
        ] {
            assert!(Emoji::of_reaction(once).is_ok(), "{once:?}");
        }
        for never in ["", "a", "👍👎", "\u{200b}", "\u{200d}", "\u{fe0f}"] {
            assert_eq!(Emoji::of_reaction(never), Err(Refusal::InvalidEmoji), "{never:?}");
        }
    }
}
