//! What an administrator can set: flags over environment over `.env`. `docs/operations.md` has the
//! table; a test compares it with this.
//!
//! - `database`: where the data is. `cluster`: several servers on it; `bus`: by what they talk; `agreement`: in what they must
//!   be set alike.
//! - `files`: where files are kept, and how much of them.
//! - `rates`: how often who may do what, from what was set of it.
//! - `public_url`: where browsers find the server.
//! - `logs`: how the log is written.
//! - `parse`: what clap does not read by itself.
//! - `dotenv`: the file `.env`. `unknown_variables`: variables that look like settings and are none.

mod agreement;
mod bus;
mod cluster;
mod database;
pub mod database_url;
pub mod dotenv;
mod files;
mod logs;
mod parse;
pub mod precedence;
mod public_url;
mod rates;
pub mod unknown_variables;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use url::Url;

use crate::config::parse::{listen_address, number, path, seconds, some_seconds};
use crate::faults::Faults;

pub use agreement::{Difference, SharedSettings};
pub use bus::{BusKind, BusSetting};
pub use cluster::Cluster;
pub use database::{Database, Observer};
pub use files::Files;
pub use logs::LogFormat;
pub use parse::Networks;
pub use public_url::{OWN_NAMES, PublicUrl, Site};
pub use rates::RateChanges;

/// Sockets and event streams of one user, unless it is set: nobody has a hundred devices.
pub const USER_SESSIONS: usize = 100;
/// The same from one address: an office of three thousand with three devices each.
pub const ADDRESS_SESSIONS: usize = 10_000;

/// Everything that one server is told.
#[derive(Args, Clone, Debug)]
pub struct Config {
    /// Address to listen on; port 0 takes a free one
    #[arg(long, env = "VESTNIK_LISTEN", value_parser = listen_address, default_value = "127.0.0.1:8080", global = true)]
    pub listen: SocketAddr,

