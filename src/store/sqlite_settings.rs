//! What each connection to a SQLite file is set to, whoever opens it.

use std::time::Duration;

/// How long it waits for what another process writes.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// What it is set to besides what makes it durable.
pub(super) const SETTINGS: [(&str, &str); 4] = [
    ("cache_size", "-32768"),
    ("temp_store", "memory"),
    // Not FAST, which leaves the pages of a long text as they are when it frees them.
    ("secure_delete", "on"),
    ("journal_size_limit", "67108864"),
];
