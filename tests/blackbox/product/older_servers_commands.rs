//! Every command of the READMEs of Corp Messenger and Chat Gopher, verbatim, by the real curl: with `--trust` as they
//! stand, and without it with a token in the header. Only their `!!!…!!!` placeholders and the port
//! are replaced.

use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::process::Command;

use crate::support::tools::{need, skip};
use crate::support::*;

on_both_stores! {
    every_older_command_works_verbatim_under_trust,
    the_same_journey_works_with_a_token,
}

on_postgres! {
    every_older_command_works_at_any_server,
}

const REGISTER: &str = r#"curl -i -X POST -H "Content-Type: application/json" \
-d '{"username": "testuser1", "password": "secret", "email": "user1@example.com"}' \
http://localhost:8080/register"#;
const AUTH: &str = r#"curl -i -X POST -H "Content-Type: ation/json" -d '{"username" : "testuser1", "password": "secret"}' http://localhost:8080/auth"#;
const UPDATE_USER: &str = r#"curl -i -X PUT -H "Content-Type: ation/json" -d '{"id": 5,"username" : "new_testuser1", "password": "new_secret","email": "new_user1@example.com"}' http://localhost:8080/updateUser"#;
const DELETE_USER: &str = r#"curl -i -X DELETE -H "Content-Type: application/json" \
-d '{"id": !!!ID юзера!!!}' \
http://localhost:8080/deleteUser"#;
const CREATE_CHAT: &str = r#"curl -i -X POST -H "Content-Type: application/json" \
-d '{"type": "private", "name": ""}' \
http://localhost:8080/createChat"#;
const DELETE_CHAT: &str = r#"curl -i -X DELETE -H "Content-Type: application/json" \
-d '{"id": !!!ID_чата!!!}' \
http://localhost:8080/deleteChat"#;
const ADD_MEMBER: &str = r#"curl -i -X POST -H "Content-Type: application/json" -d '{"conversation_id": 4, "user_id": 5, "role": "member"}' http://localhost:8080/addMember"#;
const REMOVE_MEMBER: &str = r#"curl -i -X DELETE -H "Content-Type: application/json" \
-d '{"conversation_id": !!!ID_чата!!!, "user_id": !!!ID_пользователя!!!}' \
http://localhost:8080/removeMember"#;
const GET_MESSAGES: &str = "curl -i 'http://localhost:8080/api/messages?from=2025-02-01T00:00:00Z&to=2025-02-10T23:59:59Z'";
const POST_MESSAGE: &str = r#"curl -i -X POST -d '{"sequence": 1, "text": "Hello, World!"}' http://localhost:8080/api/messages"#;

/// A shell at the door of a server; of several, each command goes to the next one.
struct Shell<'a> {
    setup: &'a Setup,
    nodes: &'a [TestNode],
    turn: AtomicUsize,
}

impl<'a> Shell<'a> {
    fn at(setup: &'a Setup, nodes: &'a [TestNode]) -> Self {
        Self {
            setup,
            nodes,
            turn: AtomicUsize::new(0),
        }
    }

    fn next(&self) -> &TestNode {
        &self.nodes[self.turn.fetch_add(1, Ordering::Relaxed) % self.nodes.len()]
    }

    /// Runs one command with these replacements, as this user if there is one.
    async fn run(
        &self,
        command: &str,
        replace: &[(&str, i64)],
        user: Option<&TestClient>,
    ) -> Answer {
        let port = self.next().address().port();
        let mut line = command.replace("localhost:8080", &format!("localhost:{port}"));
        for (placeholder, value) in replace {
            line = line.replace(placeholder, &value.to_string());
        }
        assert!(!line.contains("!!!"), "{line}");
        if let Some(user) = user {
            let header = format!(r#"curl -i -H "Authorization: {}" "#, user.bearer());
            line = line.replacen("curl -i ", &header, 1);
        }
        let output = Command::new("sh")
            .args(["-c", &line])
            .env("HOME", self.setup.dir())
            .env("NO_PROXY", "*")
            .stdin(Stdio::null())
            .output();
        let output = within("curl", output).await.expect("a shell");
        let answer = String::from_utf8(output.stdout).expect("text");
        let (head, body) =
            answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{line}:\n{answer}"));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        Answer {
            request: line,
            status: status.unwrap_or_else(|| panic!("no status: {head}")),
            headers: reqwest::header::HeaderMap::new(),
            text: body.to_owned(),
        }
    }
}

