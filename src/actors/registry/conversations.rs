//! Starting conversations.

use std::sync::Arc;

use actix::fut::WrapFuture;
use actix::{Actor, ActorFutureExt, AsyncContext, Context, Handler, ResponseFuture};
use tokio::sync::oneshot;

use crate::actors::ConversationActor;
use crate::actors::announcing::Announcement;
use crate::actors::directory::Followed;
use crate::actors::failure::Failure;
use crate::actors::messages::{CreateChat, Locate, StartPrivate};
use crate::actors::registry::{Located, Registry};
use crate::domain::conversation::Loaded;
use crate::domain::{ConversationId, Refusal};
use crate::store::StoreError;
use crate::store::conversations::{self, Chat};

impl Registry {
    fn start(&mut self, conversation: ConversationId, loaded: Result<Option<Loaded>, StoreError>) {
        let located = match loaded {
            Ok(Some(loaded)) => {
                let generation = self.directory.next_generation();
                let services = self.services(conversation);
                let followed = Arc::new(Followed::default());
                let mine = Arc::clone(&followed);
                let addr = ConversationActor::new(loaded, generation, mine, services).start();
                self.directory.list(conversation, generation, addr.clone(), followed);
                Ok(addr)
            }
            Ok(None) => Err(Failure::Refused(Refusal::ChatNotFound)),
            Err(error) => Err(Failure::Store(error)),
        };
        for waiting in self.starting.remove(&conversation).unwrap_or_default() {
            drop(waiting.send(located.clone()));
        }
    }
}

impl Handler<Locate> for Registry {
    type Result = ResponseFuture<Located>;

    /// However many ask at once, the conversation is loaded and started once.
    fn handle(&mut self, command: Locate, ctx: &mut Context<Self>) -> Self::Result {
        let conversation = command.conversation;
        if let Some(addr) = self.directory.conversation(conversation) {
            return Box::pin(async move { Ok(addr) });
        }
        let (tell, told) = oneshot::channel();
        let waiting = self.starting.entry(conversation).or_default();
        waiting.push(tell);
        if waiting.len() == 1 {
            let store = self.store.clone();
            let load = async move { conversations::load(&store, conversation).await };
            let load = load.into_actor(self);
            ctx.spawn(load.map(move |loaded, registry, _| registry.start(conversation, loaded)));
        }
        Box::pin(async move { told.await.unwrap_or(Err(Failure::Lost)) })
    }
}

impl Handler<CreateChat> for Registry {
    type Result = ResponseFuture<Result<Chat, Failure>>;

    fn handle(&mut self, command: CreateChat, _: &mut Context<Self>) -> Self::Result {
        let store = self.store.clone();
        let is_draining = self.directory.is_draining();
        let most = self.config.user_chats;
        let announcer = Arc::clone(&self.announcer);
        Box::pin(async move {
            if is_draining {
                return Err(Refusal::GoingAway.into());
            }
            let CreateChat(founding) = command;
            let chat = conversations::create(&store, &founding, most, store.now()).await??;
            let members = &founding.members(None);
            announcer.tell(Announcement::Founded {
                chat: &chat,
                members,
            });
            Ok(chat)
        })
    }
}

impl Handler<StartPrivate> for Registry {
    type Result = ResponseFuture<Result<Chat, Failure>>;

    fn handle(&mut self, command: StartPrivate, _: &mut Context<Self>) -> Self::Result {
        let store = self.store.clone();
        let is_draining = self.directory.is_draining();
        let most = self.config.user_chats;
        let announcer = Arc::clone(&self.announcer);
        Box::pin(async move {
            let StartPrivate { right, by, pair } = command;
            if let Some(chat) = conversations::between(&store, pair).await? {
                return Ok(chat);
            }
            if is_draining {
                return Err(Refusal::GoingAway.into());
            }
            let now = store.now();
            let (chat, members) =
                conversations::create_between(&store, right, pair, by, most, now).await??;
            // It is told by whoever was faster, if it was not made here.
            if !members.is_empty() {
                announcer.tell(Announcement::Founded {
                    chat: &chat,
                    members: &members,
                });
            }
            Ok(chat)
        })
    }
}
