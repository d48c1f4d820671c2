//! Who may make an account: everybody, who brings an administrator's invitation, or nobody.

use chrono::{DateTime, TimeDelta};
use sea_orm::ConnectionTrait;

use crate::support::*;

on_both_stores! {
    strangers_need_an_invitation_and_one_is_used_up_by_what_it_made,
    the_last_use_has_one_winner,
    what_is_no_good_is_answered_like_what_never_was,
    open_asks_for_none_and_closed_takes_none,
}

on_sqlite! {
    only_administrators_invite,
    terms_have_bounds,
    invitations_are_listed_in_pages_and_without_their_codes,
}

const INVITE: &[&str] = &["--registration=invite"];

/// A server that strangers need an invitation to, and its administrator.
async fn private_server(setup: &Setup) -> (TestNode, TestClient) {
    let node = setup.node(INVITE).await;
    setup.user_done(&["create", "root", "root@example.com"], "secret\n").await;
    let root = node.sign_in("root", "secret").await;
    (node, root)
}

async fn register(node: &TestNode, name: &str, invite: Option<&Value>) -> Answer {
    let mut account = json!({"username": name, "password": "secret",
                             "email": format!("{name}@example.com")});
    if let Some(invite) = invite {
        account["invite"] = invite.clone();
    }
    node.nobody().post("/register", account).await
}

async fn strangers_need_an_invitation_and_one_is_used_up_by_what_it_made(setup: Setup) {
    let node = setup.node(INVITE).await;
    // Nor can a stranger take a fresh server.
    let refused = register(&node, "mallory", None).await.refused(403, "invite_required");
    assert!(
        refused["error"]
            .as_str()
            .is_some_and(|text| text.contains("vestnik user create"))
    );
    register(&node, "mallory", Some(&json!("guess")))
        .await
        .refused(403, "invite_invalid");

    setup.user_done(&["create", "root", "root@example.com"], "secret").await;
    let root = node.sign_in("root", "secret").await;
    let invite = root.post("/api/invites", json!({})).await.is(201);
    assert_eq!(
        keys(&invite),
        [
            "code",
            "created_at",
            "expires_at",
            "id",
            "max_uses",
            "path",
            "uses"
        ]
    );
    let code = invite["code"].as_str().expect("a code");
    assert_eq!(invite["path"], format!("/#/invite/{code}"));
    assert_eq!((invite["max_uses"].as_i64(), invite["uses"].as_i64()), (Some(1), Some(0)));
    let instant = |name: &str| {
        let text = invite[name].as_str().expect("an instant");
        DateTime::parse_from_rfc3339(text).expect("an instant")
    };
    assert_eq!(instant("expires_at") - instant("created_at"), TimeDelta::hours(168));

    // What made no account used nothing up.
    let code = &invite["code"];
    register(&node, "root", Some(code)).await.refused(409, "username_taken");
    register(&node, "no", Some(code)).await.refused(400, "invalid_username");
    register(&node, "alice", Some(code)).await.is(201);
    register(&node, "bob", Some(code)).await.refused(403, "invite_invalid");
    // Nor does it tell the uninvited who is there.
    register(&node, "root", Some(code)).await.refused(403, "invite_invalid");
    let listed = root.get("/api/invites").await.is(200);
    assert_eq!(listed["invites"][0]["uses"], 1);
    assert_eq!(setup.number("SELECT COUNT(*) FROM users").await, 2);
    assert_eq!(
        node.sign_in("alice", "secret").await.get("/api/me").await.is(200)["is_admin"],
        false
    );
}

async fn the_last_use_has_one_winner(setup: Setup) {
    let (node, root) = private_server(&setup).await;
    // Postgres has room for a second server, with an actor of General of its own.
    let other = match setup.kind() {
        Kind::Sqlite => node.clone(),
        Kind::Postgres => setup.node(INVITE).await,
    };
    let invite = root.post("/api/invites", json!({"max_uses": 3})).await.is(201);
    let racers = (0..10).map(|i| {
        let node = [&node, &other][i % 2];
        let (name, code) = (format!("racer{i}"), &invite["code"]);
        async move { until_decided(node, &name, code).await }
    });
    let answers = futures_util::future::join_all(racers).await;
    let made = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(made, 3);
    for answer in answers.into_iter().filter(|answer| answer.status != 201) {
        answer.refused(403, "invite_invalid");
    }
    assert_eq!(setup.number("SELECT uses FROM invites").await, 3);
    assert_eq!(setup.number("SELECT COUNT(*) FROM users").await, 4);
    assert_eq!(setup.number("SELECT head_seq FROM conversations WHERE id = 1").await, 4);
}

/// Where two servers write to General, one may have to be asked again.
async fn until_decided(node: &TestNode, name: &str, code: &Value) -> Answer {
    eventually("an answer that is final", || async {
        let answer = register(node, name, Some(code)).await;
        (answer.status != 503).then_some(answer)
    })
    .await
}

