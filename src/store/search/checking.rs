//! Whether the index has what it must have, and how far it has come.

use sea_orm::ConnectionTrait;

use crate::domain::MessageId;
use crate::domain::search::{Clause, Field, NO_WORD, Phrase, analyze};
use crate::store::commit::rows::query;
use crate::store::search::conditions::Conditions;
use crate::store::search::entries::FOLLOWER;
use crate::store::single_value::scalar;
use crate::store::{Store, StoreError};

/// Words of a message by which it must be found.
const WORDS: usize = 3;

/// How far the index has come.
#[derive(Clone, Copy, Debug)]
pub(crate) struct IndexStatus {
    /// Messages that it has.
    pub(crate) messages: i64,
    /// Messages that there are, but for deleted ones.
    pub(crate) all: i64,
    /// Conversations that have changed since it was there.
    pub(crate) behind: i64,
    /// Changes in them.
    pub(crate) changes: i64,
}

/// How far the index has come.
pub(crate) async fn status(store: &Store) -> Result<IndexStatus, StoreError> {
    let number = async |sql: &str| {
        let found: Option<i64> = scalar(store.readers(), sql, []).await?;
        Ok::<_, StoreError>(found.unwrap_or(0))
    };
    let behind = format!(
        "FROM conversations AS c LEFT JOIN follower_positions AS p \
           ON p.conversation_id = c.id AND p.follower = '{FOLLOWER}' \
         WHERE c.head_seq > COALESCE(p.seq, 0)"
    );
    let changes = format!(
        "SELECT CAST(COALESCE(SUM(c.head_seq - COALESCE(p.seq, 0)), 0) AS BIGINT) {behind}"
    );
    Ok(IndexStatus {
        messages: number("SELECT COUNT(*) FROM search_entries").await?,
        all: number("SELECT COUNT(*) FROM messages WHERE deleted_at IS NULL").await?,
        behind: number(&format!("SELECT COUNT(*) {behind}")).await?,
        changes: number(&changes).await?,
    })
}

/// How many of about so many messages, drawn over all of them, are not in the index although they must be, or are
/// not found by their own words.
pub(crate) async fn missing_in_sample(
    db: &impl ConnectionTrait,
    sample: i64,
) -> Result<i64, StoreError> {
    let last: Option<i64> = scalar(db, "SELECT MAX(id) FROM messages", []).await?.flatten();
    let Some(last) = last else {
        return Ok(0);
    };
    let (step, mut missing) = ((last / sample).max(1), 0);
    let mut at = 0;
    while at <= last {
        let sql = "SELECT m.id, m.content FROM messages AS m CROSS JOIN follower_positions AS p \
                   WHERE m.id >= $1 AND m.id < $2 AND m.deleted_at IS NULL \
                     AND p.conversation_id = m.conversation_id AND p.follower = $3 AND p.seq >= m.seq \
                   ORDER BY m.id LIMIT 1";
        let values = [at.into(), (at + step).into(), FOLLOWER.into()];
        if let Some(row) = query(db, sql, values).await?.into_iter().next() {
            let id = MessageId(row.get("id")?);
            let content: String = row.get("content")?;
            missing += i64::from(!is_found(db, id, &content).await?);
        }
        at += step;
    }
    Ok(missing)
}

/// Is a message found by the longest of its words?
async fn is_found(
    db: &impl ConnectionTrait,
    id: MessageId,
    content: &str,
) -> Result<bool, StoreError> {
    let mut words: Vec<_> = analyze(content).tokens.into_iter().map(|token| token.word).collect();
    words.sort_unstable_by_key(|word| std::cmp::Reverse(word.len()));
    words.retain(|word| word != NO_WORD);
    let clause = |word| Clause(vec![Phrase::one(Field::Word, word)]);
    let conditions = Conditions {
        all: words.into_iter().take(WORDS).map(clause).collect(),
        none: Vec::new(),
    };
    let (sql, text) = match db.get_database_backend() {
        sea_orm::DbBackend::Sqlite => (
            "SELECT 1 FROM search_words WHERE search_words MATCH $1 AND rowid = $2",
            conditions.for_sqlite(),
        ),
        _ => (
            "SELECT 1 FROM search_entries WHERE message_id = $2 AND tokens @@ $1::tsquery",
            conditions.for_postgres(),
        ),
    };
    Ok(scalar::<i32>(db, sql, [text.into(), id.0.into()]).await?.is_some())
}
