//! Servers that talk by NATS, when it goes, stalls and comes back, and how it is asked for.

use std::fs;
use std::path::PathBuf;

use crate::process::cluster::{Two, metric, open, two, watch};
use crate::process::databases::clusters::{Certificates, Pooler};
use crate::support::process::{command, finish};
use crate::support::*;

over_nats! {
    a_nats_that_is_killed_and_started_again_loses_nothing,
    a_nats_that_stalls_is_given_up,
    a_nats_that_is_away_at_the_start_stops_nobody,
    databases_on_one_nats_hear_nothing_of_each_other,
    a_name_and_a_password_are_said_to_nats_and_to_nobody_else,
    credentials_let_servers_talk_below_their_own_subject,
    nats_is_spoken_to_by_tls_if_its_url_says_so,
    servers_with_different_buses_are_told_of_it,
}

on_postgres! {
    a_pooler_that_lets_no_notification_through_is_named,
}

on_sqlite! {
    a_bus_that_makes_no_sense_is_named_without_its_secrets,
}

/// Waits until this server hears the others, or does not.
async fn until_bus_is(admin: &TestClient, up: i64) {
    eventually("vestnik_bus_up", || async {
        (metric(admin, "vestnik_bus_up").await == up).then_some(())
    })
    .await;
}

/// What may be lost, and is in no store, comes by the bus alone.
async fn until_typing_is_told(from: &mut TestSocket, to: &mut TestSocket, chat: i64) {
    let typing = async {
        loop {
            from.send(json!({"type": "typing", "chat_id": chat})).await;
            let heard = tokio::time::timeout(std::time::Duration::from_secs(1), to.next("typing"));
            if heard.await.is_ok() {
                return;
            }
        }
    };
    within("typing to be told", typing).await;
}

/// Alice at the first of two servers, bob at the second, and a chat that both have open.
struct Scene {
    alice: TestClient,
    /// Alice, at the second server.
    admin: TestClient,
    chat: i64,
    alices: TestSocket,
    bobs: TestSocket,
    /// Bob's too, which has the chat in the background.
    background: TestSocket,
}

impl Scene {
    async fn on(setup: &Setup) -> Self {
        let Two {
            there,
            alice,
            bob,
            chat,
            ..
        } = two(setup).await;
        Self {
            background: watch(&bob).await,
            alices: open(&alice, chat).await,
            bobs: open(&bob, chat).await,
            admin: alice.at(&there),
            alice,
            chat,
        }
    }
}

async fn a_nats_that_is_killed_and_started_again_loses_nothing(setup: Setup) {
    let Scene {
        alice,
        admin,
        chat,
        mut alices,
        mut bobs,
        mut background,
    } = Scene::on(&setup).await;
    until_bus_is(&admin, 1).await;
    setup.nats().kill().await;
    until_bus_is(&alice, 0).await;
    until_bus_is(&admin, 0).await;
    // Chats that are open here, and the counts of those that are not, come by the store.
    alice.say(chat, "unheard @bob", "k1").await.is(201);
    bobs.message("unheard @bob").await;
    let counts = background.until(|frame| frame["chat_id"] == chat && frame["n"] == 1).await;
    assert_eq!((&counts["unread"], &counts["mentions"]), (&json!(1), &json!(1)), "{counts}");
    setup.nats().run().await;
    until_bus_is(&alice, 1).await;
    until_bus_is(&admin, 1).await;
    alice.say(chat, "heard", "k2").await.is(201);
    bobs.message("heard").await;
    background.until(|frame| frame["chat_id"] == chat && frame["n"] == 2).await;
    until_typing_is_told(&mut alices, &mut bobs, chat).await;
}

async fn a_nats_that_stalls_is_given_up(setup: Setup) {
    let Scene {
        alice,
        admin,
        chat,
        mut alices,
        mut bobs,
        mut background,
    } = Scene::on(&setup).await;
    setup.nats().stall();
    for n in 1..=3 {
        alice.say(chat, &format!("slowly {n}"), &format!("k{n}")).await.is(201);
        bobs.message(&format!("slowly {n}")).await;
        background.until(|frame| frame["chat_id"] == chat && frame["n"] == n).await;
    }
    until_bus_is(&alice, 0).await;
    until_bus_is(&admin, 0).await;
    setup.nats().flow();
    until_bus_is(&alice, 1).await;
    until_bus_is(&admin, 1).await;
    until_typing_is_told(&mut alices, &mut bobs, chat).await;
}

