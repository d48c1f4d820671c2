//! One socket: an actor that reads frames, asks conversations, and is told how it ends. What is
//! delivered to it never passes its mailbox: the relay writes it to the [`socket`] directly, so a
//! peer that stops reading stalls nothing but itself.

mod assembler;
mod changes;
mod chat_states;
mod context;
mod frame_stream;
mod open;
mod outbox;
mod pacing;
mod replay_buffer;
pub mod socket;
mod start;
pub mod transport;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::fut::WrapFuture;
use actix::{
    Actor, ActorContext, ActorFutureExt, Addr, AsyncContext, Context, Handler, StreamHandler,
};
use tokio::sync::OwnedSemaphorePermit;

use crate::actors::ConversationActor;
use crate::actors::engine::Engine;
use crate::actors::failure::Failure;
use crate::actors::messages::{
    PostMessage, ReplyTo, Sender, SessionEnded, Tell, Unanswered, Unwatch,
};
use crate::actors::metrics::ByCode;
use crate::actors::session::assembler::Inbound;
use crate::actors::session::chat_states::{Closed, SessionChats};
use crate::actors::session::context::SessionContext;
use crate::actors::session::frame_stream::Heard;
use crate::actors::session::pacing::Pacing;
use crate::actors::socket_permits::SocketPermit;
use crate::domain::change::Post;
use crate::domain::event::Settled;
use crate::domain::refusal::Surface;
use crate::domain::{ConversationId, ReadCommand};
use crate::wire::client::{self, ClientFrame};
use crate::wire::{About, Close, Code, Encoded, Problem, frame_encoding, server};

pub use start::{Admission, start};

/// Longest message that a peer may send, frames joined.
pub const FRAME_BYTES: usize = 64 << 10;
/// Sends of one socket that may be unanswered; a peer with more is not read from.
const UNANSWERED: usize = 64;

/// The actor of one socket: it reads what the peer says, and has it carried out.
pub struct Session {
    context: SessionContext,
    chats: SessionChats<Addr<ConversationActor>>,
    pacing: Pacing,
    /// When the user was last heard to be writing, by chat.
    typed: HashMap<ConversationId, Duration>,
    /// The user's name, once it was needed.
    username: Option<Arc<str>>,
    started: Instant,
    _permit: SocketPermit,
}

impl Session {
    fn hear(&mut self, text: &str, permit: OwnedSemaphorePermit, ctx: &mut Context<Self>) {
        // It may have been said goodbye to while this waited for what was said before.
        if self.context.socket.is_ending() {
            return;
        }
        let decoded = client::decode(text);
        let paced = self.pacing.spend(decoded.as_ref().ok());
        let frame = match (decoded, paced) {
            (Ok(frame), Ok(())) => frame,
            (Ok(frame), Err(problem)) => return self.tell(&problem, &frame.about()),
            (Err(rejected), Ok(())) => return self.tell(&rejected.problem, &rejected.about),
            (Err(rejected), Err(problem)) => return self.tell(&problem, &rejected.about),
        };
        match frame {
            ClientFrame::Send(send) => self.send(send, permit, ctx),
            ClientFrame::Open(open) => self.open(open, permit, ctx),
            ClientFrame::Close(chat) => self.close(chat),
            ClientFrame::Read(chat, n) => {
                self.read_command(chat, ReadCommand::Read(n), permit, ctx)
            }
            ClientFrame::Unread(chat, n) => {
                self.read_command(chat, ReadCommand::Unread(n), permit, ctx)
            }
            ClientFrame::Typing(chat) => self.typing(chat, ctx),
            ClientFrame::Ping => self.context.socket.write(&[server::pong()]),
            ClientFrame::Change(change) => self.change(change, permit, ctx),
        }
    }

    fn open(&mut self, open: client::Open, permit: OwnedSemaphorePermit, ctx: &mut Context<Self>) {
        let chat = open.chat;
        if !self.chats.begin(chat) {
            let problem = Problem::new(Code::BUSY, "this chat is being opened already");
            return self.tell(&problem, &About::chat(chat));
        }
        let context = self.context.clone();
        let opened = async move { context.open(open).await }.into_actor(self);
        ctx.spawn(opened.map(move |opened, session, _| {
            // Until here it was one of the things that this socket may have unanswered.
            drop(permit);
            match opened {
                Ok(addr) => {
                    if !session.chats.opened(chat, addr) {
                        session.leave(chat);
                    }
                }
                Err(failure) => {
                    session.chats.failed(chat);
                    session.refuse(chat, failure);
                }
            }
        }));
    }

