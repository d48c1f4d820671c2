//! One who does things at random, over REST and over a socket.

use crate::support::seeded_random::Chance;
use crate::support::*;

use super::Scene;

/// Answers that a deed may have: done, or refused for what somebody else did before.
const REST: [u16; 6] = [200, 201, 204, 403, 404, 409];
const SOCKET: [&str; 4] = [
    "forbidden",
    "not_member",
    "message_not_found",
    "too_many_reactions",
];
/// Who acts on a message chooses among so many of the newest, so that deeds collide.
const NEWEST: usize = 12;
const EMOJI: [&str; 4] = ["👍", "❤️", "🎉", "👀"];

pub(super) struct Actor {
    scene: Scene,
    user: TestClient,
    people: Vec<TestClient>,
    chance: Chance,
    key: usize,
}

impl Actor {
    pub(super) fn new(
        scene: &Scene,
        user: &TestClient,
        people: &[TestClient],
        chance: Chance,
    ) -> Self {
        Self {
            scene: scene.clone(),
            user: user.clone(),
            people: people.to_vec(),
            chance,
            key: 0,
        }
    }

    /// Does so many things, one after the other.
    pub(super) async fn act(mut self, deeds: usize) {
        let mut socket = self.user.any_socket().await;
        for _ in 0..deeds {
            match self.chance.below(100) {
                0..30 => self.post(&mut socket).await,
                30..40 => self.manage().await,
                _ => self.touch(&mut socket).await,
            }
            self.scene.done.send_modify(|done| *done += 1);
        }
    }

    fn key(&mut self) -> String {
        self.key += 1;
        format!("{}-{}-{}", self.scene.chat, self.user.id, self.key)
    }

    async fn post(&mut self, socket: &mut TestSocket) {
        let (key, chat) = (self.key(), self.scene.chat);
        let id = if self.chance.below(2) == 0 {
            let answer = self.user.say(chat, &format!("said {key}"), &key).await;
            assert!(REST.contains(&answer.status), "{answer:?}");
            answer.json()["id"].as_i64()
        } else {
            let send = json!({"chat_id": chat, "content": format!("said {key} to @bob")});
            self.over(socket, send, key).await["id"].as_i64()
        };
        self.scene.posted.lock().expect("no panic").extend(id);
    }

    /// Sends a frame under a key and waits for the answer.
    async fn over(&mut self, socket: &mut TestSocket, mut frame: Value, key: String) -> Value {
        frame["client_msg_id"] = key.clone().into();
        socket.send(frame).await;
        let answer = socket.until(|frame| frame["client_msg_id"] == *key).await;
        let code = answer["code"].as_str();
        assert!(code.is_none_or(|code| SOCKET.contains(&code)), "{answer}");
        answer
    }

    /// Edits, deletes, reacts, pins.
    async fn touch(&mut self, socket: &mut TestSocket) {
        let posted = self.scene.posted.lock().expect("no panic").clone();
        let newest = &posted[posted.len().saturating_sub(NEWEST)..];
        if newest.is_empty() {
            return self.post(socket).await;
        }
        let id = *self.chance.one_of(newest);
        let (key, on) = (self.key(), self.chance.below(3) > 0);
        let emoji = *self.chance.one_of(&EMOJI);
        let over_socket = self.chance.below(2) == 0;
        let chat = format!("/api/chats/{}", self.scene.chat);
        let (message, pin) = (format!("{chat}/messages/{id}"), format!("{chat}/pins/{id}"));
        let reaction = format!("{message}/reactions/{emoji}");
        let content = format!("edited {key} for @carol");
        match self.chance.below(20) {
            0..8 if over_socket => {
                let edit = json!({"type": "edit", "id": id, "content": content});
                self.over(socket, edit, key).await;
            }
            0..8 => self.done(self.user.patch(&message, json!({"content": content})).await),
            8 if over_socket => {
                self.over(socket, json!({"type": "delete", "id": id}), key).await;
            }
            8 => self.done(self.user.delete(&message, json!({})).await),
            9..17 if over_socket => {
                let react = json!({"type": "react", "id": id, "emoji": emoji, "on": on});
                self.over(socket, react, key).await;
            }
            9..17 if on => self.done(self.user.put(&reaction, json!({})).await),
            9..17 => self.done(self.user.delete(&reaction, json!({})).await),
            _ if over_socket => {
                self.over(socket, json!({"type": "pin", "id": id, "on": on}), key).await;
            }
            _ if on => self.done(self.user.put(&pin, json!({})).await),
            _ => self.done(self.user.delete(&pin, json!({})).await),
        }
    }

    /// Renames, adds and removes members, and gives them other roles.
    async fn manage(&mut self) {
        let (key, chat) = (self.key(), self.scene.chat);
        let [alice, _, carol, dave] = &self.people[..] else {
            panic!("four people");
        };
        let members = format!("/api/chats/{chat}/members");
        let role = *self.chance.one_of(&["member", "admin"]);
        let answer = match self.chance.below(6) {
            0 | 1 => self.user.patch(&format!("/api/chats/{chat}"), json!({"name": key})).await,
            2 => {
                let role = json!({"role": role});
                alice.patch(&format!("{members}/{}", carol.id), role).await
            }
            3 => alice.remove(chat, dave).await,
            _ => alice.add(chat, dave, role).await,
        };
        self.done(answer);
    }

    fn done(&self, answer: Answer) {
        assert!(REST.contains(&answer.status), "{answer:?}");
    }
}
