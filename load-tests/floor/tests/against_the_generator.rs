//! The floors, driven by the generator that is built beside them: both do what they are compared for.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test says what it expects by unwrapping it"
)]

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

const FLOOR: &str = env!("CARGO_BIN_EXE_floor");

struct Floor(Child);

impl Drop for Floor {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What the generator says of a floor; none if it is not built.
fn blast(floor: &[&str], load: &str) -> Option<String> {
    let generator = PathBuf::from(FLOOR).with_file_name("blast");
    if !generator.exists() {
        assert!(std::env::var("CI").is_err(), "{} is not there", generator.display());
        eprintln!("SKIPPED: {} is not there: cargo build --workspace", generator.display());
        return None;
    }
    let mut command = Command::new(FLOOR);
    command.args(floor).args(["--listen", "127.0.0.1:0"]).stderr(Stdio::piped());
    let mut running = Floor(command.spawn().expect("the floor starts"));
    let mut lines = BufReader::new(running.0.stderr.take().expect("a log")).lines();
    let line = lines.next().expect("a line").expect("text");
    let address = line.strip_prefix("listening on ").expect("an address");
    let output = Command::new(generator)
        .args(load.split(' '))
        .args(["--url", &format!("ws://{address}/ws/{{room}}")])
        .args([
            "--warmup",
            "0.1",
            "--settle",
            "0",
            "--duration",
            "0.4",
            "--drain",
            "10",
        ])
        .output()
        .expect("the generator runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).expect("text"))
}

fn is_clean(report: &str) {
    for name in [
        "missing",
        "twice",
        "out_of_order",
        "foreign",
        "refused",
        "closed",
    ] {
        assert!(report.contains(&format!("\"{name}\": 0")), "{name}: {report}");
    }
    assert!(!report.contains("\"total_delivered\": 0"), "{report}");
}

#[test]
fn the_bare_floor_delivers_everything_once() {
    let Some(report) = blast(&["bare"], "fanout --rooms 3 --subs 5 --publishers 2 --window 4")
    else {
        return;
    };
    is_clean(&report);
}

#[test]
fn the_durable_floor_stores_everything_that_it_delivers() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("floor.db");
    let floor = ["durable", "--database", database.to_str().unwrap()];
    let Some(report) = blast(&floor, "fanout --rooms 3 --subs 5 --publishers 2 --window 4") else {
        return;
    };
    is_clean(&report);
    let sent = report.split("\"total_sent\": ").nth(1).unwrap();
    let sent: i64 = sent.split(|c: char| !c.is_ascii_digit()).next().unwrap().parse().unwrap();
    let connection = rusqlite::Connection::open(&database).unwrap();
    let stored: i64 = connection
        .query_row("SELECT COUNT(*) FROM messages", [], |row| row.get(0))
        .unwrap();
    assert_eq!(stored, sent);
}
