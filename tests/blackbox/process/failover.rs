//! Postgres is promoted, or restored, under servers that run.

use crate::process::databases::clusters::{Cluster, Stop};
use crate::support::postgres::free_port;
use crate::support::process::{ServerProcess, finish};
use crate::support::*;

on_postgres! {
    whoever_is_promoted_with_everything_is_noticed_by_nobody,
    whoever_is_promoted_with_less_has_everybody_begin_afresh,
    a_restore_that_is_said_under_running_servers_reaches_them,
}

/// Two servers, of which each stays at its address when it begins anew.
async fn servers(setup: &Setup, url: &str) -> [ServerProcess; 2] {
    let (here, there) = (free_port(), free_port());
    let database = format!("--database-url={url}");
    let flags = |port| [database.clone(), format!("--listen=127.0.0.1:{port}")];
    let mut started = Vec::new();
    for flags in [flags(here), flags(there)] {
        let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
        started.push(setup.process(&flags).await);
    }
    started.try_into().expect("two")
}

/// Waits until it has begun anew, and listens again.
async fn begun_anew(server: &ServerProcess) {
    server.saying("begins anew").await;
    eventually("the server to listen again", || async {
        (server.log().matches("listening on").count() == 2).then_some(())
    })
    .await;
}

/// Tries until it is stored: while nobody knows which history the database has, nothing is.
async fn say(client: &TestClient, chat: i64, text: &str) -> Value {
    let path = format!("/api/chats/{chat}/messages");
    eventually("the message to be stored", || async {
        let body = json!({"content": text, "client_msg_id": text});
        let answer = client.try_post(&path, body).await?;
        match answer.status {
            200 | 201 => Some(answer.json()),
            503 => None,
            status => panic!("{status}: {}", answer.text),
        }
    })
    .await
}

async fn epoch(client: &TestClient) -> String {
    eventually("the server to be ready", || async {
        let answer = client.try_post("/api/sync", json!({})).await?;
        let is_ready = answer.status == 200;
        is_ready.then(|| answer.json()["epoch"].as_str().expect("an epoch").to_owned())
    })
    .await
}

/// Alice at the first of two servers and bob at the second, both in a chat.
struct Scene {
    servers: [ServerProcess; 2],
    alice: TestClient,
    bob: TestClient,
    chat: i64,
    /// Before anything has happened.
    epoch: String,
}

impl Scene {
    async fn on(setup: &Setup, url: &str) -> Self {
        let servers = servers(setup, url).await;
        let [here, there] = &servers;
        let [alice, bob] = here.node().join_all(["alice", "bob"]).await;
        let chat = alice.create_group(&[&bob]).await;
        let bob = bob.at(there.node());
        let epoch = epoch(&bob).await;
        Self {
            servers,
            alice,
            bob,
            chat,
            epoch,
        }
    }
}

async fn whoever_is_promoted_with_everything_is_noticed_by_nobody(setup: Setup) {
    let Some(cluster) = Cluster::plain().await else {
        return;
    };
    let Scene {
        servers,
        alice,
        bob,
        chat,
        epoch: before,
    } = Scene::on(&setup, &cluster.url_of("vestnik")).await;
    let mut bobs = bob.socket(chat).await;
    say(&alice, chat, "before").await;
    bobs.message("before").await;
    cluster.stop(Stop::Fast);
    cluster.copy();
    cluster.promote_the_copy();
    let said = say(&alice, chat, "after").await;
    assert_eq!(bobs.message("after").await["seq"], said["seq"]);
    for server in &servers {
        server.saying("clients notice nothing").await;
    }
    assert_eq!(epoch(&bob).await, before);
}

async fn whoever_is_promoted_with_less_has_everybody_begin_afresh(setup: Setup) {
    let Some(cluster) = Cluster::plain().await else {
        return;
    };
    let Scene {
        servers,
        alice,
        bob,
        chat,
        epoch: before,
    } = Scene::on(&setup, &cluster.url_of("vestnik")).await;
    say(&alice, chat, "before").await;
    cluster.stop(Stop::Fast);
    cluster.copy();
    cluster.start_again();
    let mut bobs = bob.socket(chat).await;
    say(&alice, chat, "lost").await;
    bobs.message("lost").await;
    cluster.stop(Stop::Immediate);
    cluster.promote_the_copy();
    // Whatever is said at once stands in the place of what was lost.
    let said = say(&alice, chat, "after").await;
    for server in &servers {
        begun_anew(server).await;
    }
    let after = epoch(&alice).await;
    assert_ne!(after, before);
    assert_eq!(epoch(&bob).await, after);
    let listed = bob.get(&format!("/api/chats/{chat}/messages")).await.is(200);
    let texts: Vec<_> = listed["messages"]
        .as_array()
        .expect("messages")
        .iter()
        .map(|m| &m["content"])
        .collect();
    assert_eq!(texts, ["before", "after"], "{said}");
    let mut again = bob.socket(chat).await;
    say(&alice, chat, "and-on").await;
    again.message("and-on").await;
}

async fn a_restore_that_is_said_under_running_servers_reaches_them(setup: Setup) {
    let Scene {
        servers,
        alice,
        bob,
        chat,
        epoch: before,
    } = Scene::on(&setup, setup.url()).await;
    let (succeeded, output) =
        finish(setup.dir(), &[vec!["restored".into()], setup.arguments(&[])].concat()).await;
    assert!(succeeded, "{output}");
    for server in &servers {
        begun_anew(server).await;
    }
    let after = epoch(&alice).await;
    assert_ne!(after, before);
    assert_eq!(epoch(&bob).await, after);
    say(&alice, chat, "on").await;
}
