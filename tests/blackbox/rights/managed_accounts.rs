//! Accounts of a company: made, changed and ended by an administrator, on the command line too, beside
//! a server or without one.

use crate::support::*;

on_both_stores! {
    accounts_are_made_before_the_first_server_and_beside_one,
    a_server_learns_of_a_new_account_by_itself,
    what_the_command_line_ends_loses_its_sockets,
    who_is_back_has_their_chats_again,
    the_last_administrator_stays,
    of_two_administrators_who_go_at_once_one_stays,
}

on_sqlite! {
    commands_say_what_is_wrong,
    a_password_is_read_or_made,
    under_trust_a_deactivated_user_loses_their_socket,
}

/// The name of the one account that `user list` shows in this state.
fn in_state(list: &str, state: &str) -> Vec<String> {
    let columns = |line: &str| line.split('\t').map(str::to_owned).collect::<Vec<_>>();
    let rows = list.lines().map(columns).filter(|row| row.len() == 6 && row[4] == state);
    rows.map(|row| row[1].clone()).collect()
}

async fn accounts_are_made_before_the_first_server_and_beside_one(setup: Setup) {
    let said = setup.user_done(&["create", "alice", "alice@example.com"], "a password\n").await;
    assert!(said.contains("account 1") && said.contains("administrator"), "{said}");
    let node = setup.node(&[]).await;
    let alice = node.sign_in("alice", "a password").await;
    assert_eq!(alice.get("/api/me").await.is(200)["is_admin"], true);
    let mut socket = alice.any_socket().await;
    let epoch = socket.next("ready").await["epoch"].clone();

    // The server's memory of General is behind, and whoever is new is let in all the same.
    setup.user_done(&["create", "bob", "bob@example.com"], "secret").await;
    let bob = node.sign_in("bob", "secret").await;
    let mut bobs = bob.any_socket().await;
    bobs.next("ready").await;
    // Who was there before hears of it, on the socket that they have.
    let joined = socket.next("member").await;
    assert_eq!((&joined["username"], &joined["seq"]), (&json!("bob"), &json!(2)), "{joined}");
    socket
        .send(json!({"type": "open", "chat_id": 1, "after": 1, "epoch": epoch}))
        .await;
    let opened = socket.next("opened").await;
    assert_eq!(opened["changes"][0]["username"], "bob");
    assert_eq!(opened["seq"], 2);

    // By REST, without a key and with one.
    setup.user_done(&["create", "carol", "carol@example.com"], "secret").await;
    let carol = node.sign_in("carol", "secret").await;
    carol.post("/api/chats/1/messages", json!({"content": "hello"})).await.is(201);
    setup
        .user_done(&["create", "dave", "dave@example.com", "--admin"], "secret")
        .await;
    let dave = node.sign_in("dave", "secret").await;
    dave.say(1, "hello too", "k1").await.is(201);
    assert_eq!(dave.get("/api/me").await.is(200)["is_admin"], true);
    assert_eq!(carol.get("/api/me").await.is(200)["is_admin"], false);

    // Registration takes its turn in the same line.
    node.join("erin").await;
    assert_eq!(setup.number("SELECT head_seq FROM conversations WHERE id = 1").await, 7);
    assert_eq!(setup.number("SELECT COUNT(*) FROM members WHERE conversation_id = 1").await, 5);
    let said = setup.user_done(&["list"], "").await;
    assert_eq!(in_state(&said, "active"), ["alice", "bob", "carol", "dave", "erin"]);
}

async fn a_server_learns_of_a_new_account_by_itself(setup: Setup) {
    let node = setup.node(&[]).await;
    let alice = node.join("alice").await;
    let mut socket = alice.socket(1).await;
    setup.user_done(&["create", "bob", "bob@example.com"], "secret").await;
    // Nobody says or asks anything.
    let joined = socket.next("member").await;
    assert_eq!((&joined["username"], &joined["change"]), (&json!("bob"), &json!("joined")));
    socket.say("still in order").await;
    assert_eq!(socket.message("still in order").await["seq"], 3);
}

