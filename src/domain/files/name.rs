//! What a file is called. Its sender may say anything; what is kept is one line without a path, without
//! what cannot be seen or turns the text around it, and short enough for every file system.

use icu_properties::props::GeneralCategory as Category;

use crate::domain::names::forms::composed;
use crate::domain::names::letters::category;

/// Longest name, in bytes: no file system takes more.
pub const NAME_BYTES: usize = 255;
/// Bytes of what stands behind the last dot that a name which is cut keeps.
const EXTENSION_BYTES: usize = 20;
/// The name of a file that has none.
const UNNAMED: &str = "file";

/// A name that is harmless.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileName(String);

impl FileName {
    /// What is left of what a sender says.
    pub fn of(said: &str) -> Self {
        // Nobody's name is that long, whatever is in it.
        let said: String = said.chars().take(8 * NAME_BYTES).collect();
        let composed = composed(&said);
        let last = composed.rsplit(['/', '\\']).next().unwrap_or_default();
        let spaced = last.chars().map(|c| if is_space(c) { ' ' } else { c });
        let seen: String = spaced.filter(|c| is_seen(*c)).collect();
        let words: Vec<_> = seen.split(' ').filter(|word| !word.is_empty()).collect();
        let line = words.join(" ");
        // A name that begins with a dot is hidden, and one that ends with it is another one on Windows.
        let name = shortened(line.trim_matches(['.', ' ']));
        Self(if name.is_empty() {
            UNNAMED.to_owned()
        } else {
            name
        })
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_space(c: char) -> bool {
    matches!(
        category(c),
        Category::SpaceSeparator | Category::LineSeparator | Category::ParagraphSeparator
    ) || matches!(c, '\t' | '\n' | '\r')
}

fn is_seen(c: char) -> bool {
    // The joiners of emoji and of scripts whose letters change shape.
    let is_joiner = matches!(c, '\u{200c}' | '\u{200d}');
    is_joiner
        || !matches!(
            category(c),
            Category::Control
                | Category::Format
                | Category::Surrogate
                | Category::PrivateUse
                | Category::Unassigned
        )
}

/// Cut in the middle, so that what says its kind stays.
fn shortened(name: &str) -> String {
    if name.len() <= NAME_BYTES {
        return name.to_owned();
    }
    let dot = name.rfind('.').filter(|dot| name.len() - dot <= EXTENSION_BYTES);
    let (stem, extension) = name.split_at(dot.unwrap_or(name.len()));
    let end = stem.floor_char_boundary(NAME_BYTES - extension.len());
    format!("{}{extension}", &stem[..end])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_hostile_name_becomes_harmless() {
        for (said, name) in [
            ("report.pdf", "report.pdf"),
            ("Отчёт за май.pdf", "Отчёт за май.pdf"),
            ("../../etc/passwd", "passwd"),
            ("C:\\Users\\a\\b.txt", "b.txt"),
            ("..", "file"),
            (".", "file"),
            ("", "file"),
            ("   ", "file"),
            (".htaccess", "htaccess"),
            ("a\0b\r\nSet-Cookie: x.txt", "ab Set-Cookie: x.txt"),
            ("photo\u{202e}gpj.exe", "photogpj.exe"),
            ("a\u{2066}b\u{200b}c.txt", "abc.txt"),
            ("a  b\u{a0}c.txt", "a b c.txt"),
            ("name. ", "name"),
            ("👩\u{200d}🚀.png", "👩\u{200d}🚀.png"),
        ] {
            assert_eq!(FileName::of(said).as_str(), name, "{said:?}");
        }
    }

    #[test]
    fn a_long_name_keeps_what_says_its_kind() {
        let name = FileName::of(&format!("{}.pdf", "ы".repeat(300)));
        assert!(name.as_str().len() <= NAME_BYTES && name.as_str().ends_with("ы.pdf"));
        let name = FileName::of(&format!("a.{}", "x".repeat(300)));
        assert_eq!(name.as_str().len(), NAME_BYTES);
    }

    proptest! {
        #[test]
        fn any_name_becomes_one_that_stays_as_it_is(said in "\\PC{0,400}|(?s).{0,80}") {
            let name = FileName::of(&said);
            let text = name.as_str();
            prop_assert!(!text.is_empty() && text.len() <= NAME_BYTES);
            let hostile = ['/', '\\', '\0', '\n', '\r', '\u{202e}'];
            prop_assert!(!text.contains(hostile));
            prop_assert!(!text.starts_with('.'));
            prop_assert_eq!(&FileName::of(text), &name);
        }
    }
}
