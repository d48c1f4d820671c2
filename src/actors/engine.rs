//! The doors to the actors: what an HTTP handler calls. Each call is one command to one actor and
//! its answer; reads go straight to the store.

use std::future::Future;
use std::sync::Arc;

use actix::Addr;
use tokio::sync::oneshot;

use crate::actors::ConversationActor;
use crate::actors::announcing::{Announcement, Announcer};
use crate::actors::answers::Answers;
use crate::actors::asking::carry_out;
use crate::actors::connections::{ConnectionBounds, Connections};
use crate::actors::directory::Directory;
use crate::actors::failure::Failure;
use crate::actors::marks::Marks;
use crate::actors::messages::{
    Amend, CatchUp, CreateChat, CreateInvite, DeleteUser, EraseUser, Invited, IssueTicket, Locate,
    Marked, PostMessage, ProvePassword, PutMark, ReplyTo, Retired, RevokeInvite, RevokeToken,
    SignIn, SignUp, SignedIn, StartPrivate, UpdateUser,
};
use crate::actors::metrics::Metrics;
use crate::actors::pace::Paces;
use crate::actors::registry::Registry;
use crate::actors::shares::Shares;
use crate::config::Config;
use crate::domain::change::Post;
use crate::domain::event::Settled;
use crate::domain::{
    Authority, Change, ConversationId, Event, Mark, Pair, Refusal, Right, Role, TokenId, UserId,
};
use crate::store::accounts::{self, Account};
use crate::store::conversations::{self, Chat};
use crate::store::{Store, messages};

/// Everything a handler needs. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Engine {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    config: Arc<Config>,
    store: Store,
    metrics: Arc<Metrics>,
    directory: Arc<Directory>,
    registry: Addr<Registry>,
    marks: Addr<Marks>,
    announcer: Arc<Announcer>,
    epoch: String,
    paces: Paces,
    shares: Shares,
    answers: Answers,
    connections: Arc<Connections>,
}

/// Whom commands go to.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Keeps accounts, tokens and conversations.
    pub registry: Addr<Registry>,
    /// Stores marks.
    pub marks: Addr<Marks>,
    /// Tells of what has been committed.
    pub announcer: Arc<Announcer>,
}

impl Engine {
    /// Wires the parts together; `app` does this once.
    #[allow(clippy::too_many_arguments, reason = "each is a part of another type")]
    pub fn new(
        config: Arc<Config>,
        store: Store,
        metrics: Arc<Metrics>,
        directory: Arc<Directory>,
        asked: Asked,
        epoch: String,
    ) -> Self {
        let paces = Paces::new(config.rates());
        let answers = Answers::new(config.answer_bytes);
        let connections = Arc::new(Connections::new(ConnectionBounds {
            total: config.max_connections,
            address: config.address_connections,
        }));
        Self {
            inner: Arc::new(Inner {
                config,
                store,
                metrics,
                directory,
                registry: asked.registry,
                marks: asked.marks,
                announcer: asked.announcer,
                epoch,
                paces,
                shares: Shares::default(),
                answers,
                connections,
            }),
        }
    }

    /// What the administrator set.
    pub fn config(&self) -> &Config {
        &self.inner.config
    }

    /// The identity of this database's history; positions of another mean nothing here.
    pub fn epoch(&self) -> &str {
        &self.inner.epoch
    }

    /// How fast users may go.
    pub fn paces(&self) -> &Paces {
        &self.inner.paces
    }

    /// How much of it one user may have at the same time.
    pub fn shares(&self) -> &Shares {
        &self.inner.shares
    }

    /// The memory that answers may have.
    pub fn answers(&self) -> &Answers {
        &self.inner.answers
    }

    /// The connections that requests come on.
    pub fn connections(&self) -> &Arc<Connections> {
        &self.inner.connections
    }

    /// For reads.
    pub fn store(&self) -> &Store {
        &self.inner.store
    }

    /// What is counted.
    pub fn metrics(&self) -> &Metrics {
        &self.inner.metrics
    }

    /// The same, for an actor to keep.
    pub fn metrics_handle(&self) -> Arc<Metrics> {
        self.inner.metrics.clone()
    }

    /// Who is running where.
    pub fn directory(&self) -> &Arc<Directory> {
        &self.inner.directory
    }

    /// For sessions, which speak to it directly.
    pub fn registry(&self) -> &Addr<Registry> {
        &self.inner.registry
    }

