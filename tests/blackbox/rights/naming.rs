//! What a name may be, in which forms it is the same one, and whose it is.

use crate::support::process::finish;
use crate::support::*;

on_both_stores! {
    one_name_and_password_open_one_account_however_they_are_typed,
    names_of_any_script_have_their_marks_and_no_mixtures,
    a_display_name_can_be_seen_and_leaves_its_neighbours_alone,
    a_name_that_looks_like_somebody_elses_is_taken,
    a_name_that_looks_like_another_in_its_own_script_is_taken,
    of_two_names_that_look_alike_one_is_given,
    old_names_that_look_alike_stay,
    a_name_that_was_given_up_rests,
    what_looks_like_a_resting_name_rests_too,
    under_trust_no_name_rests,
    people_are_found_as_people_type_names,
    old_accounts_keep_their_names_and_passwords,
    the_way_back_puts_keys_in_lower_case_again,
}

async fn register(node: &TestNode, username: &str, email: &str) -> Answer {
    let account = json!({"username": username, "password": "secret", "email": email});
    node.nobody().post("/register", account).await
}

async fn one_name_and_password_open_one_account_however_they_are_typed(setup: Setup) {
    let node = setup.node(&[]).await;
    let account = json!({"username": "zoe\u{308}-k", "password": "cre\u{300}me 9", "email": "ZOE\u{308}@x.example"});
    let made = node.nobody().post("/register", account).await.is(201);
    assert_eq!((&made["username"], &made["email"]), (&json!("zoë-k"), &json!("ZOË@x.example")));
    for name in ["zoë-k", "ZOË-K", "zoe\u{308}-k", "ｚｏë-k"] {
        let zoe = node.sign_in(name, "crème 9").await;
        zoe.get("/api/me").await.is(200);
        node.sign_in(name, "cre\u{300}me\u{a0}9").await;
        let again = register(&node, name, "other@x.example").await;
        assert!([400, 409].contains(&again.status), "{name}: {}", again.status);
    }
    register(&node, "other", "zoë@X.EXAMPLE").await.refused(409, "email_taken");
    let bob = node.join("bob").await;
    let said = bob.said(1, "@ZOE\u{308}-K?").await;
    assert_eq!(said["mentions"], json!([made["id"]]));
}

async fn names_of_any_script_have_their_marks_and_no_mixtures(setup: Setup) {
    let node = setup.node(&[]).await;
    for (number, name) in [
        "प्रिया",
        "สมศักดิ์",
        "नेहा",
        "مُحمد",
        "李小龙",
        "мария.п",
        "김anna",
    ]
    .iter()
    .enumerate()
    {
        let email = format!("{number}@x.example");
        register(&node, name, &email).await.is(201);
        node.sign_in(name, "secret").await;
    }
    for bad in [
        "аdmin0",
        "𝐚𝐝𝐦𝐢𝐧",
        "ａｄｍｉｎ",
        "...",
        "\u{3164}\u{3164}\u{3164}",
        "all",
        "EVERYONE",
        "here",
        "a\u{200b}bc",
        "abc\u{202e}",
        "\u{301}abc",
        "x\u{301}\u{302}\u{303}\u{304}\u{305}yz",
    ] {
        register(&node, bad, "bad@x.example").await.refused(400, "invalid_username");
    }
}

async fn a_display_name_can_be_seen_and_leaves_its_neighbours_alone(setup: Setup) {
    let node = setup.node(&[]).await;
    let anna = node.join("anna").await;
    let chat = anna.create_chat("group", "Кофе\u{301}йня").await;
    for bad in [
        "\u{200b}",
        "\u{2060}\u{2060}",
        "\u{3164}",
        "\u{2800}",
        "\u{feff}",
        "\u{ad}",
        "\u{e0041}",
        "\u{202e}gnisaM",
        "x\u{2028}y",
        "Masha\u{2066}",
        "owner\u{200b}",
        "Mаsha",
    ] {
        let change = json!({"display_name": bad});
        anna.patch("/api/me", change).await.refused(400, "invalid_display_name");
    }
    for bad in ["\u{200b}", "x\u{2028}y", "a\u{202e}b", "\u{3164}"] {
        let path = format!("/api/chats/{chat}");
        anna.patch(&path, json!({"name": bad})).await.refused(400, "invalid_chat_name");
    }
    for (typed, kept) in [
        (" Anna  P. ", "Anna P."),
        ("Анна (Anna)", "Анна (Anna)"),
        ("👩\u{200d}💻 Zoe\u{308}", "👩\u{200d}💻 Zoë"),
    ] {
        let me = anna.patch("/api/me", json!({"display_name": typed})).await.is(200);
        assert_eq!(me["display_name"], kept);
    }
}

