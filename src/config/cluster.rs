//! Several servers on one database.

use clap::{Args, ValueEnum};

/// How servers on one database find each other.
#[derive(Args, Clone, Debug, Default)]
pub struct Cluster {
    /// How servers on one Postgres tell each other what they store: by Postgres itself, or not at all. Without
    /// it each finds within about a second what the others have stored to chats that are open
    #[arg(long, env = "VESTNIK_BUS", value_enum, default_value = "auto", global = true)]
    pub bus: BusKind,

    /// What this server is called in `vestnik nodes`; the name of the machine unless it is set
    #[arg(long, env = "VESTNIK_NODE_NAME", value_name = "NAME", global = true)]
    pub node_name: Option<String>,
}

/// By what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum BusKind {
    /// Postgres on Postgres; nothing on SQLite, where there is one server.
    #[default]
    Auto,
    /// Nothing.
    None,
}

impl Cluster {
    /// What this server is called.
    pub fn name(&self) -> String {
        let set = self.node_name.clone().filter(|name| !name.is_empty());
        set.unwrap_or_else(|| rustix::system::uname().nodename().to_string_lossy().into_owned())
    }
}
