//! How a `COMMIT` without an answer is settled.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{DbBackend, Value};

use crate::domain::{ConversationId, Event};
use crate::store::StoreError;
use crate::store::commit::rows::{execute, query};
use crate::store::statements::StatementRunner;
use crate::store::tokens::new_secret;

/// For how long a witness is kept that has no message to stand for it; nobody asks for so long.
const KEPT: TimeDelta = TimeDelta::days(1);

/// A row that is there if, and only if, the transaction was committed, whatever came after it.
#[derive(Clone, Debug)]
pub(super) struct Witness {
    conversation: ConversationId,
    sql: &'static str,
    values: Vec<Value>,
}

impl Witness {
    /// A witness of what has been stored, `None` if that is nothing. A new message is one: its id and
    /// its first place never change. Any other row may have moved on before anybody asks, so a row of
    /// its own stands for those.
    pub(super) async fn of(
        db: &dyn StatementRunner,
        stored: &[(ConversationId, Arc<Event>)],
        now: DateTime<Utc>,
    ) -> Result<Option<Self>, StoreError> {
        let posted = stored.iter().find_map(|(conversation, event)| {
            let message = event.message()?;
            Some((*conversation, event.seq, message.id))
        });
        if let Some((conversation, seq, id)) = posted {
            return Ok(Some(Self {
                conversation,
                // With a plus, no index of the whole conversation is thought of.
                sql: "SELECT id FROM messages \
                      WHERE +conversation_id = $1 AND posted_seq = $2 AND id = $3",
                values: vec![conversation.0.into(), seq.into(), id.0.into()],
            }));
        }
        let Some((conversation, _)) = stored.first() else {
            return Ok(None);
        };
        let nonce = new_secret();
        let old = "DELETE FROM witnesses WHERE created_at < $1";
        execute(db, old, [(now - KEPT).into()]).await?;
        let sql = "INSERT INTO witnesses (nonce, created_at) VALUES ($1, $2)";
        execute(db, sql, [nonce.as_str().into(), now.into()]).await?;
        Ok(Some(Self {
            conversation: *conversation,
            sql: "SELECT nonce FROM witnesses WHERE nonce = $1",
            values: vec![nonce.into()],
        }))
    }

    pub(super) async fn is_there(&self, db: &dyn StatementRunner) -> Result<bool, StoreError> {
        if db.backend() == DbBackend::Postgres {
            let lock = "SELECT id FROM conversations WHERE id = $1 FOR UPDATE";
            query(db, lock, [self.conversation.0.into()]).await?;
        }
        Ok(!query(db, self.sql, self.values.iter().cloned()).await?.is_empty())
    }
}
