//! However a client came to what it has (live from the beginning, cut and resumed, from a position of
//! long ago, afresh), in the end it has what everybody has and what REST says. Several users
//! do at random everything that can be done, at once and to the same messages.

mod doing;
mod following;

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use futures_util::future::join_all;
use tokio::sync::watch;

use crate::support::faulty_bus::FaultyBus;
use crate::support::replica::Replica;
use crate::support::seeded_random::Chance;
use crate::support::*;

use doing::Actor;
use following::{Follower, Start};

on_both_stores! {
    all_clients_come_to_the_same_state,
}

on_postgres! {
    all_clients_come_to_the_same_state_at_whichever_server,
    all_clients_come_to_the_same_state_whatever_the_bus_does,
}

/// Each is one course of events; what races in it is up to the machine.
const SEEDS: [u64; 3] = [1, 20_260, 977];
/// What each of the users does.
const DEEDS: usize = 90;
/// Clients of each kind.
const CLIENTS: u64 = 3;

/// The chat where it happens.
#[derive(Clone)]
struct Scene {
    chat: i64,
    /// All of them; whoever is cut may come back to another.
    servers: Vec<TestNode>,
    /// Messages that were posted, by id.
    posted: Arc<Mutex<Vec<i64>>>,
    /// How many deeds are done.
    done: watch::Sender<usize>,
    /// The last `seq`, once all is done.
    end: watch::Sender<Option<i64>>,
}

async fn all_clients_come_to_the_same_state(setup: Setup) {
    let node = setup.node(&[]).await;
    let people = node.join_all(["alice", "bob", "carol", "dave"]).await;
    converge(&people, &[node]).await;
}

/// The four do what they do at three servers, and what these tell each other is lost again and again: the
/// connections on which they listen are cut.
async fn all_clients_come_to_the_same_state_at_whichever_server(setup: Setup) {
    let servers = [
        setup.node(&[]).await,
        setup.node(&[]).await,
        setup.node(&[]).await,
    ];
    let people = servers[0].join_all(["alice", "bob", "carol", "dave"]).await;
    let mut of_each = servers.iter().cycle();
    let people = people.map(|person| person.at(of_each.next().expect("a server")));
    Box::pin(setup.deafened(converge(&people, &servers))).await;
}

/// The same, by a bus that loses, repeats, delays, reorders and stands still.
async fn all_clients_come_to_the_same_state_whatever_the_bus_does(setup: Setup) {
    let bus = FaultyBus::new(SEEDS[2]);
    let servers = [
        setup.node_on(&bus).await,
        setup.node_on(&bus).await,
        setup.node_on(&bus).await,
    ];
    let people = servers[0].join_all(["alice", "bob", "carol", "dave"]).await;
    let mut of_each = servers.iter().cycle();
    let people = people.map(|person| person.at(of_each.next().expect("a server")));
    Box::pin(converge(&people, &servers)).await;
}

async fn converge(people: &[TestClient; 4], servers: &[TestNode]) {
    for seed in SEEDS {
        let heard = one_course(people, servers, seed).await;
        let types: HashSet<_> = heard.iter().map(|frame| frame["type"].as_str()).collect();
        for expected in [
            "message", "edited", "deleted", "reaction", "pin", "member", "chat",
        ] {
            assert!(types.contains(&Some(expected)), "seed {seed}: no {expected}");
        }
    }
}

/// One chat from its beginning to its end; everything that happened in it.
async fn one_course(people: &[TestClient; 4], servers: &[TestNode], seed: u64) -> Vec<Value> {
    let [alice, bob, carol, dave] = people;
    let scene = Scene {
        chat: alice.create_group(&[bob, carol, dave]).await,
        servers: servers.to_vec(),
        posted: Arc::default(),
        done: watch::Sender::new(0),
        end: watch::Sender::new(None),
    };
    let mut chance = Chance::new(seed);
    let mut follow = |user: &TestClient, start, is_cut: bool| {
        let follower = Follower::new(&scene, user, start, is_cut.then(|| chance.next()));
        tokio::spawn(follower.run())
    };
    let witness = follow(bob, Start::After(Replica::default()), false);
    let mut followers = vec![];
    for late in 0..CLIENTS {
        let late = usize::try_from(late).expect("few") * DEEDS;
        followers.push(follow(carol, Start::After(Replica::default()), true));
        followers.push(follow(bob, Start::Late(late), true));
        followers.push(follow(alice, Start::Afresh(late), true));
        // Removed and added again, time after time.
        followers.push(follow(dave, Start::After(Replica::default()), true));
    }
    let deeds = people.iter().enumerate().map(|(index, user)| {
        let chance = Chance::new(seed.wrapping_mul(31).wrapping_add(index as u64));
        Actor::new(&scene, user, people, chance).act(DEEDS)
    });
    join_all(deeds).await;
    alice.add(scene.chat, dave, "member").await;
    // Whoever was not renamed is told no name.
    let name = json!({"name": format!("course {seed}")});
    alice.patch(&format!("/api/chats/{}", scene.chat), name).await.is(200);
    let truth = Replica::fetch(alice, scene.chat).await;
    scene.end.send_replace(Some(truth.seq));
    scene.done.send_modify(|done| *done += 1);

    let witness = within("the witness", witness).await.expect("a witness");
    witness
        .replica
        .assert_is(&truth, &format!("seed {seed}: live from the beginning"));
    for follower in join_all(followers).await {
        let follower = follower.expect("a follower");
        follower.replica.assert_is(&truth, &format!("seed {seed}: {}", follower.story));
    }
    from_anywhere(&scene, bob, &truth, witness.stops).await;
    assert_pins(alice, scene.chat, &truth).await;
    witness.heard
}

/// Whoever stopped anywhere on the way gets there in one replay.
async fn from_anywhere(scene: &Scene, user: &TestClient, truth: &Replica, stops: Vec<Replica>) {
    assert!(stops.len() > 10, "the witness stopped {} times", stops.len());
    for stop in stops {
        let story = format!("after {}", stop.seq);
        let follower = Follower::new(scene, user, Start::After(stop), None);
        let arrived = within(&story, follower.run()).await;
        arrived.replica.assert_is(truth, &story);
    }
}

async fn assert_pins(user: &TestClient, chat: i64, truth: &Replica) {
    let pins = user.get(&format!("/api/chats/{chat}/pins")).await.is(200);
    let pins = pins["messages"].as_array().expect("messages");
    let ids = pins.iter().map(|message| message["id"].as_i64().expect("an id"));
    assert_eq!(ids.collect::<std::collections::BTreeSet<_>>(), truth.pinned());
    assert!(truth.reactions() > 0, "reactions are left");
}
