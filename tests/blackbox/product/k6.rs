//! The k6 scripts in `load-tests/`, run by the real k6.

use std::path::Path;
use std::process::Stdio;

use tokio::process::Command;

use crate::product::interactive::{bare_commits, percentile};
use crate::support::tools::need;
use crate::support::*;

on_both_stores! {
    the_smoke_test_passes,
}

on_sqlite! {
    the_smoke_test_fails_where_nothing_works,
    k6_can_read_the_other_scripts,
}

/// Runs `load-tests/smoke.js` against `url`; whether it passed, and what k6 said.
async fn smoke(setup: &Setup, k6: &Path, url: &str) -> (bool, String) {
    // What the disk takes just now, and what the tests beside this one take of the machine: how soon
    // one is heard where nothing else runs is what `interactive` asks.
    let bare = percentile(&bare_commits(setup.dir(), 50).await, 50);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("load-tests/smoke.js");
    let output = Command::new(k6)
        .args(["run", "--no-usage-report", "--no-color", "--quiet", "-e"])
        .arg(format!("BASE_URL={url}"))
        .arg("-e")
        .arg(format!("COMMIT_MS={}", 50 + 2 * bare.as_millis()))
        .arg(script)
        .env("HOME", setup.dir())
        .env("NO_PROXY", "*")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(4 * PATIENCE, output).await.expect("k6 ends");
    let output = output.expect("k6 runs");
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&said).into_owned())
}

async fn the_smoke_test_passes(setup: Setup) {
    let Some(k6) = need("the k6 smoke test", "k6") else {
        return;
    };
    let node = setup.node(&[]).await;
    let (passed, said) = smoke(&setup, &k6, &node.url("")).await;
    assert!(passed, "{said}");
    // 5 people said 20 things each, and hello at least once.
    assert!(setup.number("SELECT COUNT(*) FROM messages").await >= 105);
}

async fn the_smoke_test_fails_where_nothing_works(setup: Setup) {
    let Some(k6) = need("the k6 smoke test", "k6") else {
        return;
    };
    // A check that cannot fail is none: this server takes no sockets.
    let node = setup.node(&["--max-sessions=1"]).await;
    let (passed, said) = smoke(&setup, &k6, &node.url("")).await;
    assert!(!passed, "{said}");
}

/// They take longer than a test may; what k6 finds wrong in them before it begins, it finds here.
async fn k6_can_read_the_other_scripts(setup: Setup) {
    let Some(k6) = need("the k6 scripts", "k6") else {
        return;
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("load-tests");
    let scripts = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut read = 0;
    for script in scripts.filter(|path| path.extension().is_some_and(|it| it == "js")) {
        let mut command = Command::new(&k6);
        let command = command.args(["inspect", "--execution-requirements"]).arg(&script);
        let output = command
            .env("HOME", setup.dir())
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output();
        let output =
            tokio::time::timeout(PATIENCE, output).await.expect("k6 ends").expect("k6 runs");
        let error = String::from_utf8_lossy(&output.stderr);
        let is_shared = script.ends_with("people.js");
        assert_eq!(output.status.success(), !is_shared, "{}: {error}", script.display());
        read += usize::from(!is_shared);
    }
    assert!(read >= 6, "{read} scripts");
}
