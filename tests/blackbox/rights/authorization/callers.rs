//! Everybody there is, and the chat about which they ask.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::join_all;

use crate::rights::authorization::requests::{Open, Row};
use crate::support::*;

/// What somebody is to the server and to the chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Who {
    /// Without a token.
    Nobody,
    /// Their account has ended.
    Deactivated,
    /// Signed in, and never a member of the chat.
    Stranger,
    /// A member of the chat until they were removed.
    Removed,
    /// Administers the server, and is no member of the chat.
    Administrator,
    /// May read there. They have written while they were a member.
    Guest,
    /// May write there.
    Member,
    /// Administers the server, and may write there like any member.
    MemberAndAdministrator,
    /// Administers the chat.
    Admin,
    /// Owns the chat.
    Owner,
}

/// In the order of the tables' columns.
pub(super) const EVERYBODY: [Who; 10] = [
    Who::Nobody,
    Who::Deactivated,
    Who::Stranger,
    Who::Removed,
    Who::Administrator,
    Who::Guest,
    Who::Member,
    Who::MemberAndAdministrator,
    Who::Admin,
    Who::Owner,
];

/// The people. `other` is one more member of each chat, and owns one in which nobody else is.
pub(super) struct Cast {
    node: TestNode,
    people: HashMap<Who, TestClient>,
    other: TestClient,
    elsewhere: i64,
    /// Somebody who is in no chat but General, and may be deleted.
    spare: tokio::sync::Mutex<TestClient>,
    made: AtomicUsize,
}

/// A chat with everybody in their roles, and what they have said there.
pub(super) struct Place {
    pub(super) chat: i64,
    mine: HashMap<Who, i64>,
    theirs: i64,
    /// A file that their message carries.
    file: i64,
    absent: Option<i64>,
}

impl Place {
    /// Where nothing is.
    pub(super) fn absent(id: i64) -> Self {
        Self {
            chat: id,
            mine: HashMap::new(),
            theirs: id,
            file: id,
            absent: Some(id),
        }
    }
}

impl Cast {
    pub(super) async fn assemble(setup: &Setup, node: &TestNode) -> Self {
        let ada = node.join("ada").await;
        let words = ["create", "ines", "ines@example.com", "--admin"];
        setup.user_done(&words, "secret").await;
        let names = ["dora", "sten", "rune", "gus", "mia", "abel", "olga", "theo"];
        let joined = node.join_all(names).await;
        let [dora, sten, rune, gus, mia, abel, olga, theo] = joined;
        ada.delete(&format!("/api/users/{}", dora.id), json!({})).await.is(204);
        let elsewhere = theo.create_group(&[]).await;
        let elsewhere = id(&theo.said(elsewhere, "elsewhere").await);
        Self {
            people: HashMap::from([
                (Who::Nobody, node.nobody()),
                (Who::Deactivated, dora),
                (Who::Stranger, sten),
                (Who::Removed, rune),
                (Who::Administrator, ada),
                (Who::Guest, gus),
                (Who::Member, mia),
                (Who::MemberAndAdministrator, node.sign_in("ines", "secret").await),
                (Who::Admin, abel),
                (Who::Owner, olga),
            ]),
            node: node.clone(),
            other: theo,
            elsewhere,
            spare: node.join("spare").await.into(),
            made: AtomicUsize::new(0),
        }
    }

    pub(super) fn client(&self, who: Who) -> &TestClient {
        &self.people[&who]
    }

    /// A new chat with everybody in it.
    pub(super) async fn place(&self) -> Place {
        let [owner, guest, removed] =
            [Who::Owner, Who::Guest, Who::Removed].map(|w| self.client(w));
        let inside = [
            Who::Removed,
            Who::Guest,
            Who::Member,
            Who::MemberAndAdministrator,
        ];
        let members = inside.map(|who| self.client(who));
        let chat = owner.create_group(&members).await;
        owner.add(chat, self.client(Who::Admin), "admin").await.is(201);
        owner.add(chat, &self.other, "member").await.is(201);
        let writers = inside.into_iter().chain([Who::Admin, Who::Owner]);
        let said = writers.map(async |who| (who, id(&self.client(who).said(chat, "mine").await)));
        let mine: HashMap<_, _> = join_all(said).await.into_iter().collect();
        let upload = self.other.upload("a", b"a").await;
        let theirs = self.other.try_carry(chat, "theirs", &[&upload]).await.is(201);
        let (theirs, file) = (id(&theirs), id(&theirs["attachments"][0]));
        owner.remove(chat, removed).await.is(204);
        let path = format!("/api/chats/{chat}/members/{}", guest.id);
        owner.patch(&path, json!({"role": "guest"})).await.is(200);
        Place {
            chat,
            mine,
            theirs,
            file,
            absent: None,
        }
    }

