//! What a bare commit takes: one message a transaction, one after the other, with nothing around it.

use std::time::{Duration, Instant};

use crate::store::{Post, Store};

/// Commits for so long; the times of all of them, sorted.
pub(crate) fn commits(store: &mut Store, duration: Duration) -> rusqlite::Result<Vec<Duration>> {
    let room = store.room()?;
    let posts = [Post {
        sender: 0,
        text: "x".repeat(128),
    }];
    let (began, mut times) = (Instant::now(), Vec::new());
    while began.elapsed() < duration || times.is_empty() {
        let before = Instant::now();
        store.commit(
            [(room, &posts[..])].into_iter(),
            "2026-01-01T00:00:00.000000Z",
            |_, _, _| (),
        )?;
        times.push(before.elapsed());
    }
    times.sort_unstable();
    Ok(times)
}
