//! Who finds what: only members, and only what is said now.

use super::*;

on_both_stores! {
    only_members_find_what_was_said_in_a_chat,
    what_was_edited_or_deleted_is_found_no_longer,
}

async fn only_members_find_what_was_said_in_a_chat(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, bob, eve] = node.join_all(["alice", "bob", "eve"]).await;
    let chat = alice.create_group(&[&bob]).await;
    alice.said(chat, "the secret plan").await;
    for indexed in [false, true] {
        if indexed {
            everything_is_indexed(&setup).await;
        }
        assert_eq!(found(&bob, "secret").await, ["the secret plan"]);
        assert_eq!(answer(&eve, "secret").await, json!({"results": []}));
        ask(&eve, &format!("secret in:{chat}"), "").await.refused(400, "invalid_query");
        alice.remove(chat, &bob).await.is(204);
        assert_eq!(answer(&bob, "secret").await, json!({"results": []}));
        assert_eq!(answer(&bob, "from:alice").await, json!({"results": []}));
        alice.add(chat, &bob, "guest").await.is(201);
        assert_eq!(found(&bob, "secret").await, ["the secret plan"], "as in the history");
    }
    node.nobody().get("/api/search?q=secret").await.refused(401, "unauthenticated");
    alice.delete(&format!("/api/chats/{chat}"), json!({})).await.is(204);
    for user in [&alice, &bob] {
        assert_eq!(answer(user, "secret").await, json!({"results": []}));
    }
}

async fn what_was_edited_or_deleted_is_found_no_longer(setup: Setup) {
    let node = setup.node(&[]).await;
    let alice = node.join("alice").await;
    let chat = alice.create_group(&[]).await;
    let (edited, deleted) = (alice.said(chat, "zebra").await, alice.said(chat, "okapi").await);
    let path = |message: &Value| format!("/api/chats/{chat}/messages/{}", message["id"]);
    everything_is_indexed(&setup).await;
    alice.patch(&path(&edited), json!({"content": "giraffe"})).await.is(200);
    alice.delete(&path(&deleted), json!({})).await.is(204);
    for _ in 0..2 {
        for (query, expected) in [
            ("zebra", vec![]),
            ("okapi", vec![]),
            ("giraffe", vec!["giraffe"]),
        ] {
            assert_eq!(found(&alice, query).await, expected, "{query}");
        }
        everything_is_indexed(&setup).await;
    }
}
