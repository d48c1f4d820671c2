//! What servers on one database tell each other.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// Counters of one server.
#[derive(Clone, Debug, Default)]
pub struct ClusterMetrics {
    /// Other servers on the same database.
    pub peers: Gauge,
    /// 1 while what they tell is heard.
    pub bus_up: Gauge,
    /// Envelopes that this server has published.
    pub published: Counter,
    /// Envelopes heard, one's own too.
    pub received: Counter,
    /// Those that do not open with the key.
    pub unopened: Counter,
    /// Runs of changes that were delivered as they were told, without a look at the store.
    pub heard: Counter,
    /// Times that something told was found to be missing.
    pub holes: Counter,
    /// Times that the store was looked at for what may have been missed.
    pub resyncs: Counter,
}

impl ClusterMetrics {
    /// All zero, in this registry.
    pub(super) fn registered(registry: &mut Registry) -> Self {
        let all = Self::default();
        registry.register("peers", "Other servers on the same database", all.peers.clone());
        let (name, help) = ("bus_up", "Is what other servers tell heard?");
        registry.register(name, help, all.bus_up.clone());
        let counters = [
            ("bus_published", "Envelopes told to other servers", &all.published),
            ("bus_received", "Envelopes heard, one's own too", &all.received),
            ("bus_unopened", "Envelopes that do not open with the key", &all.unopened),
            ("bus_heard_changes", "Runs of changes delivered as they were told", &all.heard),
            ("bus_holes", "Times that something told was found to be missing", &all.holes),
            ("resyncs", "Looks at the store for what may have been missed", &all.resyncs),
        ];
        for (name, help, counter) in counters {
            registry.register(name, help, counter.clone());
        }
        all
    }
}
