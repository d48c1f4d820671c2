//! A database that has grown.

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend};

/// Messages, members and accounts.
pub(super) const MANY: i64 = 100_000;
/// Rows of the other tables that grow: more than any statement may look at.
const MORE: i64 = 20_000;

/// What grows. The numbers begin behind those of the people who are there already; the messages,
/// members, reactions and mentions are General's, so that an index whose first column is all that
/// fits reads as much as a scan does.
const GROWTH: &[&str] = &[
    "INSERT INTO users (id, username, username_key, email, email_key, password_hash, created_at) \
     SELECT 1000 + i, 'u' || i, 'u' || i, i || '@example.org', i || '@example.org', '', $now FROM $many",
    "INSERT INTO tokens (user_id, hash, created_at, last_used_at, expires_at) \
     SELECT 1000 + i, $bytes, $now, $now, $later FROM $more",
    "INSERT INTO conversations (id, type, name, created_at) \
     SELECT 1000 + i, 'group', 'c' || i, $now FROM $more",
    "INSERT INTO members (conversation_id, user_id, role, seq, created_at) \
     SELECT 1, 1000 + i, 'member', 10000 + i, $now FROM $many",
    "INSERT INTO members (conversation_id, user_id, role, seq, created_at) \
     SELECT 1000 + i, 1, 'member', 1, $now FROM $some",
    "INSERT INTO messages (id, conversation_id, n, seq, posted_seq, sender_id, client_msg_id, content, created_at) \
     SELECT 1000 + i, 1, 1000 + i, 200000 + i, 200000 + i, 1, 'grown-' || i, 'words', $now FROM $many",
    "INSERT INTO reactions (conversation_id, message_id, user_id, emoji, seq, created_at, removed_at) \
     SELECT 1, 1000 + i, 1, '+', 400000 + i, $now, $now FROM $more",
    "INSERT INTO pins (conversation_id, message_id, seq, created_at, removed_at) \
     SELECT 1, 1000 + i, 600000 + i, $now, $now FROM $more",
    "INSERT INTO message_versions (message_id, seq, content, created_at) \
     SELECT 1000 + i, i, 'words', $now FROM $more",
    "INSERT INTO mentions (conversation_id, user_id, n) SELECT 1, 1000 + i, 1000 + i FROM $more",
    "INSERT INTO freed_names (digest, user_id, freed_at) SELECT 'd' || i, 1, $now FROM $more",
    "INSERT INTO endings (user_id, ended_at) SELECT 1000 + i, $now FROM $more",
    "INSERT INTO witnesses (nonce, created_at) SELECT 'n' || i, $now FROM $more",
];

const TABLES: [&str; 12] = [
    "users",
    "tokens",
    "tickets",
    "conversations",
    "members",
    "messages",
    "reactions",
    "pins",
    "mentions",
    "witnesses",
    "freed_names",
    "endings",
];

/// Nobody analyses these tables unless it is asked for.
pub(super) async fn leave_unanalysed(database: &DatabaseConnection) {
    if database.get_database_backend() == DbBackend::Postgres {
        for table in TABLES {
            let sql = format!("ALTER TABLE {table} SET (autovacuum_enabled = false)");
            database.execute_unprepared(&sql).await.expect("an owner's right");
        }
    }
}

/// Lets everything grow.
pub(super) async fn grow(database: &DatabaseConnection) {
    let is_postgres = database.get_database_backend() == DbBackend::Postgres;
    let series = |many: i64| match is_postgres {
        true => format!("generate_series(1, {many}) AS i"),
        false => format!(
            "(WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < {many}) \
             SELECT i FROM s)"
        ),
    };
    let (now, later, bytes) = match is_postgres {
        true => ("now()", "now() + interval '20 days'", "sha256(('t' || i)::bytea)"),
        false => ("'2026-11-01T00:00:00+00:00'", "'2099-11-01T00:00:00+00:00'", "randomblob(32)"),
    };
    for sql in GROWTH {
        let sql = sql
            .replace("$now", now)
            .replace("$later", later)
            .replace("$bytes", bytes)
            .replace("$many", &series(MANY))
            .replace("$more", &series(MORE))
            .replace("$some", &series(500));
        database
            .execute_unprepared(&sql)
            .await
            .unwrap_or_else(|error| panic!("{sql}: {error}"));
    }
    if is_postgres {
        for table in ["users", "messages", "conversations"] {
            let sql = format!("SELECT setval(pg_get_serial_sequence('{table}', 'id'), 500000)");
            database.execute_unprepared(&sql).await.expect("a sequence");
        }
    }
}
