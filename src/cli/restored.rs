//! `vestnik restored`: after an older state of the database has taken the place of a newer one.

use std::process::ExitCode;

use crate::cli::{CommandResult, say};
use crate::config::Config;
use crate::store::copy::{self, UNFINISHED};
use crate::store::migrate::Schema;
use crate::store::{connect, migrate};

/// Gives the database a new epoch. On SQLite there is no server on it, which the lock sees to; those on
/// Postgres notice, and begin anew.
pub(super) async fn restored(config: Config) -> CommandResult {
    let store = connect::open_existing(&config.database).await?;
    // An older schema will do: a backup is restored before the server brings it up to date.
    if migrate::schema(&store).await? == Schema::None {
        return Err("there is nothing in this database; restore the backup first".into());
    }
    if copy::is_unfinished(&store).await? {
        return Err(UNFINISHED.into());
    }
    store.renew_epoch().await?;
    let next = match store.is_sqlite() {
        true => "start the server",
        false => "start the servers; those that are running begin anew by themselves",
    };
    say(&format!(
        "the epoch is new: clients forget what they have and begin afresh; now {next}"
    ));
    store.close().await?;
    Ok(ExitCode::SUCCESS)
}
