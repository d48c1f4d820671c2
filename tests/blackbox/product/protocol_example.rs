//! The whole client in docs/protocol.md, as it stands there, by the real Python: it prints what the
//! document says that it prints.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::Command;

use crate::support::tools::{need, skip};
use crate::support::*;

on_both_stores! {
    the_client_of_the_protocol_misses_nothing_and_repeats_nothing,
}

/// The script, and what it is said to print: the code blocks under the heading, in order.
fn example() -> (String, String) {
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/protocol.md");
    let document = fs::read_to_string(document).expect("the document");
    let (_, section) = document.split_once("### An example\n").expect("the heading");
    let (_, code) = section.split_once("```python\n").expect("the script");
    let (script, rest) = code.split_once("```\n").expect("its end");
    let (_, printed) = rest.split_once("```\n").expect("what it prints");
    let (printed, _) = printed.split_once("```\n").expect("its end");
    (script.to_owned(), printed.to_owned())
}

/// A Python that has the package `websockets`.
async fn python(test: &str) -> Option<PathBuf> {
    let python = need(test, "python3")?;
    let tried = Command::new(&python)
        .args(["-c", "import websockets.sync.client"])
        .stdin(Stdio::null())
        .output();
    let tried = within("python3", tried).await.expect("python3 runs");
    if !tried.status.success() {
        skip(test, "python3 has no package websockets");
        return None;
    }
    Some(python)
}

async fn the_client_of_the_protocol_misses_nothing_and_repeats_nothing(setup: Setup) {
    let Some(python) = python("the client of the protocol").await else {
        return;
    };
    let node = setup.node(&[]).await;
    let (script, printed) = example();
    let output = Command::new(python)
        .args(["-c", &script, &node.address().to_string()])
        .env("NO_PROXY", "*")
        .env("PYTHONIOENCODING", "utf-8")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = within("the script", output).await.expect("python3 runs");
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaints}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), printed, "{complaints}");
}
