//! Left never imports right: the `use` lines of `src` are read and held to it.

use std::fs;
use std::path::{Path, PathBuf};

/// From left to right; those of one group do not import each other either.
const LAYERS: &[&[&str]] = &[
    &["domain", "faults", "mistakes"],
    &["wire"],
    &["config"],
    &["store"],
    &["bus"],
    &["actors"],
    &["http", "tls"],
    &["app"],
    &["cli", "telemetry"],
];

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|group| group.contains(&module))
}

pub(crate) fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| match path.is_dir() {
            true => rust_files(&path),
            false => vec![path],
        })
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect()
}

/// The modules that a file names by `crate::…`, comments left out.
fn named(source: &str) -> Vec<String> {
    let code = source.lines().filter(|line| !line.trim_start().starts_with("//"));
    code.flat_map(|line| line.split("crate::").skip(1))
        .flat_map(|rest| {
            let rest = rest.strip_prefix('{').unwrap_or(rest);
            let name: String =
                rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            (!name.is_empty()).then_some(name)
        })
        .collect()
}

fn violations(module: &str, source: &str) -> Vec<String> {
    let Some(mine) = layer(module) else {
        return vec![format!("{module} has no layer; give it one in this test")];
    };
    let wrong =
        |other: &String| other != module && layer(other).is_none_or(|theirs| theirs >= mine);
    named(source).into_iter().filter(wrong).collect()
}

#[test]
fn left_never_imports_right() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut seen = 0;
    for path in rust_files(&src) {
        let inside = path.strip_prefix(&src).unwrap();
        let first = inside.components().next().unwrap().as_os_str().to_str().unwrap();
        let module = first.trim_end_matches(".rs");
        if matches!(module, "main" | "lib") {
            continue;
        }
        let wrong = violations(module, &fs::read_to_string(&path).unwrap());
        assert!(wrong.is_empty(), "{} imports {wrong:?}", inside.display());
        seen += 1;
    }
    assert!(seen > 40, "the test reads the files: {seen}");
}

#[test]
fn a_wrong_import_is_seen() {
    assert_eq!(violations("domain", "use crate::store::Store;"), ["store"]);
    assert_eq!(violations("wire", "x(crate::actors::y())"), ["actors"]);
    assert!(
        violations("http", "use crate::actors::Engine;\n// crate::app is not meant").is_empty()
    );
}

#[test]
fn the_core_knows_no_clock_and_no_framework() {
    let domain = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/domain");
    for path in rust_files(&domain) {
        let source = fs::read_to_string(&path).unwrap();
        for foreign in [
            "actix",
            "tokio",
            "sea_orm",
            "Instant::now",
            "Utc::now",
            "SystemTime",
        ] {
            assert!(!source.contains(foreign), "{} uses {foreign}", path.display());
        }
    }
}
