//! The forms of a name: the one that is kept, the one that is compared, the one that is searched.

use icu_casemap::CaseMapper;
use icu_normalizer::properties::CanonicalCombiningClassMap;
use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};

/// Words of a search that are looked for; a name has fewer.
pub const SEARCH_WORDS: usize = 8;
/// The combining class of signs that join letters, which are no accents.
const VIRAMA: u8 = 9;

/// Composed letters (NFC): the form in which names, addresses and passwords are kept, whichever
/// keyboard they come from.
pub fn composed(text: &str) -> String {
    ComposingNormalizerBorrowed::new_nfc().normalize(text).into_owned()
}

/// The form in which names are compared: one for all ways to type the same letters, in any case
/// (`toNFKC_Casefold` but for what is shown as nothing, which is in no name).
pub fn key(text: &str) -> String {
    #[cfg(test)]
    folded::count(text);
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let nfkc = ComposingNormalizerBorrowed::new_nfkc();
    let fold = |text: &str| CaseMapper::new().fold_string(text).into_owned();
    let decomposed = DecomposingNormalizerBorrowed::new_nfd().normalize(text);
    let once = fold(&decomposed);
    let twice = fold(&nfkc.normalize(&once));
    nfkc.normalize(&twice).into_owned()
}

/// The form in which addresses are compared: NFC in lower case. Compatibility forms are other
/// mailboxes.
pub fn address_key(text: &str) -> String {
    composed(&composed(text).to_lowercase())
}

/// The form in which names were compared before [`key`]. An account that would have the same key as
/// another one keeps it.
pub fn former_key(text: &str) -> String {
    text.to_lowercase()
}

/// The form in which names are searched: no case, no accents, no apostrophes, one space between words.
/// `Семён` and `СЕМЕН` are the same, and so are `O’Brien` and `obrien`.
pub fn searched(text: &str) -> String {
    let folded = key(text);
    let decomposed = DecomposingNormalizerBorrowed::new_nfkd().normalize(&folded);
    let classes = CanonicalCombiningClassMap::new();
    let mut searched = String::with_capacity(decomposed.len());
    for c in decomposed.chars() {
        let class = classes.get_u8(c);
        if class != 0 && class != VIRAMA || is_apostrophe(c) {
            continue;
        }
        match plain(c) {
            Some(letters) => searched.push_str(letters),
            None if c.is_whitespace() => {
                if !searched.ends_with(' ') {
                    searched.push(' ');
                }
            }
            None => searched.push(kana(dash(c))),
        }
    }
    searched.trim().to_owned()
}

/// The words of a search, each to be found somewhere in a name. Hyphens part words, as spaces do.
pub fn search_words(text: &str) -> Vec<String> {
    let searched = searched(text);
    let mut words: Vec<_> = searched
        .split([' ', '-'])
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect();
    if words.is_empty() && !searched.is_empty() {
        words.push(searched);
    }
    words.truncate(SEARCH_WORDS);
    words
}

fn is_apostrophe(c: char) -> bool {
    matches!(
        c,
        '\'' | '`'
            | '´'
            | '‘'
            | '’'
            | '‛'
            | '′'
            | 'ʹ'
            | 'ʻ'
            | 'ʼ'
            | 'ʽ'
            | 'ʾ'
            | 'ʿ'
            | 'ˈ'
            | '＇'
    )
}

fn dash(c: char) -> char {
    match c {
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}' => '-',
        c => c,
    }
}

/// Katakana as hiragana.
fn kana(c: char) -> char {
    match c {
        'ァ'..='ヶ' => char::from_u32(c as u32 - 0x60).unwrap_or(c),
        c => c,
    }
}

/// Letters that people type without the stroke that Unicode does not take apart.
fn plain(c: char) -> Option<&'static str> {
    Some(match c {
        'ł' => "l",
        'ø' => "o",
        'đ' | 'ð' => "d",
        'ħ' => "h",
        'ŧ' => "t",
        'ı' => "i",
        'æ' => "ae",
        'œ' => "oe",
        'þ' => "th",
        'ґ' => "г",
        _ => return None,
    })
}

/// How much has been folded, for tests that bound it.
#[cfg(test)]
pub(crate) mod folded {
    use std::cell::Cell;

    thread_local! {
        static DONE: Cell<(usize, usize)> = const { Cell::new((0, 0)) };
    }

    pub(super) fn count(text: &str) {
        DONE.with(|done| done.set((done.get().0 + 1, done.get().1 + text.len())));
    }

    /// Texts and bytes that `work` folds.
    pub(crate) fn by(work: impl FnOnce()) -> (usize, usize) {
        DONE.with(|done| done.set((0, 0)));
        work();
        DONE.with(Cell::get)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_name_has_one_key_however_it_is_typed() {
        for (one, other) in [
            ("андрей", "андреи\u{306}"),
            ("ZOË", "zoe\u{308}"),
            ("МАРИЯ", "мария"),
            ("straße", "STRASSE"),
            ("ΟΔΥΣΣΕΥΣ", "οδυσσευς"),
            ("οδυσσευσ", "οδυσσευς"),
            ("ａｎｎａ", "anna"),
            ("𝐚𝐝𝐦𝐢𝐧", "Admin"),
            ("ｶﾞｽ", "ガス"),
            ("น้ำ", "น้\u{e4d}\u{e32}"),
            ("한글", "\u{1112}\u{1161}\u{11ab}\u{1100}\u{1173}\u{11af}"),
        ] {
            assert_eq!(key(one), key(other), "{one} {other}");
        }
        for (one, other) in [("мария", "марья"), ("anna", "аnnа"), ("é1", "e1")] {
            assert_ne!(key(one), key(other), "{one} {other}");
        }
    }

    #[test]
    fn a_key_is_its_own_key_and_who_had_one_former_key_has_one_key() {
        for c in (0..=0x10_FFFF).filter_map(char::from_u32) {
            let text = format!("a{c}b");
            let once = key(&text);
            assert_eq!(key(&once), once, "{c:?}");
            assert_eq!(key(&former_key(&text)), once, "{c:?}");
        }
    }

    #[test]
    fn people_are_found_as_people_type_their_names() {
        let found = |name: &str, text: &str| {
            let name = searched(name);
            search_words(text).iter().all(|word| name.contains(word))
        };
        // The page, which searches in what it has, is held to the same list.
        let cases = include_str!("../../../tests/names/search.json");
        let cases: Vec<(String, String, bool)> = serde_json::from_str(cases).expect("cases");
        for (name, text, is_found) in cases {
            assert_eq!(found(&name, &text), is_found, "{text} finds {name}");
        }
        assert_eq!(search_words(&"a ".repeat(60)).len(), SEARCH_WORDS);
        assert!(search_words(" \u{301}' ").is_empty());
    }
}