async fn every_older_command_works_verbatim_under_trust(setup: Setup) {
    let nodes = [setup.node(&["--trust"]).await];
    Box::pin(every_older_command(&setup, &nodes)).await;
}

async fn every_older_command_works_at_any_server(setup: Setup) {
    let nodes = [
        setup.node(&["--trust"]).await,
        setup.node(&["--trust"]).await,
        setup.node(&["--trust"]).await,
    ];
    Box::pin(every_older_command(&setup, &nodes)).await;
}

async fn every_older_command(setup: &Setup, nodes: &[TestNode]) {
    if need("the walkthrough of older commands", "curl").is_none() {
        return;
    }
    let node = nodes.last().expect("a server");
    let shell = Shell::at(setup, nodes);
    let run = |command: &'static str, replace: &'static [(&'static str, i64)]| {
        shell.run(command, replace, None)
    };
    // The README's numbers: its user is the fifth, its chat the fourth.
    for i in 1..=4 {
        let account = json!({"username": format!("earlier{i}"), "password": "secret",
                             "email": format!("earlier{i}@example.com")});
        node.nobody().post("/register", account).await.is(201);
    }
    let user = run(REGISTER, &[]).await.is(201);
    assert_eq!(keys(&user), ["created_at", "email", "id", "username"]);
    assert_eq!(user["id"], 5);
    run(REGISTER, &[]).await.refused(409, "username_taken");
    let signed_in = run(AUTH, &[]).await.is(200);
    assert_eq!(keys(&signed_in), ["expires_at", "token", "user_id"]);
    assert_eq!(signed_in["user_id"], 5);

    for id in 2..=4 {
        let chat = run(CREATE_CHAT, &[]).await.is(201);
        assert_eq!(keys(&chat), ["created_at", "id", "name", "type"]);
        assert_eq!(chat["id"], id);
    }
    let added = run(ADD_MEMBER, &[]).await.is(201);
    assert_eq!(added, json!({"conversation_id": 4, "user_id": 5, "role": "member"}));
    run(ADD_MEMBER, &[]).await.refused(409, "already_member");

    // wscat -c "ws://localhost:8080/ws?chat_id=4&user_id=5"; `terminals` has the real ones.
    let mut socket = node.socket("/ws?chat_id=4&user_id=5").await;
    socket.say("Сообщение").await;
    assert_eq!(socket.message("Сообщение").await["username"], "testuser1");

    let changed = run(UPDATE_USER, &[]).await.is(200);
    assert_eq!(changed["username"], "new_testuser1");
    assert_eq!(changed["email"], "new_user1@example.com");
    run(AUTH, &[]).await.refused(401, "wrong_credentials");

    let told = run(POST_MESSAGE, &[]).await.is(200);
    assert_eq!(keys(&told), ["created_at", "id", "sequence", "text"]);
    assert_eq!(socket.message("Hello, World!").await["sequence"], 1);
    assert_eq!(run(GET_MESSAGES, &[]).await.is(200), json!([]));

    run(REMOVE_MEMBER, &[("!!!ID_чата!!!", 4), ("!!!ID_пользователя!!!", 5)])
        .await
        .is(204);
    assert_eq!(socket.closed().await.1, Some(4503));
    run(DELETE_CHAT, &[("!!!ID_чата!!!", 4)]).await.is(204);
    run(DELETE_CHAT, &[("!!!ID_чата!!!", 4)]).await.refused(404, "chat_not_found");
    run(DELETE_USER, &[("!!!ID юзера!!!", 5)]).await.is(204);
    run(DELETE_USER, &[("!!!ID юзера!!!", 5)]).await.refused(404, "user_not_found");
    psql_shows(setup, &["Сообщение", "Hello, World!"]).await;
}

async fn the_same_journey_works_with_a_token(setup: Setup) {
    if need("the walkthrough of older commands", "curl").is_none() {
        return;
    }
    let node = setup.node(&[]).await;
    let nodes = [node.clone()];
    let shell = Shell::at(&setup, &nodes);
    let mut earlier = Vec::new();
    for name in ["earlier1", "earlier2", "earlier3", "earlier4"] {
        earlier.push(node.join(name).await);
    }
    let user = shell.run(REGISTER, &[], None).await.is(201);
    assert_eq!(user["id"], 5);
    let signed_in = shell.run(AUTH, &[], None).await.is(200);
    let me = node.nobody().signed_in(&signed_in);
    let owner = &earlier[3];

    for command in [
        UPDATE_USER,
        CREATE_CHAT,
        ADD_MEMBER,
        POST_MESSAGE,
        GET_MESSAGES,
    ] {
        shell.run(command, &[], None).await.refused(401, "unauthenticated");
    }
    for id in 2..=4 {
        assert_eq!(shell.run(CREATE_CHAT, &[], Some(owner)).await.is(201)["id"], id);
    }
    shell.run(ADD_MEMBER, &[], Some(&me)).await.refused(404, "chat_not_found");
    shell.run(ADD_MEMBER, &[], Some(owner)).await.is(201);
    let mut socket = me.socket(4).await;
    socket.say("Сообщение").await;
    socket.message("Сообщение").await;
    shell.run(POST_MESSAGE, &[], Some(&me)).await.is(200);
    socket.message("Hello, World!").await;
    assert_eq!(shell.run(GET_MESSAGES, &[], Some(&me)).await.is(200), json!([]));

    // A token alone is not the account.
    let answer = shell.run(UPDATE_USER, &[], Some(&me)).await;
    answer.refused(403, "current_password_required");
    let update = UPDATE_USER.replace(r#"{"id": 5,"#, r#"{"id": 5, "current_password": "secret","#);
    let changed = shell.run(&update, &[], Some(&me)).await.is(200);
    assert_eq!(changed["username"], "new_testuser1");
    // A private chat has no master: it goes when both are done with it.
    let membership = [("!!!ID_чата!!!", 4), ("!!!ID_пользователя!!!", 5)];
    shell
        .run(REMOVE_MEMBER, &membership, Some(owner))
        .await
        .refused(403, "forbidden");
    let chat = [("!!!ID_чата!!!", 4)];
    shell.run(DELETE_CHAT, &chat, Some(owner)).await.is(204);
    socket.say("still there").await;
    socket.message("still there").await;
    for user in [owner, &me] {
        shell.run(DELETE_CHAT, &chat, Some(user)).await.is(204);
    }
    assert_eq!(socket.closed().await.1, Some(4504));
    shell.run(DELETE_CHAT, &chat, Some(&me)).await.refused(404, "chat_not_found");
    let user = [("!!!ID юзера!!!", 5)];
    shell.run(DELETE_USER, &user, Some(&earlier[1])).await.refused(403, "forbidden");
    let delete = DELETE_USER.replace("юзера!!!}", r#"юзера!!!, "current_password": "new_secret"}"#);
    shell.run(&delete, &user, Some(&me)).await.is(204);
    psql_shows(&setup, &["Сообщение", "Hello, World!"]).await;
}

/// `SELECT * FROM messages;` in psql, on Postgres.
async fn psql_shows(setup: &Setup, texts: &[&str]) {
    if setup.kind() != Kind::Postgres {
        return;
    }
    if tools::find("psql").is_none() {
        return skip("SELECT * FROM messages", "psql is not installed");
    }
    let query = Command::new("psql")
        .args([setup.url(), "--no-psqlrc", "-c", "SELECT * FROM messages;"])
        .env("PGCLIENTENCODING", "UTF8")
        .stdin(Stdio::null())
        .output();
    let output = within("psql", query).await.expect("psql runs");
    let table = String::from_utf8_lossy(&output.stdout).into_owned();
    for text in texts {
        assert!(table.contains(text), "{text} is not in:\n{table}");
    }
}
