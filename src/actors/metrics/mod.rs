//! What is counted, for `/metrics`.
//!
//! - `cluster`: what servers tell each other.
//! - `process`: what the machine says of the process.
//! - `text`: the older of the two formats.

mod cluster;
mod process;
mod text;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use crate::actors::metrics::process::Process;
use crate::wire::Close;

pub use cluster::ClusterMetrics;

/// A socket's end, by close code.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ByCode {
    /// The close code that the server sent, 1000 to a peer who closed; 0 if there was none.
    pub code: u32,
}

/// A connection that brought no request, by what was wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ByKind {
    /// `malformed`, `head_too_large`, `too_slow`, `cut` or `tls`.
    pub kind: &'static str,
}

/// A follower, by its name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ByFollower {
    /// What its [`Consumer::name`](crate::actors::following::Consumer::name) says.
    pub follower: &'static str,
}

/// All of them.
const KINDS: [&str; 5] = ["malformed", "head_too_large", "too_slow", "cut", "tls"];

/// Counters of one node. All of them only grow, but for the gauge.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    /// Changes that were committed.
    pub stored: Counter,
    /// Sends that repeated one that was stored.
    pub repeated: Counter,
    /// Changes that were refused, `busy` included.
    pub refused: Counter,
    /// Transactions that were committed.
    pub commits: Counter,
    /// Transactions that failed and were tried again.
    pub commit_retries: Counter,
    /// Seconds from the begin to the end of a transaction.
    pub commit_seconds: Histogram,
    /// Changes in a transaction.
    pub commit_changes: Histogram,
    /// Seconds that a conversation's head was waited for, of each batch that was committed.
    pub head_wait_seconds: Histogram,
    /// Seconds that a transaction kept heads from others.
    pub head_held_seconds: Histogram,
    /// Read commands that were put.
    pub read_commands: Counter,
    /// Transactions that stored them.
    pub read_command_commits: Counter,
    /// Steps in which conversations read what other processes had stored.
    pub caught_up: Counter,
    /// Messages of conversations to relays.
    pub relay_messages: Counter,
    /// Runs of frames handed to a socket.
    pub deliveries: Counter,
    /// Counts told to sockets that have a chat in the background.
    pub background_frames: Counter,
    /// Times that somebody's writing was told in a conversation.
    pub typing_frames: Counter,
    /// Times that who is there was told in a conversation.
    pub presence_frames: Counter,
    /// Typing and presence handed to a socket.
    pub ephemeral_deliveries: Counter,
    /// Sockets that are open now.
    pub sockets: Gauge,
    /// Sockets that have ended, by the code with which they were closed.
    pub sockets_closed: Family<ByCode, Counter>,
    /// Sign-ins that failed.
    pub sign_in_failures: Counter,
    /// Connections that brought no request.
    pub malformed_requests: Family<ByKind, Counter>,
    /// Conversations in memory.
    pub conversations: Gauge,
    /// What other servers tell.
    pub cluster: ClusterMetrics,
    /// Steps that followers have taken.
    pub follower_steps: Family<ByFollower, Counter>,
    /// Steps that came to nothing, and are tried again.
    pub follower_failures: Family<ByFollower, Counter>,
    /// Conversations that a follower has still to read, as far as it knows.
    pub follower_behind: Family<ByFollower, Gauge>,
}

