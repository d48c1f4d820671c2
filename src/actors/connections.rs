//! The connections that HTTP requests come on: how many there may be, in all and from one address, and
//! what each may hold up. One that became a socket is none of them any more.
//!
//! Where there are too many, the one that has been idle longest makes room for the next: thousands that
//! somebody opens and does nothing with keep nobody out, neither others nor those at the same address.

use std::future::poll_fn;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Instant;

use dashmap::DashMap;
use futures_util::task::AtomicWaker;

use crate::domain::rates::network;

/// Stands for the proxies, from which everybody comes.
const PROXIES: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

/// How many there may be; 0 is no limit.
#[derive(Clone, Copy, Debug)]
pub struct ConnectionBounds {
    pub total: usize,
    /// From one address.
    pub address: usize,
}

/// The connections of this node.
#[derive(Debug)]
pub struct Connections {
    bounds: ConnectionBounds,
    started: Instant,
    total: AtomicUsize,
    by_address: DashMap<IpAddr, Vec<Arc<ConnectionEntry>>>,
}

/// What is known of one connection.
#[derive(Debug)]
pub(crate) struct ConnectionEntry {
    address: IpAddr,
    /// Requests on it that are not answered.
    requests: AtomicUsize,
    /// The end of the last one, in milliseconds since the start of the server.
    idle_since: AtomicU64,
    is_to_go: AtomicBool,
    waker: AtomicWaker,
}

/// A place among the connections; given back when it is dropped.
#[derive(Debug)]
pub struct ConnectionPermit {
    entry: Arc<ConnectionEntry>,
    connections: Arc<Connections>,
}

/// A request on a connection that is being answered, until it is dropped.
#[derive(Debug)]
pub struct Busy {
    entry: Arc<ConnectionEntry>,
    connections: Arc<Connections>,
}

impl Connections {
    /// None yet.
    pub fn new(bounds: ConnectionBounds) -> Self {
        Self {
            bounds,
            started: Instant::now(),
            total: AtomicUsize::new(0),
            by_address: DashMap::new(),
        }
    }

    /// Takes a connection from this address in, or `None` if there are too many and each of them is
    /// being answered. `None` for an address is a proxy, which has no bound of its own.
    pub fn admit(self: &Arc<Self>, address: Option<IpAddr>) -> Option<ConnectionPermit> {
        let key = address.map_or(PROXIES, network);
        let bound = if address.is_some() {
            self.bounds.address
        } else {
            0
        };
        if self.bounds.total > 0
            && self.total.load(Ordering::Acquire) >= self.bounds.total
            && !self.make_room()
        {
            return None;
        }
        let mut list = self.by_address.entry(key).or_default();
        let is_full = bound > 0
            && list.len() >= bound
            && list.iter().filter(|entry| !entry.is_to_go()).count() >= bound;
        if is_full && !end_idlest(&list) {
            return None;
        }
        let entry = Arc::new(ConnectionEntry {
            address: key,
            requests: AtomicUsize::new(0),
            idle_since: AtomicU64::new(self.now()),
            is_to_go: AtomicBool::new(false),
            waker: AtomicWaker::new(),
        });
        list.push(Arc::clone(&entry));
        self.total.fetch_add(1, Ordering::AcqRel);
        Some(ConnectionPermit {
            entry,
            connections: Arc::clone(self),
        })
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.total.load(Ordering::Acquire)
    }

    /// From where most come, one must go.
    fn make_room(&self) -> bool {
        let lists = self.by_address.iter().map(|list| (list.len(), *list.key()));
        let mut addresses: Vec<_> = lists.collect();
        addresses.sort_unstable_by_key(|(len, _)| std::cmp::Reverse(*len));
        addresses
            .iter()
            .any(|(_, key)| self.by_address.get(key).is_some_and(|list| end_idlest(&list)))
    }

    fn remove(&self, entry: &Arc<ConnectionEntry>) {
        if let Some(mut list) = self.by_address.get_mut(&entry.address)
            && let Some(place) = list.iter().position(|known| Arc::ptr_eq(known, entry))
        {
            list.swap_remove(place);
            self.total.fetch_sub(1, Ordering::AcqRel);
        }
        self.by_address.remove_if(&entry.address, |_, list| list.is_empty());
    }

