//! What those are told who have the conversation in the background: not what was said, but that it
//! has moved on. A busy conversation says so a few times a second, not once a message.

use std::sync::Arc;
use std::time::Duration;

use crate::actors::messages::{Advanced, MentionsOf};
use crate::domain::event::Message;
use crate::domain::unread::ReadPosition;
use crate::domain::{ConversationId, Event, Fact, UserId};

/// How long it is quiet after it has said so.
const QUIET: Duration = Duration::from_millis(300);

#[derive(Debug)]
pub(super) struct BackgroundNews {
    waiting: Option<Advanced>,
    /// The last message that was told of or waits to be.
    n: i64,
    /// Until when it is quiet.
    until: Duration,
    /// Has this server committed any of what waits?
    is_ours: bool,
}

impl BackgroundNews {
    /// None yet, of a conversation whose last message is `n`.
    pub(super) fn new(n: i64) -> Self {
        Self {
            waiting: None,
            n,
            until: Duration::ZERO,
            is_ours: false,
        }
    }

    /// These have happened, by a batch of this server or of another.
    pub(super) fn add(
        &mut self,
        conversation: ConversationId,
        events: &[Arc<Event>],
        is_ours: bool,
    ) {
        self.is_ours |= is_ours;
        let news = self.waiting.get_or_insert_with(|| Advanced::new(conversation, 0, 0));
        for event in events {
            news.seq = event.seq;
            match &event.fact {
                Fact::Posted(message) => {
                    self.n = self.n.max(message.n);
                    news.read.retain(|(user, _)| Some(*user) != message.sender);
                    let position = ReadPosition {
                        revision: message.read_rev,
                        n: message.n,
                    };
                    news.read.extend(message.sender.map(|user| (user, position)));
                    if !message.mentions.is_empty() {
                        news.mentions.push(mentions_of(event.seq, message));
                    }
                }
                Fact::Edited(message) | Fact::Deleted(message) => {
                    self.n = self.n.max(message.n);
                    news.mentions.retain(|of| of.n != message.n);
                    news.mentions.push(mentions_of(event.seq, message));
                }
                Fact::Joined { user, .. } => {
                    news.left.retain(|(gone, _)| gone != user);
                    news.joined.push((*user, event.seq, self.n));
                }
                Fact::Left { user, .. } => {
                    news.joined.retain(|(joined, ..)| joined != user);
                    news.left.push((*user, event.seq));
                }
                Fact::ChatDeleted => news.is_deleted = true,
                Fact::Reacted(_) | Fact::Pinned(_) => {}
                Fact::RoleChanged { .. } | Fact::Renamed { .. } => {}
            }
        }
        news.n = self.n;
    }

    /// Those who have written stand there, whoever's server they wrote to.
    pub(super) fn add_read_positions(
        &mut self,
        conversation: ConversationId,
        positions: &[(UserId, ReadPosition)],
    ) {
        if positions.is_empty() {
            return;
        }
        let news = self.waiting.get_or_insert_with(|| Advanced::new(conversation, 0, 0));
        news.read.retain(|(user, _)| positions.iter().all(|(one, _)| one != user));
        news.read.extend_from_slice(positions);
    }

    /// What is to be said now, if it is time, and whether this server has committed any of it. Who has left
    /// is told of at once.
    pub(super) fn take_due(&mut self, now: Duration) -> Option<(Advanced, bool)> {
        let waiting = self.waiting.as_ref()?;
        let cannot_wait = waiting.is_deleted || !waiting.left.is_empty();
        if now < self.until && !cannot_wait {
            return None;
        }
        self.until = now + QUIET;
        let is_ours = std::mem::take(&mut self.is_ours);
        self.waiting.take().map(|news| (news, is_ours))
    }
}

fn mentions_of(seq: i64, message: &Message) -> MentionsOf {
    MentionsOf {
        n: message.n,
        seq,
        mentions: message.mentions.clone(),
    }
}
