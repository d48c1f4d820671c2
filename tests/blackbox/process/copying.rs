//! `vestnik copy`: from one database to another, of either kind, without losing a row or anybody's position.

mod copied_databases;
mod every_table;
mod full_company;
mod refusing;
mod resuming;

use self::copied_databases::{Place, contents, copied, copy, sibling};
use self::full_company::{live, resume};
use crate::support::*;

on_postgres! {
    everything_goes_to_the_other_kind_and_back_and_clients_go_on,
    a_copy_counts_on_where_its_source_was,
}

async fn everything_goes_to_the_other_kind_and_back_and_clients_go_on(setup: Setup) {
    let laptop = Place::file(&setup, "laptop.db");
    let node = setup.node(&[&laptop.flag()]).await;
    let before = live(&node).await;
    setup.stop().await;
    let truth = contents(&laptop).await;
    assert!(
        truth
            .iter()
            .all(|(table, rows)| !rows.is_empty() || table == "follower_positions")
    );

    let server = Place::of(&setup);
    let said = copied(&setup, &laptop, &server).await;
    assert!(said.contains("copied and compared: "), "{said}");
    let other = sibling(&setup, "other").await;
    copied(&setup, &server, &other).await;
    let back = Place::file(&setup, "back.db");
    copied(&setup, &other, &back).await;
    let last = Place::file(&setup, "folder of its own/last.db");
    copied(&setup, &back, &last).await;
    assert_eq!(contents(&last).await, truth);
    other.drop_it(&setup).await;

    // The clients of the laptop come to the server, and go on.
    let (succeeded, said) = copy(&setup, &laptop, &server).await;
    assert!(!succeeded && said.contains("a finished copy of it"), "{said}");
    let node = setup.node(&[&server.flag()]).await;
    resume(&node, &before).await;
}

/// Ids that the source has given and forgotten are not given again.
async fn a_copy_counts_on_where_its_source_was(setup: Setup) {
    let file = Place::file(&setup, "source.db");
    let node = setup.node(&[&file.flag()]).await;
    let alice = node.join("alice").await;
    let phone = node.sign_in("alice", "secret").await;
    let tokens = alice.get("/api/tokens").await.is(200);
    let ids = |tokens: &Value| -> Vec<i64> {
        let tokens = tokens["tokens"].as_array().expect("tokens");
        tokens.iter().filter_map(|token| token["id"].as_i64()).collect()
    };
    let given = ids(&tokens).into_iter().max().expect("a token");
    phone.delete("/api/tokens/current", json!({})).await.is(204);
    let chat = alice.create_group(&[]).await;
    let message = alice.said(chat, "the last one").await["id"].as_i64().expect("an id");
    setup.stop().await;

    let (server, back) = (Place::of(&setup), Place::file(&setup, "back.db"));
    copied(&setup, &file, &server).await;
    copied(&setup, &server, &back).await;
    for place in [&server, &back] {
        let node = setup.node(&[&place.flag()]).await;
        let alice = alice.at(&node);
        node.sign_in("alice", "secret").await;
        let tokens = alice.get("/api/tokens").await.is(200);
        let next = ids(&tokens).into_iter().max();
        assert_eq!(next, Some(given + 1));
        let next = alice.said(chat, "the next one").await["id"].as_i64();
        assert_eq!(next, Some(message + 1));
        assert_eq!(alice.create_group(&[]).await, chat + 1);
        setup.stop().await;
    }
}
