//! A `COMMIT` that is sent and never answered: stored or not, nobody knows. The server finds out
//! before it does anything else, so nobody's message is stored twice, with or without a key.

use std::sync::atomic::Ordering;

use crate::support::faulty_proxy::FaultyProxy;
use crate::support::*;

on_postgres! {
    a_commit_without_an_answer_is_stored_once,
    a_database_that_goes_away_and_comes_back_loses_nothing,
    a_statement_whose_answer_is_lost_is_not_said_to_be_undone,
}

async fn a_commit_without_an_answer_is_stored_once(setup: Setup) {
    const SENDS: i64 = 60;
    let (proxy, url) = FaultyProxy::before(&setup).await;
    let node = setup.node(&[&format!("--database-url={url}")]).await;
    let alice = node.join("alice").await;
    let chat = alice.create_group(&[]).await;
    let mut socket = alice.socket(chat).await;
    for i in 0..SENDS {
        let text = format!("message {i}");
        match i % 2 {
            0 => socket.say(&text).await,
            _ => drop(socket.say_keyed(&text, &format!("k{i}")).await),
        }
        // One at a time, so that each has a COMMIT of its own.
        if i % 2 == 0 {
            assert_eq!(socket.next("message").await["content"], *text);
        }
    }
    assert!(proxy.cuts.load(Ordering::SeqCst) >= 10, "commits were cut: {proxy:?}");
    for what in ["COUNT(*)", "COUNT(DISTINCT content)", "MAX(n)"] {
        let sql = format!("SELECT {what} FROM messages WHERE conversation_id = {chat}");
        assert_eq!(setup.number(&sql).await, SENDS, "{what}");
    }
}

async fn a_database_that_goes_away_and_comes_back_loses_nothing(setup: Setup) {
    let (proxy, url) = FaultyProxy::before(&setup).await;
    let node = setup.node(&[&format!("--database-url={url}")]).await;
    let alice = node.join("alice").await;
    let chat = alice.create_group(&[]).await;
    let mut socket = alice.socket(chat).await;
    socket.say_keyed("before", "k0").await;

    proxy.away.store(true, Ordering::SeqCst);
    socket
        .send(json!({"type": "send", "content": "meanwhile", "client_msg_id": "k1"}))
        .await;
    let refused = socket.next("error").await;
    assert_eq!(refused["retry"], true, "{refused}");
    assert_eq!(refused["client_msg_id"], "k1");
    node.nobody().get("/api/ready").await.refused(503, "unavailable");

    // The socket is the same all along, and so is the key.
    proxy.away.store(false, Ordering::SeqCst);
    eventually("the database to be back", || async {
        (node.nobody().get("/api/ready").await.status == 200).then_some(())
    })
    .await;
    socket.say_keyed("meanwhile", "k1").await;
    let sql = format!("SELECT COUNT(*) FROM messages WHERE conversation_id = {chat}");
    assert_eq!(setup.number(&sql).await, 2);
}

/// What is committed without the writer: nobody may be told that it was not done.
async fn a_statement_whose_answer_is_lost_is_not_said_to_be_undone(setup: Setup) {
    let (proxy, url) = FaultyProxy::before(&setup).await;
    let node = setup.node(&[&format!("--database-url={url}")]).await;
    let alice = node.join("alice").await;
    let other = node.sign_in("alice", "secret").await;
    let tokens = alice.get("/api/tokens").await.is(200);
    let is_other = |token: &&Value| token["current"] == false;
    let token = tokens["tokens"].as_array().and_then(|all| all.iter().find(is_other));
    let id = token.expect("the other device")["id"].clone();

    // What Postgres says once it has committed.
    *proxy.lost_answer.lock().expect("no panic") = Some("COMMIT");
    let answer = alice.delete(&format!("/api/tokens/{id}"), json!({})).await;
    let refused = answer.refused(503, "outcome_unknown");
    assert!(refused["error"].as_str().is_some_and(|text| text.contains("look")), "{refused}");
    assert!(proxy.lost_answer.lock().expect("no panic").is_none(), "the answer was lost");
    other.get("/api/me").await.refused(401, "unauthenticated");
    let again = alice.delete(&format!("/api/tokens/{id}"), json!({})).await;
    again.refused(404, "token_not_found");
}