async fn a_nats_that_is_away_at_the_start_stops_nobody(setup: Setup) {
    setup.nats().is_away(true);
    let process = setup.process(&[]).await;
    process.node().nobody().get("/api/ready").await.is(200);
    let alice = process.node().join("alice").await;
    assert_eq!(metric(&alice, "vestnik_bus_up").await, 0);
    alice.say(1, "alone", "k").await.is(201);
    let log = process.saying("NATS is not there").await;
    // Once, and not at each attempt.
    until_attempts(&setup, 3).await;
    assert_eq!(process.log().matches("NATS").count(), log.matches("NATS").count(), "{log}");
    setup.nats().is_away(false);
    until_bus_is(&alice, 1).await;
    process.saying("NATS is back").await;
}

/// Until so many more connections have been tried.
async fn until_attempts(setup: &Setup, more: usize) {
    let goal = setup.nats().attempts() + more;
    eventually("attempts", || async { (setup.nats().attempts() >= goal).then_some(()) }).await;
}

/// The subject is the database's own: what comes there is opened by those who have its key, all of it.
async fn databases_on_one_nats_hear_nothing_of_each_other(setup: Setup) {
    let Some(other) = crate::support::postgres::fresh_database().await else {
        return;
    };
    let Two {
        there, alice, chat, ..
    } = two(&setup).await;
    let url = format!("--database-url={}", other.url());
    let (first, second) = (setup.node(&[&url]).await, setup.node(&[&url]).await);
    let stranger = first.join("stranger").await;
    until_bus_is(&stranger, 1).await;
    let admin = stranger.at(&second);
    for round in 0..5 {
        alice.say(chat, "ours", &format!("k{round}")).await.is(201);
        stranger.say(1, "theirs", &format!("k{round}")).await.is(201);
    }
    for one in [&admin, &alice.at(&there)] {
        let heard = metric(one, "vestnik_bus_received_total").await;
        eventually("more to be heard", || async {
            (metric(one, "vestnik_bus_received_total").await > heard + 2).then_some(())
        })
        .await;
        assert_eq!(metric(one, "vestnik_bus_unopened_total").await, 0);
        assert_eq!(metric(one, "vestnik_peers").await, 1);
    }
    setup.stop().await;
    other.drop_it().await;
}

async fn a_name_and_a_password_are_said_to_nats_and_to_nobody_else(setup: Setup) {
    setup.nats().kill().await;
    setup.nats().run_with(&["--user", "chat", "--pass", "p@ss/word"]).await;
    let url =
        |password: &str| format!("--bus=nats://chat:{password}@127.0.0.1:{}", setup.nats().port());
    let wrong = setup.process(&[&url("hunter2")]).await;
    let log = wrong.saying("NATS is not there").await;
    assert!(log.contains("authorization"), "{log}");
    let right = setup.process(&[&url("p%40ss%2Fword")]).await;
    let alice = right.node().join("alice").await;
    until_bus_is(&alice, 1).await;
    for log in [wrong.log(), right.log()] {
        assert!(
            !log.contains("hunter2") && !log.contains("p@ss") && !log.contains("p%40"),
            "{log}"
        );
    }
}

async fn credentials_let_servers_talk_below_their_own_subject(setup: Setup) {
    let place = |name: &str, text: &str| {
        let file = setup.dir().join(name);
        fs::write(&file, text).expect("a file");
        file.display().to_string()
    };
    setup.nats().kill().await;
    let conf = place("server.conf", include_str!("nats/server.conf"));
    setup.nats().run_with(&["--config", &conf]).await;
    let creds = include_str!("nats/vestnik.creds");
    let flag = format!("--nats-creds={}", place("vestnik.creds", creds));
    let two = [setup.process(&[&flag]).await, setup.process(&[&flag]).await];
    let (alice, bob) = (two[0].node().join("alice").await, two[1].node().join("bob").await);
    until_bus_is(&alice, 1).await;
    until_bus_is(&alice.at(two[1].node()), 1).await;
    let (mut alices, mut bobs) = (open(&alice, 1).await, open(&bob, 1).await);
    until_typing_is_told(&mut alices, &mut bobs, 1).await;
    let without = setup.process(&[]).await;
    without.saying("NATS is not there: authorization").await;
    // What is no such file stops the start.
    let wrong = place("wrong.creds", "nothing");
    let words = setup.arguments(&[&format!("--nats-creds={wrong}")]);
    let (succeeded, said) = finish(setup.dir(), &words).await;
    assert!(
        !succeeded && said.contains("VESTNIK_NATS_CREDS") && said.contains(&wrong),
        "{said}"
    );
    let seed = creds.lines().find(|line| line.starts_with("SU")).expect("a seed");
    for log in [two[0].log(), without.log(), said] {
        assert!(!log.contains(seed), "{log}");
    }
}

