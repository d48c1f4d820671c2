//! The characters of names as the page knows them: written out of the server's, so that two versions of
//! Unicode never disagree.

use std::collections::BTreeMap;
use std::fmt::Write;

use icu_casemap::CaseMapper;
use icu_normalizer::DecomposingNormalizerBorrowed;
use serde::Deserialize;
use unicode_script::{Script, UnicodeScript};
use unicode_security::confusable_detection::skeleton;
use vestnik::domain::names::letters::is_name_char;
use vestnik::domain::names::likeness::Skeletons;

use crate::documents::{read, write_if_asked};

const FILE: &str = "web/client/src/rules/names.generated.ts";
const LOOKALIKES: &str = "web/client/src/rules/lookalikes.generated.ts";
/// Pairs of names that the page is tried on as well.
const PAIRS: &str = "tests/names/alike.json";

#[derive(Deserialize)]
struct Pairs {
    alike: Vec<[String; 2]>,
    apart: Vec<[String; 2]>,
}

#[test]
fn names_are_taken_for_each_other_as_the_pairs_say() {
    let pairs: Pairs = serde_json::from_str(&read(PAIRS)).unwrap();
    let is_alike = |[one, other]: &[String; 2]| Skeletons::of(one).is_like(&Skeletons::of(other));
    let wrong = |pairs: &[[String; 2]], expected: bool| -> Vec<[String; 2]> {
        pairs.iter().filter(|pair| is_alike(pair) != expected).cloned().collect()
    };
    let none: [Vec<[String; 2]>; 2] = Default::default();
    assert_eq!([wrong(&pairs.alike, true), wrong(&pairs.apart, false)], none);
}

#[test]
fn the_page_has_the_servers_letters_that_look_alike() {
    let table = lookalikes();
    write_if_asked(LOOKALIKES, &table);
    assert!(
        read(LOOKALIKES) == table,
        "write {LOOKALIKES} anew: UPDATE_DOCS=1 cargo test --test rules"
    );
}

/// Letters and digits by what they look like, if that is ASCII: without case and without accents.
fn lookalikes() -> String {
    let mut by_plain: BTreeMap<String, String> = BTreeMap::new();
    for c in (0..=0x10_FFFF).filter_map(char::from_u32) {
        if !c.is_alphanumeric() || decomposed(c) != c.to_string() {
            continue;
        }
        let text = c.to_string();
        let letters = skeleton(&text).filter(|c| c.script() != Script::Inherited);
        let plain = letters.collect::<String>().to_lowercase();
        let is_plain = !plain.is_empty() && plain.bytes().all(|b| b.is_ascii_alphanumeric());
        if is_plain && plain != c.to_lowercase().to_string() {
            write!(by_plain.entry(plain).or_default(), "\\u{{{:x}}}", u32::from(c)).unwrap();
        }
    }
    let rows = by_plain.iter().fold(String::new(), |mut rows, (plain, letters)| {
        writeln!(rows, "{plain}:{letters}").unwrap();
        rows
    });
    format!(
        "/** Written by `UPDATE_DOCS=1 cargo test --test rules`, out of the tables of Unicode's UTS 39. */\n\n\
         /** Letters and digits of all scripts that look like the ones before the colon. */\n\
         export const LOOKALIKES = `\n{rows}`;\n"
    )
}

fn decomposed(c: char) -> String {
    DecomposingNormalizerBorrowed::new_nfkd().normalize(&c.to_string()).into_owned()
}

#[test]
fn the_page_has_the_servers_characters_of_names() {
    let table = table();
    write_if_asked(FILE, &table);
    assert!(read(FILE) == table, "write {FILE} anew: UPDATE_DOCS=1 cargo test --test rules");
}

fn table() -> String {
    let (folds, several) = folds();
    format!(
        "/** Written by `UPDATE_DOCS=1 cargo test --test rules`; numbers are in base 36. */\n\n\
         /** Characters of names: how many code points are none, then how many are, and so on. */\n\
         export const NAME_CHARS =\n  \"{}\";\n\n\
         /** Case: groups of the distance from the group before, how many, how far apart, and what to add. */\n\
         export const FOLDS =\n  \"{folds}\";\n\n\
         /** Letters that become several. */\n\
         export const FOLDS_TO_SEVERAL: Record<string, string> = {{\n{several}}};\n",
        name_chars()
    )
}

fn name_chars() -> String {
    let mut steps = Vec::new();
    let (mut from, mut inside) = (0, false);
    for code in 0..=0x11_0000_u32 {
        let is_one = char::from_u32(code).is_some_and(is_name_char);
        if is_one != inside {
            steps.push(base36(i64::from(code - from)));
            (from, inside) = (code, is_one);
        }
    }
    steps.join(" ")
}

/// What full case folding makes of single characters, and of those that become several.
fn folds() -> (String, String) {
    let (mut groups, mut several): (Vec<[i64; 4]>, String) = (Vec::new(), String::new());
    for c in (0..=0x10_FFFF).filter_map(char::from_u32) {
        let mut buffer = [0; 4];
        let folded = CaseMapper::new().fold_string(c.encode_utf8(&mut buffer)).into_owned();
        let mut chars = folded.chars();
        let (Some(first), None) = (chars.next(), chars.next()) else {
            writeln!(several, "  {}: {},", escaped(&c.to_string()), escaped(&folded)).unwrap();
            continue;
        };
        let (code, shift) =
            (i64::from(u32::from(c)), i64::from(u32::from(first)) - i64::from(u32::from(c)));
        if shift == 0 {
            continue;
        }
        match groups.last_mut() {
            Some([start, count, step, known])
                if *known == shift
                    && (*count == 1 && code - *start <= 2 || code == *start + *count * *step) =>
            {
                *step = if *count == 1 { code - *start } else { *step };
                *count += 1;
            }
            _ => groups.push([code, 1, 1, shift]),
        }
    }
    let mut before = 0;
    let mut written = Vec::new();
    for [start, count, step, shift] in groups {
        written.extend([start - before, count, step, shift].map(base36));
        before = start;
    }
    (written.join(" "), several)
}

fn escaped(text: &str) -> String {
    let units = text.encode_utf16().fold(String::new(), |mut units, unit| {
        write!(units, "\\u{unit:04x}").unwrap();
        units
    });
    format!("\"{units}\"")
}

fn base36(number: i64) -> String {
    let mut digits = Vec::new();
    let mut rest = number.unsigned_abs();
    loop {
        digits.push(char::from_digit((rest % 36) as u32, 36).unwrap());
        rest /= 36;
        if rest == 0 {
            break;
        }
    }
    let sign = if number < 0 { "-" } else { "" };
    format!("{sign}{}", digits.iter().rev().collect::<String>())
}
