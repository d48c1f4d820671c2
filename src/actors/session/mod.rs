//! One socket: an actor that reads frames, asks conversations, and is told how it ends. What is
//! delivered to it never passes its mailbox: the relay writes it to the [`socket`] directly, so a
//! peer that stops reading stalls nothing but itself.

mod assembler;
mod frames;
mod outbox;
pub mod socket;
mod start;
pub mod transport;

use std::collections::HashMap;
use std::rc::Rc;
use std::time::{Duration, Instant};

use actix::fut::WrapFuture;
use actix::{
    Actor, ActorContext, ActorFutureExt, Addr, AsyncContext, Context, Handler, StreamHandler,
};
use tokio::sync::OwnedSemaphorePermit;

use crate::actors::ConversationActor;
use crate::actors::engine::Engine;
use crate::actors::messages::{
    CloseConversation, CloseSocket, PostMessage, ReplyTo, Sender, SessionEnded, SessionId,
};
use crate::actors::metrics::ByCode;
use crate::actors::session::assembler::Inbound;
use crate::actors::session::frames::Heard;
use crate::actors::session::socket::Socket;
use crate::actors::worker::Worker;
use crate::domain::change::{Post, Settled};
use crate::domain::limits::TokenBucket;
use crate::domain::{ConversationId, Refusal, UserId};
use crate::wire::client::{self, ClientFrame};
use crate::wire::{Close, Code, Encoded, Problem, framing, server};

pub use start::{Admission, start};

/// Longest message that a peer may send, frames joined.
pub const FRAME_BYTES: usize = 64 << 10;
/// Sends of one socket that may be unanswered; a peer with more is not read from.
const UNANSWERED: usize = 64;
/// Refusals for speed in a row after which a socket is closed.
const STRIKES: u32 = 1_000;

/// The actor.
pub struct Session {
    id: SessionId,
    user: Option<UserId>,
    /// The chat that a frame without `chat_id` means.
    bound: ConversationId,
    /// Where it listens.
    open: HashMap<ConversationId, Addr<ConversationActor>>,
    socket: Rc<Socket>,
    worker: Rc<Worker>,
    pace: Option<TokenBucket>,
    started: Instant,
    strikes: u32,
}

impl Session {
    fn hear(&mut self, text: &str, permit: OwnedSemaphorePermit, ctx: &mut Context<Self>) {
        // Whatever it is, it costs; what cannot be read costs as much.
        let paced = self.take_pace();
        match (client::decode(text), paced) {
            (Err(rejected), Ok(())) => {
                self.tell(&rejected.problem, None, rejected.client_msg_id.as_ref());
            }
            (Err(rejected), Err(problem)) => {
                self.tell(&problem, None, rejected.client_msg_id.as_ref());
            }
            (Ok(ClientFrame::Send(send)), Ok(())) => self.send(send, permit, ctx),
            (Ok(ClientFrame::Send(send)), Err(problem)) => {
                self.tell(&problem, send.chat, send.client_msg_id.as_ref());
            }
        }
    }

    fn send(&mut self, send: client::Send, permit: OwnedSemaphorePermit, ctx: &mut Context<Self>) {
        let conversation = send.chat.unwrap_or(self.bound);
        let command = PostMessage {
            reply_to: ReplyTo::Session(Sender {
                session: self.id,
                relay: self.worker.relay().id,
                client_msg_id: send.client_msg_id.clone(),
                permit,
            }),
            post: Post {
                sender: self.user,
                text: send.text,
                client_msg_id: send.client_msg_id,
                sequence: None,
            },
        };
        match self.open.get(&conversation) {
            Some(addr) => addr.do_send(command),
            None => self.send_elsewhere(conversation, command, ctx),
        }
    }

    /// Sends to a conversation that this socket does not listen to. What comes next waits, so that
    /// sends keep their order.
    fn send_elsewhere(
        &self,
        conversation: ConversationId,
        command: PostMessage,
        ctx: &mut Context<Self>,
    ) {
        let engine = self.worker.engine().clone();
        let passed = pass_on(engine, conversation, command).into_actor(self);
        ctx.wait(passed.map(|answer, session, _| session.socket.write(answer.as_slice())));
    }

    fn take_pace(&mut self) -> Result<(), Problem> {
        let Some(bucket) = &mut self.pace else {
            return Ok(());
        };
        let Err(wait) = bucket.take(self.started.elapsed()) else {
            self.strikes = 0;
            return Ok(());
        };
        self.strikes += 1;
        if self.strikes >= STRIKES {
            self.socket.close(Close::TOO_FAST);
        }
        let text = "too many messages; nothing was stored, slow down";
        Err(Problem::new(Code::TOO_FAST, text).after(wait.max(Duration::from_millis(1))))
    }

    fn tell(
        &self,
        problem: &Problem,
        conversation: Option<ConversationId>,
        key: Option<&crate::domain::ClientMsgId>,
    ) {
        self.socket.write(&[server::error(problem, conversation, key)]);
    }
}

/// Finds the conversation and hands the send over, or says what to tell the peer instead.
async fn pass_on(
    engine: Engine,
    conversation: ConversationId,
    command: PostMessage,
) -> Option<Encoded> {
    let failure = match engine.locate(conversation).await {
        Ok(addr) => {
            addr.do_send(command);
            return None;
        }
        Err(failure) => failure,
    };
    let problem = match engine.stored_before(conversation, &command.post).await {
        Ok(Some(Settled::Repeated(event))) => return Some(server::ack(conversation, &event, true)),
        Err(failure) => failure.into(),
        // Which chats there are is not told to who is no member of them.
        Ok(_) if failure.is(Refusal::ChatNotFound) => Refusal::NotMember.into(),
        Ok(_) => failure.into(),
    };
    Some(server::error(&problem, Some(conversation), command.post.client_msg_id.as_ref()))
}

impl Actor for Session {
    type Context = Context<Self>;

    fn stopped(&mut self, _: &mut Context<Self>) {
        let session = self.id;
        for addr in self.open.values() {
            addr.do_send(CloseConversation { session });
        }
        self.worker.sockets().borrow_mut().remove(&session);
        self.socket.kill();
        let engine = self.worker.engine();
        engine.registry().do_send(SessionEnded { session });
        engine.directory().release_session();
        engine.metrics().sockets.dec();
        let code = self.socket.closed_with().map_or(0, |close| u32::from(close.code));
        engine.metrics().sockets_closed.get_or_create(&ByCode { code }).inc();
    }
}

impl StreamHandler<Heard> for Session {
    fn handle(&mut self, heard: Heard, ctx: &mut Context<Self>) {
        match heard {
            Heard::Text(text, permit) => self.hear(&text, permit, ctx),
            Heard::Control(Inbound::Ping(payload)) => {
                // One ping too many goes unanswered, and counts.
                if self.take_pace().is_ok() {
                    self.socket.write(&[framing::pong(&payload)]);
                }
            }
            Heard::Control(Inbound::Close(code)) => self.socket.echo_close(code),
            Heard::Control(_) => {}
        }
    }

    fn finished(&mut self, ctx: &mut Context<Self>) {
        ctx.stop();
    }
}

impl Handler<CloseSocket> for Session {
    type Result = ();

    fn handle(&mut self, command: CloseSocket, _: &mut Context<Self>) {
        self.socket.close(command.close);
    }
}