    /// Active becomes background. General stays, and so does the chat of the URL.
    fn close(&mut self, chat: ConversationId) {
        if chat == ConversationId::GENERAL || Some(chat) == self.context.bound {
            return;
        }
        if self.chats.close(chat) == Closed::Now {
            self.leave(chat);
        }
    }

    fn leave(&self, chat: ConversationId) {
        self.context.socket.set_active(chat, false);
        self.context.leave(chat);
    }

    fn send(&mut self, send: client::Send, permit: OwnedSemaphorePermit, ctx: &mut Context<Self>) {
        // A frame without a chat means the one of the URL, or General if that has none.
        let bound = self.context.bound.unwrap_or(ConversationId::GENERAL);
        let conversation = send.chat.unwrap_or(bound);
        let command = PostMessage {
            reply_to: ReplyTo::Session(Sender {
                session: self.context.session,
                relay: self.context.worker.relay().id,
                message: None,
                client_msg_id: send.client_msg_id.clone(),
                permit,
                unanswered: Unanswered::new(
                    ctx.address(),
                    Some(conversation),
                    None,
                    send.client_msg_id.clone(),
                ),
            }),
            post: Post {
                by: self.context.asker(),
                text: send.text,
                client_msg_id: send.client_msg_id,
                reply_to: send.reply_to,
                uploads: send.uploads,
                sequence: None,
            },
        };
        match self.chats.addr(conversation) {
            // It may have stopped since, if we were removed from it.
            Some(addr) if addr.connected() => addr.do_send(command),
            _ => self.send_elsewhere(conversation, command, ctx),
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
        let engine = self.context.worker.engine().clone();
        let passed = pass_on(engine, conversation, command).into_actor(self);
        ctx.wait(passed.map(|answer, session, _| session.context.socket.write(answer.as_slice())));
    }

    fn refuse(&self, chat: ConversationId, failure: Failure) {
        self.tell(&failure.told(Surface::Frame), &About::chat(chat));
    }

    fn tell(&self, problem: &Problem, about: &About) {
        self.context.socket.write(&[server::error(problem, about)]);
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
    if let ReplyTo::Session(sender) = &command.reply_to {
        sender.unanswered.settle();
    }
    let key = command.post.client_msg_id.as_ref();
    let failure = match engine.stored_before(conversation, &command.post).await {
        Ok(Some(Settled::Repeated(event))) => {
            return key.map(|key| server::ack(conversation, key, &event, true));
        }
        Err(failure) => failure,
        Ok(_) => failure,
    };
    let problem = failure.told(Surface::Frame);
    Some(server::error(&problem, &About::change(Some(conversation), None, key)))
}

impl Actor for Session {
    type Context = Context<Self>;

    fn stopped(&mut self, _: &mut Context<Self>) {
        let SessionContext {
            session,
            socket,
            worker,
            ..
        } = &self.context;
        let session = *session;
        for chat in self.chats.all() {
            self.context.leave(chat);
        }
        worker.sockets().borrow_mut().remove(&session);
        worker.relay().addr.do_send(Unwatch { session });
        socket.kill();
        let engine = worker.engine();
        engine.registry().do_send(SessionEnded { session });
        engine.metrics().sockets.dec();
        let code = socket.closed_with().map_or(0, |close| u32::from(close.code));
        engine.metrics().sockets_closed.get_or_create(&ByCode { code }).inc();
    }
}

impl StreamHandler<Heard> for Session {
    fn handle(&mut self, heard: Heard, ctx: &mut Context<Self>) {
        match heard {
            Heard::Text(text, permit) => self.hear(&text, permit, ctx),
            Heard::Control(Inbound::Ping(payload)) => {
                // One ping too many goes unanswered, and counts.
                if self.pacing.spend(None).is_ok() {
                    self.context.socket.write(&[frame_encoding::pong(&payload)]);
                }
            }
            Heard::Control(Inbound::Close(code)) => self.context.socket.echo_close(code),
            Heard::Control(_) => {}
        }
        // Behind the last of what it was told.
        if self.pacing.is_deaf_to_it() {
            self.context.socket.close(Close::TOO_FAST);
        }
    }

    fn finished(&mut self, ctx: &mut Context<Self>) {
        ctx.stop();
    }
}

impl Handler<Tell> for Session {
    type Result = ();

    fn handle(&mut self, command: Tell, _: &mut Context<Self>) {
        self.context.socket.write(&[command.frames]);
    }
}
