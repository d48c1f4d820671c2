use std::cell::Cell;
use std::fs;

use super::*;
use crate::domain::names::forms::folded;

thread_local! {
    static LOOKED_AT: Cell<usize> = const { Cell::new(0) };
}

pub(super) fn looked_at(bytes: usize) {
    LOOKED_AT.with(|looked| looked.set(looked.get() + bytes));
}

/// The list that the page's scanner is held to as well.
#[derive(serde::Deserialize)]
struct Examples {
    members: Vec<String>,
    examples: Vec<Example>,
}

#[derive(serde::Deserialize)]
struct Example {
    text: String,
    #[serde(default)]
    names: Vec<String>,
    #[serde(default)]
    all: bool,
}

#[test]
fn a_text_calls_whom_its_reader_would_say() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/mentions.json");
    let list: Examples = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    assert!(list.examples.len() >= 100);
    let ids = list.members.iter().enumerate();
    let members: HashMap<_, _> =
        ids.map(|(id, name)| (key(name), UserId(i64::try_from(id).unwrap()))).collect();
    let mut wrong = Vec::new();
    for Example { text, names, all } in &list.examples {
        let mentions = named(text).resolve(&members);
        let expected: Vec<_> = names.iter().map(|name| members[&key(name)]).collect();
        if (mentions.all, &mentions.users) != (*all, &expected) {
            wrong.push(format!("{text:?} {mentions:?} and not {all} {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What somebody would send to make work. Each is as long as a message may be.
fn hostile() -> Vec<String> {
    let units = [
        "@",
        "@a",
        "@abc.............................",
        "@abc... ",
        "a@",
        "@@a ",
        "`",
        "``",
        "` `` ",
        "```a",
        "```\n",
        "` ``` ",
        "[",
        "[](",
        "[](a",
        "[](()",
        "[](a \"",
        "[](<",
        "[](a '",
        "]",
        "](",
        "\\",
        "\\`",
        "\\@",
        "~~~\n",
        "~~~~ a\n",
        "a://",
        "://",
        "www.",
        "a.b/",
        "a/",
        "@\u{301}",
        "@\u{fdfa}",
        "@ß",
        "\n\n@a",
        "> ",
        "- `\n",
        "1. ``a\n",
    ];
    let lengthening: String = (1..180).map(|n| format!("{} ", "`".repeat(n))).collect();
    let whole = [
        format!("@{}{}", "Я".repeat(7_900), ".".repeat(40)),
        format!("@abc{}", ".".repeat(16_000)),
        format!("@a{}", "\u{301}".repeat(8_000)),
        format!("@{}", "\u{fdfa}".repeat(5_000)),
        (0..3_000).map(|i| format!("@user{i}... ")).collect(),
        (0..3_000).map(|i| format!("@Ü{i}ß... ")).collect(),
        lengthening,
    ];
    let repeated = units.iter().map(|unit| unit.repeat(16_384 / unit.len()));
    repeated.chain(whole).collect()
}

#[test]
fn no_text_buys_more_than_linear_work() {
    for text in hostile() {
        let shown: String = text.chars().take(20).collect();
        LOOKED_AT.with(|looked| looked.set(0));
        let mut found = Named::default();
        let (folds, bytes) = folded::by(|| found = named(&text));
        let looked = LOOKED_AT.with(Cell::get);
        let readings: usize = found.names.iter().map(Vec::len).sum();
        assert!(
            readings <= MAX_READINGS && folds <= MAX_READINGS,
            "{shown}: {readings}, {folds}"
        );
        assert!(bytes <= MAX_READINGS * 4 * USERNAME_TYPED_CHARS, "{shown}: {bytes} folded");
        assert!(looked <= 40 * text.len(), "{shown}: {looked} of {}", text.len());
        assert!(found.names.iter().flatten().all(|name| name.chars().count() <= 18 * 128));
    }
}

#[test]
fn names_beyond_the_last_reading_are_not_looked_up() {
    let text: String = (0..1_000).map(|i| format!("@user{i} ")).collect();
    let found = named(&text);
    assert_eq!(found.names.len(), MAX_READINGS);
    assert_eq!(found.names[0], ["user0"]);
    let often = format!("{}@anna", "@bob ".repeat(1_000));
    assert_eq!(named(&often).names, [["bob"], ["anna"]], "a name counts once");
}

#[test]
fn an_account_that_kept_its_former_key_is_called_by_it() {
    let members = [
        ("strasse".to_owned(), UserId(1)),
        ("straße".to_owned(), UserId(2)),
    ]
    .into();
    let called = |text: &str| named(text).resolve(&members).users;
    assert_eq!(called("@Straße, @STRASSE"), [UserId(2), UserId(1)]);
}

proptest::proptest! {
    #[test]
    fn no_text_breaks_the_scanner(text in "[@`~\\[\\]()\\\\ \n.a:/ßй\u{301}>#-]{0,80}") {
        let mut end = 0;
        for run in scan::runs(&text) {
            proptest::prop_assert!(run.start > end || end == 0);
            proptest::prop_assert!(text[..run.start].ends_with('@') && !run.is_empty());
            end = run.end;
        }
        let _ = named(&text);
    }
}