    fn now(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// Ends the one of these that has been idle longest; `false` if all are busy.
fn end_idlest(list: &[Arc<ConnectionEntry>]) -> bool {
    let idle = list.iter().filter(|entry| !entry.is_to_go() && !entry.is_busy());
    let Some(entry) = idle.min_by_key(|entry| entry.idle_since.load(Ordering::Relaxed)) else {
        return false;
    };
    entry.is_to_go.store(true, Ordering::Release);
    entry.waker.wake();
    true
}

impl ConnectionEntry {
    fn is_busy(&self) -> bool {
        self.requests.load(Ordering::Acquire) > 0
    }

    fn is_to_go(&self) -> bool {
        self.is_to_go.load(Ordering::Acquire)
    }
}

impl ConnectionPermit {
    /// A request begins on this connection.
    pub fn begin(&self) -> Busy {
        self.entry.requests.fetch_add(1, Ordering::AcqRel);
        Busy {
            entry: Arc::clone(&self.entry),
            connections: Arc::clone(&self.connections),
        }
    }

    /// Waits until this connection must make room, which it need not while a request is answered.
    pub async fn must_go(&self) {
        poll_fn(|cx| {
            self.entry.waker.register(cx.waker());
            match self.is_to_go() {
                true => Poll::Ready(()),
                false => Poll::Pending,
            }
        })
        .await;
    }

    fn is_to_go(&self) -> bool {
        self.entry.is_to_go() && !self.entry.is_busy()
    }
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        self.connections.remove(&self.entry);
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.entry.idle_since.store(self.connections.now(), Ordering::Relaxed);
        self.entry.requests.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connections(total: usize, address: usize) -> Arc<Connections> {
        Arc::new(Connections::new(ConnectionBounds { total, address }))
    }

    fn at(last: u8) -> Option<IpAddr> {
        Some(IpAddr::from([192, 0, 2, last]))
    }

    #[test]
    fn the_one_that_is_idle_longest_makes_room_at_its_own_address() {
        let connections = connections(0, 2);
        let first = connections.admit(at(1)).expect("a place");
        let second = connections.admit(at(1)).expect("a place");
        first.entry.idle_since.store(7, Ordering::Relaxed);
        second.entry.idle_since.store(5, Ordering::Relaxed);
        let third = connections.admit(at(1)).expect("a place");
        assert!(second.is_to_go() && !first.is_to_go() && !third.is_to_go());
        let _others = connections.admit(at(2)).expect("a place");
        // Before the one that must go has gone, another one must.
        third.entry.idle_since.store(9, Ordering::Relaxed);
        let _fourth = connections.admit(at(1)).expect("a place");
        assert!(first.is_to_go());
        drop((first, second));
        assert_eq!(connections.count(), 3);
    }

    #[test]
    fn one_that_is_being_answered_stays_and_the_next_is_turned_away() {
        let connections = connections(0, 1);
        let first = connections.admit(at(1)).expect("a place");
        let busy = first.begin();
        assert!(connections.admit(at(1)).is_none());
        drop(busy);
        assert!(connections.admit(at(1)).is_some());
        assert!(first.is_to_go());
        let _busy = first.begin();
        assert!(!first.is_to_go(), "a request came just then");
    }

    #[test]
    fn where_there_are_too_many_those_with_most_make_room() {
        let connections = connections(4, 0);
        let many: Vec<_> = (0..3).filter_map(|_| connections.admit(at(1))).collect();
        let other = connections.admit(at(2)).expect("a place");
        let _newcomer = connections.admit(at(3)).expect("a place");
        assert_eq!(many.iter().filter(|one| one.is_to_go()).count(), 1);
        assert!(!other.is_to_go());
    }

    #[test]
    fn a_proxy_has_no_bound_of_its_own_and_what_is_gone_is_forgotten() {
        let connections = connections(0, 1);
        let many: Vec<_> = (0..9).filter_map(|_| connections.admit(None)).collect();
        assert_eq!(many.len(), 9);
        assert!(many.iter().all(|one| !one.is_to_go()));
        drop(many);
        assert_eq!(connections.count(), 0);
        assert!(connections.by_address.is_empty());
    }
}
