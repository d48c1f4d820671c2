//! Nothing outlives its right: a request whose caller loses their right while the body is on its way
//! is refused, whichever route it is for. The routes come from the OpenAPI document, so that a new one
//! with a body has to be listed here.

use std::collections::BTreeMap;

use reqwest::Method;
use sea_orm::ConnectionTrait;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::*;

on_both_stores! {
    a_request_whose_body_came_with_its_head_is_served,
    a_revoked_token_does_nothing_with_a_body_that_was_held_back,
    a_new_password_ends_what_was_held_back,
    a_deleted_account_does_nothing_with_a_body_that_was_held_back,
    a_deactivated_account_does_nothing_with_a_body_that_was_held_back,
    an_erased_account_does_nothing_with_a_body_that_was_held_back,
    a_former_administrator_manages_nothing_with_a_body_that_was_held_back,
}

/// What else a part of an upload says of itself.
const PART: &str = "Tus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\n\
                    Content-Type: application/offset+octet-stream\r\n";

/// Whose request it is, and what it may name.
struct Scene {
    node: TestNode,
    root: TestClient,
    eve: TestClient,
    chat: i64,
    /// A chat that may be deleted.
    spare: i64,
    message: i64,
    /// Of an upload of two bytes that has begun.
    upload: String,
    others: Vec<TestClient>,
}

/// One request of each operation with a body: what it would do, and whether it takes an administrator.
type Samples = BTreeMap<(&'static str, &'static str), (String, Value, bool)>;

impl Scene {
    async fn new(setup: &Setup) -> Self {
        let node = setup.node(&[]).await;
        let root = node.join("root").await;
        let eve = node.join("evelyn").await;
        setup.user_done(&["promote", "evelyn"], "").await;
        let names = [
            "user1", "user2", "user3", "user4", "user5", "user6", "user7",
        ];
        let others = node.join_all(names).await.to_vec();
        let chat = eve.create_group(&[&others[0], &others[1]]).await;
        let spare = eve.create_group(&[]).await;
        let message = eve.said(chat, "what was said").await["id"].as_i64().expect("an id");
        let length = [("Tus-Resumable", "1.0.0"), ("Upload-Length", "2")];
        let (begun, _) = eve.bytes(Method::POST, "/api/uploads", None, &length).await;
        let upload = begun.header("location").to_owned();
        Self {
            node,
            root,
            eve,
            chat,
            spare,
            message,
            upload,
            others,
        }
    }

    fn samples(&self) -> Samples {
        let Self {
            chat,
            message,
            spare,
            ..
        } = self;
        let user = |i: usize| self.others[i].id;
        let at = |path: &str| path.to_owned();
        let member = |user: i64| json!({"conversation_id": chat, "user_id": user});
        let samples = [
            (
                ("PATCH", "/api/users/{id}"),
                (format!("/api/users/{}", user(0)), json!({"display_name": "x"}), true),
            ),
            (
                ("DELETE", "/api/users/{id}"),
                (format!("/api/users/{}", user(2)), json!({}), true),
            ),
            (
                ("POST", "/api/users/{id}/erase"),
                (format!("/api/users/{}/erase", user(3)), json!({"confirm": "user4"}), true),
            ),
            (("PATCH", "/api/me"), (at("/api/me"), json!({"display_name": "x"}), false)),
            (("POST", "/api/invites"), (at("/api/invites"), json!({}), true)),
            (
                ("POST", "/api/chats"),
                (at("/api/chats"), json!({"type": "group", "name": "x"}), false),
            ),
            (
                ("PATCH", "/api/chats/{id}"),
                (format!("/api/chats/{chat}"), json!({"name": "x"}), false),
            ),
            (
                ("POST", "/api/chats/{id}/members"),
                (format!("/api/chats/{chat}/members"), json!({"user_id": user(4)}), false),
            ),
            (
                ("PATCH", "/api/chats/{id}/members/{user_id}"),
                (
                    format!("/api/chats/{chat}/members/{}", user(0)),
                    json!({"role": "admin"}),
                    false,
                ),
            ),
            (
                ("POST", "/api/chats/{id}/messages"),
                (format!("/api/chats/{chat}/messages"), json!({"content": "late"}), false),
            ),
            (
                ("PATCH", "/api/chats/{id}/messages/{message_id}"),
                (
                    format!("/api/chats/{chat}/messages/{message}"),
                    json!({"content": "edited"}),
                    false,
                ),
            ),
            (
                ("PUT", "/api/chats/{id}/read"),
                (format!("/api/chats/{chat}/read"), json!({"n": 1}), false),
            ),
            (
                ("PUT", "/api/chats/{id}/unread"),
                (format!("/api/chats/{chat}/unread"), json!({"n": 1}), false),
            ),
            (
                ("PUT", "/api/chats/{id}/mute"),
                (format!("/api/chats/{chat}/mute"), json!({"muted": true}), false),
            ),
            (("POST", "/api/sync"), (at("/api/sync"), json!({}), false)),
            (
                ("PUT", "/updateUser"),
                (at("/updateUser"), json!({"id": user(0), "username": "user1_"}), true),
            ),
            (("DELETE", "/deleteUser"), (at("/deleteUser"), json!({"id": user(5)}), true)),
            (
                ("POST", "/createChat"),
                (at("/createChat"), json!({"type": "group", "name": "x"}), false),
            ),
            (("DELETE", "/deleteChat"), (at("/deleteChat"), json!({"id": spare}), false)),
            (("POST", "/addMember"), (at("/addMember"), member(user(6)), false)),
            (("DELETE", "/removeMember"), (at("/removeMember"), member(user(1)), false)),
            (("POST", "/api/messages"), (at("/api/messages"), json!({"text": "late"}), false)),
            // The bytes of a file, whatever they are.
            (("POST", "/api/files"), (at("/api/files?name=late"), json!({"late": 1}), false)),
            (("PATCH", "/api/uploads/{id}"), (self.upload.clone(), json!({}), false)),
        ];
        samples.into_iter().collect()
    }