async fn a_name_that_looks_like_somebody_elses_is_taken(setup: Setup) {
    let node = setup.node(&[]).await;
    let [_, anna, mallory] = node.join_all(["scope", "АННА", "mallory"]).await;
    // In Cyrillic letters, and in Latin ones.
    for (likeness, email) in [("ѕсоре", "1@x.example"), ("AHHA", "2@x.example")] {
        register(&node, likeness, email).await.refused(409, "username_taken");
        let rename = json!({"username": likeness});
        mallory.patch("/api/me", rename).await.refused(409, "username_taken");
    }
    // One's own name may change its case.
    anna.patch("/api/me", json!({"username": "Анна"})).await.is(200);
    register(&node, "scopе1", "3@x.example").await.refused(400, "invalid_username");
    register(&node, "sc0pe", "4@x.example").await.is(201);
}

async fn a_name_that_looks_like_another_in_its_own_script_is_taken(setup: Setup) {
    let node = setup.node(&[]).await;
    let [_, _, mallory] = node.join_all(["admin0", "Ivan", "mallory"]).await;
    for (number, likeness) in ["ɑdmin0", "admın0", "аdmіո0", "adrnin0", "lvan"].iter().enumerate()
    {
        let email = format!("{number}@x.example");
        let answer = register(&node, likeness, &email).await;
        assert!([400, 409].contains(&answer.status), "{likeness}: {}", answer.text);
        let rename = json!({"username": likeness});
        let answer = mallory.patch("/api/me", rename).await;
        assert!([400, 409].contains(&answer.status), "{likeness}: {}", answer.text);
    }
    register(&node, "ɑdmin0", "a@x.example").await.refused(409, "username_taken");
    for reserved in ["ɑll", "аӏӏ", "ALl", "channeI", "ѕуѕtеm"] {
        register(&node, reserved, "b@x.example").await.refused(400, "invalid_username");
    }
    for (number, other) in ["admin1", "iván", "allan"].iter().enumerate() {
        register(&node, other, &format!("c{number}@x.example")).await.is(201);
    }
}

async fn of_two_names_that_look_alike_one_is_given(setup: Setup) {
    let node = setup.node(&[]).await;
    let [one, other] = node.join_all(["one", "other"]).await;
    for round in 0..10 {
        let (mine, theirs) = (format!("modern{round}x"), format!("modem{round}x"));
        let renames = futures_util::future::join(
            one.patch("/api/me", json!({"username": mine})),
            other.patch("/api/me", json!({"username": theirs})),
        );
        let (mine, theirs) = renames.await;
        let mut statuses = [mine.status, theirs.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409], "{}, {}", mine.text, theirs.text);
    }
}

async fn old_names_that_look_alike_stay(setup: Setup) {
    let node = setup.node(&[]).await;
    let [first, second] = node.join_all(["user1", "somebody"]).await;
    let renamed = format!(
        "UPDATE users SET username = 'userl', username_key = 'userl', written_look = 'userl', folded_look = 'userl' WHERE id = {}",
        second.id
    );
    setup.execute(&renamed).await;
    node.sign_in("userl", "secret").await;
    // What is theirs already may be said again, or change its case.
    for name in ["userl", "UserL", "userl"] {
        second.patch("/api/me", json!({"username": name})).await.is(200);
    }
    first.patch("/api/me", json!({"username": "user1"})).await.is(200);
    first.patch("/api/me", json!({"username": "USER1"})).await.is(200);
    register(&node, "userI", "x@x.example").await.refused(409, "username_taken");
}

