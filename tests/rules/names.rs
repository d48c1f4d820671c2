//! The characters of names as the page knows them: written out of the server's, so that two versions of
//! Unicode never disagree.

use std::fmt::Write;

use icu_casemap::CaseMapper;
use vestnik::domain::names::letters::is_name_char;

use crate::documents::{read, write_if_asked};

const FILE: &str = "web/core/rules/names.generated.ts";

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
