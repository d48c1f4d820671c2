//! Sets of sockets by what they have in common: a user, a chat, a token, a relay.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use crate::actors::messages::SessionId;

/// Removes `session` from a set, and the set from the map once it is empty.
pub(super) fn remove_from<K: Hash + Eq>(
    sets: &mut HashMap<K, HashSet<SessionId>>,
    key: K,
    session: SessionId,
) {
    if let Some(set) = sets.get_mut(&key) {
        set.remove(&session);
        if set.is_empty() {
            sets.remove(&key);
        }
    }
}
