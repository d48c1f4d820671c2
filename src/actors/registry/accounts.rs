//! Signing in, changing an account, and tokens.

use std::net::IpAddr;
use std::time::Duration;

use actix::fut::WrapFuture;
use actix::{ActorFutureExt, Context, Handler, ResponseActFuture, ResponseFuture};
use chrono::TimeDelta;

use crate::actors::announcing::Announcement;
use crate::actors::failure::Failure;
use crate::actors::messages::{
    IssueTicket, ProvePassword, RevokeToken, SignIn, SignInFailedElsewhere, SignedIn, UpdateUser,
};
use crate::actors::registry::Registry;
use crate::actors::registry::passwords::{Asker, Passwords};
use crate::domain::rates::network;
use crate::domain::{TokenId, TypedName};
use crate::store::accounts::{self, Account, Update};
use crate::store::{Store, StoreError, tickets, tokens};
use crate::wire::{Code, Problem};

/// Somebody who tries a password: from where, and of which account. The address is whole here, so that a
/// house of many machines does not lose one account to one of them; all of its network's failures are
/// counted besides.
type SignInAttempt = (IpAddr, String);

impl Registry {
    /// Lets a password be tried, unless too many failed. Until [`Self::end_attempt`] it counts as one
    /// that failed: guesses at the same moment must see each other.
    fn begin_attempt(
        &mut self,
        peer: IpAddr,
        username: Option<&TypedName>,
    ) -> Result<SignInAttempt, Failure> {
        let now = self.started.elapsed();
        let (peer, network) = (peer.to_canonical(), network(peer));
        // What can be nobody's name shares one limit, so that no long text is kept as a key.
        let name = username.map_or_else(String::new, TypedName::key);
        let account = (peer, name);
        let wait = self.by_peer.wait(&network, now).max(self.by_account.wait(&account, now));
        if wait > Duration::ZERO {
            let text = "too many passwords that were wrong, or have no answer yet; wait a while";
            let problem = Problem::new(Code::TOO_MANY_LOGINS, text).after(wait);
            return Err(Failure::Problem(problem));
        }
        self.by_peer.count_attempt(network, now);
        self.by_account.count_attempt(account.clone(), now);
        Ok(account)
    }

    /// What came of something that ends tokens, once their sockets are closed.
    fn closing<T: 'static>(
        &mut self,
        outcome: Result<(T, Vec<TokenId>), Failure>,
    ) -> ResponseActFuture<Self, Result<T, Failure>> {
        let closing = outcome.map(|(done, ended)| (done, self.end_tokens(&ended)));
        let closed = async move {
            let (done, closing) = closing?;
            closing.closed().await;
            Ok(done)
        };
        Box::pin(closed.into_actor(self))
    }

    fn end_attempt<T>(&mut self, account: &SignInAttempt, outcome: &Result<T, Failure>) {
        let failures = [Code::WRONG_CREDENTIALS, Code::WRONG_PASSWORD];
        if matches!(outcome, Err(Failure::Problem(p)) if failures.contains(&p.code)) {
            self.metrics.sign_in_failures.inc();
            let (peer, name) = (account.0, account.1.as_str());
            self.announcer.tell(Announcement::SignInFailed { peer, name });
        } else {
            let now = self.started.elapsed();
            self.by_peer.give_back(&network(account.0), now);
            self.by_account.give_back(account, now);
        }
    }
}

impl Handler<SignInFailedElsewhere> for Registry {
    type Result = ();

    /// So that whoever guesses at several servers has no more guesses.
    fn handle(&mut self, fact: SignInFailedElsewhere, _: &mut Context<Self>) {
        let now = self.started.elapsed();
        self.by_peer.count_attempt(network(fact.peer), now);
        self.by_account.count_attempt((fact.peer, fact.name), now);
    }
}

impl Handler<SignIn> for Registry {
    type Result = ResponseActFuture<Self, Result<SignedIn, Failure>>;

    fn handle(&mut self, command: SignIn, _: &mut Context<Self>) -> Self::Result {
        let attempt = match self.begin_attempt(command.peer, command.username.as_ref()) {
            Ok(attempt) => attempt,
            Err(failure) => return Box::pin(async move { Err(failure) }.into_actor(self)),
        };
        let wait = self.signed_in.wait(&attempt.1, self.started.elapsed());
        if wait > Duration::ZERO {
            let text = "too many sign-ins of this account; wait a while";
            let problem = Problem::new(Code::TOO_MANY_LOGINS, text).after(wait);
            let failure = Err(Failure::Problem(problem));
            self.end_attempt(&attempt, &failure);
            return Box::pin(async move { failure }.into_actor(self));
        }
        let (store, passwords) = (self.store.clone(), self.passwords.clone());
        let lifetime = TimeDelta::days(i64::from(self.config.token_days));
        let address = command.peer;
        let signed_in = sign_in(store, passwords, command, lifetime).into_actor(self);
        Box::pin(signed_in.then(move |signed_in, registry, _| {
            registry.end_attempt(&attempt, &signed_in);
            if matches!(&signed_in, Err(Failure::Problem(p)) if p.code == Code::WRONG_CREDENTIALS) {
                // For programs that ban addresses; no name, since people type passwords there. As many
                // lines as hashes, which have a pace.
                log::warn!("a sign-in from {address} failed");
            }
            if signed_in.is_ok() {
                registry.signed_in.count_attempt(attempt.1, registry.started.elapsed());
            }
            registry.closing(signed_in)
        }))
    }
}

