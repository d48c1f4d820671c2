//! Names that look like others (UTS #39): `ѕсоре` in Cyrillic letters and `scope` in Latin ones.

use unicode_script::{Script, ScriptExtension, UnicodeScript};
use unicode_security::MixedScript;
use unicode_security::confusable_detection::skeleton;
use unicode_security::mixed_script::AugmentedScriptSet;

use crate::domain::names::forms::{composed, key};

/// What a name looks like (its skeleton in UTS #39): as it was written, and in the form that is compared. Two
/// names that share either look alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skeletons {
    /// Of the name as it was written.
    pub written: String,
    /// Of the form that is compared.
    pub folded: String,
}

impl Skeletons {
    /// Both skeletons of a name.
    pub fn of(name: &str) -> Self {
        Self {
            written: skeleton(&composed(name)).collect(),
            folded: skeleton(&key(name)).collect(),
        }
    }

    /// Do two names that look like this look alike?
    pub fn is_like(&self, other: &Self) -> bool {
        self.written == other.written || self.folded == other.folded
    }
}

/// Could one name pass for the other? In different scripts, or in letters of one: a dotless i beside an i.
pub fn is_mistaken_for(one: &str, other: &str) -> bool {
    Skeletons::of(one).is_like(&Skeletons::of(other))
}

/// Could a new name pass for somebody else's? What looks like theirs already may go on to do so, since an
/// account keeps the name that it has.
pub fn is_newly_mistaken_for(new: &str, former: &str, other: &str) -> bool {
    is_mistaken_for(new, other) && !is_mistaken_for(former, other)
}

/// Is a text of one script, or of a mixture that people write: Latin letters among Chinese,
/// Japanese or Korean ones ("highly restrictive" in UTS #39)?
pub fn is_of_one_script(text: &str) -> bool {
    if text.is_single_script() {
        return true;
    }
    let mut rest = AugmentedScriptSet::default();
    for c in text.chars().filter(|c| c.script() != Script::Latin) {
        rest.intersect_with(c.into());
    }
    let ScriptExtension { .. } = rest.base;
    rest.hanb || rest.jpan || rest.kore
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_mixed_only_as_people_do() {
        for good in [
            "anna",
            "мария",
            "李小龙",
            "王anna",
            "山田タロウ",
            "김anna",
            "नेहा_9",
            "anna-9",
            "ひらカタ",
            "สมศักดิ์",
            "123",
            "zoë",
        ] {
            assert!(is_of_one_script(good), "{good}");
        }
        for bad in [
            "аdmin0",
            "annа",
            "gаmmа",
            "αnna",
            "annaनेहा",
            "мария李",
            "カタ한",
        ] {
            assert!(!is_of_one_script(bad), "{bad}");
        }
    }

    #[test]
    fn names_of_two_scripts_and_of_one_may_look_alike() {
        for (one, other) in [
            ("ѕсоре", "scope"),
            ("ТОМ", "TOM"),
            ("АННА", "AHHA"),
            ("оооо", "oooo"),
            ("ɑdmin0", "admin0"),
            ("admın0", "admin0"),
            ("ɡeorge", "george"),
            ("ІВАН", "lBAH"),
            ("user1", "userl"),
            ("lvan", "Ivan"),
            ("modern", "modem"),
            ("علي", "على"),
            ("anna", "Anna"),
        ] {
            assert!(is_mistaken_for(one, other), "{one} {other}");
        }
        for (one, other) in [
            ("user1", "user2"),
            ("anna", "anne"),
            ("мария", "maria"),
            ("zoë", "zoe"),
            ("иван", "йван"),
            ("123", "lz3"),
        ] {
            assert!(!is_mistaken_for(one, other), "{one} {other}");
        }
    }
}
