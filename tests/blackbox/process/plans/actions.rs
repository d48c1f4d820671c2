//! What people and administrators do in a day: together these make the server run the statements of
//! its store.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use sea_orm::{Statement, Value as SqlValue};
use vestnik::config::Observer;

use crate::messages::events::stream;
use crate::support::*;

/// The statements that were run, each with the values of its first time.
#[derive(Clone, Default)]
pub(super) struct Statements(Arc<Mutex<HashMap<(String, bool), Statement>>>);

impl Statements {
    /// What a node tells its statements to.
    pub(super) fn observer(&self) -> Observer {
        let seen = self.0.clone();
        Observer::new(move |statement, is_writing| {
            let mut seen = seen.lock().expect("no panic while held");
            let key = (statement.sql.clone(), is_writing);
            seen.entry(key).or_insert_with(|| statement.clone());
        })
    }

    /// All that read or write rows on connections of one kind; not the schema's.
    pub(super) fn seen(&self, is_writing: bool) -> Vec<Statement> {
        let seen = self.0.lock().expect("no panic while held");
        let verbs = ["SELECT", "INSERT", "UPDATE", "DELETE", "WITH"];
        let is_row = |sql: &str| verbs.iter().any(|verb| sql.starts_with(verb));
        let of_schema = |sql: &str| {
            [
                "seaql_migrations",
                "pg_catalog",
                "information_schema",
                "sqlite_schema",
            ]
            .iter()
            .any(|name| sql.contains(name))
        };
        let mut kept: Vec<_> = seen
            .iter()
            .filter(|((sql, on_writer), _)| {
                *on_writer == is_writing && is_row(sql) && !of_schema(sql)
            })
            .map(|(_, statement)| statement.clone())
            .collect();
        kept.sort_by(|a, b| a.sql.cmp(&b.sql));
        kept
    }
}

/// The values of a statement.
pub(super) fn values(statement: &Statement) -> Vec<SqlValue> {
    statement.values.as_ref().map_or(Vec::new(), |values| values.0.clone())
}

/// Does a day's worth at a node; `day` makes the names of one day another's.
pub(super) async fn live_a_day(node: &TestNode, day: &str) {
    let names = ["anna", "boris", "clara", "dora"].map(|name| format!("{name}{day}"));
    let [anna, boris, clara, dora] = &names;
    // The first account of all is an administrator's.
    let anna = node.join(anna).await;
    let [boris, clara, dora] = node.join_all([boris, clara, dora].map(String::as_str)).await;
    let group = talk(&anna, &boris, &clara, day).await;
    change_messages(&anna, &boris, group, day).await;
    read_along(&anna, &boris, group).await;
    look_around(&anna, &boris, group).await;
    over_sockets(&anna, &boris, group, day).await;
    by_a_stream(&anna, &boris, group, day).await;
    manage(&anna, &boris, &clara, &dora, group, day).await;
}

async fn talk(anna: &TestClient, boris: &TestClient, clara: &TestClient, day: &str) -> i64 {
    let group = anna.create_group(&[boris, clara]).await;
    for n in 0..3 {
        anna.say(group, &format!("hello @boris{day} and @all"), &format!("{day}-{n}"))
            .await
            .is(201);
    }
    anna.say(group, &format!("hello @boris{day} and @all"), &format!("{day}-0"))
        .await
        .is(200);
    boris.said(1, "hello all").await;
    boris
        .post("/api/messages", json!({"sequence": 1, "text": "from a gopher"}))
        .await
        .is(200);
    anna.get("/api/messages?from=2020-01-01T00:00:00Z&to=2099-01-01T00:00:00Z")
        .await
        .is(200);
    let private = anna.post(&format!("/api/users/{}/chat", boris.id), json!({})).await.is(201);
    anna.post(&format!("/api/users/{}/chat", boris.id), json!({})).await.is(200);
    anna.said(private["id"].as_i64().expect("an id"), "between us").await;
    anna.create_chat("private", "").await;
    group
}

async fn change_messages(anna: &TestClient, boris: &TestClient, group: i64, day: &str) {
    let first = anna.said(group, "to be changed").await["id"].as_i64().expect("an id");
    let at = format!("/api/chats/{group}/messages/{first}");
    let reply = json!({"content": "an answer", "reply_to": first});
    boris.post(&format!("/api/chats/{group}/messages"), reply).await.is(201);
    anna.patch(&at, json!({"content": format!("changed for @boris{day}")}))
        .await
        .is(200);
    boris.put(&format!("{at}/reactions/👍"), json!({})).await.is(204);
    boris.put(&format!("{at}/reactions/🎉"), json!({})).await.is(204);
    boris.delete(&format!("{at}/reactions/🎉"), json!({})).await.is(204);
    anna.put(&format!("/api/chats/{group}/pins/{first}"), json!({})).await.is(204);
    anna.get(&at).await.is(200);
    anna.get(&format!("{at}/versions")).await;
    anna.get(&format!("/api/chats/{group}/pins")).await.is(200);
    anna.say(group, "hello again", &format!("{day}-0")).await.is(409);
    anna.delete(&format!("/api/chats/{group}/pins/{first}"), json!({}))
        .await
        .is(204);
    anna.delete(&at, json!({})).await.is(204);
}