impl Handler<ProvePassword> for Registry {
    type Result = ResponseActFuture<Self, Result<(), Failure>>;

    fn handle(&mut self, command: ProvePassword, _: &mut Context<Self>) -> Self::Result {
        let name = TypedName::parse(&command.username).ok();
        let attempt = match self.begin_attempt(command.peer, name.as_ref()) {
            Ok(attempt) => attempt,
            Err(failure) => return Box::pin(async move { Err(failure) }.into_actor(self)),
        };
        let (store, passwords) = (self.store.clone(), self.passwords.clone());
        let proved = async move {
            let found = accounts::credentials_of(&store, command.user).await?;
            let hash = found.map(|found| found.password_hash);
            match passwords.verify(Asker::User(command.user), command.password, hash).await? {
                true => Ok(()),
                false => Err(Failure::Problem(Problem::new(
                    Code::WRONG_PASSWORD,
                    "this is not your current password",
                ))),
            }
        };
        Box::pin(proved.into_actor(self).map(move |proved, registry, _| {
            registry.end_attempt(&attempt, &proved);
            proved
        }))
    }
}

/// One answer, after the same work, for a wrong password and for a name that does not exist. With the
/// tokens that end, since the user has so many.
async fn sign_in(
    store: Store,
    passwords: Passwords,
    command: SignIn,
    lifetime: TimeDelta,
) -> Result<(SignedIn, Vec<TokenId>), Failure> {
    let found = match &command.username {
        Some(username) => accounts::credentials(&store, username).await?,
        None => None,
    };
    let hash = found.as_ref().map(|found| found.password_hash.clone());
    let is_right = passwords.verify(Asker::at(command.peer), command.password, hash).await?;
    let owner = found.filter(|_| is_right).ok_or_else(wrong_credentials)?;
    let secret = tokens::new_secret();
    let hash = tokens::hash_secret(&secret);
    let expires_at = store.now() + lifetime;
    let token = tokens::insert(&store, &owner, &hash, command.user_agent, expires_at).await?;
    let (_, ended) = token.ok_or_else(wrong_credentials)?;
    let signed_in = SignedIn {
        token: secret,
        user: owner.user,
        expires_at,
    };
    Ok((signed_in, ended))
}

fn wrong_credentials() -> Failure {
    Failure::Problem(Problem::new(Code::WRONG_CREDENTIALS, "wrong username or password"))
}

impl Handler<UpdateUser> for Registry {
    type Result = ResponseActFuture<Self, Result<Account, Failure>>;

    fn handle(&mut self, command: UpdateUser, _: &mut Context<Self>) -> Self::Result {
        let updated = update(self.store.clone(), self.passwords.clone(), command);
        Box::pin(updated.into_actor(self).then(|updated, registry, _| registry.closing(updated)))
    }
}

/// The account as it is now, and the tokens that a new password has ended.
async fn update(
    store: Store,
    passwords: Passwords,
    command: UpdateUser,
) -> Result<(Account, Vec<TokenId>), Failure> {
    let password_hash = match command.password {
        Some(password) => Some(passwords.hash_for(Asker::User(command.user), password).await?),
        None => None,
    };
    let update = Update {
        username: command.username,
        email: command.email,
        display_name: command.display_name,
        password_hash,
        keep: command.keep,
    };
    let updated = accounts::update(&store, command.right, command.user, update).await;
    Ok(updated.map_err(taken)??)
}

fn taken(error: StoreError) -> Failure {
    accounts::which_taken(&error).map_or(Failure::Store(error), Failure::Refused)
}

impl Handler<RevokeToken> for Registry {
    type Result = ResponseActFuture<Self, Result<bool, Failure>>;

    fn handle(&mut self, command: RevokeToken, _: &mut Context<Self>) -> Self::Result {
        let RevokeToken { right, user, token } = command;
        let store = self.store.clone();
        let revoked = async move { tokens::delete(&store, right, user, token).await };
        Box::pin(revoked.into_actor(self).then(move |revoked, registry, _| {
            let revoked = revoked.map_err(Failure::from).and_then(|revoked| Ok(revoked?));
            let ended = |revoked| (revoked, if revoked { vec![token] } else { Vec::new() });
            registry.closing(revoked.map(ended))
        }))
    }
}

impl Handler<IssueTicket> for Registry {
    type Result = ResponseFuture<Result<String, Failure>>;

    fn handle(&mut self, command: IssueTicket, _: &mut Context<Self>) -> Self::Result {
        let store = self.store.clone();
        Box::pin(async move {
            let secret = tokens::new_secret();
            let hash = tokens::hash_secret(&secret);
            let expires_at = store.now() + tickets::LIFETIME;
            match tickets::insert(&store, command.token, &hash, expires_at).await? {
                true => Ok(secret),
                false => Err(Failure::Problem(Problem::new(
                    Code::UNAUTHENTICATED,
                    "the token has ended meanwhile",
                ))),
            }
        })
    }
}
