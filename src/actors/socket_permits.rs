//! How many sockets and event streams there may be: in all, of one user, and from one address, so that
//! none of them takes the places of the others.

use std::hash::Hash;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use dashmap::DashMap;

use crate::domain::UserId;
use crate::domain::rates::network;
use crate::wire::{Code, Problem};

/// How many there may be. 0 of a user or an address is no limit.
#[derive(Clone, Copy, Debug)]
pub struct SocketPermitBounds {
    pub total: usize,
    /// Of one user.
    pub user: usize,
    /// From one address.
    pub address: usize,
}

/// Those that are taken.
#[derive(Clone, Debug, Default)]
pub struct SocketPermits(Arc<PermitCounts>);

#[derive(Debug, Default)]
struct PermitCounts {
    total: AtomicUsize,
    users: DashMap<UserId, usize>,
    addresses: DashMap<IpAddr, usize>,
}

/// A place for one socket; given back when it is dropped.
#[derive(Debug)]
pub struct SocketPermit {
    permits: SocketPermits,
    user: Option<UserId>,
    address: Option<IpAddr>,
}

impl SocketPermits {
    /// Takes a place for one more; 429 `too_many_sessions` with whose are too many.
    pub fn acquire(
        &self,
        bounds: SocketPermitBounds,
        user: Option<UserId>,
        address: Option<IpAddr>,
    ) -> Result<SocketPermit, Problem> {
        let refused = |text: &str| Err(Problem::new(Code::TOO_MANY_SESSIONS, text));
        let address = address.map(network);
        let taken = &self.0;
        if !user.is_none_or(|user| count(&taken.users, user, bounds.user)) {
            return refused("you have all the sockets and streams that a user may have; close one");
        }
        // From here on what was counted is given back with the permit.
        let mut permit = SocketPermit {
            permits: self.clone(),
            user,
            address: None,
        };
        if !address.is_none_or(|address| count(&taken.addresses, address, bounds.address)) {
            permit.give_back();
            return refused("too many sockets and streams come from this address");
        }
        permit.address = address;
        let fits = |total: usize| (total < bounds.total).then_some(total + 1);
        if taken.total.fetch_update(Ordering::AcqRel, Ordering::Acquire, fits).is_err() {
            permit.give_back();
            return refused("this server has all the sockets that it takes; come back in a moment");
        }
        Ok(permit)
    }

    /// How many are taken.
    pub fn count(&self) -> usize {
        self.0.total.load(Ordering::Acquire)
    }
}

/// One more of these, unless there are as many as may be.
fn count<K: Hash + Eq>(map: &DashMap<K, usize>, key: K, most: usize) -> bool {
    let mut counted = map.entry(key).or_insert(0);
    let fits = most == 0 || *counted < most;
    *counted += usize::from(fits);
    fits
}

fn uncount<K: Hash + Eq>(map: &DashMap<K, usize>, key: K) {
    if let Some(mut counted) = map.get_mut(&key) {
        *counted = counted.saturating_sub(1);
    }
    map.remove_if(&key, |_, counted| *counted == 0);
}

impl SocketPermit {
    fn uncount(&mut self) {
        if let Some(user) = self.user.take() {
            uncount(&self.permits.0.users, user);
        }
        if let Some(address) = self.address.take() {
            uncount(&self.permits.0.addresses, address);
        }
    }

    /// Before it is counted among all.
    fn give_back(mut self) {
        self.uncount();
        self.permits.0.total.fetch_add(1, Ordering::AcqRel);
    }
}

impl Drop for SocketPermit {
    fn drop(&mut self) {
        self.uncount();
        self.permits.0.total.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: SocketPermitBounds = SocketPermitBounds {
        total: 5,
        user: 2,
        address: 3,
    };

    fn acquired(permits: &SocketPermits, user: i64, last: u8) -> Option<SocketPermit> {
        let address = IpAddr::from([192, 0, 2, last]);
        permits.acquire(BOUNDS, Some(UserId(user)), Some(address)).ok()
    }

    #[test]
    fn a_user_an_address_and_all_have_so_many() {
        let permits = SocketPermits::default();
        let mut taken: Vec<_> = (0..2).filter_map(|_| acquired(&permits, 1, 1)).collect();
        assert!(acquired(&permits, 1, 2).is_none(), "the user's");
        taken.extend(acquired(&permits, 2, 1));
        assert!(acquired(&permits, 3, 1).is_none(), "the address's");
        taken.extend(acquired(&permits, 3, 2));
        taken.extend(acquired(&permits, 4, 2));
        assert_eq!(permits.count(), 5);
        assert!(acquired(&permits, 5, 3).is_none(), "all");
        assert_eq!(permits.count(), 5);
        drop(taken);
        assert_eq!(permits.count(), 0);
        assert!(permits.0.users.is_empty() && permits.0.addresses.is_empty());
    }

    #[test]
    fn nobody_in_particular_counts_among_all() {
        let permits = SocketPermits::default();
        let taken: Vec<_> =
            (0..9).filter_map(|_| permits.acquire(BOUNDS, None, None).ok()).collect();
        assert_eq!(taken.len(), 5);
    }

    #[test]
    fn no_limit_is_none() {
        let permits = SocketPermits::default();
        let bounds = SocketPermitBounds {
            total: 99,
            user: 0,
            address: 0,
        };
        let address = Some(IpAddr::from([192, 0, 2, 1]));
        let taken: Vec<_> = (0..99)
            .filter_map(|_| permits.acquire(bounds, Some(UserId(1)), address).ok())
            .collect();
        assert_eq!(taken.len(), 99);
    }
}
