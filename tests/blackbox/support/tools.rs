//! Programs that some tests drive: curl, psql, wscat, k6, Python. Where one is missing its tests say so and
//! pass, but under `CI=true` they fail.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Where things live that outlast a test: `target/tmp`.
pub(crate) fn scratch(name: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&dir).expect("a directory under target/tmp");
    dir
}

/// Says that a test did not run and why.
pub(crate) fn skip(test: &str, why: &str) {
    assert!(std::env::var("CI").as_deref() != Ok("true"), "{test} cannot run: {why}");
    say_aloud(&format!("SKIPPED: {test}: {why}"));
}

/// Prints a line whether the test passes or not, which the test runner would keep of `eprintln!`.
pub(crate) fn say_aloud(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// The program's path, if it is installed.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    // Servers are where only root looks by default.
    std::env::split_paths(&path)
        .chain(["/usr/sbin".into()])
        .map(|dir| dir.join(program))
        .find(|file| file.is_file())
}

/// The program's path; without it the test is skipped.
pub(crate) fn need(test: &str, program: &str) -> Option<PathBuf> {
    let found = find(program);
    if found.is_none() {
        skip(test, &format!("{program} is not installed"));
    }
    found
}

/// The real wscat, installed under `target/tmp` by npm at the first need.
pub(crate) fn wscat(test: &str) -> Option<PathBuf> {
    let npm = need(test, "npm")?;
    need(test, "node")?;
    let dir = scratch("wscat");
    let program = dir.join("node_modules/.bin/wscat");
    let lock = File::create(dir.join("lock")).expect("a lock file");
    lock.lock().expect("the lock");
    if !program.exists() {
        fs::write(dir.join("package.json"), r#"{"private": true}"#).expect("a package.json");
        let installed = Command::new(npm)
            .args(["install", "--no-audit", "--no-fund", "--prefix"])
            .arg(&dir)
            .arg("wscat")
            .stdin(Stdio::null())
            .output()
            .expect("npm runs");
        if !program.exists() {
            let error = String::from_utf8_lossy(&installed.stderr).into_owned();
            skip(test, &format!("npm could not install wscat: {error}"));
            return None;
        }
    }
    Some(program)
}
