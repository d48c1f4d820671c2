//! Several servers on the same Postgres that tell each other what they store.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use vestnik::actors::confirmations::WITHIN;
use vestnik::domain::cluster::PROVEN_FOR;

use crate::support::faulty_bus::FaultyBus;
use crate::support::faulty_proxy::FaultyProxy;
use crate::support::process::{ServerProcess, finish};
use crate::support::*;

over_each_bus! {
    people_talk_over_two_servers,
    a_chat_that_nobody_has_open_here_counts_what_is_said_there,
    what_one_reads_and_mutes_there_is_known_here,
    members_come_and_go_in_the_background,
    who_is_there_is_there_at_every_server,
    who_was_at_a_server_that_died_goes_with_it,
    a_token_that_is_revoked_there_closes_its_sockets_here,
    what_was_told_while_nobody_listened_is_made_up_for,
    what_strangers_tell_is_not_heard,
    whoever_is_alone_tells_nothing,
    whoever_guesses_at_one_server_has_guessed_at_all,
    what_a_server_stored_as_it_died_is_made_up_for,
    clients_of_a_server_that_is_cut_from_its_database_are_sent_away,
    nobody_is_sent_away_while_the_database_is_away_for_all,
}

on_postgres! {
    nothing_is_told_anywhere_to_a_token_whose_end_was_confirmed,
    more_connections_than_postgres_has_for_all_servers_are_warned_of,
    whoever_asks_whether_a_server_is_ready_is_told_of_its_bus,
    servers_that_are_set_differently_are_warned_of,
    servers_say_little_while_one_is_dead_and_still_listed,
}

/// Two servers, and two people who are in a chat: alice at the first, bob at the second.
pub(super) struct Two {
    pub(super) here: TestNode,
    pub(super) there: TestNode,
    pub(super) alice: TestClient,
    pub(super) bob: TestClient,
    pub(super) chat: i64,
}

pub(super) async fn two(setup: &Setup) -> Two {
    let (here, there) = (setup.node(&[]).await, setup.node(&[]).await);
    // The first is the administrator.
    let (alice, bob) = (here.join("alice").await, here.join("bob").await);
    let chat = alice.create_group(&[&bob]).await;
    let bob = bob.at(&there);
    Two {
        here,
        there,
        alice,
        bob,
        chat,
    }
}

/// `admin` is the one who made the first account.
pub(super) async fn metric(admin: &TestClient, name: &str) -> i64 {
    let metrics = admin.get("/metrics").await.text;
    let value = metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    value.and_then(|value| value.parse().ok()).expect("a metric")
}

/// A socket that has all chats in the background.
pub(super) async fn watch(client: &TestClient) -> TestSocket {
    let mut socket = client.any_socket().await;
    socket.next("ready").await;
    socket
}

pub(super) async fn open(client: &TestClient, chat: i64) -> TestSocket {
    let mut socket = watch(client).await;
    socket.send(json!({"type": "open", "chat_id": chat})).await;
    socket.next("opened").await;
    socket
}

/// In turns, each after the other's word was heard: by looks at the store alone that is a second a turn.
async fn people_talk_over_two_servers(setup: Setup) {
    const TURNS: i64 = 100;
    let Two {
        there,
        alice,
        bob,
        chat,
        ..
    } = two(&setup).await;
    let mut sockets = [alice.socket(chat).await, bob.socket(chat).await];
    let talk = async {
        for turn in 0..TURNS {
            let [alices, bobs] = &mut sockets;
            let (speaker, listener) = match turn % 2 {
                0 => (alices, bobs),
                _ => (bobs, alices),
            };
            let text = format!("turn-{turn}");
            let ack = speaker.say_keyed(&text, &text).await;
            let heard = listener.message(&text).await;
            assert_eq!((&ack["seq"], &heard["n"]), (&json!(3 + turn), &json!(turn + 1)));
            assert_eq!(heard["seq"], ack["seq"]);
        }
    };
    within("a hundred turns", talk).await;
    // What alice says is delivered at bob's server as it is told, without a look at the store.
    let admin = alice.at(&there);
    let heard = metric(&admin, "vestnik_bus_heard_changes_total").await;
    let read = metric(&admin, "vestnik_caught_up_total").await;
    assert!(heard >= TURNS / 2 - 5 && read <= 5, "heard {heard}, read {read}");
}

