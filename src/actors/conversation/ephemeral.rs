//! What may be lost: who is writing, and who is there. It goes to those who have the conversation open
//! and can take it at once, past the queues of relays, and never waits for anybody.

use std::sync::Arc;
use std::time::Duration;

use actix::{Context, Handler};

use crate::actors::ConversationActor;
use crate::actors::announcing::Announcement;
use crate::actors::messages::{Ephemeral, PresenceChanged, RelayId, StartTyping};
use crate::actors::registry::PRESENCE;
use crate::domain::limits::TokenBucket;
use crate::domain::presence::MAX_MEMBERS;
use crate::domain::{Event, Fact, Role, UserId};
use crate::wire::server;

/// How many are told a second that somebody is writing; whoever writes says so again.
const TYPING_PER_SECOND: f64 = 10.0;

/// How often it is told of those who are writing.
pub(super) fn typing_pace() -> TokenBucket {
    TokenBucket::new(TYPING_PER_SECOND, TYPING_PER_SECOND, Duration::ZERO)
}

impl ConversationActor {
    /// Not to relays for which something waits, since a removal may be among it; `false` if there was
    /// such a one.
    fn tell_ephemeral(&self, ephemeral: &Ephemeral) -> bool {
        let mut is_told = true;
        let here = |relay: &RelayId| self.subscribers.are_at(*relay);
        for (_, queue) in self.relay_queues.iter().filter(|(relay, _)| here(relay)) {
            if queue.is_waiting() {
                is_told = false;
                continue;
            }
            self.services.metrics.relay_messages.inc();
            queue.addr.do_send(ephemeral.clone());
        }
        is_told
    }

    /// Tells those who asked for the conversation who is there.
    fn tell_online(&mut self, ctx: &Context<Self>) {
        self.online_stale = None;
        if self.subscribers.is_empty() {
            return;
        }
        if let Some(online) = self.online() {
            self.services.metrics.presence_frames.inc();
            let is_told = self.tell_ephemeral(&Ephemeral {
                incarnation: self.incarnation(ctx),
                frames: server::presence(self.core.id(), &online),
                except: None,
                active_only: true,
            });
            if !is_told {
                self.online_stale = Some(self.started.elapsed());
            }
        }
    }

    /// Whoever joins may be there already, and whoever leaves is not one of those who are.
    pub(super) fn notice_members(&mut self, events: &[Arc<Event>]) {
        let moves = |fact: &Fact| matches!(fact, Fact::Joined { .. } | Fact::Left { .. });
        if events.iter().any(|event| moves(&event.fact)) {
            self.online_stale.get_or_insert(self.started.elapsed());
        }
    }

    /// Tells who is there if not everybody knows, not more often than it is told otherwise.
    pub(super) fn tell_online_again(&mut self, ctx: &Context<Self>) {
        let now = self.started.elapsed();
        if self.online_stale.is_some_and(|since| now.saturating_sub(since) >= PRESENCE) {
            self.tell_online(ctx);
        }
    }

    /// The members who are there, by id; `None` if there are too many to tell of them.
    pub(super) fn online(&self) -> Option<Vec<UserId>> {
        let members = self.core.members();
        if members.len() > MAX_MEMBERS {
            return None;
        }
        let directory = &self.services.directory;
        let mut online: Vec<_> = members.filter(|user| directory.is_present(*user)).collect();
        online.sort_unstable();
        Some(online)
    }
}

impl Handler<StartTyping> for ConversationActor {
    type Result = ();

    fn handle(&mut self, command: StartTyping, ctx: &mut Context<Self>) {
        let may_write = self.core.role_of(command.user).is_some_and(Role::may_write);
        let is_small = self.core.members().len() <= MAX_MEMBERS;
        if may_write && is_small && self.typing.take_one(self.started.elapsed()).is_ok() {
            self.services.metrics.typing_frames.inc();
            if command.is_here {
                self.services.announcer.tell(Announcement::Typing {
                    conversation: self.core.id(),
                    user: command.user,
                    username: &command.username,
                });
            }
            self.tell_ephemeral(&Ephemeral {
                incarnation: self.incarnation(ctx),
                frames: server::typing(self.core.id(), command.user, &command.username),
                except: Some(command.user),
                active_only: false,
            });
        }
    }
}

impl Handler<PresenceChanged> for ConversationActor {
    type Result = ();

    fn handle(&mut self, fact: PresenceChanged, ctx: &mut Context<Self>) {
        let is_told = !self.subscribers.is_empty() && self.core.members().len() <= MAX_MEMBERS;
        if is_told && self.core.members().any(|user| fact.users.contains(&user)) {
            self.tell_online(ctx);
        }
    }
}
