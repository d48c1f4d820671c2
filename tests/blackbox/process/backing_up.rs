//! `vestnik backup`: a whole copy of the SQLite file, beside a server that goes on.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use tokio::process::Command;

use crate::support::process::{finish, vestnik};
use crate::support::*;

on_sqlite! {
    what_was_acknowledged_before_a_backup_is_in_it_and_nobody_waits_for_it,
    a_backup_is_not_written_over_what_is_there,
    a_backup_of_what_breaks_its_promises_takes_no_name,
    a_backup_that_cannot_be_written_leaves_nothing,
}

on_postgres! {
    of_postgres_it_says_what_to_do,
}

/// `vestnik backup …` on this setup: whether it succeeded, and what it said.
async fn backup(setup: &Setup, words: &[&str]) -> (bool, String) {
    let words = ["backup"].iter().chain(words).map(|word| (*word).to_owned());
    let store = format!("--database-url={}", setup.url());
    let (succeeded, said) = finish(setup.dir(), &words.chain([store]).collect::<Vec<_>>()).await;
    assert!(!said.contains("panicked"), "{said}");
    (succeeded, said)
}

async fn refused(setup: &Setup, words: &[&str], why: &str) {
    let (succeeded, said) = backup(setup, words).await;
    assert!(!succeeded && said.contains(why), "wanted {why:?}: {said}");
}

fn there(setup: &Setup, name: &str) -> PathBuf {
    setup.dir().join(name)
}

/// Somebody who sends as fast as there are answers, and counts them.
async fn sending(alice: TestClient, acknowledged: Arc<AtomicI64>, is_over: Arc<AtomicBool>) {
    while !is_over.load(Ordering::SeqCst) {
        let message = alice.said(1, "in a stream of many").await;
        let n = message["n"].as_i64().expect("an n");
        acknowledged.fetch_max(n, Ordering::SeqCst);
    }
}

async fn what_was_acknowledged_before_a_backup_is_in_it_and_nobody_waits_for_it(setup: Setup) {
    let node = setup.node(&[]).await;
    let alice = node.join("alice").await;
    let (acknowledged, is_over) = (Arc::default(), Arc::default());
    let sender = sending(alice.clone(), Arc::clone(&acknowledged), Arc::clone(&is_over));
    let sender = tokio::spawn(sender);
    let at_least = |count: i64| {
        let acknowledged = Arc::clone(&acknowledged);
        eventually("more messages", move || {
            let now = acknowledged.load(Ordering::SeqCst);
            async move { Some(now).filter(|now| *now >= count) }
        })
    };
    for round in 0..3 {
        let before = at_least(50 * (round + 1)).await;
        let name = format!("copy{round}.db");
        let (succeeded, said) = backup(&setup, &[&name]).await;
        assert!(succeeded && said.contains("checked and on the disk"), "{said}");
        assert!(said.contains("vestnik restored") && said.lines().count() == 1, "{said}");
        let mode = fs::metadata(there(&setup, &name)).expect("a copy").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "it is its owner's alone");
        at_least(before + 5).await;
        let copy = format!("--database-url=sqlite://{}", there(&setup, &name).display());
        let last = setup.node(&[&copy]).await;
        let last = alice.at(&last).history(1).await.pop().expect("a message");
        assert!(last["n"].as_i64() >= Some(before), "{before} was acknowledged before: {last}");
    }
    is_over.store(true, Ordering::SeqCst);
    sender.await.expect("every send was stored");
}

async fn a_backup_is_not_written_over_what_is_there(setup: Setup) {
    refused(&setup, &["copy.db"], "there is no database at").await;
    let node = setup.node(&[]).await;
    node.join("alice").await.said(1, "hello").await;
    let (succeeded, said) = backup(&setup, &["copy.db"]).await;
    assert!(succeeded && said.contains("1 messages"), "{said}");
    refused(&setup, &["copy.db"], "is there already").await;
    let first = fs::read(there(&setup, "copy.db")).expect("a copy");
    node.sign_in("alice", "secret").await.said(1, "again").await;
    // One that a backup has left that died.
    fs::write(there(&setup, "copy.db.partial"), "half").expect("a file");
    let (succeeded, said) = backup(&setup, &["copy.db", "--force"]).await;
    assert!(succeeded && said.contains("2 messages"), "{said}");
    assert_ne!(fs::read(there(&setup, "copy.db")).expect("a copy"), first);
    assert!(!there(&setup, "copy.db.partial").exists());

    for own in [
        "vestnik.db",
        "./vestnik.db-wal",
        "vestnik.db-shm",
        "vestnik.db.lock",
    ] {
        refused(&setup, &[own, "--force"], "belongs to the database itself").await;
    }
    std::os::unix::fs::symlink(there(&setup, "vestnik.db"), there(&setup, "link.db"))
        .expect("a link");
    refused(&setup, &["link.db", "--force"], "belongs to the database itself").await;
    fs::write(there(&setup, "other.db-wal"), "of another time").expect("a file");
    refused(&setup, &["other.db"], "lies beside").await;
    fs::create_dir(there(&setup, "folder")).expect("a folder");
    refused(&setup, &["folder", "--force"], "is no file").await;
    refused(&setup, &["nowhere/copy.db"], "cannot write nowhere/copy.db").await;
    node.sign_in("alice", "secret").await.said(1, "undisturbed").await;
}

async fn a_backup_of_what_breaks_its_promises_takes_no_name(setup: Setup) {
    let node = setup.node(&[]).await;
    node.join("alice").await.said(1, "hello").await;
    backup(&setup, &["copy.db"]).await;
    let good = fs::read(there(&setup, "copy.db")).expect("a copy");
    setup.execute("UPDATE conversations SET head_n = head_n + 1 WHERE id = 1").await;
    refused(&setup, &["copy.db", "--force"], "messages of a conversation are numbered").await;
    assert_eq!(fs::read(there(&setup, "copy.db")).expect("a copy"), good);
    assert!(there(&setup, "copy.db.partial").exists(), "what there is, is kept");
}

/// Where no file can grow beyond some KiB, which is to SQLite a disk that is full.
async fn a_backup_that_cannot_be_written_leaves_nothing(setup: Setup) {
    let node = setup.node(&[]).await;
    node.join("alice").await.said(1, &"long ".repeat(3_000)).await;
    let limited = "trap '' XFSZ; ulimit -f 64; exec \"$0\" \"$@\"";
    let mut shell = Command::new("sh");
    shell.args(["-c", limited, vestnik(), "backup", "copy.db"]);
    shell.arg(format!("--database-url={}", setup.url()));
    shell.current_dir(setup.dir()).env_clear();
    let output = within("the command to end", shell.output()).await.expect("the binary runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains("cannot write the copy"), "{said}");
    for name in ["copy.db", "copy.db.partial"] {
        assert!(!there(&setup, name).exists(), "{name}");
    }
    node.sign_in("alice", "secret").await.said(1, "undisturbed").await;
}

async fn of_postgres_it_says_what_to_do(setup: Setup) {
    setup.node(&[]).await;
    refused(&setup, &["copy.db"], "pg_dump").await;
    assert!(!there(&setup, "copy.db").exists());
}