async fn a_chat_that_nobody_has_open_here_counts_what_is_said_there(setup: Setup) {
    let Two {
        alice, bob, chat, ..
    } = two(&setup).await;
    let mut bobs = watch(&bob).await;
    let own = alice.socket(chat).await;
    alice.say(chat, "hello @bob", "k1").await.is(201);
    let counts = bobs.until(|frame| frame["chat_id"] == chat && frame["n"] == 1).await;
    assert_eq!((&counts["unread"], &counts["mentions"]), (&json!(1), &json!(1)), "{counts}");
    drop(own);
    // A chat that is made there, too.
    let new = alice.create_group(&[&bob]).await;
    bobs.until(|frame| frame["type"] == "unread" && frame["chat_id"] == new).await;
}

async fn what_one_reads_and_mutes_there_is_known_here(setup: Setup) {
    let Two {
        here,
        alice,
        bob,
        chat,
        ..
    } = two(&setup).await;
    let mut bobs = watch(&bob).await;
    alice.say(chat, "one", "k1").await.is(201);
    alice.say(chat, "two", "k2").await.is(201);
    bobs.until(|frame| frame["chat_id"] == chat && frame["unread"] == 2).await;
    let elsewhere = bob.at(&here);
    let mut other = watch(&elsewhere).await;
    other.send(json!({"type": "read", "chat_id": chat, "n": 1})).await;
    bobs.until(|frame| frame["chat_id"] == chat && frame["unread"] == 1).await;
    elsewhere
        .put(&format!("/api/chats/{chat}/mute"), json!({"muted": true}))
        .await
        .is(204);
    bobs.until(|frame| frame["type"] == "muted" && frame["chat_id"] == chat).await;
}

async fn members_come_and_go_in_the_background(setup: Setup) {
    let Two {
        alice, bob, chat, ..
    } = two(&setup).await;
    let mut bobs = watch(&bob).await;
    for round in 0..5 {
        alice.remove(chat, &bob).await.is(204);
        let gone = bobs.until(|frame| frame["chat_id"] == chat && frame["type"] == "gone").await;
        assert_eq!(gone["change"], "left");
        alice.add(chat, &bob, "member").await.is(201);
        bobs.until(|frame| frame["chat_id"] == chat && frame["type"] == "unread").await;
        alice.say(chat, "again", &format!("k{round}")).await.is(201);
        bobs.until(|frame| frame["chat_id"] == chat && frame["unread"] == 1).await;
    }
    alice.delete(&format!("/api/chats/{chat}"), json!({})).await.is(204);
    let gone = bobs.until(|frame| frame["chat_id"] == chat && frame["type"] == "gone").await;
    assert_eq!(gone["change"], "deleted");
}

/// Waits until these are told to be there, and nobody else.
async fn until_online(socket: &mut TestSocket, chat: i64, users: &[&TestClient]) {
    let mut ids: Vec<_> = users.iter().map(|user| user.id).collect();
    ids.sort_unstable();
    let online = json!(ids);
    loop {
        match socket.hear().await {
            Heard::Frame(frame) if frame["chat_id"] == chat && frame["online"] == online => return,
            Heard::Frame(_) => {}
            other => panic!("waited for {online}, heard {other:?}"),
        }
    }
}

async fn who_is_there_is_there_at_every_server(setup: Setup) {
    let Two {
        here,
        alice,
        bob,
        chat,
        ..
    } = two(&setup).await;
    let mut alices = open(&alice, chat).await;
    let mut bobs = open(&bob, chat).await;
    until_online(&mut alices, chat, &[&alice, &bob]).await;
    bobs.send(json!({"type": "typing", "chat_id": chat})).await;
    let typing = alices.next("typing").await;
    assert_eq!((&typing["user_id"], &typing["username"]), (&json!(bob.id), &json!("bob")));
    // At both he is there until he has gone from both.
    let mut second = watch(&bob.at(&here)).await;
    bobs.close(1000).await;
    // A server that comes later knows who is there.
    let third = setup.node(&[]).await;
    let mut late = watch(&alice.at(&third)).await;
    late.send(json!({"type": "open", "chat_id": chat})).await;
    until_online(&mut late, chat, &[&alice, &bob]).await;
    second.close(1000).await;
    until_online(&mut late, chat, &[&alice]).await;
}

