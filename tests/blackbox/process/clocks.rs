//! Servers on machines whose clocks do not go alike.

use chrono::{DateTime, TimeDelta, Utc};

use crate::support::process::ServerProcess;
use crate::support::tools::{find, skip};
use crate::support::*;

on_postgres! {
    servers_go_by_the_databases_clock,
}

fn instant(value: &Value) -> DateTime<Utc> {
    value.as_str().expect("an instant").parse().expect("an instant")
}

async fn servers_go_by_the_databases_clock(setup: Setup) {
    if find("faketime").is_none() {
        return skip("clocks that are wrong", "faketime is not installed");
    }
    let here = setup.process(&[]).await;
    let arguments = setup.arguments(&[]);
    let there = ServerProcess::start_at_another_time(setup.dir(), &arguments, "+1h").await;
    let [alice, bob] = here.node().join_all(["alice", "bob"]).await;
    let chat = alice.create_group(&[&bob]).await;
    let at_there = there.node().sign_in("bob", "secret").await;
    let begun = Utc::now();
    let mut said = Vec::new();
    for (number, speaker) in [&alice, &at_there, &alice, &at_there].into_iter().enumerate() {
        let text = format!("k{number}");
        let message = speaker.say(chat, &text, &text).await.is(201);
        said.push(instant(&message["created_at"]));
    }
    let within_a_minute = |at: &DateTime<Utc>| (*at - begun).abs() < TimeDelta::minutes(1);
    assert!(said.iter().all(within_a_minute), "{begun}: {said:?}");
    let synced = at_there.post("/api/sync", json!({})).await.is(200);
    assert!(within_a_minute(&instant(&synced["now"])), "{}", synced["now"]);
    // What lasts for seconds lasts for them at the other one, too.
    for (from, to) in [(&alice, there.node()), (&at_there, here.node())] {
        let ticket = from.post("/api/ws-ticket", json!({})).await.is(200);
        let path = format!("/ws?ticket={}", ticket["ticket"].as_str().expect("a ticket"));
        let mut socket = to.try_socket(&path, &[]).await.expect("the ticket is good");
        socket.next("ready").await;
    }
}
