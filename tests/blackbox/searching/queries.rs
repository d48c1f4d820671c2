//! Filters, pages, orders, marks and what is wrong with a query.

use super::*;

on_both_stores! {
    filters_say_who_where_and_when,
    pages_stay_right_while_others_talk,
    a_hit_comes_with_its_marks_and_what_was_said_around_it,
    the_best_come_first_if_that_is_asked_for,
    what_is_wrong_with_a_query_is_told,
}

async fn filters_say_who_where_and_when(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, bob] = node.join_all(["alice", "bob"]).await;
    let chat = alice.create_group(&[&bob]).await;
    let rename = json!({"name": "Release team"});
    alice.patch(&format!("/api/chats/{chat}"), rename).await.is(200);
    let other = alice.create_group(&[&bob]).await;
    let pinned = alice.said(chat, "plan one https://example.com").await;
    bob.said(chat, "plan two for @alice").await;
    bob.said(other, "plan three").await;
    alice
        .put(&format!("/api/chats/{chat}/pins/{}", pinned["id"]), json!({}))
        .await
        .is(204);
    let (one, two, three) = ("plan one https://example.com", "plan two for @alice", "plan three");
    let in_other = format!("plan in:{other}");
    for indexed in [false, true] {
        if indexed {
            everything_is_indexed(&setup).await;
        }
        for (query, expected) in [
            ("plan", vec![three, two, one]),
            ("plan from:bob", vec![three, two]),
            ("from:@alice plan", vec![one]),
            ("plan from:me", vec![one]),
            ("plan -from:me", vec![three, two]),
            ("plan from:alice from:bob", vec![three, two, one]),
            ("from:bob", vec![three, two]),
            ("plan in:\"release team\"", vec![two, one]),
            ("plan in:rel", vec![two, one]),
            ("plan -in:\"release team\"", vec![three]),
            (in_other.as_str(), vec![three]),
            ("has:link", vec![one]),
            ("plan -has:link", vec![three, two]),
            ("has:file", vec![]),
            ("is:pinned", vec![one]),
            ("plan -is:pinned", vec![three, two]),
            ("mentions:me", vec![two]),
            ("plan before:2020-01-01", vec![]),
            ("plan after:2020-01-01", vec![three, two, one]),
            ("plan before:9000", vec![three, two, one]),
            ("-one plan", vec![three, two]),
        ] {
            assert_eq!(found(&alice, query).await, expected, "{query}, indexed: {indexed}");
        }
    }
    let only = found(&alice, "after:2020-01-01").await;
    assert_eq!(only.len(), 3, "a filter alone is a query: {only:?}");
}

async fn pages_stay_right_while_others_talk(setup: Setup) {
    let node = setup.node(&[]).await;
    let alice = node.join("alice").await;
    let chat = alice.create_group(&[]).await;
    for i in 0..25 {
        alice.said(chat, &format!("plan {i}")).await;
    }
    for sort in ["newest", "best"] {
        let (mut seen, mut after) = (Vec::new(), String::new());
        loop {
            let page = ask(&alice, "plan", &format!("&limit=10&sort={sort}{after}")).await.is(200);
            seen.extend(texts(&page));
            alice.said(chat, "plan meanwhile").await;
            match page["next"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => break,
            }
        }
        seen.retain(|text| text != "plan meanwhile");
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 25, "{sort}: {seen:?}");
    }
}

async fn a_hit_comes_with_its_marks_and_what_was_said_around_it(setup: Setup) {
    let node = setup.node(&[]).await;
    let alice = node.join("alice").await;
    let chat = alice.create_group(&[]).await;
    alice.said(chat, &format!("first\nline {}", "x".repeat(500))).await;
    let said = alice.said(chat, "🚀 Релизы и релиз").await;
    let gone = alice.said(chat, "gone").await;
    alice
        .delete(&format!("/api/chats/{chat}/messages/{}", gone["id"]), json!({}))
        .await
        .is(204);
    let found = answer(&alice, "релиз").await;
    let hit = &found["results"][0];
    assert_eq!(hit["marks"], json!([[3, 9], [12, 17]]));
    assert_eq!((&hit["chat_id"], &hit["message"]["id"]), (&json!(chat), &said["id"]));
    let before = hit["before"]["content"].as_str().expect("one before");
    assert!(before.starts_with("first line x") && before.len() == 200, "{before}");
    assert_eq!(hit["after"], Value::Null, "a deleted message is none");
    assert_eq!(hit["message"]["reactions"], json!([]), "a message as everywhere");
    assert_eq!(found.get("next"), None);
}

async fn the_best_come_first_if_that_is_asked_for(setup: Setup) {
    let node = setup.node(&[]).await;
    let alice = node.join("alice").await;
    let chat = alice.create_group(&[]).await;
    for text in ["release notes", "notes of a release", "noted releases"] {
        alice.said(chat, text).await;
    }
    let best = texts(&ask(&alice, "release notes", "&sort=best").await.is(200));
    assert_eq!(best, ["release notes", "notes of a release", "noted releases"]);
    let newest = texts(&ask(&alice, "release notes", "&sort=newest").await.is(200));
    assert_eq!(newest, ["noted releases", "notes of a release", "release notes"]);
}

async fn what_is_wrong_with_a_query_is_told(setup: Setup) {
    let node = setup.node(&[]).await;
    let alice = node.join("alice").await;
    alice.get("/api/search").await.refused(400, "invalid_query");
    let long = "x".repeat(1_025);
    for query in [
        "",
        " ",
        "!!!",
        "\"open",
        "from:",
        "from:nobody",
        "in:Nowhere",
        "in:99999",
        "has:x",
        "is:x",
        "mentions:bob",
        "before:yesterday",
        "after:2026-02-30",
        &long,
    ] {
        ask(&alice, query, "").await.refused(400, "invalid_query");
    }
    for more in [
        "&sort=worst",
        "&after=x",
        "&after=n-1",
        "&after=b7-1",
        "&limit=0",
        "&limit=201",
    ] {
        ask(&alice, "word", more).await.refused(400, "invalid_query");
    }
    let told = ask(&alice, "слово from:nobody", "").await.text;
    assert!(told.contains("nobody") && told.contains("character 7"), "{told}");
    for hostile in [
        "' OR 1=1",
        "\" * NEAR(",
        "a* AND b",
        "words:x",
        "{",
        "(",
        "!&|",
        "\u{0}x",
        "\\",
        "a\\'b",
        "%",
        "^a",
        "-",
        "@a",
        "@link",
        "+a",
        "~",
        "=a",
        "<->",
        ":*",
        "x:*",
        "\"\"",
        "NOT",
        "OR",
    ] {
        let status = ask(&alice, hostile, "").await.status;
        assert!([200, 400].contains(&status), "{hostile}: {status}");
    }
}
