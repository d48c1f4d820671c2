//! What the index has of each message. One entry takes the place of the one before, of which nothing stays.

use sea_orm::DbBackend;
use serde::Serialize;

use crate::domain::search::{AnalyzedText, IndexedText};
use crate::domain::{ConversationId, MessageId};
use crate::store::commit::rows::{Type, execute, query, rows_from_json, to_json};
use crate::store::search::conditions::tsvector;
use crate::store::statements::StatementRunner;
use crate::store::{Store, StoreError, Transaction};

/// Under which name the position of the index in each conversation is stored.
pub(crate) const FOLLOWER: &str = "search";

/// What a message is to be found by from now on.
#[derive(Clone, Debug)]
pub(crate) struct IndexEntry {
    /// The message.
    pub message: MessageId,
    /// Where it was said.
    pub conversation: ConversationId,
    /// Of the change of the message that the entry is about.
    pub seq: i64,
    /// `None` if it was deleted.
    pub text: Option<IndexedText>,
}

/// Writes these entries, each in the place of the one before.
pub(crate) async fn write(
    store: &Store,
    transaction: &Transaction,
    entries: &[IndexEntry],
) -> Result<(), StoreError> {
    if entries.is_empty() {
        return Ok(());
    }
    match store.is_sqlite() {
        true => write_to_sqlite(transaction, entries).await,
        false => write_to_postgres(transaction, entries).await,
    }
}

#[derive(Serialize)]
struct EntryId {
    message_id: i64,
}

/// A row of `search_words`, which FTS5 wants to see again to take it out.
#[derive(Serialize)]
struct WordsRow {
    message_id: i64,
    conversation_id: i64,
    seq: i64,
    words: String,
    stems: String,
    extra: String,
}

const ROW: [(&str, Type); 6] = [
    ("message_id", Type::Number),
    ("conversation_id", Type::Number),
    ("seq", Type::Number),
    ("words", Type::Text),
    ("stems", Type::Text),
    ("extra", Type::Text),
];

/// Takes these messages out of the index, as the transaction does that deletes them.
pub(in crate::store) async fn take_out(
    db: &dyn StatementRunner,
    messages: impl IntoIterator<Item = MessageId>,
) -> Result<(), StoreError> {
    let ids: Vec<_> = messages
        .into_iter()
        .map(|message| EntryId {
            message_id: message.0,
        })
        .collect();
    if ids.is_empty() {
        return Ok(());
    }
    let backend = db.backend();
    let ids_of = rows_from_json(backend, &[("message_id", Type::Number)]);
    if backend == DbBackend::Sqlite && !take_words_out(db, &ids_of, &ids).await? {
        return Ok(());
    }
    let which = match backend {
        DbBackend::Sqlite => format!("IN (SELECT v.message_id FROM {ids_of})"),
        _ => format!("= ANY(ARRAY(SELECT v.message_id FROM {ids_of}))"),
    };
    let sql = format!("DELETE FROM search_entries WHERE message_id {which}");
    execute(db, &sql, [to_json(&ids)?]).await?;
    Ok(())
}

/// FTS5 wants to see what it is to take out. `false` if there is nothing of these.
async fn take_words_out(
    db: &dyn StatementRunner,
    ids_of: &str,
    ids: &[EntryId],
) -> Result<bool, StoreError> {
    let sql = format!(
        "SELECT e.message_id, e.words, e.extra FROM {ids_of} \
         CROSS JOIN search_entries AS e ON e.message_id = v.message_id"
    );
    let mut former = Vec::new();
    for row in query(db, &sql, [to_json(ids)?]).await? {
        let words: String = row.get("words")?;
        former.push(WordsRow {
            message_id: row.get("message_id")?,
            conversation_id: 0,
            seq: 0,
            stems: AnalyzedText::stems_of(words.split_terminator(' ')).join(" "),
            words,
            extra: row.get("extra")?,
        });
    }
    if former.is_empty() {
        return Ok(false);
    }
    let sql = format!(
        "INSERT INTO search_words (search_words, rowid, words, stems, extra) \
         SELECT 'delete', v.message_id, v.words, v.stems, v.extra FROM {}",
        rows_from_json(DbBackend::Sqlite, &ROW)
    );
    execute(db, &sql, [to_json(&former)?]).await?;
    Ok(true)
}

async fn write_to_sqlite(
    db: &dyn StatementRunner,
    entries: &[IndexEntry],
) -> Result<(), StoreError> {
    take_out(db, entries.iter().map(|entry| entry.message)).await?;
    let rows = rows_from_json(db.backend(), &ROW);
    let new: Vec<_> = entries.iter().filter_map(row).collect();
    if new.is_empty() {
        return Ok(());
    }
    let new = to_json(&new)?;
    for into in [
        "search_words (rowid, words, stems, extra) SELECT v.message_id, v.words, v.stems, v.extra",
        "search_entries (message_id, conversation_id, seq, words, extra) \
         SELECT v.message_id, v.conversation_id, v.seq, v.words, v.extra",
    ] {
        // What was deleted or edited since it was read is written when its follower has come to that.
        let sql = format!(
            "INSERT INTO {into} FROM {rows} \
             CROSS JOIN messages AS m ON m.id = v.message_id AND m.seq = v.seq"
        );
        execute(db, &sql, [new.clone()]).await?;
    }
    Ok(())
}

fn row(entry: &IndexEntry) -> Option<WordsRow> {
    let text = entry.text.as_ref()?;
    Some(WordsRow {
        message_id: entry.message.0,
        conversation_id: entry.conversation.0,
        seq: entry.seq,
        words: text.words.join(" "),
        stems: text.stems.join(" "),
        extra: text.extra.join(" "),
    })
}

#[derive(Serialize)]
struct Vector {
    message_id: i64,
    conversation_id: i64,
    seq: i64,
    tokens: String,
}

const VECTOR: [(&str, Type); 4] = [
    ("message_id", Type::Number),
    ("conversation_id", Type::Number),
    ("seq", Type::Number),
    ("tokens", Type::Text),
];

async fn write_to_postgres(
    db: &dyn StatementRunner,
    entries: &[IndexEntry],
) -> Result<(), StoreError> {
    let (there, gone): (Vec<_>, Vec<_>) = entries.iter().partition(|entry| entry.text.is_some());
    take_out(db, gone.iter().map(|entry| entry.message)).await?;
    let vector = |entry: &&IndexEntry| {
        Some(Vector {
            message_id: entry.message.0,
            conversation_id: entry.conversation.0,
            seq: entry.seq,
            tokens: tsvector(entry.text.as_ref()?),
        })
    };
    let vectors: Vec<_> = there.iter().filter_map(vector).collect();
    if vectors.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "INSERT INTO search_entries (message_id, conversation_id, seq, tokens) \
         SELECT v.message_id, v.conversation_id, v.seq, v.tokens::tsvector FROM {} \
         ON CONFLICT (message_id) DO UPDATE SET seq = excluded.seq, tokens = excluded.tokens",
        rows_from_json(db.backend(), &VECTOR)
    );
    execute(db, &sql, [to_json(&vectors)?]).await?;
    Ok(())
}
