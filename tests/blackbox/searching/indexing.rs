//! How the index is made: beside the server, again after it is gone, and without what is gone.

use super::*;

on_both_stores! {
    what_was_said_before_there_was_an_index_is_in_it,
    the_index_is_made_anew_on_command,
}

on_postgres! {
    two_servers_keep_one_index,
}

on_sqlite! {
    a_deleted_word_is_in_no_file,
}

async fn what_was_said_before_there_was_an_index_is_in_it(setup: Setup) {
    let node = setup.node(&[]).await;
    let alice = node.join("alice").await;
    let chat = alice.create_group(&[]).await;
    for i in 0..300 {
        alice.say(chat, &format!("zebra number {i}"), &format!("k{i}")).await.is(201);
    }
    everything_is_indexed(&setup).await;
    setup.stop().await;
    // As a database of an earlier version is, or one that was copied.
    setup.execute("UPDATE meta SET search_rules = NULL").await;
    let node = setup.node(&[]).await;
    let alice = node.sign_in("alice", "secret").await;
    assert_eq!(found(&alice, "zebra").await.len(), 50);
    everything_is_indexed(&setup).await;
    assert_eq!(setup.number("SELECT count(*) FROM search_entries").await, 300);
    assert_eq!(found(&alice, "\"number 7\"").await, ["zebra number 7"]);
}

async fn the_index_is_made_anew_on_command(setup: Setup) {
    let node = setup.node(&[]).await;
    let alice = node.join("alice").await;
    let chat = alice.create_group(&[]).await;
    for i in 0..20 {
        alice.said(chat, &format!("zebra {i}")).await;
    }
    everything_is_indexed(&setup).await;
    for beside in [true, false] {
        if !beside {
            setup.stop().await;
        }
        let said = setup.command(&["index", "rebuild"]).await;
        assert!(said.contains("20 of 20 messages") && said.contains("complete"), "{said}");
    }
    let said = setup.command(&["index", "status"]).await;
    assert!(said.contains("20 of 20 messages"), "{said}");
    let said = setup.command(&["verify"]).await;
    assert!(said.contains("ok      what is in the index of words is found by it"), "{said}");
    let node = setup.node(&[]).await;
    let alice = node.sign_in("alice", "secret").await;
    assert_eq!(found(&alice, "zebra").await.len(), 20);
}

async fn two_servers_keep_one_index(setup: Setup) {
    let (here, there) = (setup.node(&[]).await, setup.node(&[]).await);
    let alice = here.join("alice").await;
    let also_alice = there.sign_in("alice", "secret").await;
    let chat = alice.create_group(&[]).await;
    for i in 0..20 {
        alice.said(chat, &format!("zebra {i}")).await;
        also_alice.said(chat, &format!("okapi {i}")).await;
        assert_eq!(found(&also_alice, "zebra").await.len(), i + 1, "at once");
        assert_eq!(found(&alice, "okapi").await.len(), i + 1, "at once");
    }
    everything_is_indexed(&setup).await;
    assert_eq!(setup.number("SELECT count(*) FROM search_entries").await, 40);
    assert_eq!(found(&alice, "zebra").await.len(), 20);
}

async fn a_deleted_word_is_in_no_file(setup: Setup) {
    let node = setup.node(&[]).await;
    let alice = node.join("alice").await;
    let chat = alice.create_group(&[]).await;
    for i in 0..50 {
        alice.said(chat, &format!("filler {i} qwertzuiop{i}")).await;
    }
    let said = alice.said(chat, "xylophonist здравомыслящий").await;
    everything_is_indexed(&setup).await;
    setup.stop().await;
    let file = setup.url().trim_start_matches("sqlite://").to_owned();
    let has = |word: &str| {
        let bytes = std::fs::read(&file).expect("the file");
        bytes.windows(word.len()).any(|window| window == word.as_bytes())
    };
    assert!(has("xylophonist") && has("здравомысля"), "so it is seen if it is there");
    let node = setup.node(&[]).await;
    let alice = node.sign_in("alice", "secret").await;
    alice
        .delete(&format!("/api/chats/{chat}/messages/{}", said["id"]), json!({}))
        .await
        .is(204);
    everything_is_indexed(&setup).await;
    setup.stop().await;
    assert!(!has("xylophonist") && !has("здравомысля"));
}
