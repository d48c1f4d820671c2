//! Who is mentioned where, for counting.

use sea_orm::ConnectionTrait;
use serde::Serialize;

use crate::domain::ConversationId;
use crate::domain::mentions::Mentions;
use crate::store::StoreError;
use crate::store::commit::rows::{Type, execute, rows_from_json, to_json};

#[derive(Serialize)]
struct Mention {
    conversation_id: i64,
    /// Nobody in particular is everybody.
    user_id: Option<i64>,
    n: i64,
}

/// One multi-row insert, if anybody is mentioned at all. Whoever is everybody is not told twice.
pub(super) async fn insert_mentions<'a>(
    db: &impl ConnectionTrait,
    mentions: impl IntoIterator<Item = (ConversationId, i64, &'a Mentions)>,
) -> Result<(), StoreError> {
    let rows: Vec<_> = mentions
        .into_iter()
        .flat_map(|(conversation, n, mentions)| {
            let users = match mentions.all {
                true => vec![None],
                false => mentions.users.iter().map(|user| Some(user.0)).collect(),
            };
            users.into_iter().map(move |user_id| Mention {
                conversation_id: conversation.0,
                user_id,
                n,
            })
        })
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    let columns = [
        ("conversation_id", Type::Number),
        ("user_id", Type::Number),
        ("n", Type::Number),
    ];
    let sql = format!(
        "INSERT INTO mentions (conversation_id, user_id, n) \
         SELECT v.conversation_id, v.user_id, v.n FROM {}",
        rows_from_json(db.get_database_backend(), &columns)
    );
    execute(db, &sql, [to_json(&rows)?]).await?;
    Ok(())
}