async fn what_looks_like_a_resting_name_rests_too(setup: Setup) {
    let node = setup.node(&[]).await;
    let alice = node.join("alice").await;
    let [anna1, scope, mallory] = node.join_all(["anna1", "scope", "mallory"]).await;
    anna1.patch("/api/me", json!({"username": "bob"})).await.is(200);
    let erase = json!({"confirm": "scope"});
    alice.post(&format!("/api/users/{}/erase", scope.id), erase).await.is(204);
    for name in ["ɑnna1", "annal", "ѕсоре", "Scope"] {
        register(&node, name, "x@x.example").await.refused(409, "username_taken");
        let rename = json!({"username": name});
        mallory.patch("/api/me", rename).await.refused(409, "username_taken");
    }
    // Who gave it up may have it back, or what looks like it.
    anna1.patch("/api/me", json!({"username": "annal"})).await.is(200);
    anna1.patch("/api/me", json!({"username": "anna1"})).await.is(200);
}

async fn a_name_that_was_given_up_rests(setup: Setup) {
    let node = setup.node(&[]).await;
    let [_, bob, mallory] = node.join_all(["alice", "bob", "mallory"]).await;
    bob.patch("/api/me", json!({"username": "robert"})).await.is(200);
    register(&node, "BOB", "1@x.example").await.refused(409, "username_taken");
    let rename = json!({"username": "bob"});
    mallory.patch("/api/me", rename.clone()).await.refused(409, "username_taken");
    // Who gave it up may have it back, and give it up again.
    bob.patch("/api/me", rename.clone()).await.is(200);
    bob.patch("/api/me", json!({"username": "robert"})).await.is(200);
    let nowhere = "SELECT COUNT(*) FROM freed_names WHERE digest LIKE '%bob%'";
    assert_eq!(setup.number(nowhere).await, 0);
    // The administrator of the machine is not asked to wait.
    setup.user_done(&["create", "bob", "2@x.example"], "a good password").await;
    setup
        .execute("UPDATE freed_names SET freed_at = '2026-01-01T00:00:00+00:00'")
        .await;
    mallory.patch("/api/me", json!({"username": "mal"})).await.is(200);
    assert_eq!(
        setup.number("SELECT COUNT(DISTINCT user_id) FROM freed_names").await,
        1,
        "what has rested is forgotten"
    );
}

async fn under_trust_no_name_rests(setup: Setup) {
    let node = setup.node(&["--trust"]).await;
    for round in 0..2 {
        let email = format!("{round}@x.example");
        let made = register(&node, "testuser1", &email).await.is(201);
        let name = format!("new_testuser{round}");
        let rename = json!({"id": made["id"], "username": name});
        node.nobody().put("/updateUser", rename).await.is(200);
        let back = json!({"id": made["id"], "username": "testuser1"});
        node.nobody().put("/updateUser", back).await.is(200);
        let away = json!({"id": made["id"], "username": name});
        node.nobody().put("/updateUser", away).await.is(200);
    }
}

async fn people_are_found_as_people_type_names(setup: Setup) {
    let node = setup.node(&[]).await;
    let [sf, legal, brien, jean] = node.join_all(["user-sf", "user-pc", "pat", "jl1"]).await;
    for (user, name) in [
        (&sf, "Семён Фёдоров"),
        (&legal, "100% Legal"),
        (&brien, "Pat O’Brien"),
        (&jean, "Jean-Łuc Müller"),
    ] {
        user.patch("/api/me", json!({"display_name": name})).await.is(200);
    }
    let found = async |text: &str| {
        let query: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let users = sf.get(&format!("/api/users?query={query}")).await.is(200);
        let users = users["users"].as_array().expect("users").iter();
        users.map(|user| user["id"].as_i64().expect("an id")).collect::<Vec<_>>()
    };
    for (text, user) in [
        ("СЕМЁН", &sf),
        ("Семен", &sf),
        ("федоров", &sf),
        ("Фёдоров Семён", &sf),
        ("фёд сем", &sf),
        ("100%", &legal),
        ("%", &legal),
        ("pat o'brien", &brien),
        ("OBRIEN", &brien),
        ("o’brien", &brien),
        ("luc", &jean),
        ("jean luc", &jean),
        ("muller jean", &jean),
        ("MU\u{308}LLER", &jean),
    ] {
        assert_eq!(found(text).await, [user.id], "{text}");
    }
    for nobody in ["_", "\\", "семен иванов", "'", "100%%"] {
        assert!(found(nobody).await.is_empty(), "{nobody}");
    }
    sf.patch("/api/me", json!({"display_name": ""})).await.is(200);
    assert!(found("семен").await.is_empty());
    sf.patch("/api/me", json!({"username": "semyon"})).await.is(200);
    assert_eq!(found("SEM").await, [sf.id]);
}

