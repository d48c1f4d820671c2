//! Other people's HTTP clients and WebSockets: each signs in, sends, reads and listens, and makes 400
//! requests one after the other of which none may fail. The programs are beside this file, in `third_party_clients/`.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::Command;

use crate::support::tools::{need, skip};
use crate::support::*;

on_sqlite! {
    javas_http_client_and_websocket_work_as_they_come,
    nodes_fetch_and_websocket_work,
    aiohttp_works,
    httpx_works,
    curl_works,
}

fn program(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/blackbox/between/third_party_clients")
        .join(name)
}

/// Runs a client against a server of its own; what it must print when all went well.
async fn run_client(setup: &Setup, command: &Path, arguments: &[&str], printed: &[&str]) {
    // As fast as the client can.
    let node = setup.node(&["--send-rate=0", "--user-send-rate=0"]).await;
    let alice = node.join("alice").await;
    let output = Command::new(command)
        .args(arguments)
        .arg(format!("http://{}", node.address()))
        .env("NO_PROXY", "*")
        .env("PYTHONIOENCODING", "utf-8")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(2 * PATIENCE, output).await.expect("an end of the client");
    let output = output.expect("the client runs");
    let said = String::from_utf8_lossy(&output.stdout);
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{complaints}");
    assert_eq!(said.lines().collect::<Vec<_>>(), printed, "{complaints}");
    let said = alice.history(1).await.len();
    assert_eq!(said, 200, "a full page of what it said");
}

const ALL: &[&str] = &[
    "signed in",
    "listens",
    "sent",
    "heard on the socket",
    "heard as an event",
    "400 of 400",
];

async fn javas_http_client_and_websocket_work_as_they_come(setup: Setup) {
    // A single file is compiled on the way, which needs a JDK.
    let name = "Java's HttpClient";
    let (Some(java), Some(_)) = (need(name, "java"), need(name, "javac")) else {
        return;
    };
    let program = program("Client.java");
    let limits = [
        "-XX:TieredStopAtLevel=1",
        "-Xmx256m",
        program.to_str().expect("a path"),
    ];
    run_client(&setup, &java, &limits, ALL).await;
}

async fn nodes_fetch_and_websocket_work(setup: Setup) {
    let Some(node) = need("Node's fetch", "node") else {
        return;
    };
    let program = program("undici.mjs");
    // Since version 22 it is there without being asked for.
    let arguments = [
        "--no-warnings",
        "--experimental-websocket",
        program.to_str().expect("a path"),
    ];
    run_client(&setup, &node, &arguments, ALL).await;
}

async fn aiohttp_works(setup: Setup) {
    if let Some(python) = python("aiohttp", &["aiohttp"]).await {
        let program = program("with_aiohttp.py");
        run_client(&setup, &python, &[program.to_str().expect("a path")], ALL).await;
    }
}

async fn httpx_works(setup: Setup) {
    if let Some(python) = python("httpx", &["httpx", "websockets"]).await {
        let program = program("with_httpx.py");
        run_client(&setup, &python, &[program.to_str().expect("a path")], ALL).await;
    }
}

async fn curl_works(setup: Setup) {
    if need("curl", "curl").is_some() {
        let program = program("curl.sh");
        let printed = [
            "signed in",
            "listens",
            "sent and heard",
            "no chunks",
            "large bodies",
            "400 of 400",
        ];
        run_client(&setup, Path::new("sh"), &[program.to_str().expect("a path")], &printed).await;
    }
}

/// A Python that has these packages.
async fn python(test: &str, packages: &[&str]) -> Option<PathBuf> {
    let python = need(test, "python3")?;
    for package in packages {
        let tried = Command::new(&python)
            .args(["-c", &format!("import {package}")])
            .stdin(Stdio::null())
            .output();
        if !within("python3", tried).await.expect("python3 runs").status.success() {
            skip(test, &format!("python3 has no package {package}"));
            return None;
        }
    }
    Some(python)
}