async fn what_is_no_good_is_answered_like_what_never_was(setup: Setup) {
    let (node, root) = private_server(&setup).await;
    let unknown = register(&node, "alice", Some(&json!("never made"))).await;
    let unknown = unknown.refused(403, "invite_invalid");
    let long = register(&node, "alice", Some(&json!("x".repeat(60_000)))).await;
    assert_eq!(long.refused(403, "invite_invalid"), unknown, "nor is it looked up");

    let revoked = root.post("/api/invites", json!({"max_uses": 5})).await.is(201);
    register(&node, "bob", Some(&revoked["code"])).await.is(201);
    let path = format!("/api/invites/{}", revoked["id"]);
    root.delete(&path, json!({})).await.is(204);
    let since = root.get("/api/invites").await.is(200)["invites"][0]["revoked_at"].clone();
    assert!(since.is_string(), "{since}");
    let answer = register(&node, "alice", Some(&revoked["code"])).await;
    assert_eq!(answer.refused(403, "invite_invalid"), unknown);
    root.delete(&path, json!({})).await.is(204);
    assert_eq!(root.get("/api/invites").await.is(200)["invites"][0]["revoked_at"], since);
    root.delete("/api/invites/4711", json!({}))
        .await
        .refused(404, "invite_not_found");

    let expired = root.post("/api/invites", json!({"expires_in_hours": 1})).await.is(201);
    let database = setup.open().await;
    let sql =
        "UPDATE invites SET expires_at = '2020-01-01T00:00:00+00:00' WHERE revoked_at IS NULL";
    database.execute_unprepared(sql).await.expect("a past");
    let answer = register(&node, "alice", Some(&expired["code"])).await;
    assert_eq!(answer.refused(403, "invite_invalid"), unknown);
    register(&node, "alice", Some(&json!(""))).await.refused(403, "invite_invalid");
    assert_eq!(setup.number("SELECT COUNT(*) FROM users").await, 2);
    // The database is the last guard.
    let more = "UPDATE invites SET uses = max_uses + 1";
    assert!(database.execute_unprepared(more).await.is_err());
    database.close().await.expect("a clean close");
}

async fn open_asks_for_none_and_closed_takes_none(setup: Setup) {
    let server = setup.process(INVITE).await;
    setup.user_done(&["create", "root", "root@example.com"], "secret").await;
    let root = server.node().sign_in("root", "secret").await;
    let invite = root.post("/api/invites", json!({})).await.is(201);
    let health = server.node().nobody().get("/api/health").await.is(200);
    assert_eq!(health["registration"], "invite");
    server.terminate();
    assert!(server.ended().await.success());

    let closed = setup.process(&["--registration=closed"]).await;
    for code in [None, Some(&invite["code"])] {
        let refused = register(closed.node(), "alice", code).await;
        let refused = refused.refused(403, "registration_closed");
        let text = refused["error"].as_str().expect("a text").to_owned();
        assert!(text.contains("vestnik user create"), "{text}");
    }
    setup.user_done(&["create", "carol", "carol@example.com"], "secret").await;
    closed.node().sign_in("carol", "secret").await;
    closed.terminate();
    assert!(closed.ended().await.success());

    let open = setup.node(&[]).await;
    for (name, code) in [("alice", &invite["code"]), ("bob", &json!("never made"))] {
        register(&open, name, Some(code)).await.is(201);
    }
    assert_eq!(setup.number("SELECT uses FROM invites").await, 0);
}

async fn only_administrators_invite(setup: Setup) {
    let (node, root) = private_server(&setup).await;
    let invite = root.post("/api/invites", json!({})).await.is(201);
    register(&node, "bob", Some(&invite["code"])).await.is(201);
    let bob = node.sign_in("bob", "secret").await;
    bob.post("/api/invites", json!({})).await.refused(403, "forbidden");
    bob.get("/api/invites").await.refused(403, "forbidden");
    for id in [&invite["id"], &json!(4711)] {
        let path = format!("/api/invites/{id}");
        bob.delete(&path, json!({})).await.refused(403, "forbidden");
    }
    // With the right goes what one could do with it.
    setup.user_done(&["promote", "bob"], "").await;
    bob.post("/api/invites", json!({})).await.is(201);
    setup.user_done(&["demote", "bob"], "").await;
    bob.post("/api/invites", json!({})).await.refused(403, "forbidden");
}

async fn terms_have_bounds(setup: Setup) {
    let (_, root) = private_server(&setup).await;
    for terms in [
        json!({"expires_in_hours": 0}),
        json!({"expires_in_hours": 721}),
        json!({"max_uses": 0}),
        json!({"max_uses": 1001}),
        json!({"max_uses": -1, "expires_in_hours": 1}),
    ] {
        root.post("/api/invites", terms).await.refused(400, "invalid_invite_terms");
    }
    for terms in [
        json!({"max_uses": "1"}),
        json!({"uses": 1}),
        json!({"max_uses": 1.5}),
    ] {
        root.post("/api/invites", terms).await.refused(400, "malformed");
    }
    let most = json!({"expires_in_hours": 720, "max_uses": 1000});
    assert_eq!(root.post("/api/invites", most).await.is(201)["max_uses"], 1000);
}

async fn invitations_are_listed_in_pages_and_without_their_codes(setup: Setup) {
    let (_, root) = private_server(&setup).await;
    let mut codes = Vec::new();
    for _ in 0..3 {
        codes.push(root.post("/api/invites", json!({})).await.is(201)["code"].clone());
    }
    let page = root.get("/api/invites?limit=2").await.is(200);
    assert_eq!(page["invites"].as_array().map(Vec::len), Some(2));
    assert_eq!(
        keys(&page["invites"][0]),
        [
            "created_at",
            "created_by",
            "expires_at",
            "id",
            "max_uses",
            "revoked_at",
            "uses"
        ]
    );
    assert_eq!(page["invites"][0]["created_by"], root.id);
    let rest = root.get(&format!("/api/invites?limit=2&after={}", page["next"])).await.is(200);
    assert_eq!(rest["invites"].as_array().map(Vec::len), Some(1));
    assert_eq!(rest["next"], Value::Null);
    for code in codes {
        let code = code.as_str().expect("a code");
        assert!(!page.to_string().contains(code) && !rest.to_string().contains(code));
    }
}