    /// What the server has stored, to be compared.
    async fn state(setup: &Setup) -> Vec<i64> {
        let mut state = Vec::new();
        for sql in [
            "SELECT COUNT(*) FROM messages",
            "SELECT COALESCE(SUM(head_seq), 0) FROM conversations",
            "SELECT COUNT(*) FROM conversations WHERE deleted_at IS NULL",
            "SELECT COUNT(*) FROM invites",
            "SELECT COUNT(*) FROM users WHERE deactivated_at IS NULL",
            "SELECT COUNT(*) FROM users WHERE display_name IS NULL AND username NOT LIKE '%\\_'",
            "SELECT COUNT(*) FROM members WHERE muted OR read_rev > 0",
            "SELECT COUNT(*) FROM uploads WHERE sha256 IS NOT NULL",
        ] {
            let number = sql.replace(
                "COALESCE(SUM(head_seq), 0)",
                "CAST(COALESCE(SUM(head_seq), 0) AS BIGINT)",
            );
            state.push(setup.number(&number).await);
        }
        state
    }
}

/// A request of which the last byte is missing.
struct Held {
    what: String,
    stream: TcpStream,
    last: [u8; 1],
    is_for_administrators: bool,
}

impl Held {
    async fn begin(scene: &Scene, method: &str, sample: &(String, Value, bool)) -> Self {
        let (path, body, is_for_administrators) = sample;
        let body = body.to_string();
        let (first, last) = body.as_bytes().split_at(body.len() - 1);
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: {}\r\nContent-Length: {}\r\n{}\
             Connection: close\r\n\r\n",
            scene.node.address(),
            scene.eve.bearer(),
            body.len(),
            if path.starts_with("/api/uploads") {
                PART
            } else {
                ""
            },
        );
        let mut stream = TcpStream::connect(scene.node.address()).await.expect("a connection");
        stream.write_all(head.as_bytes()).await.expect("the head is sent");
        stream.write_all(first).await.expect("most of the body is sent");
        Self {
            what: format!("{method} {path}"),
            stream,
            last: [last[0]],
            is_for_administrators: *is_for_administrators,
        }
    }

    /// Sends the last byte; the status.
    async fn finish(mut self) -> (String, bool, u16, String) {
        // A server that has refused it may have closed already.
        let _ = self.stream.write_all(&self.last).await;
        let mut answer = String::new();
        within(&self.what, self.stream.read_to_string(&mut answer))
            .await
            .expect("an answer");
        let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.unwrap_or_else(|| panic!("{} answered {answer:?}", self.what));
        (self.what, self.is_for_administrators, status, answer)
    }
}

