//! One relay a worker thread. A conversation hands it a batch once; it writes the shared bytes to
//! each of its thread's sockets that has the conversation open, one system call a socket.

mod fan_out;
mod open_sockets;

use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::{Actor, AsyncContext, Context, Handler, Recipient};

use crate::actors::background::Background;
use crate::actors::messages::{
    Advanced, CloseAll, CloseSocket, Deliver, Delivered, Delivery, Ephemeral, ExpectAgain,
    ExpectWatch, GoAway, Incarnation, LookAgain, ReadPositionMoved, RelayId, SessionId, Unwatch,
    Watch, WatchAgain,
};
use crate::actors::metrics::Metrics;
use crate::actors::relay::fan_out::{FanOut, between};
use crate::actors::relay::open_sockets::{IncarnationSockets, OpenSockets};
use crate::actors::worker::Sockets;
use crate::domain::ConversationId;
use crate::wire::{Close, Encoded, server};

/// How often sockets are looked at for silence and slowness.
const TICK: Duration = Duration::from_secs(1);

/// How often, at most, a socket is told of a chat in the background.
const NEWS: Duration = Duration::from_millis(300);

#[derive(Debug)]
pub struct Relay {
    id: RelayId,
    sockets: Sockets,
    open: OpenSockets,
    background: Background,
    /// Who looks in the store where users stand.
    registry: Recipient<LookAgain>,
    metrics: Arc<Metrics>,
}

impl Relay {
    /// The relay of the thread that `sockets` belongs to.
    pub fn new(
        id: RelayId,
        sockets: Sockets,
        registry: Recipient<LookAgain>,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self {
            id,
            sockets,
            registry,
            open: OpenSockets::default(),
            background: Background::default(),
            metrics,
        }
    }

    fn send(&self, incarnation: &Incarnation, mut fan_out: FanOut) {
        if fan_out.is_empty() {
            return;
        }
        let conversation = incarnation.conversation;
        let everybody = fan_out.joined();
        let mut written = 0;
        if let (Some(bytes), Some(listening)) = (&everybody, self.open.get(incarnation)) {
            written += listening.sockets().len() as u64;
            for socket in listening.sockets() {
                match fan_out.single.remove(&socket.id()) {
                    None => socket.write_from(conversation, std::slice::from_ref(bytes)),
                    Some(own) if socket.is_held(conversation) => {
                        // An answer must come, whatever becomes of what is held.
                        socket.write_from(conversation, std::slice::from_ref(bytes));
                        socket.write(&own.into_iter().map(|(_, own)| own).collect::<Vec<_>>());
                    }
                    Some(own) => socket.write(&between(bytes, own)),
                }
            }
        }
        let sockets = self.sockets.borrow();
        for (session, own) in fan_out.single {
            if let Some(socket) = sockets.get(&session) {
                written += 1;
                let own: Vec<_> = own.into_iter().map(|(_, bytes)| bytes).collect();
                socket.write(&own);
            }
        }
        self.metrics.deliveries.inc_by(written);
    }

    /// Who names a chat in the URL, and opens none, knows single changes only.
    fn send_changes(&self, incarnation: &Incarnation, whole: &Encoded, plain: &Encoded) {
        let conversation = incarnation.conversation;
        let sockets = self.open.get(incarnation).map_or(&[][..], IncarnationSockets::sockets);
        for socket in sockets {
            let knows_positions = !socket.is_bound() || socket.has_opened(conversation);
            let frames = if knows_positions { whole } else { plain };
            socket.write_from(conversation, std::slice::from_ref(frames));
        }
        self.metrics.deliveries.inc_by(sockets.len() as u64);
    }

    fn add(&mut self, incarnation: &Incarnation, session: SessionId) {
        if let Some(socket) = self.sockets.borrow().get(&session) {
            self.open.add(incarnation, Rc::clone(socket));
            socket.added_to(incarnation.conversation);
        }
    }

    fn remove(&mut self, incarnation: &Incarnation, session: SessionId, close: Option<Close>) {
        // From here on it is told the counts, the one of now included.
        self.background.tell_again(session, incarnation.conversation);
        self.open.remove(incarnation, session);
        if let (Some(close), Some(socket)) = (close, self.sockets.borrow().get(&session)) {
            socket.close(close);
        }
    }

    /// Tells who has a chat in the background how many messages wait in it.
    fn tell_news(&mut self) {
        let sockets = self.sockets.borrow();
        for (session, counters) in self.background.take_news() {
            let is_open = self.open.has(ConversationId(counters.chat_id), session);
            if let (false, Some(socket)) = (is_open, sockets.get(&session)) {
                self.metrics.background_frames.inc();
                socket.write(&[server::unread(&counters)]);
            }
        }
    }

    /// A chat is the user's no more. Who has it open is told so by the last change of it.
    fn tell_gone(&self, session: SessionId, conversation: ConversationId, is_deleted: bool) {
        let is_open = self.open.has(conversation, session);
        if let (false, Some(socket)) = (is_open, self.sockets.borrow().get(&session)) {
            self.metrics.background_frames.inc();
            socket.write(&[server::gone(conversation, is_deleted)]);
        }
    }

