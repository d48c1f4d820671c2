//! Finding people, and the names that they are shown as.

use crate::support::*;

on_both_stores! {
    people_are_found_by_any_part_of_their_names,
    a_display_name_is_shown_and_may_be_taken_away,
    what_is_known_before_signing_in,
}

fn names(found: &Value) -> Vec<&str> {
    let users = found["users"].as_array().expect("users");
    users.iter().map(|user| user["username"].as_str().expect("a name")).collect()
}

async fn people_are_found_by_any_part_of_their_names(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, _, maria, gone] = node.join_all(["alice", "malice_1", "мария", "alina"]).await;
    maria.patch("/api/me", json!({"display_name": "Мария Петрова"})).await.is(200);
    gone.delete("/deleteUser", json!({"id": gone.id, "current_password": "secret"}))
        .await
        .is(204);
    let find = |text: &str| {
        let (alice, path) = (alice.clone(), format!("/api/users?query={text}"));
        async move { alice.get(&path).await.is(200) }
    };
    assert_eq!(names(&find("ali").await), ["alice", "malice_1"], "those that begin so first");
    assert_eq!(names(&find("ALICE").await), ["alice", "malice_1"]);
    assert_eq!(names(&find("%D0%9F%D0%95%D0%A2%D0%A0%D0%9E%D0%92").await), ["мария"]);
    for nobody in ["zzz", "%25", "_lice_", "%5C"] {
        assert_eq!(names(&find(nobody).await), [""; 0], "{nobody}");
    }
    assert_eq!(names(&find("malice_").await), ["malice_1"]);
    for bad in ["%00".to_owned(), "a".repeat(65)] {
        let path = format!("/api/users?query={bad}");
        alice.get(&path).await.refused(400, "invalid_query");
    }
    let first = alice.get("/api/users?query=a&limit=1").await.is(200);
    assert_eq!(names(&first), ["alice"]);
    assert_eq!(first.get("next"), None, "there is no next page of the best");
}

async fn a_display_name_is_shown_and_may_be_taken_away(setup: Setup) {
    let node = setup.node(&[]).await;
    let [alice, bob] = node.join_all(["alice", "bob"]).await;
    let chat = alice.create_group(&[&bob]).await;
    let me = alice.patch("/api/me", json!({"display_name": " Алиса "})).await.is(200);
    assert_eq!((&me["display_name"], &me["username"]), (&json!("Алиса"), &json!("alice")));
    let members = bob.get(&format!("/api/chats/{chat}/members")).await.is(200);
    let seen = members["members"].as_array().expect("members").iter();
    let seen: Vec<_> = seen.filter_map(|member| member["display_name"].as_str()).collect();
    assert_eq!(seen, ["Алиса"]);
    for bad in ["x".repeat(65), "a\u{7}b".into()] {
        alice
            .patch("/api/me", json!({"display_name": bad}))
            .await
            .refused(400, "invalid_display_name");
    }
    let me = alice.patch("/api/me", json!({"display_name": ""})).await.is(200);
    assert_eq!(me["display_name"], Value::Null);
}

async fn what_is_known_before_signing_in(setup: Setup) {
    let node = setup.node(&["--registration=invite"]).await;
    let about = node.nobody().get("/api/about").await.is(200);
    assert_eq!(keys(&about), ["registration", "version"]);
    assert_eq!(about["registration"], "invite");

    setup.stop().await;
    let open = setup.node(&[]).await;
    let about = || async { open.nobody().get("/api/about").await.is(200)["is_empty"].clone() };
    assert_eq!(about().await, true, "the first account is the administrator's");
    open.join("alice").await;
    assert_eq!(about().await, Value::Null);
    // Whoever makes an account now is no administrator, though nobody is left.
    setup.execute("UPDATE users SET deactivated_at = created_at").await;
    assert_eq!(about().await, Value::Null);
}