/// Sends each request but for its last byte. Each is seen to have been taken for Eve's: the use of her
/// token is noted.
async fn hold_all(setup: &Setup, scene: &Scene) -> Vec<Held> {
    let samples = scene.samples();
    let documented = operations(&scene.node).await.into_iter();
    for operation in documented.filter(|operation| operation.has_body && !operation.is_open) {
        let (method, path) = (operation.method, operation.path);
        let is_listed = samples.keys().any(|(m, p)| *m == method && *p == path);
        assert!(is_listed, "{method} {path} takes a body: list it here");
    }
    let database = setup.open().await;
    let token = format!("user_id = {}", scene.eve.id);
    let forget =
        format!("UPDATE tokens SET last_used_at = '2020-01-01 00:00:00+00:00' WHERE {token}");
    let used = format!("SELECT COUNT(*) FROM tokens WHERE {token} AND last_used_at > '2021-01-01'");
    let mut held = Vec::new();
    for ((method, _), sample) in &samples {
        database.execute_unprepared(&forget).await.expect("the use is forgotten");
        held.push(Held::begin(scene, method, sample).await);
        eventually("the use of the token", async || (setup.number(&used).await > 0).then_some(()))
            .await;
    }
    held
}

async fn all_are_refused(setup: Setup, scene: Scene, held: Vec<Held>) {
    let before = Scene::state(&setup).await;
    for request in held {
        let (what, _, status, answer) = request.finish().await;
        assert_eq!(status, 401, "{what} answered {answer}");
        assert!(answer.contains("unauthenticated"), "{what} answered {answer}");
    }
    assert_eq!(Scene::state(&setup).await, before);
    scene.eve.get("/api/me").await.refused(401, "unauthenticated");
}

async fn a_request_whose_body_came_with_its_head_is_served(setup: Setup) {
    let scene = Scene::new(&setup).await;
    for request in hold_all(&setup, &scene).await {
        let (what, _, status, answer) = request.finish().await;
        assert!((200..300).contains(&status), "{what} answered {answer}");
    }
}

async fn a_revoked_token_does_nothing_with_a_body_that_was_held_back(setup: Setup) {
    let scene = Scene::new(&setup).await;
    let held = hold_all(&setup, &scene).await;
    let laptop = scene.node.sign_in("evelyn", "secret").await;
    let devices = laptop.get("/api/tokens").await.is(200);
    let devices = devices["tokens"].as_array().expect("tokens");
    let phone = devices.iter().find(|device| device["current"] == false).expect("the phone");
    laptop.delete(&format!("/api/tokens/{}", phone["id"]), json!({})).await.is(204);
    all_are_refused(setup, scene, held).await;
}

async fn a_new_password_ends_what_was_held_back(setup: Setup) {
    let scene = Scene::new(&setup).await;
    let held = hold_all(&setup, &scene).await;
    let eve = format!("/api/users/{}", scene.eve.id);
    scene.root.patch(&eve, json!({"password": "another secret"})).await.is(200);
    all_are_refused(setup, scene, held).await;
}

async fn a_deleted_account_does_nothing_with_a_body_that_was_held_back(setup: Setup) {
    let scene = Scene::new(&setup).await;
    let held = hold_all(&setup, &scene).await;
    scene
        .root
        .delete(&format!("/api/users/{}", scene.eve.id), json!({}))
        .await
        .is(204);
    all_are_refused(setup, scene, held).await;
}

async fn a_deactivated_account_does_nothing_with_a_body_that_was_held_back(setup: Setup) {
    let scene = Scene::new(&setup).await;
    let held = hold_all(&setup, &scene).await;
    setup.user_done(&["deactivate", "evelyn"], "").await;
    all_are_refused(setup, scene, held).await;
}

async fn an_erased_account_does_nothing_with_a_body_that_was_held_back(setup: Setup) {
    let scene = Scene::new(&setup).await;
    let held = hold_all(&setup, &scene).await;
    let eve = format!("/api/users/{}/erase", scene.eve.id);
    scene.root.post(&eve, json!({"confirm": "evelyn"})).await.is(204);
    all_are_refused(setup, scene, held).await;
}

async fn a_former_administrator_manages_nothing_with_a_body_that_was_held_back(setup: Setup) {
    let scene = Scene::new(&setup).await;
    let held = hold_all(&setup, &scene).await;
    setup.user_done(&["demote", "evelyn"], "").await;
    for request in held {
        let (what, is_for_administrators, status, answer) = request.finish().await;
        if is_for_administrators {
            assert_eq!(status, 403, "{what} answered {answer}");
        } else {
            assert!((200..300).contains(&status), "{what} answered {answer}");
        }
    }
}