    fn tick(&mut self) {
        let now = Instant::now();
        for socket in self.sockets.borrow().values() {
            socket.tick(now);
        }
        for (conversation, left) in self.open.take_orphaned() {
            log::error!("conversation {conversation} failed; its sockets resume");
            left.sockets().iter().for_each(|socket| socket.close(Close::RESYNC));
        }
    }
}

impl Actor for Relay {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        // Each conversation has at most one delivery here at a time, so this is bounded by them.
        ctx.set_mailbox_capacity(0);
        ctx.run_interval(TICK, |relay, _| relay.tick());
        ctx.run_interval(NEWS, |relay, _| relay.tell_news());
    }
}

impl Handler<Deliver> for Relay {
    type Result = ();

    fn handle(&mut self, delivery: Deliver, _: &mut Context<Self>) {
        let Deliver { incarnation, items } = delivery;
        let mut fan_out = FanOut::default();
        for item in items {
            match item {
                Delivery::Everybody(bytes) => fan_out.push(bytes),
                Delivery::Changes { whole, plain } => {
                    self.send(&incarnation, std::mem::take(&mut fan_out));
                    self.send_changes(&incarnation, &whole, &plain);
                }
                Delivery::One(session, bytes) => fan_out.push_single(session, bytes),
                Delivery::Add(session) => {
                    self.send(&incarnation, std::mem::take(&mut fan_out));
                    self.add(&incarnation, session);
                }
                Delivery::Remove(session, close) => {
                    self.send(&incarnation, std::mem::take(&mut fan_out));
                    self.remove(&incarnation, session, close);
                }
            }
        }
        self.send(&incarnation, fan_out);
        incarnation.actor.do_send(Delivered { relay: self.id });
    }
}

impl Handler<GoAway> for Relay {
    type Result = ();

    fn handle(&mut self, command: GoAway, _: &mut Context<Self>) {
        for socket in self.sockets.borrow().values() {
            socket.go_away(command.window);
        }
    }
}

impl Handler<CloseSocket> for Relay {
    type Result = ();

    fn handle(&mut self, command: CloseSocket, _: &mut Context<Self>) {
        if let Some(socket) = self.sockets.borrow().get(&command.session) {
            socket.close(command.close);
        }
    }
}

impl Handler<CloseAll> for Relay {
    type Result = ();

    fn handle(&mut self, command: CloseAll, _: &mut Context<Self>) {
        for socket in self.sockets.borrow().values() {
            socket.close(command.close);
        }
    }
}

impl Handler<Ephemeral> for Relay {
    type Result = ();

    fn handle(&mut self, command: Ephemeral, _: &mut Context<Self>) {
        let conversation = command.incarnation.conversation;
        let listening = self.open.get(&command.incarnation);
        let sockets = listening.map_or(&[][..], IncarnationSockets::sockets);
        let mut written = 0;
        for socket in sockets {
            let is_meant = command.except.is_none_or(|user| socket.user() != Some(user))
                && match command.active_only {
                    true => socket.is_active(conversation),
                    false => socket.has_asked_for(conversation),
                };
            if is_meant && socket.write_ephemeral(conversation, &command.frames) {
                written += 1;
            }
        }
        self.metrics.ephemeral_deliveries.inc_by(written);
    }
}

impl Handler<Advanced> for Relay {
    type Result = ();

    fn handle(&mut self, news: Advanced, _: &mut Context<Self>) {
        let moved_on = self.background.advanced(&news);
        for session in moved_on.gone {
            self.tell_gone(session, news.conversation, news.is_deleted);
        }
        for user in moved_on.unsure {
            self.registry.do_send(LookAgain { user });
        }
    }
}

impl Handler<ReadPositionMoved> for Relay {
    type Result = ();

    fn handle(&mut self, fact: ReadPositionMoved, _: &mut Context<Self>) {
        let sockets = self.sockets.borrow();
        for (session, counters) in self.background.read_position_moved(fact.user, &fact.snapshot) {
            if let Some(socket) = sockets.get(&session) {
                socket.write(&[server::unread(&counters)]);
            }
        }
    }
}

impl Handler<ExpectAgain> for Relay {
    type Result = ();

    fn handle(&mut self, command: ExpectAgain, _: &mut Context<Self>) {
        self.background.expect_again(command.user);
    }
}

impl Handler<WatchAgain> for Relay {
    type Result = bool;

    fn handle(&mut self, command: WatchAgain, _: &mut Context<Self>) -> bool {
        let WatchAgain {
            user,
            chats,
            is_whole,
        } = command;
        let looked = self.background.watch_again(user, &chats, is_whole);
        for (session, conversation) in looked.gone {
            self.tell_gone(session, conversation, false);
        }
        looked.is_too_early
    }
}

impl Handler<Watch> for Relay {
    type Result = ();

    fn handle(&mut self, command: Watch, _: &mut Context<Self>) {
        for conversation in self.background.watch(command.session, &command.chats) {
            self.tell_gone(command.session, conversation, false);
        }
    }
}

impl Handler<ExpectWatch> for Relay {
    type Result = ();

    fn handle(&mut self, command: ExpectWatch, _: &mut Context<Self>) {
        match command.bound {
            true => self.background.expect_bound(command.session, command.user),
            false => self.background.expect(command.session, command.user),
        }
    }
}

impl Handler<Unwatch> for Relay {
    type Result = ();

    fn handle(&mut self, command: Unwatch, _: &mut Context<Self>) {
        self.background.unwatch(command.session);
    }
}
