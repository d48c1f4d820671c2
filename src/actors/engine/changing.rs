//! Changing a conversation: one command to its actor, and its answer.

use std::sync::Arc;

use actix::Addr;
use tokio::sync::oneshot;

use crate::actors::ConversationActor;
use crate::actors::engine::Engine;
use crate::actors::failure::Failure;
use crate::actors::messages::{Amend, CatchUp, Locate, PostMessage, ReplyTo, Retired};
use crate::domain::change::Post;
use crate::domain::event::Settled;
use crate::domain::{Change, ConversationId, Event, Refusal, UserId};
use crate::store::{accounts, conversations, messages};

impl Engine {
    /// Stores a message and has it delivered. `Settled::Stored` or `Settled::Repeated`; a refusal
    /// is a `Failure`.
    pub async fn post(&self, conversation: ConversationId, post: Post) -> Result<Settled, Failure> {
        let settled = self
            .settle(conversation, post.sender(), |reply| PostMessage {
                post: post.clone(),
                reply_to: ReplyTo::Caller(reply),
            })
            .await;
        match settled {
            Err(failure) if failure.is(Refusal::ChatNotFound) => {
                let before = self.stored_before(conversation, &post).await?;
                before.ok_or(failure)
            }
            settled => settled,
        }
    }

    /// The first answer to a keyed post whose conversation is gone since: "no such chat" would mean
    /// that it was never stored.
    pub async fn stored_before(
        &self,
        conversation: ConversationId,
        post: &Post,
    ) -> Result<Option<Settled>, Failure> {
        let (Some(sender), Some(key)) = (post.sender(), &post.client_msg_id) else {
            return Ok(None);
        };
        let stored = messages::by_key(self.store(), conversation, sender, key).await?;
        let Some(event) = stored else {
            return Ok(None);
        };
        let text = event.message().and_then(|message| message.text.as_ref());
        if text.is_some_and(|text| *text != *post.text) {
            return Err(Refusal::KeyReused.into());
        }
        Ok(Some(Settled::Repeated(Arc::new(event))))
    }

    /// Changes a message, members, the name, or ends the conversation; the event that came of it,
    /// `None` if it was so already.
    pub async fn amend(
        &self,
        conversation: ConversationId,
        change: Change,
    ) -> Result<Option<Arc<Event>>, Failure> {
        let settled = self
            .settle(conversation, change.users().next(), |reply| Amend {
                change: change.clone(),
                reply_to: ReplyTo::Caller(reply),
            })
            .await?;
        match settled {
            Settled::Stored(event) | Settled::Repeated(event) => Ok(Some(event)),
            Settled::Unchanged(_) => Ok(None),
            Settled::Refused(refusal) => Err(refusal.into()),
        }
    }

    /// The actor of a conversation, started if it is not running.
    pub async fn locate(
        &self,
        conversation: ConversationId,
    ) -> Result<Addr<ConversationActor>, Failure> {
        if let Some(addr) = self.inner.directory.conversation(conversation) {
            return Ok(addr);
        }
        self.ask(Locate { conversation }).await
    }

    /// Did the actor of a conversation not know what the store knows, that `user` is a member? Then
    /// another process wrote to it, and it has read that by now: ask again.
    pub async fn catch_up(
        &self,
        conversation: ConversationId,
        user: Option<UserId>,
    ) -> Result<bool, Failure> {
        let Some(user) = user else {
            return Ok(false);
        };
        // An account that was ended has its place in the tables, and none in any actor.
        let account = accounts::by_id(self.store(), user).await?;
        if account.is_none_or(|account| account.deactivated_at.is_some()) {
            return Ok(false);
        }
        let listing = conversations::of_member(self.store(), conversation, user).await?;
        let addr = self.inner.directory.conversation(conversation);
        let (listing, addr) = match (listing, addr) {
            (None, _) => return Ok(false),
            // Whoever starts it now reads what is there.
            (Some(_), None) => return Ok(true),
            (Some(listing), Some(addr)) => (listing, addr),
        };
        let store = CatchUp {
            seq: listing.chat.head_seq,
            member: Some(user),
        };
        Ok(addr.send(store).await.unwrap_or(false))
    }

    async fn settle<M>(
        &self,
        conversation: ConversationId,
        asker: Option<UserId>,
        command: impl Fn(oneshot::Sender<Result<Settled, Retired>>) -> M,
    ) -> Result<Settled, Failure>
    where
        M: actix::Message<Result = ()> + Send + 'static,
        ConversationActor: actix::Handler<M>,
    {
        // An actor that retires between the look-up and the command says so, having done nothing.
        for _ in 0..3 {
            let (reply, answer) = oneshot::channel();
            self.locate(conversation).await?.do_send(command(reply));
            match answer.await {
                Ok(Ok(Settled::Refused(Refusal::NotMember)))
                    if self.catch_up(conversation, asker).await? => {}
                Ok(Ok(Settled::Refused(refusal))) => return Err(refusal.into()),
                Ok(Ok(settled)) => return Ok(settled),
                Ok(Err(Retired)) => continue,
                Err(_) => return Err(Refusal::OutcomeUnknown.into()),
            }
        }
        Err(Refusal::Busy.into())
    }
}
