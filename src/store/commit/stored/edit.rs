//! A message says something else. What it said so far becomes a version of it.

use sea_orm::Value;

use crate::domain::event::Message;
use crate::domain::{Fact, MessageId, NewText};
use crate::store::StoreError;
use crate::store::commit::rows::execute;
use crate::store::commit::stored::Accepted;
use crate::store::commit::stored::mentions::mention_anew;
use crate::store::messages::write_mentions;
use crate::store::statements::StatementRunner;

pub(super) async fn edit(
    db: &dyn StatementRunner,
    accepted: &Accepted<'_>,
    message: MessageId,
    text: &NewText,
) -> Result<Fact, StoreError> {
    let target = accepted.target(message)?;
    let message = Message {
        text: Some(text.text().clone()),
        mentions: text.named().resolve(&accepted.ledger.names),
        edited_at: Some(accepted.now),
        deleted_at: None,
        // Reactions of this batch that come behind it are told again, and change nothing then.
        annotations: Some(target.annotations()),
        ..target.message.clone()
    };
    let keep = "INSERT INTO message_versions (message_id, seq, content, created_at) \
                SELECT id, seq, content, COALESCE(edited_at, created_at) FROM messages \
                WHERE id = $1";
    execute(db, keep, [message.id.0.into()]).await?;
    let sql = "UPDATE messages SET content = $1, mentions = $2, seq = $3, edited_at = $4 \
               WHERE id = $5";
    let values: [Value; 5] = [
        text.as_str().into(),
        write_mentions(&message.mentions).into(),
        accepted.slot.seq.into(),
        accepted.now.into(),
        message.id.0.into(),
    ];
    execute(db, sql, values).await?;
    mention_anew(db, accepted, &message).await?;
    Ok(Fact::Edited(message))
}
