//! A client that follows the chat and does what docs/protocol.md says under "What a client does".

use tokio::sync::watch;

use crate::support::replica::Replica;
use crate::support::seeded_random::Chance;
use crate::support::*;

use super::Scene;

/// How a client begins.
pub(super) enum Start {
    /// From what it has.
    After(Replica),
    /// With nothing, after so many deeds, from the first change on.
    Late(usize),
    /// The same, and each time anew: with the newest page.
    Afresh(usize),
}

pub(super) struct Follower {
    chat: i64,
    user: TestClient,
    /// Where it may come back to.
    servers: Vec<TestNode>,
    start: Start,
    /// When it is cut; `None` never.
    cuts: Option<Chance>,
    done: watch::Receiver<usize>,
    end: watch::Receiver<Option<i64>>,
    arrived: Arrived,
}

/// What it has in the end.
#[derive(Default)]
pub(super) struct Arrived {
    pub(super) replica: Replica,
    /// How it got there.
    pub(super) story: String,
    /// What it was on the way.
    pub(super) stops: Vec<Replica>,
    /// All live changes.
    pub(super) heard: Vec<Value>,
}

/// Why a socket is left.
enum Left {
    /// It has everything.
    AtTheEnd,
    /// The connection is gone.
    Cut,
    /// The user is no member now.
    Outside,
}

impl Follower {
    pub(super) fn new(scene: &Scene, user: &TestClient, start: Start, cuts: Option<u64>) -> Self {
        Self {
            chat: scene.chat,
            user: user.clone(),
            servers: scene.servers.clone(),
            start,
            cuts: cuts.map(Chance::new),
            done: scene.done.subscribe(),
            end: scene.end.subscribe(),
            arrived: Arrived::default(),
        }
    }

    /// Follows until it has everything.
    pub(super) async fn run(mut self) -> Arrived {
        match &mut self.start {
            Start::After(replica) => self.arrived.replica = std::mem::take(replica),
            Start::Late(deeds) | Start::Afresh(deeds) => {
                let due = *deeds;
                self.done.wait_for(|done| *done >= due).await.expect("the scene goes on");
            }
        }
        loop {
            let from = self.arrived.replica.seq;
            let left = self.listen().await;
            self.arrived.story += &format!("{from}..{} ", self.arrived.replica.seq);
            match left {
                Left::AtTheEnd => return self.arrived,
                // Something must happen until one is a member again, or until it is worth while.
                Left::Outside => self.wait(1).await,
                Left::Cut => {
                    let deeds = self.cuts.as_mut().map_or(0, |chance| chance.below(12));
                    self.wait(deeds).await;
                }
            }
        }
    }

    /// Lets so many deeds pass, unless there are no more.
    async fn wait(&mut self, deeds: usize) {
        let due = *self.done.borrow() + deeds;
        tokio::select! {
            _ = self.done.wait_for(|done| *done >= due) => {}
            _ = self.end.wait_for(Option::is_some) => {}
        }
    }

    fn is_at_the_end(&self) -> bool {
        self.end.borrow().is_some_and(|end| self.arrived.replica.seq >= end)
    }

    /// One connection; whoever is cut may come back to another server.
    async fn listen(&mut self) -> Left {
        if let Some(chance) = &mut self.cuts {
            self.user = self.user.at(chance.one_of(&self.servers));
        }
        let mut socket = self.user.any_socket().await;
        let ready = socket.next("ready").await;
        let mut open = json!({"type": "open", "chat_id": self.chat, "epoch": ready["epoch"]});
        if !matches!(self.start, Start::Afresh(_)) {
            open["after"] = self.arrived.replica.seq.into();
        }
        socket.send(open).await;
        let mut frames = self.cuts.as_mut().map(|chance| chance.below(25));
        let mut end = self.end.clone();
        loop {
            if self.is_at_the_end() {
                return Left::AtTheEnd;
            }
            let heard = tokio::select! {
                heard = socket.hear_ever() => heard,
                _ = end.changed() => continue,
            };
            let Heard::Frame(frame) = heard else {
                return Left::Cut;
            };
            if frame["chat_id"] != self.chat {
                continue;
            }
            if self.apply_frame(&frame).await {
                return Left::Outside;
            }
            if frames == Some(0) {
                return Left::Cut;
            }
            frames = frames.map(|left| left - 1);
        }
    }

    /// Applies one frame of the chat; is one outside now?
    async fn apply_frame(&mut self, frame: &Value) -> bool {
        let replica = &mut self.arrived.replica;
        let before = replica.seq;
        match frame["type"].as_str().expect("a type") {
            "opened" if frame["reset"] == true => {
                *replica = Replica::fresh(&self.user, self.chat, frame).await;
            }
            "opened" => replica.replay(frame),
            // Of a chat that is in the background, as this one is until it is opened.
            "unread" | "presence" | "gone" => {}
            "error" => {
                assert_eq!(frame["code"], "not_member", "{frame}");
                return true;
            }
            // What another server has stored.
            "changes" => {
                assert_eq!(frame["after"], replica.seq, "it begins where one is: {frame}");
                replica.replay(frame);
                let changes = frame["changes"].as_array().expect("changes");
                self.arrived.heard.extend(changes.iter().cloned());
                self.remember(before);
                return changes.last().is_some_and(|last| self.is_my_end(last));
            }
            _ => {
                replica.live(frame);
                self.arrived.heard.push(frame.clone());
                self.remember(before);
                return self.is_my_end(frame);
            }
        }
        false
    }

    /// The state is one to begin from, now and then.
    fn remember(&mut self, before: i64) {
        let replica = &self.arrived.replica;
        if self.cuts.is_none() && replica.seq / 16 > before / 16 {
            self.arrived.stops.push(replica.clone());
        }
    }

    /// Am I no member after this change?
    fn is_my_end(&self, change: &Value) -> bool {
        change["type"] == "member"
            && change["change"] == "left"
            && change["user_id"] == self.user.id
    }
}