async fn what_the_command_line_ends_loses_its_sockets(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, bob] = [node.join("alice").await, node.join("bob").await];
    let chat = alice.create_group(&[&bob]).await;
    let mut on_phone = bob.socket(chat).await;
    let mut others = alice.socket(chat).await;

    setup.user_done(&["reset-password", "Bob"], "another secret\n").await;
    assert_eq!(on_phone.closed().await.1, Some(4505));
    bob.get("/api/me").await.refused(401, "unauthenticated");
    let old = json!({"username": "bob", "password": "secret"});
    node.nobody().post("/auth", old).await.refused(401, "wrong_credentials");
    let bob = node.sign_in("bob", "another secret").await;

    let mut on_phone = bob.socket(chat).await;
    setup.user_done(&["deactivate", "bob"], "").await;
    assert_eq!(on_phone.closed().await.1, Some(4505));
    let gone = json!({"username": "bob", "password": "another secret"});
    node.nobody().post("/auth", gone).await.refused(401, "wrong_credentials");
    let said = setup.user_done(&["list"], "").await;
    assert_eq!(in_state(&said, "deactivated"), ["bob"]);

    // Nobody else is disturbed.
    others.say("still here").await;
    others.message("still here").await;
}

async fn who_is_back_has_their_chats_again(setup: Setup) {
    // A chat leaves memory at once, and comes back without those who are gone.
    let node = setup.node(&["--idle-seconds=0"]).await;
    let [alice, bob] = [node.join("alice").await, node.join("bob").await];
    let chat = alice.create_group(&[&bob]).await;
    alice.delete(&format!("/api/users/{}", bob.id), json!({})).await.is(204);
    let conversations = "vestnik_conversations 0";
    eventually("the chats to leave memory", || async {
        let metrics = alice.get("/metrics").await.text;
        metrics.lines().any(|line| line == conversations).then_some(())
    })
    .await;
    let mut alices = alice.socket(chat).await;

    setup.user_done(&["activate", "bob"], "").await;
    let bob = node.sign_in("bob", "secret").await;
    let mut bobs = bob.socket(chat).await;
    bobs.say("back again").await;
    assert_eq!(bobs.message("back again").await["username"], "bob");
    assert_eq!(alices.message("back again").await["username"], "bob");
    bob.post("/api/messages", json!({"text": "to all"})).await.is(200);
}

async fn the_last_administrator_stays(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, bob] = [node.join("alice").await, node.join("bob").await];
    let mut socket = alice.socket(1).await;
    let own = format!("/api/users/{}", alice.id);
    let erase = format!("{own}/erase");
    let confirm = json!({"confirm": "alice", "current_password": "secret"});
    let farewell = json!({"current_password": "secret"});
    alice.delete(&own, farewell.clone()).await.refused(409, "last_admin");
    alice.post(&erase, confirm.clone()).await.refused(409, "last_admin");
    for words in [
        &["demote", "alice"][..],
        &["deactivate", "alice"],
        &["erase", "alice", "--yes"],
    ] {
        setup.user_refused(words, "last administrator").await;
    }
    // One who is gone does not count.
    setup.user_done(&["promote", "bob"], "").await;
    assert_eq!(bob.get("/api/me").await.is(200)["is_admin"], true);
    bob.delete(&format!("/api/users/{}", bob.id), farewell.clone()).await.is(204);
    alice.delete(&own, farewell).await.refused(409, "last_admin");
    setup.user_refused(&["promote", "bob"], "deactivated").await;
    socket.say("still here").await;
    socket.message("still here").await;

    setup.user_done(&["activate", "bob"], "").await;
    alice.post(&erase, confirm).await.is(204);
    assert_eq!(socket.closed().await.1, Some(4505));
    setup.user_refused(&["demote", "bob"], "last administrator").await;

    let bob = node.sign_in("bob", "secret").await;
    // Corp Messenger's own name for it keeps its promise; the command line makes the next one.
    bob.delete("/deleteUser", json!({"id": bob.id, "current_password": "secret"}))
        .await
        .is(204);
    node.join("carol").await;
    setup.user_done(&["promote", "carol"], "").await;
}