async fn who_was_at_a_server_that_died_goes_with_it(setup: Setup) {
    let here = setup.node(&[]).await;
    // The first is the administrator.
    let (alice, bob) = (here.join("alice").await, here.join("bob").await);
    let chat = alice.create_group(&[&bob]).await;
    let process: ServerProcess = setup.process(&[]).await;
    let mut alices = open(&alice, chat).await;
    let bobs = open(&bob.at(process.node()), chat).await;
    until_online(&mut alices, chat, &[&alice, &bob]).await;
    process.kill().await;
    drop(bobs);
    until_online(&mut alices, chat, &[&alice]).await;
    assert_eq!(metric(&alice, "vestnik_peers").await, 0);
}

async fn a_token_that_is_revoked_there_closes_its_sockets_here(setup: Setup) {
    const DEVICES: usize = 24;
    let Two {
        here, there, chat, ..
    } = two(&setup).await;
    let mut devices = Vec::new();
    for _ in 0..DEVICES {
        let device = here.sign_in("bob", "secret").await;
        devices.push((device.at(&there).socket(chat).await, device));
    }
    // One after the other: by looks at the store alone that is seconds for each.
    let revoke = async {
        for (socket, device) in &mut devices {
            device.delete("/api/tokens/current", json!({})).await.is(204);
            assert_eq!(socket.closed().await.1, Some(4505));
        }
    };
    within("all devices to be closed", revoke).await;
}

async fn nothing_is_told_anywhere_to_a_token_whose_end_was_confirmed(setup: Setup) {
    const DEVICES: usize = 15;
    // Longer than it takes to say something.
    let bus = FaultyBus::delaying(Duration::from_millis(50));
    let (here, there) = (setup.node_on(&bus).await, setup.node_on(&bus).await);
    let [alice, bob] = here.join_all(["alice", "bob"]).await;
    let chat = alice.create_group(&[&bob]).await;
    let alice_there = alice.at(&there);
    let mut confirmed = 0;
    for number in 0..DEVICES {
        let device = here.sign_in("bob", "secret").await;
        let mut socket = device.at(&there).socket(chat).await;
        let began = Instant::now();
        device.delete("/api/tokens/current", json!({})).await.is(204);
        // A server that is too slow is not waited for.
        let is_confirmed = began.elapsed() < WITHIN;
        confirmed += usize::from(is_confirmed);
        let text = format!("after-{number}");
        alice_there.say(chat, &text, &text).await.is(201);
        let (frames, code) = socket.closed().await;
        assert_eq!(code, Some(4505));
        let is_told = frames.iter().any(|frame| frame["content"] == text);
        assert!(!is_told || !is_confirmed, "{text}");
    }
    assert!(confirmed > 0, "none in time");
}

