//! Which tables are copied, in an order in which each comes after those that it refers to; and which are not.
//! A test compares both lists with the schema, so that no table is forgotten.

/// A table that is copied.
#[derive(Debug)]
pub struct Table {
    /// Its name in both databases.
    pub name: &'static str,
    /// The columns that say which row it is, with an index that begins with them.
    pub key: &'static [&'static str],
    /// One more column of the key, in which there may be no value.
    pub nullable_key: Option<&'static str>,
}

const fn table(name: &'static str, key: &'static [&'static str]) -> Table {
    Table {
        name,
        key,
        nullable_key: None,
    }
}

/// The tables that are copied with all their rows, each behind those that it refers to.
pub const COPIED: [Table; 16] = [
    table("users", &["id"]),
    table("tokens", &["id"]),
    table("tickets", &["id"]),
    table("invites", &["id"]),
    table("freed_names", &["digest"]),
    table("conversations", &["id"]),
    table("members", &["conversation_id", "user_id"]),
    table("messages", &["id"]),
    table("files", &["sha256"]),
    table("uploads", &["id"]),
    table("message_versions", &["message_id", "seq"]),
    table("reactions", &["message_id", "user_id", "emoji"]),
    table("pins", &["message_id"]),
    Table {
        name: "mentions",
        key: &["conversation_id", "n"],
        nullable_key: Some("user_id"),
    },
    table("witnesses", &["nonce"]),
    table("follower_positions", &["conversation_id", "follower"]),
];

/// Tables that are one database's own, and why.
pub const NOT_COPIED: [(&str, &str); 5] = [
    ("endings", "what the servers on this database have yet to notice"),
    ("nodes", "the servers that run on this database"),
    ("seaql_migrations", "how this database came by its schema"),
    ("meta", "one row, of which some columns are copied"),
    (
        "search_entries",
        "the index of words, which the first server on this database makes from the messages",
    ),
];

/// What becomes of a column of `meta` in the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetaColumn {
    /// It says the same as in the source.
    Copied,
    /// It is the target's own, and stays.
    Kept,
    /// It was the target's own, and says nothing, until a server fills it.
    Emptied,
}

/// The columns of `meta`, and what becomes of each.
pub const META: [(&str, MetaColumn); 7] = [
    ("id", MetaColumn::Kept),
    ("epoch", MetaColumn::Copied),
    ("created_at", MetaColumn::Copied),
    // Which Postgres it is. To the server that finds nothing here it is no fork.
    ("cluster", MetaColumn::Emptied),
    // What the servers on this database seal with what they say to each other.
    ("bus_key", MetaColumn::Emptied),
    ("copying", MetaColumn::Emptied),
    // The target's index is made by its first server.
    ("search_rules", MetaColumn::Emptied),
];

impl Table {
    /// Does the database count its ids?
    pub(super) fn is_counted(&self) -> bool {
        self.key == ["id"]
    }
}
