//! A copy that is interrupted is half a copy, which nobody takes for a whole one, and goes on.

use super::copied_databases::{Place, contents, copied, copy, copy_with, refused};
use super::full_company::live;
use crate::support::process::finish;
use crate::support::*;

on_postgres! {
    a_copy_that_was_killed_goes_on_and_nobody_uses_it_before,
    a_copy_begins_anew_when_its_source_was_written_to_meanwhile,
    a_copy_that_differs_in_the_end_is_none,
    a_half_copy_of_one_database_is_not_finished_from_another,
}

/// Dies in the middle of messages: what is there is more than one step of them.
async fn killed(setup: &Setup, from: &Place, to: &Place, fault: &str) {
    let fault = format!("--fault={fault}");
    let (succeeded, said) = copy_with(setup, from, to, &["--trust", &fault]).await;
    assert!(!succeeded && said.contains("the process dies"), "{said}");
    assert_eq!(to.number("SELECT COUNT(*) FROM meta WHERE copying IS NOT NULL").await, 1);
    let there = to.number("SELECT COUNT(*) FROM messages").await;
    assert!((1..2_000).contains(&there), "{there}");
}

/// What half a copy says to everybody but the next copy.
async fn nobody_uses(setup: &Setup, place: &Place) {
    let unfinished = "a copy into this database was begun and has not been finished";
    let started = setup.try_node(&[&place.flag()]).await.expect_err("no server");
    assert!(started.contains(unfinished), "{started}");
    let account = "user create eve eve@example.com";
    for words in ["verify", "restored", "demo", "user list", account] {
        let words: Vec<_> = words.split(' ').map(str::to_owned).collect();
        let (succeeded, said) = finish(setup.dir(), &[words, vec![place.flag()]].concat()).await;
        assert!(!succeeded && said.contains(unfinished), "{said}");
    }
}

/// A file in which much was said.
async fn talkative(setup: &Setup) -> Place {
    let file = Place::file(setup, "source.db");
    let node = setup.node(&[&file.flag()]).await;
    live(&node).await;
    setup.stop().await;
    file.execute(
        "WITH RECURSIVE k(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM k WHERE i < 3000), \
           c AS (SELECT id, head_seq, head_n FROM conversations WHERE id = 1) \
         INSERT INTO messages (conversation_id, n, seq, posted_seq, sender_id, content, created_at) \
         SELECT c.id, c.head_n + i, c.head_seq + i, c.head_seq + i, 1, 'line ' || i, '2026-11-20T10:00:00+00:00' \
         FROM k, c ORDER BY i; \
         UPDATE conversations SET head_seq = head_seq + 3000, head_n = head_n + 3000 WHERE id = 1",
    )
    .await;
    file
}

async fn a_copy_that_was_killed_goes_on_and_nobody_uses_it_before(setup: Setup) {
    let file = talkative(&setup).await;
    let truth = contents(&file).await;
    let (server, back) = (Place::of(&setup), Place::file(&setup, "back.db"));
    for (from, to) in [(&file, &server), (&server, &back)] {
        killed(&setup, from, to, "after_commit@11").await;
        nobody_uses(&setup, to).await;
        killed(&setup, from, to, "before_commit@2").await;
        refused(
            &setup,
            to,
            &Place::file(&setup, "third.db"),
            "itself a copy that was not finished",
        )
        .await;
        let said = copied(&setup, from, to).await;
        assert!(said.contains("going on behind"), "{said}");
        assert!(!said.contains("copying users"), "it does not begin anew: {said}");
    }
    assert_eq!(contents(&back).await, truth);
    let node = setup.node(&[&back.flag()]).await;
    node.sign_in("alice", "secret").await.said(1, "whole").await;
}

async fn a_copy_begins_anew_when_its_source_was_written_to_meanwhile(setup: Setup) {
    let (file, server) = (talkative(&setup).await, Place::of(&setup));
    killed(&setup, &file, &server, "after_commit@11").await;
    let node = setup.node(&[&file.flag()]).await;
    let alice = node.sign_in("alice", "secret").await;
    alice.said(1, "meanwhile").await;
    setup.stop().await;
    let said = copied(&setup, &file, &server).await;
    assert!(said.contains("it begins anew"), "{said}");
    let back = Place::file(&setup, "back.db");
    copied(&setup, &server, &back).await;
    assert_eq!(contents(&back).await, contents(&file).await);
}

/// What no count tells, the comparison of all rows does.
async fn a_copy_that_differs_in_the_end_is_none(setup: Setup) {
    let (file, server) = (talkative(&setup).await, Place::of(&setup));
    killed(&setup, &file, &server, "after_commit@11").await;
    server.execute("UPDATE messages SET content = 'forged' WHERE id = 2").await;
    refused(&setup, &file, &server, "rows of messages say something else").await;
    nobody_uses(&setup, &server).await;
    let said = copied(&setup, &file, &server).await;
    assert!(said.contains("it begins anew"), "{said}");

    let back = Place::file(&setup, "back.db");
    killed(&setup, &server, &back, "after_commit@11").await;
    back.execute("UPDATE conversations SET head_seq = head_seq - 1 WHERE id = 2")
        .await;
    let (succeeded, said) = copy(&setup, &server, &back).await;
    assert!(!succeeded && said.contains("the head of conversation 2 is"), "{said}");
}

async fn a_half_copy_of_one_database_is_not_finished_from_another(setup: Setup) {
    let (file, server) = (talkative(&setup).await, Place::of(&setup));
    killed(&setup, &file, &server, "after_commit@11").await;
    let other = Place::file(&setup, "other.db");
    setup.node(&[&other.flag()]).await;
    setup.stop().await;
    refused(&setup, &other, &server, "a part of a copy of another database").await;
    copied(&setup, &file, &server).await;
}
