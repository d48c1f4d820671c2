//! One relay a worker thread. A conversation hands it a batch once; it writes the shared bytes to
//! each of its thread's sockets that has the conversation open, one system call a socket.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::{Actor, Addr, AsyncContext, Context, Handler};
use bytes::{Bytes, BytesMut};

use crate::actors::ConversationActor;
use crate::actors::background::Background;
use crate::actors::messages::{
    Advanced, CloseAll, Deliver, Delivered, Delivery, Ephemeral, ExpectWatch, GoAway, MarkedRead,
    RelayId, SessionId, Unwatch, Watch,
};
use crate::actors::metrics::Metrics;
use crate::actors::session::socket::Socket;
use crate::actors::worker::Sockets;
use crate::domain::ConversationId;
use crate::wire::{Close, server};

/// How often sockets are looked at for silence and slowness.
const TICK: Duration = Duration::from_secs(1);

/// How often, at most, a socket is told of a chat in the background.
const NEWS: Duration = Duration::from_millis(300);

/// The actor.
#[derive(Debug)]
pub struct Relay {
    id: RelayId,
    sockets: Sockets,
    rooms: HashMap<ConversationId, Room>,
    background: Background,
    metrics: Arc<Metrics>,
}

/// The sockets of this thread that have a conversation open.
#[derive(Debug)]
struct Room {
    sockets: Vec<Rc<Socket>>,
    places: HashMap<SessionId, usize>,
    /// Who fills it; if that actor fails, the sockets come back and resume.
    from: Addr<ConversationActor>,
}

impl Room {
    fn new(from: Addr<ConversationActor>) -> Self {
        Self {
            sockets: Vec::new(),
            places: HashMap::new(),
            from,
        }
    }

    fn add(&mut self, socket: Rc<Socket>) {
        if let std::collections::hash_map::Entry::Vacant(place) = self.places.entry(socket.id()) {
            place.insert(self.sockets.len());
            self.sockets.push(socket);
        }
    }

    fn remove(&mut self, session: SessionId) {
        let Some(place) = self.places.remove(&session) else {
            return;
        };
        self.sockets.swap_remove(place);
        if let Some(moved) = self.sockets.get(place) {
            self.places.insert(moved.id(), place);
        }
    }
}

/// What goes out between two changes of who is in the room.
#[derive(Default)]
struct Run {
    everybody: Vec<Bytes>,
    length: usize,
    /// What one socket gets in between, and where.
    single: HashMap<SessionId, Vec<(usize, Bytes)>>,
}

impl Run {
    fn is_empty(&self) -> bool {
        self.everybody.is_empty() && self.single.is_empty()
    }

    fn push(&mut self, bytes: Bytes) {
        self.length += bytes.len();
        self.everybody.push(bytes);
    }

    fn push_single(&mut self, session: SessionId, bytes: Bytes) {
        self.single.entry(session).or_default().push((self.length, bytes));
    }

    /// One piece, so that a socket that is no better than others costs one write.
    fn joined(&mut self) -> Option<Bytes> {
        if self.everybody.len() <= 1 {
            return self.everybody.pop();
        }
        let mut joined = BytesMut::with_capacity(self.length);
        for bytes in self.everybody.drain(..) {
            joined.extend_from_slice(&bytes);
        }
        Some(joined.freeze())
    }
}

/// A socket's own frames in their places among everybody's, sharing the bytes of those.
fn between(everybody: &Bytes, own: Vec<(usize, Bytes)>) -> Vec<Bytes> {
    let mut pieces = Vec::with_capacity(2 * own.len() + 1);
    let mut from = 0;
    for (at, bytes) in own {
        if at > from {
            pieces.push(everybody.slice(from..at));
            from = at;
        }
        pieces.push(bytes);
    }
    if from < everybody.len() {
        pieces.push(everybody.slice(from..));
    }
    pieces
}

impl Relay {
    /// The relay of the thread that `sockets` belongs to.
    pub fn new(id: RelayId, sockets: Sockets, metrics: Arc<Metrics>) -> Self {
        Self {
            id,
            sockets,
            rooms: HashMap::new(),
            background: Background::default(),
            metrics,
        }
    }