async fn of_two_administrators_who_go_at_once_one_stays(setup: Setup) {
    let node = setup.node(&[]).await;
    let alice = node.join("alice").await;
    for round in 0..5 {
        let name = format!("admin{round}");
        let other = node.join(&name).await;
        setup.user_done(&["promote", &name], "").await;
        let admin = |client: &TestClient| {
            let (client, path) = (client.clone(), format!("/api/users/{}", client.id));
            let farewell = json!({"current_password": "secret"});
            async move { client.delete(&path, farewell).await.status }
        };
        let (one, two) = tokio::join!(admin(&alice), admin(&other));
        assert!(matches!((one, two), (204, 409) | (409, 204)), "{one} and {two}");
        let active = "SELECT COUNT(*) FROM users WHERE is_admin AND deactivated_at IS NULL";
        assert_eq!(setup.number(active).await, 1);
        if one == 204 {
            return;
        }
    }
}

async fn commands_say_what_is_wrong(setup: Setup) {
    setup.user_refused(&["list"], "there is no database").await;
    setup.user_refused(&["promote", "alice"], "there is no database").await;
    setup.user_done(&["create", "alice", "alice@example.com"], "secret").await;
    setup
        .user_refused(&["create", "Alice", "a@example.com"], "username is taken")
        .await;
    setup
        .user_refused(&["create", "bob", "ALICE@example.com"], "address is taken")
        .await;
    setup.user_refused(&["create", "b", "b@example.com"], "username").await;
    setup.user_refused(&["create", "bob", "nowhere"], "email").await;
    setup.user_refused(&["promote", "nobody"], "no account named nobody").await;
    setup
        .user_refused(&["reset-password", "nobody"], "no account named nobody")
        .await;
    setup.user_refused(&["erase", "alice"], "--yes").await;
    setup.user_refused(&["erase", "erased:1", "--yes"], "username").await;
    assert_eq!(setup.number("SELECT COUNT(*) FROM users").await, 1);

    // An older version's database is not touched.
    let down = [vec!["migrate".into(), "down".into()], setup.arguments(&[])].concat();
    let (succeeded, output) = crate::support::process::finish(setup.dir(), &down).await;
    assert!(succeeded, "{output}");
    setup.user_refused(&["create", "bob", "bob@example.com"], "migrate up").await;
    setup.user_refused(&["list"], "migrate up").await;
}

async fn a_password_is_read_or_made(setup: Setup) {
    let short = ["create", "alice", "alice@example.com"];
    let (succeeded, output) = setup.user(&short, "short\n").await;
    assert!(!succeeded && output.contains("password"), "{output}");
    let long = "x".repeat(1_025);
    assert!(!setup.user(&short, &long).await.0);
    assert_eq!(setup.number("SELECT COUNT(*) FROM users").await, 0);

    let longest = "x".repeat(1_024);
    setup.user_done(&short, &format!("{longest}\r\nmore")).await;
    let node = setup.node(&[]).await;
    node.sign_in("alice", &longest).await;

    // Standard output, which comes first here, has the password and nothing else.
    let said = setup.user_done(&["create", "bob", "bob@example.com"], "").await;
    let made = said.lines().next().expect("a password").to_owned();
    assert_eq!(made.len(), 20, "{said}");
    node.sign_in("bob", &made).await;
    let said = setup.user_done(&["reset-password", "bob"], "\n").await;
    let other = said.lines().next().expect("a password").to_owned();
    assert_ne!(made, other);
    node.sign_in("bob", &other).await;
    setup.user_done(&["reset-password", "bob"], "\u{feff}from Windows\r\n").await;
    node.sign_in("bob", "from Windows").await;
}

async fn under_trust_a_deactivated_user_loses_their_socket(setup: Setup) {
    let node = setup.node(&["--trust"]).await;
    let alice = node.join("alice").await;
    node.join("bob").await;
    let mut bobs = node.socket("/ws?chat_id=1&user_id=2").await;
    let mut alices = node.socket(&format!("/ws?chat_id=1&user_id={}", alice.id)).await;
    setup.user_done(&["deactivate", "bob"], "").await;
    assert_eq!(bobs.closed().await.1, Some(4505));
    alices.say("still here").await;
    alices.message("still here").await;
    // Everybody manages, so nobody is the last who does.
    node.nobody().delete("/deleteUser", json!({"id": alice.id})).await.is(204);
    assert_eq!(alices.closed().await.1, Some(4505));
}
