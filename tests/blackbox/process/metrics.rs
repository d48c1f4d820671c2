//! `/metrics`, as Prometheus and its tool read it.

use std::process::Stdio;

use reqwest::Method;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use crate::support::tools::need;
use crate::support::*;

on_sqlite! {
    prometheus_has_nothing_to_say_against_the_metrics,
    a_scraper_gets_the_format_that_it_asks_for,
    what_closes_sockets_and_runs_is_known_from_the_start,
}

/// The metrics as an administrator gets them, and their content type.
async fn metrics(alice: &TestClient, accept: &str) -> (String, String) {
    let answer = alice.request(Method::GET, "/metrics", None, &[("Accept", accept)]).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    (answer.text.clone(), answer.header("content-type").to_owned())
}

async fn prometheus_has_nothing_to_say_against_the_metrics(setup: Setup) {
    let Some(promtool) = need("promtool check metrics", "promtool") else {
        return;
    };
    let node = setup.node(&[]).await;
    let alice = node.join("alice").await;
    let mut socket = alice.socket(1).await;
    socket.say("hello").await;
    socket.message("hello").await;
    for accept in ["text/plain", "*/*"] {
        let (text, _) = metrics(&alice, accept).await;
        let mut tool = Command::new(&promtool);
        tool.args(["check", "metrics"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let mut tool = tool.spawn().expect("promtool runs");
        let mut input = tool.stdin.take().expect("a piped stdin");
        input.write_all(text.as_bytes()).await.expect("it reads");
        drop(input);
        let output = within("promtool", tool.wait_with_output()).await.expect("it ends");
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        assert!(output.status.success() && said.is_empty(), "{said}{text}");
    }
}

async fn a_scraper_gets_the_format_that_it_asks_for(setup: Setup) {
    let node = setup.node(&[]).await;
    let alice = node.join("alice").await;
    let prometheus =
        "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
    let (text, kind) = metrics(&alice, prometheus).await;
    assert!(kind.starts_with("application/openmetrics-text; version=1.0.0"), "{kind}");
    assert!(text.ends_with("# EOF\n"), "{text}");
    assert!(text.contains("# UNIT vestnik_commit_seconds seconds\n"), "{text}");
    let (text, kind) = metrics(&alice, "text/plain").await;
    assert!(kind.starts_with("text/plain; version=0.0.4"), "{kind}");
    assert!(text.contains("# TYPE vestnik_commits_total counter\n"), "{text}");
    assert!(!text.contains("# EOF"), "{text}");
}

async fn what_closes_sockets_and_runs_is_known_from_the_start(setup: Setup) {
    let node = setup.node(&[]).await;
    let alice = node.join("alice").await;
    let (text, _) = metrics(&alice, "text/plain").await;
    for code in [0, 1000, 1012, 4001, 4003, 4029, 4505] {
        let line = format!("vestnik_sockets_closed_total{{code=\"{code}\"}} 0\n");
        assert!(text.contains(&line), "{line}{text}");
    }
    let build = format!("vestnik_build_info{{version=\"{}\"}} 1\n", env!("CARGO_PKG_VERSION"));
    assert!(text.contains(&build), "{text}");
    for name in [
        "process_resident_memory_bytes",
        "process_open_fds",
        "process_cpu_seconds_total",
    ] {
        let value = text
            .lines()
            .find_map(|line| line.strip_prefix(name)?.trim().parse::<f64>().ok());
        assert!(value.is_some_and(|value| value > 0.0), "{name}: {text}");
    }
}