    fn send_run(&self, conversation: ConversationId, mut run: Run) {
        if run.is_empty() {
            return;
        }
        let everybody = run.joined();
        let mut written = 0;
        if let (Some(bytes), Some(room)) = (&everybody, self.rooms.get(&conversation)) {
            written += room.sockets.len() as u64;
            for socket in &room.sockets {
                match run.single.remove(&socket.id()) {
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
        for (session, own) in run.single {
            if let Some(socket) = sockets.get(&session) {
                written += 1;
                let own: Vec<_> = own.into_iter().map(|(_, bytes)| bytes).collect();
                socket.write(&own);
            }
        }
        self.metrics.deliveries.inc_by(written);
    }

    fn add(
        &mut self,
        conversation: ConversationId,
        session: SessionId,
        from: &Addr<ConversationActor>,
    ) {
        if let Some(socket) = self.sockets.borrow().get(&session) {
            let room = self.rooms.entry(conversation);
            let room = room.or_insert_with(|| Room::new(from.clone()));
            room.from = from.clone();
            room.add(Rc::clone(socket));
            socket.added_to(conversation);
        }
    }

    fn remove(&mut self, conversation: ConversationId, session: SessionId, close: Option<Close>) {
        // From here on it is told the counts, the one of now included.
        self.background.mark(session, conversation);
        if let Some(room) = self.rooms.get_mut(&conversation) {
            room.remove(session);
            if room.sockets.is_empty() {
                self.rooms.remove(&conversation);
            }
        }
        if let (Some(close), Some(socket)) = (close, self.sockets.borrow().get(&session)) {
            socket.close(close);
        }
    }

    /// Tells who has a chat in the background how many messages wait in it.
    fn tell_news(&mut self) {
        let sockets = self.sockets.borrow();
        for (session, counters) in self.background.take_news() {
            let room = self.rooms.get(&ConversationId(counters.chat_id));
            let is_open = room.is_some_and(|room| room.places.contains_key(&session));
            if let (false, Some(socket)) = (is_open, sockets.get(&session)) {
                self.metrics.background_frames.inc();
                socket.write(&[server::unread(&counters)]);
            }
        }
    }

    fn tick(&mut self) {
        let now = Instant::now();
        for socket in self.sockets.borrow().values() {
            socket.tick(now);
        }
        self.rooms.retain(|conversation, room| {
            let is_alive = room.from.connected();
            if !is_alive {
                log::error!("conversation {conversation} failed; its sockets resume");
                room.sockets.iter().for_each(|socket| socket.close(Close::RESYNC));
            }
            is_alive
        });
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
        let conversation = delivery.conversation;
        let mut run = Run::default();
        for item in delivery.items {
            match item {
                Delivery::Everybody(bytes) => run.push(bytes),
                Delivery::One(session, bytes) => run.push_single(session, bytes),
                Delivery::Add(session) => {
                    self.send_run(conversation, std::mem::take(&mut run));
                    self.add(conversation, session, &delivery.from);
                }
                Delivery::Remove(session, close) => {
                    self.send_run(conversation, std::mem::take(&mut run));
                    self.remove(conversation, session, close);
                }
            }
        }
        self.send_run(conversation, run);
        delivery.from.do_send(Delivered { relay: self.id });
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
        let room = self.rooms.get(&command.conversation);
        let sockets = room.into_iter().flat_map(|room| &room.sockets);
        let mut written = 0;
        for socket in sockets {
            let is_meant = command.except.is_none_or(|user| socket.user() != Some(user))
                && match command.attentive {
                    true => socket.is_attentive(command.conversation),
                    false => socket.has_asked_for(command.conversation),
                };
            if is_meant && socket.write_ephemeral(command.conversation, &command.frames) {
                written += 1;
            }
        }
        self.metrics.ephemeral_deliveries.inc_by(written);
    }
}

impl Handler<Advanced> for Relay {
    type Result = ();

    fn handle(&mut self, news: Advanced, _: &mut Context<Self>) {
        self.background.advanced(&news);
    }
}

impl Handler<MarkedRead> for Relay {
    type Result = ();

    fn handle(&mut self, fact: MarkedRead, _: &mut Context<Self>) {
        let sockets = self.sockets.borrow();
        for (session, counters) in self.background.marked_read(fact.user, &fact.look) {
            if let Some(socket) = sockets.get(&session) {
                socket.write(&[server::unread(&counters)]);
            }
        }
    }
}

impl Handler<Watch> for Relay {
    type Result = ();

    fn handle(&mut self, command: Watch, _: &mut Context<Self>) {
        self.background.watch(command.session, &command.chats);
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
