//! What the hub receives: who is there, what has been missed; the rest is passed on.

use futures_util::FutureExt;

use crate::actors::cluster::hub::Hub;
use crate::actors::cluster::publishing::USERS;
use crate::actors::confirmations::AskId;
use crate::bus::Arrival;
use crate::bus::hint::Hint;
use crate::domain::UserId;
use crate::domain::cluster::{NodeId, RosterPart, sum};
use crate::mistakes::Mistake;

impl Hub {
    pub(super) fn arrive(&mut self, arrival: Arrival) {
        let envelope = match arrival {
            Arrival::Joined => {
                self.hears(true);
                if Mistake::NothingMissed.is_made() {
                    return;
                }
                return self.resync();
            }
            Arrival::Lost => return self.hears(false),
            Arrival::Envelope(envelope) => envelope,
        };
        self.metrics().received.inc();
        let Some((node, content)) = self.unsealer.open(envelope) else {
            self.metrics().unopened.inc();
            return;
        };
        if node == self.me {
            return;
        }
        let has_hole = self.peers.heard(node, content.number, self.now());
        if has_hole && !Mistake::NothingMissed.is_made() {
            self.metrics().holes.inc();
            self.resync();
        }
        self.outgoing.has_peers(true);
        for hint in content.hints {
            self.hear(node, hint);
        }
    }

    fn hears(&mut self, is_hearing: bool) {
        self.is_hearing = is_hearing;
        self.metrics().bus_up.set(is_hearing.into());
        self.services.sockets.directory.set_hears_others(is_hearing);
    }

    fn hear(&mut self, node: NodeId, hint: Hint) {
        match hint {
            Hint::Hello { to } if to.contains(&self.me.0) => {
                self.publisher.send(vec![Hint::Welcome { to: node.0 }]);
                self.tell_users();
            }
            Hint::Hello { .. } => {}
            Hint::Welcome { to } if to == self.me.0 => {
                self.peers.welcomed(node);
                self.may_be_ready();
            }
            Hint::Welcome { .. } => {}
            Hint::Pulse {
                last,
                users,
                sum,
                has_database,
            } => {
                self.pulsed(node, last, (users, sum));
                self.peers.has_database(node, has_database);
            }
            Hint::Bye => {
                let went = self.peers.left(node);
                self.forget(node);
                self.outgoing.has_peers(!self.peers.is_alone());
                self.tell_presence(went.into_iter().map(|user| (user, false)).collect());
            }
            Hint::AskUsers { of } if of == self.me.0 => self.tell_users(),
            Hint::AskUsers { .. } => {}
            Hint::Users {
                list,
                part,
                of,
                users,
            } => self.collect(
                node,
                RosterPart {
                    list,
                    part,
                    of,
                    users: users.into_iter().map(UserId).collect(),
                },
            ),
            Hint::Moved { came, went } => {
                let changes = |users: Vec<i64>, is_there| {
                    users.into_iter().map(move |user| (UserId(user), is_there))
                };
                let moved: Vec<_> = changes(came, true).chain(changes(went, false)).collect();
                let changes = self.peers.moved(node, &moved);
                self.tell_presence(changes);
            }
            Hint::Ended { tokens, user, ask } => self.ended(node, tokens, user, ask),
            Hint::EndedSeen { of, ask } if of == self.me.0 => {
                self.outgoing.confirmations().confirmed(AskId(ask), node);
            }
            Hint::EndedSeen { .. } => {}
            // Who may hear it cannot be proven now.
            hint if !self.lease.is_proven(self.now()) => {
                self.incoming.pass_on(hint.without_content());
            }
            hint => self.incoming.pass_on(hint),
        }
    }

    /// Whoever ended it there waits until it has no sockets here.
    fn ended(&mut self, node: NodeId, tokens: Vec<i64>, user: Option<i64>, ask: Option<u64>) {
        let closed = self.incoming.ended(tokens, user);
        let seen = ask.map(|ask| Hint::EndedSeen { of: node.0, ask });
        self.closing.push(closed.map(move |()| seen).boxed());
    }

    /// A peer's list of users is asked for when it was another one at two pulses: a change of it may be on
    /// its way at one.
    fn pulsed(&mut self, node: NodeId, last: u64, says: (usize, u64)) {
        if self.peers.pulsed(node, last, self.now()) && !Mistake::NothingMissed.is_made() {
            self.metrics().holes.inc();
            self.resync();
        }
        let known = (self.peers.users(node).count(), sum(self.peers.users(node)));
        if known == says {
            self.doubted.remove(&node);
        } else if !self.doubted.insert(node) {
            self.publisher.send(vec![Hint::AskUsers { of: node.0 }]);
        }
    }

    pub(super) fn forget(&mut self, node: NodeId) {
        self.rosters.forget(node);
        self.doubted.remove(&node);
        self.outgoing.confirmations().gone(node);
    }

    fn collect(&mut self, node: NodeId, part: RosterPart) {
        if let Some(users) = self.rosters.collect(node, part) {
            let changes = self.peers.has_users(node, users);
            self.tell_presence(changes);
        }
    }

    /// Tells who has sockets here.
    fn tell_users(&mut self) {
        let users: Vec<_> = self.outgoing.here().into_iter().map(|user| user.0).collect();
        let parts: Vec<&[i64]> = match users.is_empty() {
            true => vec![&[]],
            false => users.chunks(USERS).collect(),
        };
        let list = self.now().as_micros().try_into().unwrap_or(u64::MAX);
        for (part, users) in parts.iter().enumerate() {
            self.publisher.send(vec![Hint::Users {
                list,
                part,
                of: parts.len(),
                users: users.to_vec(),
            }]);
        }
    }
}