    /// Ask nobody for credentials and believe `user_id`, for a laptop and for tests. Refuses any but a
    /// loopback address
    #[arg(long, env = "VESTNIK_TRUST", value_parser = clap::builder::BoolishValueParser::new(),
          num_args = 0..=1,
        require_equals = true, default_value = "false", default_missing_value = "true", global = true)]
    pub trust: bool,

    /// A folder with the web client, instead of the one in the binary; for developers of the page
    #[arg(long, env = "VESTNIK_WEB_DIR", value_parser = path, global = true)]
    pub web_dir: Option<PathBuf>,

    /// Where a test has the process die, like after_commit@3; needs --trust
    #[arg(long, env = "VESTNIK_FAULT", default_value = "", hide = true, global = true)]
    pub fault: Faults,

    /// Passwords are hashed by next to nothing, for tests, which make thousands of accounts. Only builds for tests
    /// do so; others hash as ever
    #[arg(long, env = "VESTNIK_CHEAP_HASHES", value_parser = clap::builder::BoolishValueParser::new(),
        num_args = 0..=1, require_equals = true, default_value = "false", default_missing_value = "true",
        hide = true, global = true)]
    pub cheap_hashes: bool,

    /// Who may make an account: everybody, people with an administrator's invitation, or only
    /// `vestnik user create`
    #[arg(long, env = "VESTNIK_REGISTRATION", value_enum, default_value = "open", global = true)]
    pub registration: RegistrationMode,

    /// Where the data is
    #[command(flatten)]
    pub database: Database,

    /// Files that messages carry
    #[command(flatten)]
    pub files: Files,

    /// Several servers on it
    #[command(flatten)]
    pub cluster: Cluster,

    /// The address that browsers see, if it is not the one in `Host`, e.g. `https://chat.example.com`.
    /// With https, cookies are `Secure`
    #[arg(long, env = "VESTNIK_PUBLIC_URL", value_name = "URL", default_value = "", global = true)]
    pub public_url: PublicUrl,

    /// PEM file with the certificate chain; with --tls-key, HTTP and sockets speak TLS
    #[arg(long, env = "VESTNIK_TLS_CERT", value_parser = path, value_name = "FILE", global = true)]
    pub tls_cert: Option<PathBuf>,

    /// PEM file with the private key
    #[arg(long, env = "VESTNIK_TLS_KEY", value_parser = path, value_name = "FILE", global = true)]
    pub tls_key: Option<PathBuf>,

    /// Seconds for which browsers are told to speak TLS to this name, on all its ports (HSTS); not told
    /// unless it is set. Needs https. 0 takes it back
    #[arg(long, env = "VESTNIK_HSTS", value_name = "SECONDS", value_parser = number::<u32>(0, 315_360_000), global = true)]
    pub hsts: Option<u32>,

    /// Proxies whose `X-Forwarded-For` or `Forwarded` is believed: addresses, networks like
    /// `10.0.0.0/8`, `loopback`, `private`
    #[arg(
        long,
        env = "VESTNIK_TRUSTED_PROXIES",
        value_name = "NETWORK,…",
        default_value = "",
        global = true
    )]
    pub trusted_proxies: Networks,

    /// Worker threads for HTTP and sockets; 0 is one a core
    #[arg(long, env = "VESTNIK_WORKERS", value_parser = number::<usize>(0, 1_024), default_value = "0", global = true)]
    pub workers: usize,

    /// Sockets at once, on this node
    #[arg(long, env = "VESTNIK_MAX_SESSIONS", value_parser = number::<usize>(1, 10_000_000), default_value = "100000", global = true)]
    pub max_sessions: usize,

    /// Chats that one user may have made and that are there still; 0 is no limit
    #[arg(long, env = "VESTNIK_USER_CHATS", default_value_t = 1_000, global = true)]
    pub user_chats: usize,

    /// Sockets and event streams of one user at once, on this node; 0 is no limit. 100 unless it is set,
    /// and none under --trust
    #[arg(long, env = "VESTNIK_USER_SESSIONS", global = true)]
    pub user_sessions: Option<usize>,

    /// Sockets and event streams from one address at once, on this node; 0 is no limit. 10,000 unless it
    /// is set, and none under --trust
    #[arg(long, env = "VESTNIK_ADDRESS_SESSIONS", global = true)]
    pub address_sessions: Option<usize>,

    /// Connections at once that are no sockets, on this node; beyond, one that is idle makes room.
    /// 0 is no limit
    #[arg(long, env = "VESTNIK_MAX_CONNECTIONS", default_value_t = 20_000, global = true)]
    pub max_connections: usize,

    /// The same from one address that is no trusted proxy's; 0 is no limit
    #[arg(long, env = "VESTNIK_ADDRESS_CONNECTIONS", default_value_t = 5_000, global = true)]
    pub address_connections: usize,

    /// Seconds that a connection is kept for the next request; answers say so. It must be longer than a
    /// proxy in front keeps its own. 0 ends each connection with its answer
    #[arg(long = "keep-alive-seconds", env = "VESTNIK_KEEP_ALIVE_SECONDS", value_parser = seconds, default_value = "75", global = true)]
    pub keep_alive: Duration,

    /// Bytes of answers that may wait for their readers, in all; 0 is no limit
    #[arg(long, env = "VESTNIK_ANSWER_BYTES", default_value_t = 64 << 20, global = true)]
    pub answer_bytes: usize,

    /// Bytes that may wait for one slow reader before it is closed with 4001
    #[arg(long, env = "VESTNIK_OUTBOX_BYTES", value_parser = number::<usize>(16 << 10, 1 << 30), default_value = "262144", global = true)]
    pub outbox_bytes: usize,

    /// Seconds that bytes may wait for one slow reader before it is closed with 4001
    #[arg(long = "outbox-seconds", env = "VESTNIK_OUTBOX_SECONDS", value_parser = some_seconds, default_value = "10", global = true)]
    pub outbox_age: Duration,

    /// Seconds of silence after which a socket is pinged
    #[arg(long = "ping-seconds", env = "VESTNIK_PING_SECONDS", value_parser = some_seconds, default_value = "25", global = true)]
    pub ping_after: Duration,

    /// Seconds that the pong may take before the socket is closed with 4003
    #[arg(long = "pong-seconds", env = "VESTNIK_PONG_SECONDS", value_parser = some_seconds, default_value = "20", global = true)]
    pub pong_within: Duration,

    /// Changes of the paces, like `message=50/200,chat=0`: a name of the table in docs/operations.md, how
    /// many a second, and how many at once; 0 is no limit. Under --trust only the paces that are set
    /// here hold
    #[arg(
        long,
        env = "VESTNIK_RATES",
        value_name = "NAME=RATE/BURST,…",
        default_value = "",
        global = true
    )]
    pub rates: RateChanges,

    /// Frames a second that one socket may send, after a burst of twice as many, and read commands of a user;
    /// 0 is no limit. The same as `frame`, `mark` and `message` in --rates
    #[arg(long, env = "VESTNIK_SEND_RATE", value_parser = number::<u32>(0, 1_000_000), global = true)]
    pub send_rate: Option<u32>,

    /// Messages a second that one user may send over all sockets and REST together, after a burst
    /// of twice as many; 0 is no limit. The same as `message` in --rates
    #[arg(long, env = "VESTNIK_USER_SEND_RATE", value_parser = number::<u32>(0, 1_000_000), global = true)]
    pub user_send_rate: Option<u32>,

    /// Chats a second that one socket may open, after a burst of ten times as many; a user may open
    /// five times that over all sockets. 0 is no limit. The same as `open`, `user_open` and `ticket` in
    /// --rates
    #[arg(long, env = "VESTNIK_OPEN_RATE", value_parser = number::<u32>(0, 1_000_000), global = true)]
    pub open_rate: Option<u32>,

    /// Seconds that a conversation without sockets stays in memory
    #[arg(long = "idle-seconds", env = "VESTNIK_IDLE_SECONDS", value_parser = seconds, default_value = "60", global = true)]
    pub idle_after: Duration,

    /// Seconds that a stopping server may take to answer what it has accepted and close its sockets
    #[arg(long = "drain-seconds", env = "VESTNIK_DRAIN_SECONDS", value_parser = seconds, default_value = "5", global = true)]
    pub drain_within: Duration,

    /// Seconds between SIGTERM and the end of service: `/api/ready` says 503 and everything else goes
    /// on, so that a balancer has found another server before this one refuses anything
    #[arg(long = "drain-delay-seconds", env = "VESTNIK_DRAIN_DELAY_SECONDS", value_parser = seconds, default_value = "0", global = true)]
    pub drain_after: Duration,

    /// The shape of the log's lines; RUST_LOG says how much is logged
    #[arg(long, env = "VESTNIK_LOG", value_enum, default_value = "text", global = true)]
    pub log: LogFormat,

    /// Days until a sign-in expires
    #[arg(long, env = "VESTNIK_TOKEN_DAYS", value_parser = number::<u32>(1, 3_650), default_value = "30", global = true)]
    pub token_days: u32,
}

