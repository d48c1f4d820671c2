//! One session that is cut, and resumes.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::{RawFrames, number, payload};
use crate::support::seeded_random::Chance;
use crate::support::*;

/// In how many milliseconds they come at first.
const HERD: usize = 3_000;

/// By chat: the position, and what one has who has all up to there, in its order.
pub(super) type Stands = HashMap<i64, (i64, i64)>;

/// What all sessions go through.
pub(super) struct Course {
    /// The position in each chat before the first message.
    pub(super) begin: i64,
    /// Longest that a connection lives, in milliseconds, while messages flow.
    pub(super) life: usize,
    pub(super) epoch: String,
    /// What there is in the end, once it is known. Nobody is cut any more then.
    pub(super) end: watch::Sender<Option<Stands>>,
}

type End = watch::Receiver<Option<Stands>>;

pub(super) struct Session {
    course: Arc<Course>,
    user: TestClient,
    chance: Chance,
    /// By chat: the position, and what it has, in its order.
    has: Stands,
    pub(super) cuts: usize,
    pub(super) live: usize,
    pub(super) replayed: usize,
    /// How often the server ended it.
    pub(super) closed: usize,
    /// How often it was told to come again.
    pub(super) put_off: usize,
}

/// One more message, by its id.
pub(super) fn with(sum: i64, id: i64) -> i64 {
    sum.wrapping_mul(31).wrapping_add(id)
}

impl Session {
    pub(super) fn new(
        course: Arc<Course>,
        user: TestClient,
        chats: &[i64],
        chance: Chance,
    ) -> Self {
        let has = chats.iter().map(|chat| (*chat, (course.begin, 0))).collect();
        Self {
            course,
            user,
            chance,
            has,
            cuts: 0,
            live: 0,
            replayed: 0,
            closed: 0,
            put_off: 0,
        }
    }

    pub(super) fn stands(&self) -> &Stands {
        &self.has
    }

    pub(super) async fn run(mut self) -> Self {
        let mut end = self.course.end.subscribe();
        // The times are chance, not waits.
        tokio::time::sleep(self.milliseconds(HERD)).await;
        while !self.has_all(&end) {
            let life = self.milliseconds(self.course.life);
            match self.resume().await {
                Some(frames) => self.listen(frames, life, &mut end).await,
                None => self.come_again(life).await,
            }
        }
        self
    }

    /// A new connection, where it asks for what it does not have.
    async fn resume(&self) -> Option<RawFrames> {
        let mut frames = RawFrames::connect(&self.user).await?;
        let epoch = &self.course.epoch;
        for (chat, (after, _)) in &self.has {
            let open =
                format!(r#"{{"type":"open","chat_id":{chat},"after":{after},"epoch":"{epoch}"}}"#);
            frames.send(&open).await;
        }
        Some(frames)
    }

    async fn come_again(&mut self, wait: Duration) {
        self.put_off += 1;
        tokio::time::sleep(wait).await;
    }

    /// Listens until it has everything or the connection is gone; it vanishes after `life`.
    async fn listen(&mut self, mut frames: RawFrames, life: Duration, end: &mut End) {
        let cut = tokio::time::sleep(life);
        tokio::pin!(cut);
        while !self.has_all(end) {
            let flows = end.borrow().is_none();
            let wait = tokio::select! {
                frame = frames.next() => match frame {
                    Some(frame) if frame[0] != 0x88 => self.hear(frame),
                    _ => return self.closed += 1,
                },
                () = &mut cut, if flows => return self.cuts += 1,
                _ = end.changed(), if flows => None,
                () = tokio::time::sleep(Duration::from_secs(15)) => {
                    panic!("silence: has {:?}, of {:?}, live {} replayed {} cuts {} put off {} closed {}", self.has, end.borrow(), self.live, self.replayed, self.cuts, self.put_off, self.closed);
                }
            };
            if let Some(wait) = wait {
                return self.come_again(wait).await;
            }
        }
    }

    fn has_all(&self, end: &End) -> bool {
        let end = end.borrow();
        let has = |ends: &Stands| self.has.iter().all(|(chat, has)| has.0 == ends[chat].0);
        end.as_ref().is_some_and(has)
    }

    fn milliseconds(&mut self, bound: usize) -> Duration {
        Duration::from_millis(self.chance.below(bound) as u64)
    }

    /// Takes a frame; if it says to come again, when.
    fn hear(&mut self, frame: &[u8]) -> Option<Duration> {
        let text = payload(frame);
        if text.starts_with(br#"{"type":"message""#) {
            let read = |name| number(text, name).expect("a number");
            self.note_change(read("chat_id"), read("seq"), read("id"));
            self.live += 1;
        } else if text.starts_with(br#"{"type":"opened""#) {
            self.replay(&serde_json::from_slice(text).expect("JSON"));
        } else if text.starts_with(br#"{"type":"error""#) {
            let error: Value = serde_json::from_slice(text).expect("JSON");
            let wait = error["retry_after_ms"].as_u64();
            return Some(Duration::from_millis(wait.unwrap_or_else(|| panic!("{error}"))));
        }
        None
    }

    fn replay(&mut self, opened: &Value) {
        assert!(opened["reset"].is_null(), "{opened}");
        let read = |frame: &Value, name: &str| frame[name].as_i64().expect("a number");
        let chat = read(opened, "chat_id");
        for change in opened["changes"].as_array().expect("changes") {
            self.note_change(chat, read(change, "seq"), read(change, "id"));
            self.replayed += 1;
        }
        let (seq, _) = self.of(chat);
        assert_eq!(*seq, read(opened, "seq"), "a step without its end");
    }

    fn note_change(&mut self, chat: i64, seq: i64, id: i64) {
        let (last, sum) = self.of(chat);
        assert_eq!(seq, *last + 1, "chat {chat}: a gap or a repeat");
        (*last, *sum) = (seq, with(*sum, id));
    }

    fn of(&mut self, chat: i64) -> &mut (i64, i64) {
        self.has.get_mut(&chat).expect("a chat that is open")
    }
}
