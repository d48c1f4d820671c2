//! The doors to the actors: what an HTTP handler calls. Each call is one command to one actor and
//! its answer; reads go straight to the store.

mod changing;
mod private_chats;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use actix::Addr;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::timeout;

use crate::actors::announcing::Announcer;
use crate::actors::answer_budget::AnswerBudget;
use crate::actors::carrying_out::carry_out;
use crate::actors::connections::{ConnectionBounds, Connections};
use crate::actors::directory::Directory;
use crate::actors::failure::Failure;
use crate::actors::messages::{
    CreateChat, CreateInvite, DeleteUser, EraseUser, Invited, IssueTicket, ProvePassword,
    ReadCommandAnswer, RevokeInvite, RevokeToken, SignIn, SignUp, SignedIn, SubmitReadCommand,
    UpdateUser,
};
use crate::actors::metrics::Metrics;
use crate::actors::rate_limits::RateLimits;
use crate::actors::read_command_writer::ReadCommandWriter;
use crate::actors::registry::Registry;
use crate::actors::request_permits::RequestPermits;
use crate::config::Config;
use crate::domain::{ConversationId, ReadCommand, Refusal, TokenId, UserId};
use crate::store::Store;
use crate::store::accounts::Account;
use crate::store::conversations::Chat;

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
    read_commands: Addr<ReadCommandWriter>,
    announcer: Arc<Announcer>,
    epoch: String,
    rate_limits: RateLimits,
    request_permits: RequestPermits,
    answer_budget: AnswerBudget,
    connections: Arc<Connections>,
    searches: Arc<Semaphore>,
}

/// Searches at once: they may be long, and other reads need connections too.
pub(crate) const SEARCHES: usize = 2;
/// How long one waits for its turn.
const SEARCH_WITHIN: Duration = Duration::from_secs(3);

/// Whom commands go to.
#[derive(Clone, Debug)]
pub struct EngineAddresses {
    /// Keeps accounts, tokens and conversations.
    pub registry: Addr<Registry>,
    /// Stores what members say they have read, and mute.
    pub read_commands: Addr<ReadCommandWriter>,
    /// Tells of what has been committed.
    pub announcer: Arc<Announcer>,
}

impl Engine {
    /// Wires the parts together; `app` does this once.
    pub fn new(
        config: Arc<Config>,
        store: Store,
        metrics: Arc<Metrics>,
        directory: Arc<Directory>,
        addresses: EngineAddresses,
        epoch: String,
    ) -> Self {
        let rate_limits = RateLimits::new(config.rates());
        let answer_budget = AnswerBudget::new(config.answer_bytes);
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
                registry: addresses.registry,
                read_commands: addresses.read_commands,
                announcer: addresses.announcer,
                epoch,
                rate_limits,
                request_permits: RequestPermits::default(),
                answer_budget,
                connections,
                searches: Arc::new(Semaphore::new(SEARCHES)),
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
    pub fn rate_limits(&self) -> &RateLimits {
        &self.inner.rate_limits
    }

    /// How much of it one user may have at the same time.
    pub fn request_permits(&self) -> &RequestPermits {
        &self.inner.request_permits
    }

    /// The memory that answers may have.
    pub fn answer_budget(&self) -> &AnswerBudget {
        &self.inner.answer_budget
    }

    /// The connections that requests come on.
    pub fn connections(&self) -> &Arc<Connections> {
        &self.inner.connections
    }

    /// For reads.
    pub fn store(&self) -> &Store {
        &self.inner.store
    }

    /// A place among those who search now. `Busy` if there is none for too long.
    pub async fn search_permit(&self) -> Result<OwnedSemaphorePermit, Refusal> {
        let searches = Arc::clone(&self.inner.searches);
        match timeout(SEARCH_WITHIN, searches.acquire_owned()).await {
            Ok(Ok(permit)) => Ok(permit),
            _ => Err(Refusal::Busy),
        }
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

    /// Does what a member asks of their own place in a chat. Where they stand when it is stored; `None` for
    /// one who is no member. Commands are done in the order in which this is called; only the answer is waited for.
    pub fn read_command(
        &self,
        conversation: ConversationId,
        user: UserId,
        device: Option<TokenId>,
        command: ReadCommand,
    ) -> impl Future<Output = ReadCommandAnswer> + use<> {
        let (reply, answer) = oneshot::channel();
        self.inner.read_commands.do_send(SubmitReadCommand {
            user,
            device,
            conversation,
            command,
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

    /// Ends a token of a user and closes its sockets; `false` if there is none such.
    pub async fn revoke_token(&self, command: RevokeToken) -> Result<bool, Failure> {
        self.ask(command).await
    }

    /// A secret that opens one socket, once, within seconds.
    pub async fn issue_ticket(&self, token: TokenId) -> Result<String, Failure> {
        self.ask(IssueTicket { token }).await
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
