//! Another process may end a token or an account: another server, or the command line. Whoever does writes
//! so into the database, where it is looked for every second, for the sockets that are open; REST asks the
//! store with each request.

use std::collections::HashSet;
use std::time::Duration;

use actix::fut::WrapFuture;
use actix::{ActorFutureExt, AsyncContext, Context};
use futures_util::FutureExt;
use futures_util::future::join_all;

use crate::actors::registry::Registry;
use crate::store::StoreError;
use crate::store::endings::{self, Ending};

/// How long after one look the next one is taken.
const EVERY: Duration = Duration::from_secs(1);

/// What was seen of those that have ended lately.
#[derive(Debug, Default)]
pub(super) struct SeenEndings {
    rows: HashSet<i64>,
    /// Has the last look failed? Then what ended before the next one may have been missed.
    has_failed: bool,
}

impl SeenEndings {
    /// These have ended lately; those among them that were not seen before.
    fn unseen(&mut self, recent: Vec<Ending>) -> Vec<Ending> {
        let rows = recent.iter().map(|ending| ending.id).collect();
        let seen = std::mem::replace(&mut self.rows, rows);
        recent.into_iter().filter(|ending| !seen.contains(&ending.id)).collect()
    }
}

impl Registry {
    /// One look after the other, however long one takes; none while no socket is open.
    pub(super) fn watch_endings(&self, ctx: &mut Context<Self>) {
        ctx.run_later(EVERY, |registry, ctx| {
            let store = registry.sessions.is_any().then(|| registry.store.clone());
            let seen = async move {
                match store {
                    Some(store) => endings::recent(&store).await,
                    None => Ok(Vec::new()),
                }
            };
            ctx.spawn(seen.into_actor(registry).map(|seen, registry, ctx| {
                registry.end_what_has_ended(seen, ctx);
                registry.watch_endings(ctx);
            }));
        });
    }

    fn end_what_has_ended(
        &mut self,
        seen: Result<Vec<Ending>, StoreError>,
        ctx: &mut Context<Self>,
    ) {
        let had_failed = std::mem::replace(&mut self.endings.has_failed, seen.is_err());
        // That the database is away is said by others.
        let Ok(recent) = seen else { return };
        if had_failed {
            self.look_at_rights(ctx);
        }
        let unseen = self.endings.unseen(recent);
        let tokens: Vec<_> = unseen.iter().filter_map(|ending| ending.token).collect();
        let users: Vec<_> = unseen.iter().filter_map(|ending| ending.user).collect();
        let closing = self.has_ended(&tokens, &users);
        ctx.spawn(join_all(closing).map(drop).into_actor(self));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::TokenId;

    fn ending(id: i64) -> Ending {
        Ending {
            id,
            token: Some(TokenId(id)),
            user: None,
        }
    }

    #[test]
    fn each_is_seen_once_and_one_that_comes_late_too() {
        let mut seen = SeenEndings::default();
        assert_eq!(seen.unseen(vec![ending(1), ending(3)]), [ending(1), ending(3)]);
        assert_eq!(seen.unseen(vec![ending(1), ending(2), ending(3)]), [ending(2)]);
        assert_eq!(seen.unseen(vec![ending(2)]), []);
    }
}
