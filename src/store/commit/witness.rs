//! How a `COMMIT` without an answer is settled.

use sea_orm::{ConnectionTrait, DbBackend, Value};

use crate::domain::{ConversationId, Event, Fact};
use crate::store::StoreError;
use crate::store::commit::rows::query;

/// A row that is there if, and only if, the transaction was committed.
#[derive(Clone, Debug)]
pub(super) struct Witness {
    conversation: ConversationId,
    sql: &'static str,
    values: Vec<Value>,
}

impl Witness {
    pub(super) fn of(conversation: ConversationId, event: &Event) -> Self {
        let here: Value = conversation.0.into();
        let seq: Value = event.seq.into();
        let (sql, values) = match &event.fact {
            Fact::Posted(message) => (
                "SELECT id FROM messages WHERE conversation_id = $1 AND posted_seq = $2 AND id = $3",
                vec![here, seq, message.id.0.into()],
            ),
            Fact::Joined { user, .. }
            | Fact::Left { user, .. }
            | Fact::RoleChanged { user, .. } => (
                "SELECT user_id FROM members WHERE conversation_id = $1 AND seq = $2 AND user_id = $3",
                vec![here, seq, user.0.into()],
            ),
            Fact::Renamed { .. } | Fact::Dissolved => {
                ("SELECT id FROM conversations WHERE id = $1 AND seq = $2", vec![here, seq])
            }
        };
        Self {
            conversation,
            sql,
            values,
        }
    }

    pub(super) async fn is_there(&self, db: &impl ConnectionTrait) -> Result<bool, StoreError> {
        if db.get_database_backend() == DbBackend::Postgres {
            let lock = "SELECT id FROM conversations WHERE id = $1 FOR UPDATE";
            query(db, lock, [self.conversation.0.into()]).await?;
        }
        Ok(!query(db, self.sql, self.values.iter().cloned()).await?.is_empty())
    }
}
