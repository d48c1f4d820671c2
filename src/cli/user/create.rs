//! `vestnik user create`.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use crate::cli::say;
use crate::cli::user::Done;
use crate::cli::user::password::NewPassword;
use crate::domain::event::Settled;
use crate::domain::{Change, ConversationId, Email, Event, Fact, NewAccount, Role, Username};
use crate::store::Store;
use crate::store::accounts::which_taken;
use crate::store::commit::{Attempt, Batch, Outcome, commit};

/// How often it is asked what became of a `COMMIT` without an answer, and how long in between.
const QUESTIONS: u32 = 30;
const PAUSE: Duration = Duration::from_millis(500);

pub(super) async fn create(
    store: &Store,
    username: Username,
    email: Email,
    is_admin: bool,
) -> Done {
    let password = NewPassword::choose().await?;
    let name = username.as_str().to_owned();
    let account = NewAccount {
        username,
        email,
        password_hash: password.hash.clone(),
        invite: None,
        is_admin,
        wakes_names: true,
    };
    let event = register(store, account).await?;
    let Fact::Joined { user, role, .. } = &event.fact else {
        return Err("the database answered something else".into());
    };
    let rights = match is_admin || *role == Role::Owner {
        true => ", an administrator's",
        false => "",
    };
    say(&format!("{name} is account {user}{rights}"));
    password.show();
    Ok(())
}

/// The transaction in which a server makes an account too: General's numbers stay without a gap.
async fn register(store: &Store, account: NewAccount) -> Result<Arc<Event>, Box<dyn Error>> {
    let batch = Batch {
        conversation: ConversationId::GENERAL,
        changes: Arc::new(vec![Change::Register(account)]),
    };
    let settled = match commit(store, &[batch], store.now()).await {
        Ok(Outcome::Committed(settled)) => settled,
        Ok(Outcome::Unknown(attempt)) => settle(store, &attempt).await?,
        Err(error) => match which_taken(&error) {
            Some(refusal) => return Err(refusal.into()),
            None => return Err(error.into()),
        },
    };
    match settled.into_iter().flatten().next() {
        Some(Settled::Stored(event)) => Ok(event),
        Some(Settled::Refused(refusal)) => Err(refusal.into()),
        _ => Err("the database answered something else".into()),
    }
}

async fn settle(store: &Store, attempt: &Attempt) -> Result<Vec<Vec<Settled>>, Box<dyn Error>> {
    for _ in 0..QUESTIONS {
        match attempt.settle(store).await {
            Ok(Some(settled)) => return Ok(settled),
            Ok(None) => return Err("the connection broke; nothing was stored".into()),
            Err(error) => say(&format!("vestnik: {error}")),
        }
        tokio::time::sleep(PAUSE).await;
    }
    Err("the connection broke, and it is not known whether the account was made; look with: vestnik user list".into())
}
