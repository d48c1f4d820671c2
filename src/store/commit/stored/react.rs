//! A reaction is added, or taken back; then it keeps its row, for those who resume.

use sea_orm::Value;

use crate::domain::event::Reaction;
use crate::domain::{Emoji, Fact, MessageId, UserId};
use crate::store::StoreError;
use crate::store::commit::rows::execute;
use crate::store::commit::stored::Accepted;
use crate::store::statements::StatementRunner;

pub(super) async fn react(
    db: &dyn StatementRunner,
    accepted: &Accepted<'_>,
    user: UserId,
    message: MessageId,
    emoji: &Emoji,
    on: bool,
) -> Result<Fact, StoreError> {
    let sql = "INSERT INTO reactions (conversation_id, message_id, user_id, emoji, seq, \
                                      created_at, removed_at) \
               VALUES ($1, $2, $3, $4, $5, $6, $7) \
               ON CONFLICT (message_id, user_id, emoji) DO UPDATE SET seq = excluded.seq, \
                   created_at = excluded.created_at, removed_at = excluded.removed_at";
    let removed_at = (!on).then_some(accepted.now);
    let values: [Value; 7] = [
        accepted.conversation().0.into(),
        message.0.into(),
        user.0.into(),
        emoji.as_str().into(),
        accepted.slot.seq.into(),
        accepted.now.into(),
        removed_at.into(),
    ];
    execute(db, sql, values).await?;
    Ok(Fact::Reacted(Reaction {
        message,
        n: accepted.target(message)?.message.n,
        user,
        username: accepted.name(Some(user)),
        emoji: emoji.clone(),
        on,
    }))
}
