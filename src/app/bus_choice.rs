//! By what this server talks to the others on its database, as `VESTNIK_BUS` says.

use crate::bus::Connected;
use crate::bus::envelope::Secret;
use crate::bus::nats::{self, NatsBus};
use crate::bus::postgres::PostgresBus;
use crate::config::{BusKind, Cluster, ConfigError};
use crate::store::{Store, listen_notify};

/// One of the ways in which servers can tell each other something.
#[derive(Debug)]
pub(super) enum BusChoice {
    Postgres(Box<listen_notify::NotifyDatabase>),
    Nats(nats::NatsAddress),
    /// Whatever was given to it.
    Given(Connected),
}

impl BusChoice {
    /// What was set; `None` for none, and on SQLite.
    pub(super) fn chosen(config: &Cluster, store: &Store) -> Result<Option<Self>, ConfigError> {
        let Some(database) = store.telling() else {
            return Ok(None);
        };
        Ok(match config.bus().map_err(ConfigError::Bus)? {
            BusKind::None => None,
            BusKind::Auto | BusKind::Postgres(None) => Some(Self::Postgres(Box::new(database))),
            BusKind::Postgres(Some(url)) => {
                let why = || ConfigError::Bus("one of the parts of its URL makes no sense".into());
                Some(Self::Postgres(Box::new(
                    listen_notify::NotifyDatabase::at(&url).ok_or_else(why)?,
                )))
            }
            BusKind::Nats(urls) => {
                let to = nats::NatsAddress::new(&urls, config.nats_creds.clone())
                    .map_err(ConfigError::Bus)?;
                to.check().map_err(|why| ConfigError::NatsCreds {
                    path: config.nats_creds.clone().unwrap_or_default(),
                    why,
                })?;
                Some(Self::Nats(to))
            }
        })
    }

    /// The name of the session of Postgres by which it listens, if it does so by one.
    pub(super) fn listens_as(&self, session: &str) -> String {
        match self {
            Self::Postgres(_) => session.to_owned(),
            Self::Nats(_) | Self::Given(_) => String::new(),
        }
    }

    /// Begins to listen and to tell, by a session of this name.
    pub(super) fn start(self, session: &str, secret: &Secret) -> Connected {
        match self {
            Self::Postgres(to) => PostgresBus::start(to.named(session)),
            Self::Given(bus) => bus,
            // A part of a subject has no spaces.
            Self::Nats(to) => NatsBus::start(to, secret, &session.replace(' ', "-")),
        }
    }
}
