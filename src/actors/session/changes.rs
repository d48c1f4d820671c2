//! What a peer asks beside sending and opening: changes of messages, read commands, and that it is writing.

use std::time::Duration;

use actix::fut::WrapFuture;
use actix::{ActorFutureExt, Addr, AsyncContext, Context};
use tokio::sync::OwnedSemaphorePermit;

use crate::actors::ConversationActor;
use crate::actors::engine::Engine;
use crate::actors::failure::Failure;
use crate::actors::messages::{Amend, ReplyTo, Sender, StartTyping, Unanswered};
use crate::actors::session::Session;
use crate::domain::refusal::Surface;
use crate::domain::{Authority, Change, ConversationId, ReadCommand, Refusal};
use crate::store::{accounts, messages};
use crate::wire::About;
use crate::wire::client::{Alteration, ChangeMessage};

/// How often a socket may say that its user is writing in one chat; more is ignored.
const TYPING_EVERY: Duration = Duration::from_secs(2);

impl Session {
    /// Changes a message, wherever it is.
    pub(super) fn change(
        &mut self,
        change: ChangeMessage,
        permit: OwnedSemaphorePermit,
        ctx: &mut Context<Self>,
    ) {
        let key = change.client_msg_id.clone();
        let about = About::change(change.chat, Some(change.message), key.as_ref());
        let sender = Sender {
            session: self.context.session,
            relay: self.context.worker.relay().id,
            message: Some(change.message),
            unanswered: Unanswered::new(
                ctx.address(),
                change.chat,
                Some(change.message),
                key.clone(),
            ),
            client_msg_id: key,
            permit,
        };
        let engine = self.context.worker.engine().clone();
        let passed = pass_on(engine, self.context.asker(), change, sender).into_actor(self);
        // What comes next waits, so that changes keep their order.
        ctx.wait(passed.map(move |passed, session, _| {
            if let Err(failure) = passed {
                session.tell(&failure.told(Surface::FrameOfMessage), &about);
            }
        }));
    }

    /// Does what the user asks of their own place in a chat.
    pub(super) fn read_command(
        &mut self,
        chat: ConversationId,
        command: ReadCommand,
        permit: OwnedSemaphorePermit,
        ctx: &mut Context<Self>,
    ) {
        let Some(user) = self.context.user else {
            return self.refuse(chat, Refusal::NotMember.into());
        };
        // Put at once, so that of two commands the later one wins. What the peer says next does not wait,
        // but it has only so many places for what is not answered.
        let answer =
            self.context
                .worker
                .engine()
                .read_command(chat, user, self.context.token, command);
        ctx.spawn(answer.into_actor(self).map(move |answer, session, _| {
            drop(permit);
            match answer {
                Ok(Some(_)) => {}
                Ok(None) => session.refuse(chat, Refusal::NotMember.into()),
                Err(failure) => session.refuse(chat, failure),
            }
        }));
    }

    /// Tells those who have the chat open that the user is writing. Nothing answers it, and whoever
    /// says so too often, or where they do not listen themselves, is not heard.
    pub(super) fn typing(&mut self, chat: ConversationId, ctx: &mut Context<Self>) {
        let now = self.started.elapsed();
        let (Some(user), Some(addr)) = (self.context.user, self.chats.addr(chat).cloned()) else {
            return;
        };
        let is_early = |last: &Duration| now.saturating_sub(*last) < TYPING_EVERY;
        if self.typed.get(&chat).is_some_and(is_early) || !self.pacing.may_type() {
            return;
        }
        self.typed.retain(|_, last| is_early(last));
        self.typed.insert(chat, now);
        let store = self.context.worker.engine().store().clone();
        let known = self.username.clone();
        let named = async move {
            match known {
                Some(name) => Ok(Some(name)),
                None => accounts::by_id(&store, user)
                    .await
                    .map(|account| account.map(|account| account.username.into())),
            }
        };
        ctx.spawn(named.into_actor(self).map(move |named, session, _| {
            if let Ok(Some(username)) = named {
                session.username = Some(std::sync::Arc::clone(&username));
                addr.do_send(StartTyping {
                    user,
                    username,
                    is_here: true,
                });
            }
        }));
    }
}

/// Hands the change over to the message's conversation.
async fn pass_on(
    engine: Engine,
    by: Authority,
    change: ChangeMessage,
    sender: Sender,
) -> Result<(), Failure> {
    // What fails before it is handed over is told by who asked for it.
    let handed = find(&engine, by, change).await;
    let (addr, change) = handed.inspect_err(|_| sender.unanswered.settle())?;
    addr.do_send(Amend {
        change,
        reply_to: ReplyTo::Session(sender),
    });
    Ok(())
}

/// The message's conversation, and what is asked of it.
async fn find(
    engine: &Engine,
    by: Authority,
    change: ChangeMessage,
) -> Result<(Addr<ConversationActor>, Change), Failure> {
    let found = messages::conversation_of(engine.store(), change.message).await?;
    let found = found.ok_or(Refusal::MessageNotFound)?;
    let conversation = found.authorize(engine.store(), by).await??;
    // Named with a chat that it is not in, it is one that there is not.
    if change.chat.is_some_and(|chat| chat != conversation) {
        return Err(Refusal::MessageNotFound.into());
    }
    let addr = engine.locate(conversation).await?;
    let message = change.message;
    let change = match change.alteration {
        Alteration::Edit(text) => Change::Edit { by, message, text },
        Alteration::Delete => Change::Delete { by, message },
        Alteration::Pin(on) => Change::Pin { by, message, on },
        Alteration::React(emoji, on) => Change::React {
            user: by.user().ok_or(Refusal::NotMember)?,
            device: by.device(),
            message,
            emoji,
            on,
        },
    };
    Ok((addr, change))
}
