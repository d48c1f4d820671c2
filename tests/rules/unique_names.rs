//! One name means one thing (docs/architecture.md, "Words"): no two types of `src` have the same name, wherever
//! they are.
//!
//! What a body of the API is called its readers see, and `domain`, `store` or `wire` may have the thing itself under
//! the same name. `State` and `Inner` are what a type hides in its own file.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::layers::rust_files;

const HIDDEN: [&str; 2] = ["State", "Inner"];

/// The types that a file defines outside functions and tests. A body of the API is none of them.
fn defined(source: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut is_body = false;
    for line in source.lines() {
        match type_name(line) {
            Some((name, is_private)) => {
                let is_hidden = is_private && HIDDEN.contains(&name);
                if !is_body && !is_hidden {
                    names.push(name);
                }
                is_body = false;
            }
            None if line.starts_with("#[") => is_body |= line.contains("ToSchema"),
            None if line.starts_with("///") => {}
            None => is_body = false,
        }
    }
    names
}

/// The name of the type that a line begins, and whether only its module sees it.
fn type_name(line: &str) -> Option<(&str, bool)> {
    let public = line.strip_prefix("pub");
    let rest = match public {
        Some(rest) if rest.starts_with('(') => rest.split_once(") ")?.1,
        Some(rest) => rest.strip_prefix(' ')?,
        None => line,
    };
    let kinds = ["struct ", "enum ", "type ", "trait ", "union "];
    let named = kinds.iter().find_map(|kind| rest.strip_prefix(kind))?;
    let end = named.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(named.len());
    Some((&named[..end], public.is_none()))
}

fn is_a_test(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str() == "tests") || path.ends_with("tests.rs")
}

#[test]
fn no_two_types_have_one_name() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for path in rust_files(&src).into_iter().filter(|path| !is_a_test(path)) {
        let source = fs::read_to_string(&path).unwrap();
        let place = path.strip_prefix(&src).unwrap().display().to_string();
        for name in defined(&source) {
            places.entry(name.to_owned()).or_default().push(place.clone());
        }
    }
    assert!(places.len() > 300, "the files were not found: {}", places.len());
    let twice: Vec<_> = places.iter().filter(|(_, places)| places.len() > 1).collect();
    assert!(twice.is_empty(), "these names mean several things: {twice:#?}");
}

#[test]
fn types_are_found_whatever_stands_before_them() {
    let source = "struct A;\npub enum B {\npub(crate) type C<T> = T;\npub(in crate::store) trait D {\n    struct Inside;\n\
                  #[derive(Serialize, ToSchema)]\n#[serde(x)]\n/// A body.\npub(crate) struct E {\nstruct State {\n\
                  pub struct Inner {\n//! struct F\nlet structure = 1;\n";
    assert_eq!(defined(source), ["A", "B", "C", "D", "Inner"]);
}