/// Who may make an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RegistrationMode {
    /// Everybody may register.
    Open,
    /// People with an administrator's invitation may.
    Invite,
    /// Nobody may, except by `vestnik user create`.
    Closed,
}

impl RegistrationMode {
    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Invite => "invite",
            Self::Closed => "closed",
        }
    }
}

/// Why the server will not start with what it was told.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// `--trust` on an address that others can reach.
    #[error(
        "--trust believes everybody, so it listens on loopback only; {0} is not. \
         Use --listen 127.0.0.1:8080, or leave --trust away"
    )]
    TrustBeyondLoopback(SocketAddr),
    /// A fault where it could be meant.
    #[error("VESTNIK_FAULT has the process die; it is for tests, and only taken with --trust")]
    FaultWithoutTrust,
    /// HSTS where browsers would not listen to it.
    #[error(
        "VESTNIK_HSTS needs https: give VESTNIK_TLS_CERT and VESTNIK_TLS_KEY, or a VESTNIK_PUBLIC_URL \
         that begins with https://, or leave it away"
    )]
    HstsWithoutTls,
    /// A certificate without its key, or the other way round.
    #[error("TLS needs both, --tls-cert and --tls-key")]
    HalfTls,
    /// The database URL is of a kind that is not known.
    #[error("DATABASE_URL must begin with postgres:// or sqlite://")]
    DatabaseUrl,
    /// It is Postgres's, and cannot be read. Its text may have the password in it, so it is not repeated.
    #[error(
        "DATABASE_URL cannot be read ({0}); it looks like postgres://user:password@host:5432/name, and in a \
         user, password or name @ is written %40, # %23, / %2F, ? %3F and % %25. DB_HOST, DB_USER, DB_PASSWORD \
         and DB_NAME take them as they are"
    )]
    PostgresUrl(String),
    /// It is SQLite's, and names no file.
    #[error(
        "DATABASE_URL names no file: write sqlite://path/to/vestnik.db. What is only in memory would be lost"
    )]
    SqliteUrl,
    /// It asks SQLite for something else than a file that is read, written and made.
    #[error(
        "DATABASE_URL has {0} behind its ?, which could not be kept: the file is read, written, and made if it is \
         missing. Leave it away, or write ?mode=rwc, which says so"
    )]
    SqliteOption(String),
    /// It asks Postgres for something that is not known.
    #[error(
        "DATABASE_URL has {0} behind its ?, which is not known, so that it would do nothing. Known are sslmode, \
         sslrootcert, sslcert, sslkey, host, hostaddr, port, dbname, user, password, application_name, options and \
         statement-cache-capacity"
    )]
    PostgresOption(String),
    /// It says one thing in two ways.
    #[error("DATABASE_URL says `{0}` twice, or the same in other words; leave one of them away")]
    PostgresOptionTwice(String),
    /// Whom to trust is said, and nobody is asked who they are.
    #[error(
        "sslrootcert (DB_SSLROOTCERT) says whose certificates are trusted, and does nothing unless sslmode (DB_SSLMODE) \
         is verify-full or verify-ca; set one of them, or leave the file away"
    )]
    TrustWithoutVerifying,
    /// By what servers tell each other something cannot be read. Its text may have a password in it, so it is
    /// not repeated.
    #[error("VESTNIK_BUS: {0}")]
    Bus(String),
    /// A bus between servers of which there is one.
    #[error(
        "VESTNIK_BUS is for several servers on one Postgres, and the data is in a SQLite file, which has one server; \
         leave it away, or set DATABASE_URL or DB_HOST"
    )]
    BusWithoutPostgres,
    /// Credentials for what is not asked.
    #[error("VESTNIK_NATS_CREDS is for NATS: set VESTNIK_BUS=nats://host:4222, or leave it away")]
    CredsWithoutNats,
    /// Credentials that cannot be used.
    #[error("VESTNIK_NATS_CREDS: {path}: {why}; it is a file as `nsc generate creds` writes it")]
    NatsCreds {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// More than a host.
    #[error(
        "DB_HOST is a name, an address or the folder of a socket, and nothing else: a port goes into DB_PORT, a \
         whole URL into DATABASE_URL"
    )]
    DbHost,
}

