//! A message is pinned, or not any more; then the pin keeps its row, for those who resume.

use sea_orm::Value;

use crate::domain::event::Pin;
use crate::domain::{Authority, Fact, MessageId};
use crate::store::StoreError;
use crate::store::commit::rows::execute;
use crate::store::commit::stored::Accepted;
use crate::store::statements::StatementRunner;

pub(super) async fn pin(
    db: &dyn StatementRunner,
    accepted: &Accepted<'_>,
    by: Authority,
    message: MessageId,
    on: bool,
) -> Result<Fact, StoreError> {
    let user = by.user();
    let sql = "INSERT INTO pins (conversation_id, message_id, user_id, seq, created_at, removed_at) \
               VALUES ($1, $2, $3, $4, $5, $6) \
               ON CONFLICT (message_id) DO UPDATE SET seq = excluded.seq, \
                   user_id = excluded.user_id, created_at = excluded.created_at, \
                   removed_at = excluded.removed_at";
    let removed_at = (!on).then_some(accepted.now);
    let values: [Value; 6] = [
        accepted.conversation().0.into(),
        message.0.into(),
        user.map(|user| user.0).into(),
        accepted.slot.seq.into(),
        accepted.now.into(),
        removed_at.into(),
    ];
    execute(db, sql, values).await?;
    Ok(Fact::Pinned(Pin {
        message,
        n: accepted.target(message)?.message.n,
        user,
        username: accepted.name(user),
        on,
    }))
}
