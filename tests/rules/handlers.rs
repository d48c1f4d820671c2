//! A handler with a body learns from the body who its caller is, so that it cannot act for one whose
//! right has ended while the body was on its way: the signatures in `src/http` are read and held to it.

use std::fs;
use std::path::Path;

/// The types of the arguments of each handler in a file, by its name.
fn handlers(source: &str) -> Vec<(String, String)> {
    ["pub async fn ", "pub(crate) async fn "]
        .into_iter()
        .flat_map(|begin| source.split(begin).skip(1))
        .filter_map(|rest| {
            let (signature, _) = rest.split_once('{')?;
            let (name, arguments) = signature.split_once('(')?;
            Some((name.to_owned(), arguments.to_owned()))
        })
        .collect()
}

/// Does it ask who is calling before it has read the body?
fn asks_early(arguments: &str) -> bool {
    let takes = |name: &str| arguments.contains(&format!(": {name}"));
    takes("Caller") && (takes("Body") || takes("StrangersBody"))
}

/// What reads a body past `body.rs`, where nobody asks again.
const OTHER_WAYS: [&str; 5] = [
    "web::Bytes",
    "web::Json",
    "web::Form",
    "web::Payload",
    "dev::Payload",
];

#[test]
fn a_handler_with_a_body_has_its_caller_from_the_body() {
    let http = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/http");
    let mut with_body = 0;
    for entry in fs::read_dir(http).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            continue;
        }
        let source = fs::read_to_string(&path).unwrap();
        for (name, arguments) in handlers(&source) {
            let file = path.display();
            assert!(!asks_early(&arguments), "{file}: {name} asks before it reads its body");
            with_body += usize::from(arguments.contains(": Body"));
            let other = OTHER_WAYS.into_iter().find(|way| arguments.contains(way));
            assert_eq!(other, None, "{file}: {name} reads its body past body.rs");
        }
    }
    assert!(with_body > 20, "the test reads the handlers: {with_body}");
}

#[test]
fn a_handler_that_asks_early_is_seen() {
    let source = "pub(crate) async fn rename(engine: App, caller: Caller, body: Body) -> Answer {";
    assert_eq!(handlers(source).len(), 1);
    assert!(handlers(source).iter().all(|(_, arguments)| asks_early(arguments)));
    let source = "pub async fn show(engine: App, caller: Caller) -> Answer {";
    assert!(!handlers(source).iter().any(|(_, arguments)| asks_early(arguments)));
}
