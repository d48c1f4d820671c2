//! `vestnik copy`: from one database to another, of either kind.

mod progress;

use std::error::Error;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::ExitCode;

use clap::Args;
use url::Url;

use crate::cli::copy::progress::ProgressDisplay;
use crate::cli::{CommandResult, say};
use crate::config::{Config, ConfigError, Database};
use crate::store::connect::{self, OpenError};
use crate::store::{Store, copy as copying};

/// Where to.
#[derive(Args, Clone, Debug)]
pub struct CopyArgs {
    /// postgres://user:password@host/name or sqlite:///path/to.db; without the password, PGPASSWORD is
    #[arg(long, value_name = "URL")]
    pub to: String,
}

/// Copies, with nobody else on either of the two.
pub(super) async fn copy(config: Config, what: CopyArgs) -> CommandResult {
    let from = &config.database;
    let to = Database {
        database_url: Some(what.to.trim().to_owned()).filter(|url| !url.is_empty()),
        observer: from.observer.clone(),
        ..Database::default()
    };
    if to.database_url.is_none() {
        return Err(of_target(ConfigError::DatabaseUrl.into()));
    }
    let (here, there) = (connect::file(from)?, connect::file(&to));
    let there = there.map_err(|error| of_target(error.into()))?;
    if let (Some(here), Some(there)) = (&here, &there)
        && is_same(here, there)
    {
        return Err(copying::CopyError::Same.into());
    }
    let source = connect::open_for_copy(from, true).await.map_err(of_source)?;
    let target = connect::open_for_copy(&to, false).await.map_err(of_target)?;
    say(&format!(
        "from {} to {}",
        named(from, here.as_deref()),
        named(&to, there.as_deref())
    ));
    let done = carry_out(&source, &target.clone().with_faults(config.fault.clone())).await;
    // The target first: its log is folded into the file.
    let closed = target.close().await;
    source.close().await?;
    let report = done?;
    closed?;
    say(&report);
    Ok(ExitCode::SUCCESS)
}

async fn carry_out(source: &Store, target: &Store) -> Result<String, Box<dyn Error>> {
    let progress = ProgressDisplay::new();
    let copied = copying::copy(source, target, &|news| progress.show(news)).await;
    progress.end();
    let copying::Copied {
        conversations,
        messages,
        rows,
    } = copied?;
    Ok(format!(
        "copied and compared: {conversations} conversations, {messages} messages, {rows} rows in all. Start the servers on \
         the new database, and none on the old one any more: clients would take the two for one"
    ))
}

/// Do both name one file, whatever they call it?
fn is_same(one: &Path, other: &Path) -> bool {
    match (one.metadata(), other.metadata()) {
        (Ok(one), Ok(other)) => (one.dev(), one.ino()) == (other.dev(), other.ino()),
        _ => one == other,
    }
}

/// A database as a person knows it, without its password.
fn named(database: &Database, file: Option<&Path>) -> String {
    if let Some(file) = file {
        return format!("the file {}", file.display());
    }
    let url = database.database_url.as_deref().filter(|url| !url.is_empty());
    let Some(url) = url.and_then(|url| Url::parse(url).ok()) else {
        let set = |part: &Option<String>| part.clone().filter(|part| !part.is_empty());
        let host = set(&database.db_host).unwrap_or_default();
        let name = set(&database.db_name).or_else(|| set(&database.db_user)).unwrap_or_default();
        return format!("Postgres at {}:{}/{name}", host.trim(), database.db_port);
    };
    let host = url.host_str().unwrap_or("localhost");
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("Postgres at {host}{port}{}", url.path())
}

fn of_source(error: OpenError) -> Box<dyn Error> {
    match error {
        OpenError::InUse(path) => format!(
            "a server or another command has {} open; stop it first: what it stores meanwhile would be left behind",
            path.display()
        )
        .into(),
        error => error.into(),
    }
}

/// What is wrong with the other database has nothing to do with `DATABASE_URL` and `DB_…`.
fn of_target(error: OpenError) -> Box<dyn Error> {
    let said = match error {
        OpenError::Config(ConfigError::DatabaseUrl) => {
            "--to must begin with postgres:// or sqlite://".to_owned()
        }
        OpenError::Config(ConfigError::PostgresUrl(why)) => format!(
            "--to cannot be read ({why}); it looks like postgres://user:password@host:5432/name, and in a user, \
             password or name @ is written %40, # %23, / %2F, ? %3F and % %25"
        ),
        OpenError::Config(ConfigError::SqliteUrl) => {
            "--to names no file: write sqlite://path/to/vestnik.db".to_owned()
        }
        OpenError::Unreachable(why) => format!(
            "cannot reach the database of --to: Postgres does not let us in ({why}); check that it runs, and the URL"
        ),
        OpenError::InUse(path) => format!(
            "a server or another command has {} open; stop it first, or copy to another file",
            path.display()
        ),
        error => format!("the database of --to: {error}"),
    };
    said.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database(url: &str) -> Database {
        Database {
            database_url: Some(url.to_owned()),
            ..Database::default()
        }
    }

    #[test]
    fn databases_are_named_without_passwords() {
        let names = [
            ("postgres://u:secret@db.example/v", "Postgres at db.example/v"),
            (
                "postgres://u:secret@127.0.0.1:5433/v?sslmode=disable",
                "Postgres at 127.0.0.1:5433/v",
            ),
            ("postgresql:///v?password=secret", "Postgres at localhost/v"),
        ];
        for (url, expected) in names {
            assert_eq!(named(&database(url), None), expected);
        }
        let parts = Database {
            db_host: Some("db".into()),
            db_port: 5432,
            db_user: Some("vestnik".into()),
            db_password: Some("secret".into()),
            ..Database::default()
        };
        assert_eq!(named(&parts, None), "Postgres at db:5432/vestnik");
    }
}
