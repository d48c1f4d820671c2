//! `vestnik verify`: recomputes the promises from the rows. Run it after a restore or a repair.

use crate::store::search::missing_in_sample;
use crate::store::single_value::scalar;
use crate::store::{Store, StoreError, begin_long_read};

/// One promise, and how many rows break it.
#[derive(Clone, Debug)]
pub(crate) struct Check {
    /// What must hold.
    pub promise: &'static str,
    /// How often it does not.
    pub violations: i64,
}

/// Messages that are looked for in the index.
const SAMPLE: i64 = 1_000;

/// Each query counts what breaks its promise.
const CHECKS: &[(&str, &str)] = &[
    (
        "messages of a conversation are numbered 1, 2, 3 … up to its head_n",
        "SELECT COUNT(*) FROM conversations c WHERE c.head_n <> \
         (SELECT COUNT(*) FROM messages m WHERE m.conversation_id = c.id) OR c.head_n <> \
         (SELECT COALESCE(MAX(m.n), 0) FROM messages m WHERE m.conversation_id = c.id)",
    ),
    (
        "no change is beyond its conversation's head_seq",
        "SELECT (SELECT COUNT(*) FROM messages m JOIN conversations c ON c.id = m.conversation_id \
                 WHERE m.seq > c.head_seq OR m.posted_seq > m.seq) \
              + (SELECT COUNT(*) FROM members m JOIN conversations c ON c.id = m.conversation_id \
                 WHERE m.seq > c.head_seq) \
              + (SELECT COUNT(*) FROM reactions r JOIN conversations c ON c.id = r.conversation_id \
                 WHERE r.seq > c.head_seq) \
              + (SELECT COUNT(*) FROM pins p JOIN conversations c ON c.id = p.conversation_id \
                 WHERE p.seq > c.head_seq) \
              + (SELECT COUNT(*) FROM conversations c WHERE c.seq > c.head_seq)",
    ),
    (
        "no seq of a conversation is taken twice",
        "SELECT COUNT(*) FROM (SELECT conversation_id, seq FROM \
           (SELECT conversation_id, seq FROM messages \
            UNION ALL SELECT conversation_id, seq FROM members \
            UNION ALL SELECT conversation_id, seq FROM reactions \
            UNION ALL SELECT conversation_id, seq FROM pins \
            UNION ALL SELECT id, seq FROM conversations WHERE seq > 0) AS changes \
         GROUP BY conversation_id, seq HAVING COUNT(*) > 1) AS doubles",
    ),
    (
        "messages follow each other in n as in their first seq",
        "SELECT COUNT(*) FROM messages a JOIN messages b \
           ON b.conversation_id = a.conversation_id AND b.n = a.n + 1 \
         WHERE b.posted_seq <= a.posted_seq",
    ),
    (
        "nothing is kept of what was deleted",
        "SELECT (SELECT COUNT(*) FROM messages WHERE deleted_at IS NOT NULL AND content <> '') \
              + (SELECT COUNT(*) FROM message_versions v JOIN messages m ON m.id = v.message_id \
                 WHERE m.deleted_at IS NOT NULL) \
              + (SELECT COUNT(*) FROM reactions r JOIN messages m ON m.id = r.message_id \
                 WHERE m.deleted_at IS NOT NULL) \
              + (SELECT COUNT(*) FROM pins p JOIN messages m ON m.id = p.message_id \
                 WHERE m.deleted_at IS NOT NULL)",
    ),
    (
        "what a message carries is a file that is kept",
        "SELECT (SELECT COUNT(*) FROM uploads p WHERE p.sha256 IS NOT NULL AND NOT EXISTS \
                   (SELECT 1 FROM files f WHERE f.sha256 = p.sha256)) \
              + (SELECT COUNT(*) FROM uploads p WHERE p.message_id IS NOT NULL AND p.sha256 IS NULL) \
              + (SELECT COUNT(*) FROM uploads p JOIN messages m ON m.id = p.message_id \
                 WHERE m.deleted_at IS NOT NULL OR m.attachments IS NULL) \
              + (SELECT COUNT(*) FROM messages m WHERE m.attachments IS NOT NULL AND NOT EXISTS \
                   (SELECT 1 FROM uploads p WHERE p.message_id = m.id))",
    ),
    (
        "what hangs on a message is of its conversation",
        "SELECT (SELECT COUNT(*) FROM reactions r JOIN messages m ON m.id = r.message_id \
                 WHERE m.conversation_id <> r.conversation_id) \
              + (SELECT COUNT(*) FROM pins p JOIN messages m ON m.id = p.message_id \
                 WHERE m.conversation_id <> p.conversation_id) \
              + (SELECT COUNT(*) FROM messages a JOIN messages m ON m.id = a.reply_to \
                 WHERE m.conversation_id <> a.conversation_id) \
              + (SELECT COUNT(*) FROM mentions t WHERE NOT EXISTS (SELECT 1 FROM messages m \
                 WHERE m.conversation_id = t.conversation_id AND m.n = t.n))",
    ),
    (
        "nobody has read or joined beyond the head",
        "SELECT COUNT(*) FROM members m JOIN conversations c ON c.id = m.conversation_id \
         WHERE m.read_n > c.head_n OR m.joined_n > c.head_n",
    ),
    (
        "a private chat has two members at most",
        "SELECT COUNT(*) FROM (SELECT m.conversation_id FROM members m \
           JOIN conversations c ON c.id = m.conversation_id AND c.type = 'private' \
         WHERE m.left_at IS NULL GROUP BY m.conversation_id HAVING COUNT(*) > 2) AS crowded",
    ),
    (
        "both are equal in a private chat",
        "SELECT COUNT(*) FROM members m JOIN conversations c \
           ON c.id = m.conversation_id AND c.type = 'private' WHERE m.role <> 'member'",
    ),
    (
        "two people have one private chat",
        "SELECT COUNT(*) FROM (SELECT c.id, c.pair, \
             CAST(MIN(m.user_id) AS TEXT) || ':' || CAST(MAX(m.user_id) AS TEXT) AS theirs \
           FROM conversations c JOIN members m ON m.conversation_id = c.id \
           WHERE c.type = 'private' AND c.deleted_at IS NULL \
           GROUP BY c.id, c.pair HAVING COUNT(*) = 2) AS p \
         WHERE p.pair IS NULL \
            OR p.pair <> p.theirs AND p.pair <> p.theirs || '#' || CAST(p.id AS TEXT)",
    ),
    (
        "everybody belongs to General",
        "SELECT COUNT(*) FROM users u WHERE NOT EXISTS (SELECT 1 FROM members m \
           WHERE m.conversation_id = 1 AND m.user_id = u.id AND m.left_at IS NULL)",
    ),
    (
        "the index of words has nothing of what was deleted",
        "SELECT COUNT(*) FROM search_entries e JOIN messages m ON m.id = e.message_id \
           JOIN follower_positions p ON p.conversation_id = m.conversation_id \
             AND p.follower = 'search' AND p.seq >= m.seq \
         WHERE m.deleted_at IS NOT NULL",
    ),
    (
        "no invitation made more accounts than it may",
        "SELECT COUNT(*) FROM invites WHERE uses > max_uses OR uses < 0",
    ),
];

/// Runs every check, on one state of the database and however long it takes.
pub(crate) async fn run(store: &Store) -> Result<Vec<Check>, StoreError> {
    let transaction = begin_long_read(store).await?;
    let mut report = Vec::with_capacity(CHECKS.len());
    for (promise, sql) in CHECKS {
        let violations = scalar(&transaction, sql, []).await?.unwrap_or(0);
        report.push(Check {
            promise,
            violations,
        });
    }
    report.push(Check {
        promise: "what is in the index of words is found by it (of up to 1,000 messages that are drawn)",
        violations: missing_in_sample(&transaction, SAMPLE).await?,
    });
    transaction.rollback().await?;
    Ok(report)
}
