//! `vestnik demo`: a company for a first look.

use crate::support::process::finish;
use crate::support::*;

on_both_stores! {
    a_demo_fills_an_empty_database_and_no_other,
}

async fn a_demo_fills_an_empty_database_and_no_other(setup: Setup) {
    let words = setup.arguments(&["demo"]);
    let (succeeded, output) = finish(setup.dir(), &words).await;
    assert!(succeeded, "{output}");
    let (succeeded, again) = finish(setup.dir(), &words).await;
    assert!(!succeeded && again.contains("empty one"), "{again}");

    let server = setup.process(&[]).await;
    let anna = server.node().sign_in("anna", "vestnik demo").await;
    let synced = anna.post("/api/sync", json!({})).await.is(200);
    let chats = synced["chats"].as_array().expect("chats");
    assert_eq!(chats.len(), 8);
    let sum = |what: &str| chats.iter().map(|chat| chat[what].as_i64().unwrap()).sum::<i64>();
    assert_eq!((sum("unread"), sum("mentions")), (7, 2));
    assert!(chats.iter().all(|chat| chat["last"].is_object()));
    server.kill().await;
    let (succeeded, report) = finish(setup.dir(), &setup.arguments(&["verify"])).await;
    assert!(succeeded, "{report}");
}
