//! What a client has of one chat: the frames that it has heard, folded by the rule of
//! docs/protocol.md.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::rest::TestClient;

/// One chat as a client has it, up to a position.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Replica {
    /// Everything up to here is in it.
    pub(crate) seq: i64,
    pub(crate) name: String,
    /// Names and roles, by user.
    pub(crate) members: BTreeMap<i64, (Value, Value)>,
    /// By id.
    pub(crate) messages: BTreeMap<i64, Row>,
}

/// One message.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Row {
    body: Value,
    reactions: BTreeSet<(String, i64)>,
    pinned: bool,
}

fn integer(frame: &Value, name: &str) -> i64 {
    frame[name].as_i64().unwrap_or_else(|| panic!("no {name}: {frame}"))
}

impl Replica {
    /// What REST says.
    pub(crate) async fn fetch(user: &TestClient, chat: i64) -> Self {
        let mut replica = Self::fetch_about(user, chat).await;
        replica.fetch_older(user, chat, i64::MAX).await;
        replica
    }

    /// All but the messages.
    async fn fetch_about(user: &TestClient, chat: i64) -> Self {
        let path = format!("/api/chats/{chat}");
        let mut replica = Self::default();
        let shown = user.get(&path).await.is(200);
        replica.seq = integer(&shown, "seq");
        shown["name"].as_str().expect("a name").clone_into(&mut replica.name);
        let members = user.get(&format!("{path}/members?limit=200")).await.is(200);
        for member in members["members"].as_array().expect("members") {
            replica.has_member(member);
        }
        replica
    }

    /// Everything that was said before message `n`, page by page.
    async fn fetch_older(&mut self, user: &TestClient, chat: i64, n: i64) {
        let mut before = Some(n);
        while let Some(n) = before {
            let path = format!("/api/chats/{chat}/messages?limit=200&before={n}");
            let page = user.get(&path).await.is(200);
            for message in page["messages"].as_array().expect("messages") {
                self.has_message(message);
            }
            before = page["next"].as_i64();
        }
    }

    /// A client that begins afresh: the page of an `opened`, and REST for all else.
    pub(crate) async fn fresh(user: &TestClient, chat: i64, opened: &Value) -> Self {
        let page = opened["changes"].as_array().expect("changes");
        let numbers: Vec<i64> = page.iter().map(|message| integer(message, "n")).collect();
        assert!(numbers.windows(2).all(|two| two[0] + 1 == two[1]), "holes: {numbers:?}");
        let mut fresh = Self::fetch_about(user, chat).await;
        fresh
            .fetch_older(user, chat, numbers.first().copied().unwrap_or(i64::MAX))
            .await;
        page.iter().for_each(|message| fresh.has_message(message));
        // What REST says may be newer; then it is only said again.
        fresh.seq = integer(opened, "seq");
        fresh
    }

    /// A step of a replay that begins where this ends.
    pub(crate) fn replay(&mut self, opened: &Value) {
        let reached = integer(opened, "seq");
        for change in opened["changes"].as_array().expect("changes") {
            let seq = integer(change, "seq");
            assert!(self.seq < seq && seq <= reached, "{} < {seq} <= {reached}", self.seq);
            self.apply(change);
            self.seq = seq;
        }
        self.seq = reached;
    }

    /// A live change, which must be the next one.
    pub(crate) fn live(&mut self, change: &Value) {
        assert_eq!(integer(change, "seq"), self.seq + 1, "a gap or a repeat: {change}");
        self.apply(change);
        self.seq += 1;
    }

    fn apply(&mut self, change: &Value) {
        match change["type"].as_str().expect("a type") {
            "message" | "edited" | "deleted" => self.has_message(change),
            "reaction" => {
                if let Some(row) = self.messages.get_mut(&integer(change, "id")) {
                    let emoji = change["emoji"].as_str().expect("an emoji").to_owned();
                    let reaction = (emoji, integer(change, "user_id"));
                    match change["on"] == true {
                        true => row.reactions.insert(reaction),
                        false => row.reactions.remove(&reaction),
                    };
                }
            }
            "pin" => {
                if let Some(row) = self.messages.get_mut(&integer(change, "id")) {
                    row.pinned = change["on"] == true;
                }
            }
            "member" if change["change"] == "left" => {
                self.members.remove(&integer(change, "user_id"));
            }
            "member" => self.has_member(change),
            "chat" => change["name"].as_str().expect("a name").clone_into(&mut self.name),
            other => panic!("no change: {other}"),
        }
    }

    fn has_member(&mut self, member: &Value) {
        let shown = (member["username"].clone(), member["role"].clone());
        self.members.insert(integer(member, "user_id"), shown);
    }

    /// A message whole: it replaces what is here, and what hangs on it if it says that.
    fn has_message(&mut self, message: &Value) {
        let row = self.messages.entry(integer(message, "id")).or_default();
        let mut body = message.as_object().expect("an object").clone();
        body.remove("type");
        let (reactions, pinned) = (body.remove("reactions"), body.remove("pinned"));
        if body.contains_key("deleted_at") {
            (row.reactions, row.pinned) = Default::default();
        }
        if let Some(reactions) = reactions {
            row.reactions = each_reaction(&reactions);
        }
        if let Some(pinned) = pinned {
            row.pinned = pinned == true;
        }
        row.body = body.into();
    }

    /// The ids of what is pinned.
    pub(crate) fn pinned(&self) -> BTreeSet<i64> {
        let pinned = self.messages.iter().filter(|(_, row)| row.pinned);
        pinned.map(|(id, _)| *id).collect()
    }

    /// Reactions on all messages together.
    pub(crate) fn reactions(&self) -> usize {
        self.messages.values().map(|row| row.reactions.len()).sum()
    }

    /// Says where two differ.
    #[track_caller]
    pub(crate) fn assert_is(&self, truth: &Self, who: &str) {
        for (id, row) in &truth.messages {
            assert_eq!(self.messages.get(id), Some(row), "{who}: message {id}");
        }
        assert_eq!(self, truth, "{who}");
    }
}

fn each_reaction(reactions: &Value) -> BTreeSet<(String, i64)> {
    let each = reactions.as_array().expect("reactions").iter().flat_map(|group| {
        let emoji = group["emoji"].as_str().expect("an emoji");
        let users = group["user_ids"].as_array().expect("user_ids");
        users.iter().map(move |user| (emoji.to_owned(), user.as_i64().expect("a user")))
    });
    each.collect()
}