#[cfg(test)]
impl Config {
    /// As these flags set it.
    pub(crate) fn of(flags: &[&str]) -> Result<Self, clap::Error> {
        #[derive(clap::Parser)]
        struct Flags {
            #[command(flatten)]
            config: Config,
        }
        let words = std::iter::once("vestnik").chain(flags.iter().copied());
        <Flags as clap::Parser>::try_parse_from(words).map(|flags| flags.config)
    }
}

impl Config {
    /// Checks what no single flag can. What was set to nothing, as composed environments do, is not
    /// set.
    pub fn checked(mut self) -> Result<Self, ConfigError> {
        self.tls_cert.take_if(|path| path.as_os_str().is_empty());
        self.tls_key.take_if(|path| path.as_os_str().is_empty());
        self.web_dir.take_if(|path| path.as_os_str().is_empty());
        self.cluster.nats_creds.take_if(|path| path.as_os_str().is_empty());
        self.check_bus()?;
        if self.tls_cert.is_some() != self.tls_key.is_some() {
            return Err(ConfigError::HalfTls);
        }
        if self.fault.is_some() && !self.trust {
            return Err(ConfigError::FaultWithoutTrust);
        }
        if self.trust && !self.listen.ip().is_loopback() {
            return Err(ConfigError::TrustBeyondLoopback(self.listen));
        }
        if self.hsts.is_some() && !self.is_https() {
            return Err(ConfigError::HstsWithoutTls);
        }
        Ok(self)
    }

    fn check_bus(&self) -> Result<(), ConfigError> {
        let bus = self.cluster.bus().map_err(ConfigError::Bus)?;
        if let BusKind::Postgres(Some(url)) = &bus
            && let Ok(url) = Url::parse(url)
            && database_url::check_postgres_options(&url).is_err()
        {
            let why =
                "its URL has a # in it, or something behind the ? that is not known or said twice";
            return Err(ConfigError::Bus(why.to_owned()));
        }
        let is_nats = matches!(bus, BusKind::Nats(_));
        if self.cluster.nats_creds.is_some() && !is_nats {
            return Err(ConfigError::CredsWithoutNats);
        }
        if (is_nats || matches!(bus, BusKind::Postgres(_))) && !self.database.is_postgres() {
            return Err(ConfigError::BusWithoutPostgres);
        }
        Ok(())
    }

    /// How many sockets and event streams one user and one address may have; 0 is no limit. Under
    /// `--trust` one machine is everybody.
    pub fn session_shares(&self) -> (usize, usize) {
        let unless_trusted = |usual| if self.trust { 0 } else { usual };
        let user = self.user_sessions.unwrap_or_else(|| unless_trusted(USER_SESSIONS));
        let address = self.address_sessions.unwrap_or_else(|| unless_trusted(ADDRESS_SESSIONS));
        (user, address)
    }

    /// Does the browser's side of the connection speak TLS, so that cookies can be `Secure`?
    pub fn is_https(&self) -> bool {
        self.tls_cert.is_some() || self.public_url.is_https()
    }
}