    /// Stores a message and has it delivered. `Settled::Stored` or `Settled::Repeated`; a refusal
    /// is a `Failure`.
    pub async fn post(&self, conversation: ConversationId, post: Post) -> Result<Settled, Failure> {
        let settled = self
            .settle(conversation, post.sender, |reply| PostMessage {
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
        let (Some(sender), Some(key)) = (post.sender, &post.client_msg_id) else {
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

    /// Puts a member's mark. Where they stand when it is stored; `None` for one who is no member. Marks
    /// are put in the order in which this is called; only the answer is waited for.
    pub fn mark(
        &self,
        conversation: ConversationId,
        user: UserId,
        device: Option<TokenId>,
        mark: Mark,
    ) -> impl Future<Output = Marked> + use<> {
        let (reply, answer) = oneshot::channel();
        self.inner.marks.do_send(PutMark {
            user,
            device,
            conversation,
            mark,
            reply,
        });
        async move { answer.await.unwrap_or(Err(Failure::Lost)) }
    }

    /// Makes an account, which joins General.
    pub async fn sign_up(&self, command: SignUp) -> Result<Account, Failure> {
        self.ask(command).await
    }

    /// Checks a password and makes a token.
    pub async fn sign_in(&self, command: SignIn) -> Result<SignedIn, Failure> {
        self.ask(command).await
    }

    /// Checks the password of an account that is signed in: 403 `wrong_password`.
    pub async fn prove_password(&self, command: ProvePassword) -> Result<(), Failure> {
        self.ask(command).await
    }

    /// Changes an account. Who may is the caller's business; a new password ends all its tokens.
    pub async fn update_user(&self, command: UpdateUser) -> Result<Account, Failure> {
        self.ask(command).await
    }

    /// Deactivates an account, ends its tokens and closes its sockets.
    pub async fn delete_user(&self, command: DeleteUser) -> Result<(), Failure> {
        self.ask(command).await
    }

    /// The same, and erases what is personal of it.
    pub async fn erase_user(&self, command: EraseUser) -> Result<(), Failure> {
        self.ask(command).await
    }

    /// Makes an invitation. Who may is the caller's business.
    pub async fn create_invite(&self, command: CreateInvite) -> Result<Invited, Failure> {
        self.ask(command).await
    }

    /// Takes an invitation back.
    pub async fn revoke_invite(&self, command: RevokeInvite) -> Result<(), Failure> {
        self.ask(command).await
    }

    /// Makes a conversation.
    pub async fn create_chat(&self, command: CreateChat) -> Result<Chat, Failure> {
        self.ask(command).await
    }

    /// The private conversation of two people, made if there is none. Whoever of the two is not in it
    /// (any more) joins: to write to somebody is to be there, and to have them there.
    pub async fn start_private(
        &self,
        right: Right,
        by: UserId,
        pair: Pair,
    ) -> Result<Chat, Failure> {
        let chat = self.ask(StartPrivate { right, by, pair }).await?;
        self.show(chat.id, by).await?;
        for user in conversations::missing(self.store(), chat.id, pair).await? {
            let join = Change::Join {
                by: Authority::Operator,
                user,
                role: Role::Member,
            };
            match self.amend(chat.id, join).await {
                Err(failure) if !failure.is(Refusal::AlreadyMember) => return Err(failure),
                _ => {}
            }
        }
        Ok(chat)
    }

    /// Hides a private conversation for one of its members and tells their sockets. Once nobody has it in
    /// view it is deleted.
    pub async fn hide(&self, conversation: ConversationId, user: UserId) -> Result<(), Failure> {
        let hidden = conversations::hide(self.store(), conversation, user).await?;
        let hidden = hidden.ok_or(Refusal::NotMember)?;
        self.inner.announcer.tell(Announcement::Hidden { user, conversation });
        if !hidden.by_all {
            return Ok(());
        }
        match self.amend(conversation, Change::Abandon).await {
            Err(failure) if !failure.is(Refusal::ChatNotFound) => Err(failure),
            _ => Ok(()),
        }
    }

    /// Brings a conversation back into the view of one of its members, and tells their sockets.
    async fn show(&self, conversation: ConversationId, user: UserId) -> Result<(), Failure> {
        if !conversations::show(self.store(), conversation, user).await? {
            return Ok(());
        }
        if let Some(listing) = conversations::of_member(self.store(), conversation, user).await? {
            let counters = &listing.counters();
            self.inner.announcer.tell(Announcement::Shown { user, counters });
        }
        Ok(())
    }

    /// Ends a token of a user and closes its sockets; `false` if there is none such.
    pub async fn revoke_token(&self, command: RevokeToken) -> Result<bool, Failure> {
        self.ask(command).await
    }

    /// A secret that opens one socket, once, within seconds.
    pub async fn issue_ticket(&self, token: TokenId) -> Result<String, Failure> {
        self.ask(IssueTicket { token }).await
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

    async fn ask<M, T>(&self, command: M) -> Result<T, Failure>
    where
        M: actix::Message<Result = Result<T, Failure>> + Send + 'static,
        T: Send + 'static,
        Registry: actix::Handler<M>,
    {
        carry_out(&self.inner.registry, command).await.unwrap_or(Err(Failure::Lost))
    }
}