/// The connections on which servers listen are cut again and again, so that what is told meanwhile is told to
/// nobody.
async fn what_was_told_while_nobody_listened_is_made_up_for(setup: Setup) {
    const CUTS: usize = 60;
    let Two {
        there,
        alice,
        bob,
        chat,
        ..
    } = two(&setup).await;
    let mut bobs = watch(&bob).await;
    let admin = alice.at(&there);
    let before = metric(&admin, "vestnik_resyncs_total").await;
    for cut in 0..CUTS {
        setup.cut_listeners().await;
        if cut == CUTS / 4 {
            alice.say(chat, "unheard @bob", "k").await.is(201);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let counts = bobs.until(|frame| frame["chat_id"] == chat && frame["n"] == 1).await;
    assert_eq!((&counts["unread"], &counts["mentions"]), (&json!(1), &json!(1)), "{counts}");
    assert!(metric(&admin, "vestnik_resyncs_total").await > before);
}

async fn what_strangers_tell_is_not_heard(setup: Setup) {
    let Two {
        there,
        alice,
        bob,
        chat,
        ..
    } = two(&setup).await;
    let mut bobs = open(&bob, chat).await;
    let admin = alice.at(&there);
    let before = metric(&admin, "vestnik_bus_unopened_total").await;
    let texts = [
        "",
        "hello",
        "AQAAAAAAAAABAAAAAAAAAAFoZWxsbyBoZWxsbyBoZWxsbyBoZWxsbw",
    ];
    setup.say_as_a_stranger(&texts).await;
    eventually("three that do not open", || async {
        (metric(&admin, "vestnik_bus_unopened_total").await == before + 3).then_some(())
    })
    .await;
    alice.say(chat, "still here", "k").await.is(201);
    bobs.message("still here").await;
}

/// It has committed, and told nobody.
async fn what_a_server_stored_as_it_died_is_made_up_for(setup: Setup) {
    let here = setup.node(&[]).await;
    let [alice, bob] = here.join_all(["alice", "bob"]).await;
    let chat = alice.create_group(&[&bob]).await;
    let mut bobs = watch(&bob).await;
    let dying = setup.process(&["--trust=true", "--fault=after_commit@1"]).await;
    let mut last = dying.node().socket(&format!("/ws?chat_id={chat}&user_id={}", alice.id)).await;
    last.say("the last word").await;
    assert!(!dying.ended().await.success());
    let counts = bobs.until(|frame| frame["chat_id"] == chat && frame["n"] == 1).await;
    assert_eq!(counts["unread"], 1, "{counts}");
}

async fn whoever_guesses_at_one_server_has_guessed_at_all(setup: Setup) {
    let Two { here, there, .. } = two(&setup).await;
    let guess = |node: &TestNode, password: &str| {
        let (nobody, body) = (node.nobody(), json!({"username": "bob", "password": password}));
        async move { nobody.post("/auth", body).await }
    };
    let mut guesses = 0;
    while guess(&here, "wrong").await.status == 401 {
        guesses += 1;
        assert!(guesses < 50, "never too many");
    }
    eventually("too many at the other one", || async {
        let answer = guess(&there, "secret").await;
        (answer.status == 429).then(|| answer.refused(429, "too_many_logins"))
    })
    .await;
}

async fn more_connections_than_postgres_has_for_all_servers_are_warned_of(setup: Setup) {
    let first = setup.process(&["--db-connections=120"]).await;
    let second = setup.process(&["--db-connections=120"]).await;
    let warning = "raise its max_connections";
    assert!(!first.log().contains(warning), "{}", first.log());
    assert!(!second.log().contains(warning), "{}", second.log());
    let third = setup.process(&["--db-connections=120"]).await;
    let log = third.saying(warning).await;
    assert!(log.contains("3 servers may open 366 connections, 122 each"), "{log}");
}

/// Two servers that hear each other without the database, each with a way of its own to it; alice is at the first and bob
/// at the second, both in the chat.
async fn cut_apart(setup: &Setup) -> ([Arc<FaultyProxy>; 2], [TestSocket; 2]) {
    let bus = FaultyBus::faultless();
    let (at_here, here) = FaultyProxy::before(setup).await;
    let (at_there, there) = FaultyProxy::before(setup).await;
    let flag = |url: &str| format!("--database-url={url}");
    let (here, there) = match setup.talks_by_nats() {
        true => (setup.node(&[&flag(&here)]).await, setup.node(&[&flag(&there)]).await),
        false => (
            setup.node_on_with(&bus, &[&flag(&here)]).await,
            setup.node_on_with(&bus, &[&flag(&there)]).await,
        ),
    };
    let [alice, bob] = here.join_all(["alice", "bob"]).await;
    let chat = alice.create_group(&[&bob]).await;
    let bob = bob.at(&there);
    let sockets = [alice.socket(chat).await, bob.socket(chat).await];
    ([at_here, at_there], sockets)
}

async fn clients_of_a_server_that_is_cut_from_its_database_are_sent_away(setup: Setup) {
    let ([_, at_there], [mut alices, mut bobs]) = cut_apart(&setup).await;
    at_there.stalled.store(true, Ordering::SeqCst);
    let (frames, code) = bobs.closed().await;
    assert_eq!(code, Some(1012));
    assert!(frames.iter().any(|frame| frame["type"] == "goaway"), "{frames:?}");
    // The other one serves on.
    alices.say_keyed("still here", "k").await;
    at_there.stalled.store(false, Ordering::SeqCst);
}

async fn nobody_is_sent_away_while_the_database_is_away_for_all(setup: Setup) {
    let (ways, sockets) = cut_apart(&setup).await;
    let away = |away| ways.iter().for_each(|way| way.away.store(away, Ordering::SeqCst));
    away(true);
    // Longer than a server takes to find that it is cut.
    tokio::time::sleep(PROVEN_FOR + Duration::from_secs(3)).await;
    away(false);
    let [mut alices, mut bobs] = sockets;
    let talk = async {
        let message = json!({"content": "back", "client_msg_id": "k"});
        loop {
            alices.send(message.clone()).await;
            let answer =
                alices.until(|frame| frame["client_msg_id"] == "k" && frame["type"] != "message");
            if answer.await["type"] == "ack" {
                break;
            }
        }
        bobs.message("back").await;
    };
    within("both to talk on", talk).await;
}

async fn servers_that_are_set_differently_are_warned_of(setup: Setup) {
    let nodes = || {
        let arguments = [&["nodes".to_owned()], &setup.arguments(&[])[..]].concat();
        let dir = setup.dir();
        async move { finish(dir, &arguments).await }
    };
    let warning = "are set differently";
    // What a machine can bear may differ.
    let first = setup.process(&["--node-name=one", "--max-sessions=50"]).await;
    let second = setup.process(&["--node-name=two", "--db-connections=9"]).await;
    let log = [first.log(), second.log()].concat();
    assert!(!log.contains(warning), "{log}");
    let (_, listed) = nodes().await;
    assert!(!listed.contains(warning), "{listed}");
    let set = [
        "--node-name=three",
        "--registration=invite",
        "--token-days=7",
    ];
    let third = setup.process(&set).await;
    for (other, name) in [(1, "one"), (2, "two")] {
        let log = third
            .saying(&format!("server {other} ({name}) on the same database {warning}"))
            .await;
        for difference in [
            "VESTNIK_REGISTRATION is invite here and open there",
            "VESTNIK_TOKEN_DAYS is 7 here and 30 there",
        ] {
            assert!(log.contains(difference), "{log}");
        }
    }
    let (succeeded, listed) = nodes().await;
    assert!(succeeded && listed.matches(warning).count() == 1, "{listed}");
    let difference = "VESTNIK_REGISTRATION is open here and invite there";
    assert!(listed.contains("server 3 (there)") && listed.contains(difference), "{listed}");
}

/// A server without its bus serves; it says so.
async fn whoever_asks_whether_a_server_is_ready_is_told_of_its_bus(setup: Setup) {
    let (bus, url) = FaultyProxy::before(&setup).await;
    let node = setup.node(&[&format!("--bus={url}")]).await;
    let alice = node.join("alice").await;
    let until = async |wanted: &str| {
        eventually("the bus to be known", || async {
            let ready = node.nobody().get("/api/ready").await.is(200);
            (ready["bus"] == wanted).then_some(())
        })
        .await;
        assert_eq!(node.nobody().get("/api/health").await.is(200)["bus"], wanted);
    };
    until("ok").await;
    bus.away.store(true, Ordering::Relaxed);
    bus.cut();
    until("away").await;
    alice.say(1, "meanwhile", "k").await.is(201);
    bus.away.store(false, Ordering::Relaxed);
    until("ok").await;
    let alone = setup.node(&["--bus=none"]).await;
    for path in ["/api/ready", "/api/health"] {
        let answer = alone.nobody().get(path).await.is(200);
        assert!(answer.get("bus").is_none(), "{answer}");
    }
}

/// Whoever was killed is listed for seconds, and answers nobody; a server that starts meanwhile greets it.
async fn servers_say_little_while_one_is_dead_and_still_listed(setup: Setup) {
    let dead = setup.process(&[]).await;
    let alice = dead.node().join("alice").await;
    dead.kill().await;
    let began = Instant::now();
    let servers = [setup.process(&[]).await, setup.process(&[]).await];
    let at = servers.each_ref().map(|server| alice.at(server.node()));
    let said = || join_all(at.iter().map(|at| metric(at, "vestnik_bus_published_total")));
    eventually("some seconds' words", || async {
        let have_said = said().await.iter().all(|said| *said >= 8);
        (have_said && began.elapsed() > Duration::from_secs(2)).then_some(())
    })
    .await;
    assert_eq!(
        setup.number("SELECT COUNT(*) FROM nodes").await,
        3,
        "the dead one is still there"
    );
    // A pulse a second each, two greetings a second, and some at the beginning.
    let most = 40 + 10 * began.elapsed().as_secs() as i64;
    let said = said().await;
    assert!(
        said.iter().all(|said| *said < most),
        "{said:?} envelopes, at most {most} were due"
    );
}

async fn whoever_is_alone_tells_nothing(setup: Setup) {
    let here = setup.node(&[]).await;
    // The first is the administrator.
    let (alice, bob) = (here.join("alice").await, here.join("bob").await);
    let chat = alice.create_group(&[&bob]).await;
    let mut bobs = open(&bob, chat).await;
    alice.say(chat, "hello", "k").await.is(201);
    bobs.message("hello").await;
    assert_eq!(metric(&alice, "vestnik_bus_published_total").await, 0);
}
