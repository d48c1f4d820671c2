//! The characters of names. The web client has the same set: `tests/rules` writes it out, so that
//! two versions of Unicode never disagree about where a name ends.

use icu_properties::props::{
    Alphabetic, DefaultIgnorableCodePoint, GeneralCategory, GeneralCategoryGroup,
};
use icu_properties::{CodePointMapData, CodePointSetData};

/// What may stand in a name besides letters, marks and digits. At its end it may also end a sentence.
pub const PUNCTUATION: [char; 3] = ['.', '-', '_'];

/// The general category of a character.
pub fn category(c: char) -> GeneralCategory {
    CodePointMapData::<GeneralCategory>::new().get(c)
}

/// Is it shown as nothing at all (`Default_Ignorable_Code_Point`)?
pub fn is_ignorable(c: char) -> bool {
    CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
}

/// Is it a mark, which is shown on or around the letter before it?
pub fn is_mark(c: char) -> bool {
    GeneralCategoryGroup::Mark.contains(category(c))
}

/// Is it a letter or a digit of any script?
pub fn is_letter_or_digit(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric();
    }
    let category = category(c);
    let is_either = GeneralCategoryGroup::Letter.contains(category)
        || GeneralCategoryGroup::Number.contains(category)
        || CodePointSetData::new::<Alphabetic>().contains(c) && !is_mark(c);
    is_either && !is_ignorable(c)
}

/// Can a name go on with it? Wider than what a new name may have ([`rules`](super::rules)), since
/// old ones have more.
pub fn is_name_char(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric() || PUNCTUATION.contains(&c);
    }
    is_letter_or_digit(c) || is_mark(c) && !is_ignorable(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_on_with_letters_marks_and_digits_of_any_script() {
        assert!("azAZ09._-éяйक्षिสมศักดิ์한李٣ʼѐ\u{301}Ⅷ".chars().all(is_name_char));
        let others = " @/:`'’,!?()[]\u{200b}\u{200d}\u{3164}\u{115f}\u{fe0f}\u{34f}\u{2800}😀、。";
        assert!(!others.chars().any(is_name_char));
    }

    #[test]
    fn whatever_was_alphanumeric_in_a_name_still_is() {
        let lost: Vec<_> = (0..=0x10_FFFF)
            .filter_map(char::from_u32)
            .filter(|c| c.is_alphanumeric() && !is_name_char(*c) && !is_ignorable(*c))
            .collect();
        assert!(lost.is_empty(), "{lost:?}");
    }
}