/// Rows as an earlier version wrote them: keys in lower case, names that are refused today, a password
/// hashed as it was typed.
async fn old_accounts_keep_their_names_and_passwords(setup: Setup) {
    let mut ids = Vec::new();
    {
        let server = setup.process(&[]).await;
        let node = server.node();
        for name in ["straße", "one", "two", "three", "four"] {
            ids.push(node.join(name).await.id);
        }
        server.terminate();
        assert!(server.ended().await.success());
    }
    setup
        .execute(&format!("UPDATE users SET username_key = 'straße' WHERE id = {}", ids[0]))
        .await;
    for (place, name) in [(1, "strasse"), (2, "ａｌｉｃｅ"), (3, "..."), (4, "аdmin0")] {
        let shown = "'Семён', search_key = NULL";
        let id = ids[place];
        setup.execute(&format!("UPDATE users SET username = '{name}', username_key = '{name}', display_name = {shown} WHERE id = {id}")).await;
    }
    setup
        .execute("UPDATE users SET keys_version = 0, written_look = NULL, folded_look = NULL")
        .await;
    let node = setup.node(&[]).await;
    assert_eq!(setup.number("SELECT COUNT(*) FROM users WHERE keys_version = 0").await, 0);
    let names = ["Straße", "STRASSE", "Alice", "...", "аdmin0"];
    for (id, name) in ids.iter().zip(names) {
        let user = node.sign_in(name, "secret").await;
        assert_eq!(user.id, *id, "{name}");
    }
    let anna = node.join("anna").await;
    let said = anna.said(1, "@straße @strasse @alice @аdmin0").await;
    assert_eq!(said["mentions"], json!([ids[0], ids[1], ids[2], ids[4]]));
    let found = anna.get("/api/users?query=%D1%81%D0%B5%D0%BC%D0%B5%D0%BD").await.is(200);
    assert_eq!(found["users"].as_array().map(Vec::len), Some(4));
}

async fn the_way_back_puts_keys_in_lower_case_again(setup: Setup) {
    let server = setup.process(&[]).await;
    let id = {
        let user = server.node().join("Straße").await;
        user.patch("/api/me", json!({"display_name": "Семён"})).await.is(200);
        user.id
    };
    server.terminate();
    assert!(server.ended().await.success());
    let migrate = async |words: &[&str]| {
        let words = ["migrate"].iter().chain(words).map(|word| (*word).to_owned());
        let words = words.chain(setup.arguments(&[])).collect::<Vec<_>>();
        let (succeeded, output) = finish(setup.dir(), &words).await;
        assert!(succeeded, "{output}");
        output
    };
    let status = migrate(&["status"]).await;
    let steps = status.lines().filter(|line| line.contains(" m20"));
    let steps = steps.skip_while(|line| !line.contains("key_names_by_unicode")).count();
    migrate(&["down", "-n", &steps.to_string()]).await;
    let former =
        "SELECT COUNT(*) FROM users WHERE username_key = 'straße' AND display_key = 'семён'";
    assert_eq!(setup.number(former).await, 1);
    let node = setup.node(&[]).await;
    assert_eq!(node.sign_in("STRASSE", "secret").await.id, id);
}
