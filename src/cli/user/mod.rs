//! `vestnik user`: accounts from the command line of the machine that has the database, with or
//! without a server that runs on it. What a running server must notice, it does within seconds.

mod change;
mod create;
mod list;
mod password;

use std::error::Error;
use std::process::ExitCode;

use clap::Subcommand;

use crate::cli::CommandResult;
use crate::config::Config;
use crate::domain::{Email, TypedName, Username};
use crate::store::accounts::{self, Account};
use crate::store::copy::{self, UNFINISHED};
use crate::store::migrate::Schema;
use crate::store::{Store, connect, migrate};

/// What can be done to accounts.
#[derive(Subcommand, Clone, Debug)]
pub enum UserCommand {
    /// Show all accounts, one a line, with tabs between the columns
    List,
    /// Make an account, whatever VESTNIK_REGISTRATION says. The first one is an administrator's
    ///
    /// The password is the first line of standard input if something is piped in; else one is made
    /// and shown once.
    Create {
        /// 3 to 32 letters, digits, dots, dashes or underscores
        #[arg(value_parser = Username::parse)]
        username: Username,
        /// The email address
        #[arg(value_parser = Email::parse)]
        email: Email,
        /// Make it an administrator's
        #[arg(long)]
        admin: bool,
    },
    /// Make an account an administrator's
    Promote {
        /// The account's username
        #[arg(value_parser = TypedName::parse)]
        username: TypedName,
    },
    /// Take an administrator's rights back; the last administrator stays one
    Demote {
        /// The account's username
        #[arg(value_parser = TypedName::parse)]
        username: TypedName,
    },
    /// Give an account another password, and sign out all its devices
    ///
    /// The password is the first line of standard input if something is piped in; else one is made
    /// and shown once.
    ResetPassword {
        /// The account's username
        #[arg(value_parser = TypedName::parse)]
        username: TypedName,
    },
    /// End an account; it keeps its name and may come back
    Deactivate {
        /// The account's username
        #[arg(value_parser = TypedName::parse)]
        username: TypedName,
    },
    /// Take a deactivation back
    Activate {
        /// The account's username
        #[arg(value_parser = TypedName::parse)]
        username: TypedName,
    },
    /// End an account and erase its name, address, password and devices for good
    Erase {
        /// The account's username
        #[arg(value_parser = TypedName::parse)]
        username: TypedName,
        /// Confirms that the account is to be erased
        #[arg(long)]
        yes: bool,
    },
}

type Done = Result<(), Box<dyn Error>>;

/// Carries it out.
pub(super) async fn run(config: Config, command: UserCommand) -> CommandResult {
    let is_first_step = matches!(command, UserCommand::Create { .. });
    let store = match is_first_step {
        true => connect::open_beside(&config.database).await?,
        false => connect::open_existing_beside(&config.database).await?,
    };
    let done = async {
        require_schema(&store, is_first_step).await?;
        act(&store, command).await
    };
    let done = done.await;
    store.close().await?;
    done.map(|()| ExitCode::SUCCESS)
}

async fn act(store: &Store, command: UserCommand) -> Done {
    match command {
        UserCommand::List => list::list(store).await,
        UserCommand::Create {
            username,
            email,
            admin,
        } => create::create(store, username, email, admin).await,
        UserCommand::Promote { username } => change::promote(store, &username).await,
        UserCommand::Demote { username } => change::demote(store, &username).await,
        UserCommand::ResetPassword { username } => change::reset_password(store, &username).await,
        UserCommand::Deactivate { username } => change::deactivate(store, &username).await,
        UserCommand::Activate { username } => change::activate(store, &username).await,
        UserCommand::Erase { username, yes } => change::erase(store, &username, yes).await,
    }
}

/// On a fresh database the first account may come before the first server. An old schema is not
/// touched: a server of the old version may be running on it.
async fn require_schema(store: &Store, may_make: bool) -> Done {
    if copy::is_unfinished(store).await? {
        return Err(UNFINISHED.into());
    }
    match migrate::schema(store).await? {
        Schema::Current => Ok(()),
        Schema::None if may_make => Ok(migrate::up(store, None).await?),
        Schema::None | Schema::Old => {
            Err("the schema is not this version's; start the server, or run: vestnik migrate up"
                .into())
        }
    }
}

/// The account with this name, deactivated ones too.
async fn find(store: &Store, username: &TypedName) -> Result<Account, Box<dyn Error>> {
    let account = accounts::by_username(store, username).await?;
    account.ok_or_else(|| format!("there is no account named {}", username.as_str()).into())
}

/// The same if it is active.
async fn find_active(store: &Store, username: &TypedName) -> Result<Account, Box<dyn Error>> {
    let account = find(store, username).await?;
    if account.deactivated_at.is_some() {
        let name = &account.username;
        return Err(format!("{name} is deactivated; first: vestnik user activate {name}").into());
    }
    Ok(account)
}