async fn read_along(anna: &TestClient, boris: &TestClient, group: i64) {
    for reader in [anna, boris] {
        let chat = format!("/api/chats/{group}");
        reader.put(&format!("{chat}/read"), json!({"n": 2})).await.is(200);
        reader.put(&format!("{chat}/unread"), json!({"n": 2})).await.is(200);
        reader.put(&format!("{chat}/mute"), json!({"muted": true})).await.is(204);
    }
}

async fn look_around(anna: &TestClient, boris: &TestClient, group: i64) {
    for path in [
        "/api/me",
        "/api/users?limit=2",
        "/api/users/1",
        "/api/tokens",
        "/api/search?q=answer",
        "/api/search?q=answer&sort=best",
        "/api/search?q=hel%20in:1%20from:me%20-is:pinned%20after:2020&after=n9000",
        "/api/search?q=is:pinned",
    ] {
        anna.get(path).await.is(200);
    }
    for page in ["", "?before=3", "?after=1", "?around=2", "?limit=2"] {
        anna.get(&format!("/api/chats/{group}/messages{page}")).await.is(200);
        anna.get(&format!("/api/chats/1/messages{page}")).await.is(200);
    }
    for path in ["", "/members", "/members?after=1"] {
        boris.get(&format!("/api/chats/{group}{path}")).await.is(200);
    }
    boris.get("/api/chats").await.is(200);
    let epoch = boris.any_socket().await.next("ready").await["epoch"].clone();
    for chats in [
        json!({}),
        json!({"1": 1, (group.to_string()): 2}),
        json!({"1": 2}),
    ] {
        boris.post("/api/sync", json!({"epoch": epoch, "chats": chats})).await.is(200);
    }
}

async fn over_sockets(anna: &TestClient, boris: &TestClient, group: i64, day: &str) {
    let mut watching = boris.any_socket().await;
    watching.next("ready").await;
    watching.send(json!({"type": "open", "chat_id": group, "after": 1})).await;
    watching.next("opened").await;
    watching.send(json!({"type": "open", "chat_id": 1})).await;
    let mut bound = anna.socket(group).await;
    bound.say_keyed("over a socket", &format!("{day}-s")).await;
    watching.message("over a socket").await;
    bound.send(json!({"type": "typing", "chat_id": group})).await;
    let ticket = boris.post("/api/ws-ticket", json!({})).await.is(200);
    let ticket = ticket["ticket"].as_str().expect("a ticket");
    let by_ticket = anna.node().try_socket(&format!("/ws?ticket={ticket}"), &[]).await;
    by_ticket.expect("a ticket opens a socket").next("ready").await;
}

async fn by_a_stream(anna: &TestClient, boris: &TestClient, group: i64, day: &str) {
    let query = format!("?open={group}");
    let mut events = stream(boris, &query, None).await;
    events.next("opened").await;
    events.next("opened").await;
    anna.say(group, "into a stream", &format!("{day}-e")).await.is(201);
    events.next("message").await;
    let last = events.last.clone();
    drop(events);
    for chat in [1, group] {
        anna.say(chat, "@all into no stream", &format!("{day}-f{chat}")).await.is(201);
    }
    let mut events = stream(boris, &query, Some(&last)).await;
    events.next("opened").await;
    events.next("opened").await;
}

async fn manage(
    anna: &TestClient,
    boris: &TestClient,
    clara: &TestClient,
    dora: &TestClient,
    group: i64,
    day: &str,
) {
    let member = format!("/api/chats/{group}/members");
    anna.patch(&format!("{member}/{}", clara.id), json!({"role": "admin"}))
        .await
        .is(200);
    anna.delete(&format!("{member}/{}", clara.id), json!({})).await.is(204);
    anna.post(&member, json!({"user_id": clara.id})).await.is(201);
    anna.patch(&format!("/api/chats/{group}"), json!({"name": "renamed"}))
        .await
        .is(200);
    boris.patch("/api/me", json!({"display_name": "B."})).await;
    let again = anna.node().sign_in(&format!("dora{day}"), "secret").await;
    again.delete("/api/tokens/current", json!({})).await.is(204);
    let tokens = dora.get("/api/tokens").await.is(200);
    let token = tokens["tokens"][0]["id"].as_i64().expect("a token");
    dora.delete(&format!("/api/tokens/{token}"), json!({})).await;
    // Only the first account of all may.
    let invite = anna.post("/api/invites", json!({})).await;
    if invite.status == 201 {
        let id = invite.json()["id"].as_i64().expect("an id");
        anna.get("/api/invites").await.is(200);
        anna.delete(&format!("/api/invites/{id}"), json!({})).await.is(204);
        anna.delete(&format!("/api/users/{}", clara.id), json!({})).await.is(204);
        let confirm = json!({"confirm": format!("dora{day}")});
        anna.post(&format!("/api/users/{}/erase", dora.id), confirm).await;
        anna.get("/metrics").await;
    }
    anna.delete(&format!("/api/chats/{group}"), json!({})).await.is(204);
}
