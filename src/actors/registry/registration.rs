//! How an account is made: by whom it may be, and as a change of General, which it joins by it.

use std::sync::Arc;

use actix::{Addr, AsyncContext, Context, Handler, ResponseFuture};
use tokio::sync::oneshot;

use crate::actors::failure::Failure;
use crate::actors::messages::{Amend, Locate, ReplyTo, SignUp};
use crate::actors::registry::Registry;
use crate::actors::registry::passwords::Asker;
use crate::config::RegistrationMode;
use crate::domain::event::Settled;
use crate::domain::{Change, ConversationId, Event, Fact, InviteHash, NewAccount, Refusal, Role};
use crate::store::accounts::Account;
use crate::store::{Store, invites, tokens};

/// Longest code of an invitation that is looked up, in bytes; ours have 43.
const CODE_BYTES: usize = 128;

impl Handler<SignUp> for Registry {
    type Result = ResponseFuture<Result<Account, Failure>>;

    fn handle(&mut self, command: SignUp, ctx: &mut Context<Self>) -> Self::Result {
        let (passwords, registry) = (self.passwords.clone(), ctx.address());
        let (store, mode) = (self.store.clone(), self.config.registration);
        // The commands of the two servers that this one replaces give a name up and take it again.
        let wakes_names = self.config.trust;
        Box::pin(async move {
            // Before the password is hashed, which is work that strangers could make us do.
            let invite = admit(&store, mode, command.invite.as_deref()).await?;
            let password_hash =
                passwords.hash_for(Asker::at(command.peer), command.password).await?;
            let account = NewAccount {
                username: command.username,
                email: command.email,
                password_hash,
                invite,
                is_admin: false,
                wakes_names,
            };
            let event = register(&registry, account.clone()).await?;
            let Fact::Joined { user, role, .. } = event.fact else {
                return Err(Failure::Lost);
            };
            Ok(Account {
                id: user,
                username: account.username.as_str().to_owned(),
                email: account.email.as_str().to_owned(),
                display_name: None,
                is_admin: role == Role::Owner,
                created_at: event.at,
                deactivated_at: None,
                is_erased: false,
            })
        })
    }
}

/// The invitation that the account will use up. Where registration is open none is, so that an old
/// link still leads in.
async fn admit(
    store: &Store,
    mode: RegistrationMode,
    code: Option<&str>,
) -> Result<Option<InviteHash>, Failure> {
    let code = match (mode, code) {
        (RegistrationMode::Open, _) => return Ok(None),
        (RegistrationMode::Closed, _) => return Err(Refusal::RegistrationClosed.into()),
        (RegistrationMode::Invite, None) => return Err(Refusal::InviteRequired.into()),
        // Longer than any code: not even looked up.
        (RegistrationMode::Invite, Some(code)) if code.len() > CODE_BYTES => {
            return Err(Refusal::InviteInvalid.into());
        }
        (RegistrationMode::Invite, Some(code)) => code,
    };
    let invite = InviteHash(tokens::hash_secret(code));
    match invites::is_good(store, invite).await? {
        true => Ok(Some(invite)),
        false => Err(Refusal::InviteInvalid.into()),
    }
}

/// One transaction makes the account and has it join, in order with all else that happens there.
async fn register(registry: &Addr<Registry>, account: NewAccount) -> Result<Arc<Event>, Failure> {
    let conversation = ConversationId::GENERAL;
    let general = registry.send(Locate { conversation }).await;
    let general = general.unwrap_or(Err(Failure::Lost))?;
    let (reply, answer) = oneshot::channel();
    general.do_send(Amend {
        change: Change::Register(account),
        reply_to: ReplyTo::Caller(reply),
    });
    match answer.await {
        Ok(Ok(Settled::Stored(event))) => Ok(event),
        Ok(Ok(Settled::Refused(refusal))) => Err(refusal.into()),
        Ok(Ok(Settled::Repeated(_) | Settled::Unchanged(_))) | Err(_) => {
            Err(Refusal::OutcomeUnknown.into())
        }
        Ok(Err(_)) => Err(Refusal::Busy.into()),
    }
}
