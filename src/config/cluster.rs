//! Several servers on one database.

use std::path::PathBuf;

use clap::Args;

use crate::config::bus::{BusKind, BusSetting};
use crate::config::parse::path;

/// How servers on one database find each other.
#[derive(Args, Clone, Debug, Default)]
pub struct Cluster {
    /// How servers on one Postgres tell each other what they store: by Postgres itself (auto, postgres, or
    /// postgres://… past a pooler), by NATS (nats://host:4222,…), or not at all (none). Without
    /// a bus each finds within about a second what the others have stored in chats that are open
    #[arg(
        long,
        env = "VESTNIK_BUS",
        hide_env_values = true,
        value_name = "BUS",
        default_value = "auto",
        global = true
    )]
    pub bus: BusSetting,

    /// File with the credentials for NATS, as `nsc` writes it
    #[arg(long, env = "VESTNIK_NATS_CREDS", value_parser = path, value_name = "FILE", global = true)]
    pub nats_creds: Option<PathBuf>,

    /// What this server is called in `vestnik nodes`; the name of the machine unless it is set
    #[arg(long, env = "VESTNIK_NODE_NAME", value_name = "NAME", global = true)]
    pub node_name: Option<String>,
}

impl Cluster {
    /// What this server is called.
    pub fn name(&self) -> String {
        let set = self.node_name.clone().filter(|name| !name.is_empty());
        set.unwrap_or_else(|| rustix::system::uname().nodename().to_string_lossy().into_owned())
    }

    /// By what it tells the others something; or what is wrong with what was set, without repeating it.
    pub fn bus(&self) -> Result<BusKind, String> {
        self.bus.kind()
    }
}
