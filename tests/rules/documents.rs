//! What the documents say is what the code does: the tables of errors, of close codes and of the
//! configuration are compared with their sources.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use clap::CommandFactory;
use prometheus_client::metrics::counter::Counter;
use serde_json::Value;
use vestnik::actors::metrics::{ByFollower, Metrics};
use vestnik::cli::Cli;
use vestnik::domain::rates::LIMITS;
use vestnik::http::asyncapi;
use vestnik::wire::{Close, Code};

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

pub(crate) fn read(name: &str) -> String {
    fs::read_to_string(path(name)).unwrap()
}

/// With `UPDATE_DOCS=1` what is made of the code is written anew.
pub(crate) fn write_if_asked(name: &str, text: &str) {
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(path(name), text).unwrap();
    }
}

/// The rows of a document's tables whose first cell is `code`, as cells without back-ticks.
fn rows(document: &str) -> Vec<Vec<String>> {
    let is_row = |line: &&str| line.trim_start().starts_with("| `");
    let cells = |line: &str| -> Vec<String> {
        let cells = line.trim().trim_matches('|').split(" | ");
        cells.map(|cell| cell.trim().trim_matches('`').to_owned()).collect()
    };
    document.lines().filter(is_row).map(cells).collect()
}

#[test]
fn the_protocol_lists_every_error_code() {
    let written: BTreeMap<_, _> = rows(&read("docs/protocol.md"))
        .into_iter()
        .filter(|row| row.len() == 4 && matches!(row[2].as_str(), "yes" | "no"))
        .map(|row| (row[0].clone(), (row[1].clone(), row[2].clone())))
        .collect();
    let actual: BTreeMap<_, _> = Code::ALL
        .iter()
        .map(|code| {
            let retry = if code.retry { "yes" } else { "no" };
            (code.name.to_owned(), (code.status.to_string(), retry.to_owned()))
        })
        .collect();
    assert_eq!(written, actual);
}

#[test]
fn the_protocol_lists_every_close_code() {
    let numbered = |row: &Vec<String>| row[0].parse::<u16>().is_ok_and(|code| code >= 1000);
    let written: BTreeMap<_, _> = rows(&read("docs/protocol.md"))
        .into_iter()
        .filter(numbered)
        .map(|row| (row[0].clone(), row[1].clone()))
        .collect();
    let actual: BTreeMap<_, _> = Close::ALL
        .iter()
        .map(|close| (close.code.to_string(), close.reason.to_owned()))
        .collect();
    assert_eq!(written, actual);
}

#[test]
fn operations_lists_every_setting_with_its_variable_and_default() {
    let written: BTreeSet<_> = rows(&read("docs/operations.md"))
        .into_iter()
        .filter(|row| row[0].starts_with("--") && row.len() >= 4)
        .map(|row| (row[0].clone(), row[1].clone(), row[2].clone()))
        .collect();
    let command = Cli::command();
    let actual: BTreeSet<_> = command
        .get_arguments()
        .filter(|argument| !argument.is_hide_set())
        .filter_map(|argument| {
            let flag = format!("--{}", argument.get_long()?);
            let variable = argument.get_env()?.to_str()?.to_owned();
            let default = argument.get_default_values().first();
            let default = default.map_or("", |value| value.to_str().unwrap());
            Some((flag, variable, default.to_owned()))
        })
        .collect();
    assert!(actual.len() > 15, "the test reads the settings");
    assert_eq!(written, actual);
}

#[test]
fn operations_lists_every_pace_with_its_scope_and_default() {
    let written: Vec<_> = rows(&read("docs/operations.md"))
        .into_iter()
        .filter(|row| row.len() == 5 && row[2].parse::<f64>().is_ok())
        .map(|row| (row[0].clone(), row[1].clone(), row[2].clone(), row[3].clone()))
        .collect();
    let actual: Vec<_> = LIMITS
        .iter()
        .map(|limit| {
            let rate = limit.rate;
            let scope = limit.scope.as_str().to_owned();
            (
                limit.name.to_owned(),
                scope,
                rate.per_second.to_string(),
                rate.burst.to_string(),
            )
        })
        .collect();
    assert_eq!(written, actual);
}

#[test]
fn the_document_of_the_sockets_is_the_one_that_is_served() {
    const FILE: &str = "docs/asyncapi.json";
    let document = asyncapi::document();
    write_if_asked(FILE, &format!("{document:#}\n"));
    let written: Value = serde_json::from_str(&read(FILE)).unwrap();
    assert!(written == document, "write {FILE} anew: UPDATE_DOCS=1 cargo test --test rules");
}

#[test]
fn operations_lists_every_metric_with_its_kind() {
    let name = |cell: &str| cell.split('{').next().unwrap_or_default().to_owned();
    let written: BTreeSet<_> = rows(&read("docs/operations.md"))
        .into_iter()
        .filter(|row| row[0].starts_with("vestnik_") || row[0].starts_with("process_"))
        .map(|row| (name(&row[0]), row[1].clone()))
        .collect();
    let metrics = Metrics::new(&Counter::default());
    // What no follower has counted is not listed.
    let of_one = ByFollower { follower: "one" };
    drop(metrics.follower_steps.get_or_create(&of_one));
    drop(metrics.follower_failures.get_or_create(&of_one));
    drop(metrics.follower_behind.get_or_create(&of_one));
    let text = metrics.text();
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    let actual = types.filter_map(|line| line.split_once(' '));
    let actual: BTreeSet<_> =
        actual.map(|(name, kind)| (name.to_owned(), kind.to_owned())).collect();
    assert!(actual.len() > 20, "the test finds the metrics: {text}");
    assert_eq!(written, actual);
}