    /// What stands in a row, with the ids that are meant.
    pub(super) fn fill(&self, text: &str, place: &Place, who: Who) -> String {
        let mine = place.mine.get(&who).unwrap_or(&place.theirs);
        let elsewhere = place.absent.unwrap_or(self.elsewhere);
        text.replace("$chat", &place.chat.to_string())
            .replace("$mine", &mine.to_string())
            .replace("$theirs", &place.theirs.to_string())
            .replace("$file", &place.file.to_string())
            .replace("$elsewhere", &elsewhere.to_string())
            .replace("$me", &self.client(who).id.to_string())
            .replace("$other", &self.other.id.to_string())
            .replace("$new", &format!("new{}", self.made.fetch_add(1, Ordering::Relaxed)))
    }

    /// Asks, and says the status of a success or the code of a refusal.
    pub(super) async fn ask(&self, place: &Place, row: &Row, who: Who) -> String {
        let mut client = self.client(who).clone();
        if row.signs_out && who as usize >= Who::Stranger as usize {
            client = self.again(&client).await;
        }
        let mut spare = match row.path.contains("$spare") || row.body.contains("$spare") {
            true => Some(self.spare.lock().await),
            false => None,
        };
        let id = spare.as_ref().map_or(0, |spare| spare.id).to_string();
        let spares = |text: String| text.replace("$spare", &id);
        let mut path = spares(self.fill(row.path, place, who));
        let body = spares(self.fill(row.body, place, who));
        for (what, whose) in [("$device", &client), ("$foreign_device", &self.other)] {
            if path.contains(what) {
                path = path.replace(what, &device(whose).await.to_string());
            }
        }
        if path.contains("$invite") {
            path = path.replace("$invite", &self.invite().await.to_string());
        }
        if row.operation == "GET /api/events" {
            let query = path.trim_start_matches("/api/events");
            return match TestStream::open(&client, query, None).await {
                Ok(_) => "200".to_owned(),
                Err(answer) => outcome(answer),
            };
        }
        let body = (!body.is_empty()).then_some(body);
        let method = method_of(row).parse().expect("a method");
        let answered = outcome(client.request(method, &path, body, &[]).await);
        let is_gone = method_of(row) == "DELETE" && answered.starts_with('2');
        if let Some(spare) = spare.as_deref_mut().filter(|_| is_gone) {
            *spare = self.one_more().await;
        }
        answered
    }

    /// Asks what is for everybody; what is wrong of the answers.
    pub(super) async fn ask_open(&self, who: Who, open: &[Open]) -> Vec<String> {
        let mut wrong = Vec::new();
        for (operation, body, expected) in open {
            let (method, path) = operation.split_once(' ').expect("an operation");
            let body = self.fill(body, &Place::absent(0), who);
            let body = (!body.is_empty()).then_some(body);
            let method = method.parse().expect("a method");
            let answered = outcome(self.client(who).request(method, path, body, &[]).await);
            wrong.extend(
                (answered != *expected)
                    .then(|| format!("{operation} of {who:?}: {answered}, not {expected}")),
            );
        }
        wrong
    }

    async fn one_more(&self) -> TestClient {
        self.node
            .join(&format!("spare{}", self.made.fetch_add(1, Ordering::Relaxed)))
            .await
    }

    /// The same person on one more device. The name is in the account that everybody sees.
    async fn again(&self, client: &TestClient) -> TestClient {
        let me = client.get("/api/me").await.is(200);
        self.node.sign_in(me["username"].as_str().expect("a name"), "secret").await
    }

    async fn invite(&self) -> i64 {
        let made = self.client(Who::Administrator).post("/api/invites", json!({})).await;
        id(&made.is(201))
    }
}

fn method_of(row: &Row) -> &str {
    row.operation.split(' ').next().expect("a method")
}

async fn device(client: &TestClient) -> i64 {
    let answer = client.get("/api/tokens").await;
    if answer.status != 200 {
        return 0;
    }
    let tokens = answer.json();
    let tokens = tokens["tokens"].as_array().expect("tokens");
    id(tokens.iter().find(|token| token["current"] == true).expect("this device"))
}

fn id(object: &Value) -> i64 {
    object["id"].as_i64().expect("an id")
}

/// The status of a success, the code of anything else.
fn outcome(answer: Answer) -> String {
    match answer.status {
        200..400 => answer.status.to_string(),
        _ => answer.json()["code"].as_str().expect("a code").to_owned(),
    }
}
