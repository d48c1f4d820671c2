//! How far the followers have come: one row for each follower and conversation, moved in the transaction
//! that stores what the follower makes of the changes. A conversation without a row has not been begun.

use sea_orm::{ConnectionTrait, Value};

use crate::domain::ConversationId;
use crate::domain::following::Progress;
use crate::store::commit::rows::{execute, for_each_if_any, query};
use crate::store::{Store, StoreError};

/// How far the conversations behind `after` have come, and this follower in them: by id, `limit` at most.
pub(crate) async fn behind(
    store: &Store,
    follower: &str,
    after: ConversationId,
    limit: usize,
) -> Result<Vec<Progress>, StoreError> {
    let page = "(SELECT id, head_seq FROM conversations WHERE id > $2 ORDER BY id LIMIT $3) AS c";
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let values = [follower.into(), after.0.into(), limit.into()];
    progress(store, page, values).await
}

/// How far one conversation has come, and this follower in it; `None` if there is none.
pub(crate) async fn of(
    store: &Store,
    follower: &str,
    conversation: ConversationId,
) -> Result<Option<Progress>, StoreError> {
    let one = "(SELECT id, head_seq FROM conversations WHERE id = $2) AS c";
    let found = progress(store, one, [follower.into(), conversation.0.into()]).await?;
    Ok(found.into_iter().next())
}

async fn progress(
    store: &Store,
    conversations: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<Vec<Progress>, StoreError> {
    let theirs = "p.conversation_id = c.id AND p.follower = $1";
    let positions = for_each_if_any(store.backend(), "follower_positions", "p", theirs);
    let sql = format!(
        "SELECT c.id, c.head_seq, COALESCE(p.seq, 0) AS position FROM {conversations} {positions} ORDER BY c.id"
    );
    let mut all = Vec::new();
    for row in query(store.readers(), &sql, values).await? {
        all.push(Progress {
            conversation: ConversationId(row.get("id")?),
            position: row.get("position")?,
            head: row.get("head_seq")?,
        });
    }
    Ok(all)
}

/// Moves a follower on, if it still stands at `from`; `false` if another server's has moved it meanwhile. Then
/// the transaction is to be taken back.
pub(crate) async fn advance(
    db: &impl ConnectionTrait,
    follower: &str,
    conversation: ConversationId,
    from: i64,
    to: i64,
) -> Result<bool, StoreError> {
    let moved = match from {
        // Who inserts at the same time waits for the first one, and then inserts nothing.
        0 => {
            let sql = "INSERT INTO follower_positions (conversation_id, follower, seq) VALUES ($1, $2, $3) \
                       ON CONFLICT DO NOTHING";
            execute(db, sql, [conversation.0.into(), follower.into(), to.into()]).await?
        }
        _ => {
            let sql = "UPDATE follower_positions SET seq = $3 \
                       WHERE conversation_id = $1 AND follower = $2 AND seq = $4";
            let values = [
                conversation.0.into(),
                follower.into(),
                to.into(),
                from.into(),
            ];
            execute(db, sql, values).await?
        }
    };
    Ok(moved == 1)
}
