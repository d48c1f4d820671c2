//! Postgres's LISTEN and NOTIFY, on connections that do nothing else.

use std::fmt;
use std::str::FromStr;

use sea_orm::sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use sea_orm::sqlx::{Connection as _, Error, PgConnection, query};

use crate::store::tokens::new_secret;

/// Channels are a database's own.
const CHANNEL: &str = "vestnik";

/// Which database.
#[derive(Clone, Debug)]
pub struct NotifyDatabase(pub(in crate::store) PgConnectOptions);

impl NotifyDatabase {
    /// The database at this URL; `None` if it cannot be read. It may have a password in it, which is why nothing
    /// is said about it.
    pub fn at(url: &str) -> Option<Self> {
        let options = PgConnectOptions::from_str(url).ok()?;
        Some(Self(options.extra_float_digits(None)))
    }

    /// The same, by sessions of this name.
    pub fn named(&self, name: &str) -> Self {
        Self(self.0.clone().application_name(name))
    }
}

/// It could not be done; the connection is to be given up.
#[derive(Debug)]
pub(crate) struct Broken(Error);

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<Error> for Broken {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

/// A connection for telling.
#[derive(Debug)]
pub(crate) struct Telling(PgConnection);

impl Telling {
    /// A new one.
    pub(crate) async fn connect(to: &NotifyDatabase) -> Result<Self, Broken> {
        Ok(Self(PgConnection::connect_with(&to.0).await?))
    }

    /// Tells these, in one transaction that does nothing else: it writes nothing that would have to be
    /// synced, and holds nobody up.
    pub(crate) async fn tell(&mut self, texts: &[String]) -> Result<(), Broken> {
        let told = query("SELECT pg_notify($1, text) FROM unnest($2::text[]) AS text");
        told.bind(CHANNEL).bind(texts).execute(&mut self.0).await?;
        Ok(())
    }
}

/// A connection for listening.
#[derive(Debug)]
pub(crate) struct Listening(PgListener);

impl Listening {
    /// A new one, which hears nothing yet.
    pub(crate) async fn connect(to: &NotifyDatabase) -> Result<Self, Broken> {
        let pool = PgPoolOptions::new().max_connections(1).connect_lazy_with(to.0.clone());
        Ok(Self(PgListener::connect_with(&pool).await?))
    }

    /// Waits until something is heard that was told on another connection, on a channel of its own. For ever, if a
    /// pooler stands in between that lets no notification through.
    pub(crate) async fn hear_back(&mut self, to: &NotifyDatabase) -> Result<(), Broken> {
        let own = format!("{CHANNEL} {}", new_secret());
        self.0.listen(&own).await?;
        let mut telling = Telling::connect(to).await?;
        let told = query("SELECT pg_notify($1, '')").bind(&own);
        told.execute(&mut telling.0).await?;
        self.next().await?;
        self.0.unlisten(&own).await?;
        Ok(telling.0.close().await?)
    }

    /// What is told from now on is heard.
    pub(crate) async fn begin(&mut self) -> Result<(), Broken> {
        Ok(self.0.listen(CHANNEL).await?)
    }

    /// The next text that is told. After an error something may have been missed.
    pub(crate) async fn next(&mut self) -> Result<String, Broken> {
        match self.0.try_recv().await? {
            Some(told) => Ok(told.payload().to_owned()),
            // It has connected anew by itself.
            None => Err(Broken(Error::WorkerCrashed)),
        }
    }

    /// Is the connection there?
    pub(crate) async fn ask(&mut self) -> Result<(), Broken> {
        query("SELECT 1").execute(&mut self.0).await?;
        Ok(())
    }
}
