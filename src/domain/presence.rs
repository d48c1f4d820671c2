//! Who is there. A user is there while one of their sockets is; one who comes back within moments was
//! never gone. Time comes in as the span since an arbitrary fixed start.

use std::collections::HashMap;
use std::time::Duration;

use crate::domain::UserId;

/// How long one stays shown as there after the last socket went.
pub const GRACE: Duration = Duration::from_secs(10);
/// Members of a conversation beyond which it is not told in it who is there, nor who is writing:
/// everybody's coming and going would be everybody's traffic.
pub const MAX_MEMBERS: usize = 500;

/// The users who are there, and what of that has been told.
#[derive(Debug, Default)]
pub struct Presence {
    users: HashMap<UserId, State>,
}

#[derive(Debug, Default)]
struct State {
    sockets: usize,
    gone_at: Duration,
    told: bool,
}

impl Presence {
    /// One more socket of a user.
    pub fn came(&mut self, user: UserId) {
        self.users.entry(user).or_default().sockets += 1;
    }

    /// One less.
    pub fn went(&mut self, user: UserId, now: Duration) {
        if let Some(state) = self.users.get_mut(&user) {
            state.sockets = state.sockets.saturating_sub(1);
            state.gone_at = now;
        }
    }

    /// Is this user there, as it was told last?
    pub fn is_told(&self, user: UserId) -> bool {
        self.users.get(&user).is_some_and(|state| state.told)
    }

    /// Who has come and who has gone since this was asked last: each user once, as they are now.
    pub fn take_changes(&mut self, now: Duration) -> Vec<(UserId, bool)> {
        let mut changes = Vec::new();
        self.users.retain(|user, state| {
            let is_there =
                state.sockets > 0 || state.told && now.saturating_sub(state.gone_at) < GRACE;
            if is_there != state.told {
                changes.push((*user, is_there));
                state.told = is_there;
            }
            is_there
        });
        changes
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ANNA: UserId = UserId(1);

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn the_first_socket_comes_and_the_last_goes() {
        let mut presence = Presence::default();
        presence.came(ANNA);
        presence.came(ANNA);
        assert_eq!(presence.take_changes(at(0)), [(ANNA, true)]);
        presence.went(ANNA, at(1));
        assert_eq!(presence.take_changes(at(100)), []);
        presence.went(ANNA, at(100));
        assert_eq!(presence.take_changes(at(109)), []);
        assert_eq!(presence.take_changes(at(110)), [(ANNA, false)]);
        assert!(presence.users.is_empty());
    }

    #[test]
    fn who_comes_back_at_once_was_never_gone() {
        let mut presence = Presence::default();
        presence.came(ANNA);
        presence.take_changes(at(0));
        presence.went(ANNA, at(1));
        presence.came(ANNA);
        assert_eq!(presence.take_changes(at(60)), []);
    }

    #[test]
    fn who_was_there_for_a_moment_only_is_not_told() {
        let mut presence = Presence::default();
        presence.came(ANNA);
        presence.went(ANNA, at(0));
        assert_eq!(presence.take_changes(at(1)), []);
        assert!(presence.users.is_empty());
    }

    proptest! {
        /// Whatever comes and goes: what has been told, put together, is who has a socket once the
        /// grace is over.
        #[test]
        fn what_is_told_adds_up(steps in proptest::collection::vec((1..4_i64, any::<bool>()), 0..60)) {
            let mut presence = Presence::default();
            let mut sockets: HashMap<UserId, usize> = HashMap::new();
            let mut told: HashMap<UserId, bool> = HashMap::new();
            for (second, (user, comes)) in (0..).zip(steps) {
                let user = UserId(user);
                let count = sockets.entry(user).or_default();
                if comes {
                    *count += 1;
                    presence.came(user);
                } else if *count > 0 {
                    *count -= 1;
                    presence.went(user, at(second));
                }
                told.extend(presence.take_changes(at(second)));
            }
            told.extend(presence.take_changes(at(1_000)));
            for (user, count) in sockets {
                prop_assert_eq!(told.get(&user).copied().unwrap_or(false), count > 0);
            }
        }
    }
}
