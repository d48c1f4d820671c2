//! The rows that the server writes for messages, by the statements that one loop needs, in SQLite with
//! `synchronous=FULL`. All that a turn of the loop has read is one transaction.

use std::path::Path;

use rusqlite::{CachedStatement, Connection, Row, params};

/// Each room is made with so many members, as a chat has them.
const MEMBERS: i64 = 1000;

/// The server's tables, as far as a message touches them, and their indexes.
const SCHEMA: &str = "
    CREATE TABLE conversations (id integer NOT NULL PRIMARY KEY AUTOINCREMENT, type text NOT NULL,
        head_seq integer NOT NULL DEFAULT 0, head_n integer NOT NULL DEFAULT 0);
    CREATE TABLE members (conversation_id integer NOT NULL, user_id integer NOT NULL,
        read_n integer NOT NULL DEFAULT 0, active_at text, PRIMARY KEY (conversation_id, user_id));
    CREATE TABLE messages (id integer NOT NULL PRIMARY KEY AUTOINCREMENT,
        conversation_id integer NOT NULL REFERENCES conversations (id), n integer NOT NULL, seq integer NOT NULL,
        posted_seq integer NOT NULL, sender_id integer, client_msg_id text, content text NOT NULL, sequence integer,
        reply_to integer, created_at text NOT NULL, edited_at text, deleted_at text, mentions text);
    CREATE UNIQUE INDEX messages_n ON messages (conversation_id, n);
    CREATE UNIQUE INDEX messages_seq ON messages (conversation_id, seq);
    CREATE UNIQUE INDEX messages_key ON messages (conversation_id, sender_id, client_msg_id);";

const MOVE: &str =
    "UPDATE conversations SET head_seq = head_seq + ?2, head_n = head_n + ?2 WHERE id = ?1
    RETURNING head_seq, head_n";
const IS_KNOWN: &str =
    "SELECT id FROM messages WHERE conversation_id = ?1 AND sender_id = ?2 AND client_msg_id = ?3";
const INSERT: &str = "INSERT INTO messages
    (conversation_id, n, seq, posted_seq, sender_id, client_msg_id, content, created_at)
    VALUES (?1, ?2, ?3, ?3, ?4, ?5, ?6, ?7)";
const READ: &str =
    "UPDATE members SET read_n = ?3, active_at = ?4 WHERE conversation_id = ?1 AND user_id = ?2";

/// A message that somebody has sent.
pub(crate) struct Post {
    pub(crate) sender: i64,
    pub(crate) text: String,
}

/// What a message is known by once it is stored.
pub(crate) struct Stored {
    pub(crate) id: i64,
    pub(crate) seq: i64,
    pub(crate) n: i64,
    pub(crate) key: String,
}

pub(crate) struct Store {
    connection: Connection,
    keys: u32,
}

impl Store {
    /// An empty one.
    pub(crate) fn create(path: &Path) -> rusqlite::Result<Self> {
        let connection = Connection::open(path)?;
        connection.pragma_update(None, "journal_mode", "wal")?;
        connection.pragma_update(None, "synchronous", "full")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.execute_batch(SCHEMA)?;
        Ok(Self {
            connection,
            keys: 0,
        })
    }

    /// A new room with its members; its id.
    pub(crate) fn room(&mut self) -> rusqlite::Result<i64> {
        let transaction = self.connection.transaction()?;
        transaction.execute("INSERT INTO conversations (type) VALUES ('group')", [])?;
        let id = transaction.last_insert_rowid();
        let mut insert = transaction
            .prepare("INSERT INTO members (conversation_id, user_id) VALUES (?1, ?2)")?;
        for user in 0..MEMBERS {
            insert.execute(params![id, user])?;
        }
        drop(insert);
        transaction.commit()?;
        Ok(id)
    }

    /// Stores the posts of several rooms in one transaction, and hands over each with the number of its batch and what
    /// it is known by.
    pub(crate) fn commit<'a>(
        &mut self,
        batches: impl Iterator<Item = (i64, &'a [Post])>,
        now: &str,
        mut each: impl FnMut(usize, &Post, Stored),
    ) -> rusqlite::Result<()> {
        let transaction = self.connection.transaction()?;
        let mut statements = Statements::new(&transaction)?;
        for (batch, (room, posts)) in batches.enumerate() {
            let count = posts.len() as i64;
            let heads = |row: &Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?));
            let last = statements.heads.query_row(params![room, count], heads)?;
            for (post, at) in posts.iter().zip(1_i64..) {
                // Keys come in no order, as clients make them.
                self.keys = self.keys.wrapping_add(1);
                let key = format!("{:08x}-{room}", self.keys.wrapping_mul(2_654_435_761));
                let (seq, n) = (last.0 - count + at, last.1 - count + at);
                statements.known.exists(params![room, post.sender, key])?;
                statements.insert.execute(params![
                    room,
                    n,
                    seq,
                    post.sender,
                    key,
                    post.text,
                    now
                ])?;
                let id = transaction.last_insert_rowid();
                statements.read.execute(params![room, post.sender, n, now])?;
                each(batch, post, Stored { id, seq, n, key });
            }
        }
        drop(statements);
        transaction.commit()
    }
}

/// Prepared once, and kept by the connection.
struct Statements<'a> {
    heads: CachedStatement<'a>,
    known: CachedStatement<'a>,
    insert: CachedStatement<'a>,
    read: CachedStatement<'a>,
}

impl<'a> Statements<'a> {
    fn new(connection: &'a Connection) -> rusqlite::Result<Self> {
        Ok(Self {
            heads: connection.prepare_cached(MOVE)?,
            known: connection.prepare_cached(IS_KNOWN)?,
            insert: connection.prepare_cached(INSERT)?,
            read: connection.prepare_cached(READ)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_numbered_without_a_gap() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::create(&folder.path().join("floor.db")).unwrap();
        let rooms = [store.room().unwrap(), store.room().unwrap()];
        let posts = |count| {
            (0..count)
                .map(|i| Post {
                    sender: i % 2,
                    text: format!("{i}"),
                })
                .collect::<Vec<_>>()
        };
        let (first, second) = (posts(3), posts(2));
        let mut numbers = Vec::new();
        for _ in 0..2 {
            let batches = [(rooms[0], &first[..]), (rooms[1], &second[..])];
            let each = |batch: usize, _: &Post, stored: Stored| {
                numbers.push((rooms[batch], stored.seq, stored.n, stored.id))
            };
            store.commit(batches.into_iter(), "2026-01-01T00:00:00Z", each).unwrap();
        }
        let of = |room| numbers.iter().filter(|it| it.0 == room).map(|it| it.1).collect::<Vec<_>>();
        assert_eq!(of(rooms[0]), [1, 2, 3, 4, 5, 6]);
        assert_eq!(of(rooms[1]), [1, 2, 3, 4]);
        let read: i64 = store
            .connection
            .query_row(
                "SELECT read_n FROM members WHERE conversation_id = ?1 AND user_id = 0",
                [rooms[0]],
                |row| row.get(0),
            )
            .unwrap();
        assert_eq!(read, 6);
    }
}