impl Metrics {
    /// All zero, but for the statements, which the store counts.
    #[expect(clippy::too_many_lines, reason = "a table")]
    pub fn new(statements: &Counter) -> Self {
        let mut all = Registry::default();
        all.register_collector(Box::new(Process::starting()));
        let registry = all.sub_registry_with_prefix("vestnik");
        let version = Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "What runs here", version);
        macro_rules! metric {
            ($name:literal, $help:literal, $metric:expr) => {{
                let metric = $metric;
                registry.register($name, $help, metric.clone());
                metric
            }};
        }
        let stored = metric!("changes_stored", "Changes committed", Counter::default());
        let repeated =
            metric!("sends_repeated", "Sends that repeated a stored one", Counter::default());
        let refused = metric!("changes_refused", "Changes refused", Counter::default());
        let commits = metric!("commits", "Transactions committed", Counter::default());
        let commit_retries =
            metric!("commit_retries", "Transactions tried again", Counter::default());
        let commit_seconds = Histogram::new(exponential_buckets(0.000_1, 2.0, 16));
        let (name, help) = ("commit", "Duration of a transaction");
        registry.register_with_unit(name, help, Unit::Seconds, commit_seconds.clone());
        let mut seconds = |name: &str, help: &str| {
            let seconds = Histogram::new(exponential_buckets(0.000_1, 2.0, 16));
            registry.register_with_unit(name, help, Unit::Seconds, seconds.clone());
            seconds
        };
        let head_wait_seconds =
            seconds("head_wait", "Wait for a chat that another transaction had locked");
        let head_held_seconds =
            seconds("head_held", "Time for which a transaction kept chats from others");
        let commit_changes = metric!(
            "commit_changes",
            "Changes in a transaction",
            Histogram::new(exponential_buckets(1.0, 2.0, 10))
        );
        let read_commands = metric!(
            "read_commands",
            "Commands of users to read, to unread and to mute",
            Counter::default()
        );
        let read_command_commits = metric!(
            "read_command_commits",
            "Transactions that stored read commands",
            Counter::default()
        );
        metric!("statements", "Statements given to the database", statements.clone());
        let caught_up = metric!(
            "caught_up",
            "Reads of what other processes had stored in a chat that is open here",
            Counter::default()
        );
        let relay_messages =
            metric!("relay_messages", "Messages of conversations to relays", Counter::default());
        let deliveries =
            metric!("deliveries", "Runs of frames handed to a socket", Counter::default());
        let background_frames = metric!(
            "background_frames",
            "Counts told to sockets with a chat in the background",
            Counter::default()
        );
        let typing_frames =
            metric!("typing_frames", "Times that somebody's writing was told", Counter::default());
        let presence_frames =
            metric!("presence_frames", "Times that presence was told", Counter::default());
        let ephemeral_deliveries = metric!(
            "ephemeral_deliveries",
            "Typing and presence handed to a socket",
            Counter::default()
        );
        let sockets = metric!("sockets", "Sockets open", Gauge::default());
        let sockets_closed =
            metric!("sockets_closed", "Sockets ended, by close code", Family::default());
        let sign_in_failures =
            metric!("sign_in_failures", "Sign-ins that failed", Counter::default());
        let malformed_requests = metric!(
            "malformed_requests",
            "Connections that brought no request, by what was wrong",
            Family::default()
        );
        let conversations = metric!("conversations", "Conversations in memory", Gauge::default());
        let cluster = ClusterMetrics::registered(registry);
        let follower_steps =
            metric!("follower_steps", "Steps that followers have taken", Family::default());
        let follower_failures = metric!(
            "follower_failures",
            "Steps of followers that came to nothing, and are tried again",
            Family::default()
        );
        let follower_behind = metric!(
            "follower_behind",
            "Conversations that a follower has still to read",
            Family::default()
        );
        known_from_the_start(&sockets_closed, &malformed_requests);
        Self {
            registry: all,
            stored,
            repeated,
            refused,
            commits,
            commit_retries,
            commit_seconds,
            commit_changes,
            head_wait_seconds,
            head_held_seconds,
            read_commands,
            read_command_commits,
            caught_up,
            relay_messages,
            deliveries,
            background_frames,
            typing_frames,
            presence_frames,
            ephemeral_deliveries,
            sockets,
            sockets_closed,
            sign_in_failures,
            malformed_requests,
            conversations,
            cluster,
            follower_steps,
            follower_failures,
            follower_behind,
        }
    }

    /// Counts a connection that brought no request.
    pub fn malformed(&self, kind: &'static str) {
        self.malformed_requests.get_or_create(&ByKind { kind }).inc();
    }

    /// OpenMetrics text.
    pub fn openmetrics(&self) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = prometheus_client::encoding::text::encode(&mut text, &self.registry);
        text
    }

    /// The same in Prometheus's older text format.
    pub fn text(&self) -> String {
        text::older(&self.openmetrics())
    }
}

/// A rate needs a zero before the first one.
fn known_from_the_start(
    sockets_closed: &Family<ByCode, Counter>,
    malformed_requests: &Family<ByKind, Counter>,
) {
    let codes = Close::ALL.iter().map(|close| u32::from(close.code));
    for code in codes.chain([0]) {
        drop(sockets_closed.get_or_create(&ByCode { code }));
    }
    for kind in KINDS {
        drop(malformed_requests.get_or_create(&ByKind { kind }));
    }
}
