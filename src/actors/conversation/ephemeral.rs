//! What may be lost: who is writing, and who is there. It goes to those who have the conversation open
//! and can take it at once, past the lanes, and never waits for anybody.

use std::time::Duration;

use actix::{Context, Handler};

use crate::actors::ConversationActor;
use crate::actors::messages::{Ephemeral, PresenceChanged, StartTyping};
use crate::domain::limits::TokenBucket;
use crate::domain::presence::MAX_MEMBERS;
use crate::domain::{Role, UserId};
use crate::wire::server;

/// How many are told a second that somebody is writing; whoever writes says so again.
const TYPING_PER_SECOND: f64 = 10.0;

/// Paces what is told of those who are writing.
pub(super) fn typing_pace() -> TokenBucket {
    TokenBucket::new(TYPING_PER_SECOND, TYPING_PER_SECOND, Duration::ZERO)
}

impl ConversationActor {
    fn tell_ephemeral(&self, ephemeral: &Ephemeral) {
        for lane in self.lanes.values().filter(|lane| lane.listeners > 0) {
            lane.addr.do_send(ephemeral.clone());
        }
    }

    /// The members who are there, by id; `None` if there are too many to tell of them.
    pub(super) fn online(&self) -> Option<Vec<UserId>> {
        let members = self.core.members();
        if members.len() > MAX_MEMBERS {
            return None;
        }
        let directory = &self.around.directory;
        let mut online: Vec<_> = members.filter(|user| directory.is_present(*user)).collect();
        online.sort_unstable();
        Some(online)
    }
}

impl Handler<StartTyping> for ConversationActor {
    type Result = ();

    fn handle(&mut self, command: StartTyping, _: &mut Context<Self>) {
        let may_write = self.core.role_of(command.user).is_some_and(Role::may_write);
        if may_write && self.typing.take(self.started.elapsed()).is_ok() {
            self.around.metrics.typing_frames.inc();
            self.tell_ephemeral(&Ephemeral {
                conversation: self.core.id(),
                frames: server::typing(self.core.id(), command.user, &command.username),
                except: Some(command.user),
                attentive: false,
            });
        }
    }
}

impl Handler<PresenceChanged> for ConversationActor {
    type Result = ();

    fn handle(&mut self, fact: PresenceChanged, _: &mut Context<Self>) {
        let concerns_us = fact.users.iter().any(|user| self.core.role_of(*user).is_some());
        if !concerns_us || self.audience.is_empty() {
            return;
        }
        if let Some(online) = self.online() {
            self.around.metrics.presence_frames.inc();
            self.tell_ephemeral(&Ephemeral {
                conversation: self.core.id(),
                frames: server::presence(self.core.id(), &online),
                except: None,
                attentive: true,
            });
        }
    }
}