async fn nats_is_spoken_to_by_tls_if_its_url_says_so(setup: Setup) {
    let certificates = Certificates::make(setup.dir());
    let (cert, key) = (setup.dir().join("server.crt"), setup.dir().join("server.key"));
    let (cert, key) = (cert.display().to_string(), key.display().to_string());
    setup.nats().kill().await;
    setup.nats().run_with(&["--tls", "--tlscert", &cert, "--tlskey", &key]).await;
    let bus = format!("--bus=tls://localhost:{}", setup.nats().port());
    let trusting = async |authority: Option<PathBuf>| {
        let mut command = command(setup.dir(), &setup.arguments(&[&bus]));
        command.envs(authority.map(|authority| ("SSL_CERT_FILE", authority)));
        ServerProcess::spawn(command).await
    };
    let server = trusting(Some(certificates.authority())).await;
    let alice = server.node().join("alice").await;
    until_bus_is(&alice, 1).await;
    let other = trusting(None).await;
    other.saying("NATS is not there").await;
    assert_eq!(metric(&alice.at(other.node()), "vestnik_bus_up").await, 0);
}

async fn servers_with_different_buses_are_told_of_it(setup: Setup) {
    let (one, other) = (setup.process(&[]).await, setup.process(&["--bus=postgres"]).await);
    for server in [&one, &other] {
        server.saying("set the same VESTNIK_BUS for all of them").await;
    }
    // They serve together all the same.
    let (alice, bob) = (one.node().join("alice").await, one.node().join("bob").await);
    let mut bobs = open(&bob.at(other.node()), 1).await;
    alice.say(1, "late", "k").await.is(201);
    bobs.message("late").await;
}

async fn a_pooler_that_lets_no_notification_through_is_named(setup: Setup) {
    let Some(pooler) = Pooler::before(&setup, "transaction").await else {
        return;
    };
    let server = setup.process(&[&format!("--bus={}", pooler.url())]).await;
    server.saying("VESTNIK_BUS=postgres://… to Postgres itself").await;
    let alice = server.node().join("alice").await;
    assert_eq!(metric(&alice, "vestnik_bus_up").await, 0);
    // And this is the way past one.
    let pooled = Pooler::before(&setup, "session").await.expect("it is installed");
    let flags = [
        format!("--database-url={}", pooled.url()),
        format!("--bus={}", setup.url()),
    ];
    let server = setup.process(&flags.each_ref().map(String::as_str)).await;
    until_bus_is(&alice.at(server.node()), 1).await;
}

async fn a_bus_that_makes_no_sense_is_named_without_its_secrets(setup: Setup) {
    let postgres = "--database-url=postgres://127.0.0.1:1/x";
    let file = setup.dir().join("no.creds");
    fs::write(&file, "nothing").expect("a file");
    let creds = format!("--nats-creds={}", file.display());
    let cases: [(&[&str], &str); 7] = [
        (&[postgres, "--bus=redis://u:hunter2@h"], "nats://host:4222"),
        (&[postgres, "--bus=nats://u:hunter2@h/x"], "goes on behind the port"),
        (&[postgres, "--bus=nats://u:hunter2@h:x"], "cannot be read"),
        (&[postgres, "--bus=postgres://u:hunter2@h:x/n"], "cannot be read"),
        (&["--bus=nats://u:hunter2@h"], "SQLite"),
        (&["--bus=postgres"], "SQLite"),
        (&[postgres, creds.as_str()], "VESTNIK_BUS=nats://"),
    ];
    for (words, wanted) in cases {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let (succeeded, said) = finish(setup.dir(), &words).await;
        assert!(
            !succeeded && said.contains("VESTNIK_BUS") && said.contains(wanted),
            "{words:?}: {said}"
        );
        assert!(
            !said.contains("hunter2") && said.trim().lines().count() == 1,
            "{words:?}: {said}"
        );
    }
    // The environment is as good.
    let mut command = command(setup.dir(), &["serve".to_owned()]);
    command.env("VESTNIK_BUS", "nats://u:hunter2@h").env("DB_HOST", "");
    let output = within("its end", command.output()).await.expect("the binary runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        !output.status.success() && said.contains("SQLite") && !said.contains("hunter2"),
        "{said}"
    );
}
