//! A message is deleted. Nothing of its content is kept, nor of what hung on it; its number stays.

use crate::domain::event::Message;
use crate::domain::mentions::Mentions;
use crate::domain::{Fact, MessageId};
use crate::store::commit::rows::execute;
use crate::store::commit::stored::Accepted;
use crate::store::commit::stored::mentions::mention_anew;
use crate::store::statements::StatementRunner;
use crate::store::{StoreError, search};

pub(super) async fn delete(
    db: &dyn StatementRunner,
    accepted: &Accepted<'_>,
    message: MessageId,
) -> Result<Fact, StoreError> {
    let message = Message {
        text: None,
        attachments: [].into(),
        mentions: Mentions::default(),
        deleted_at: Some(accepted.now),
        ..accepted.target(message)?.message.clone()
    };
    let sql = "UPDATE messages SET content = '', mentions = NULL, attachments = NULL, seq = $1, deleted_at = $2 \
               WHERE id = $3";
    let values = [
        accepted.slot.seq.into(),
        accepted.now.into(),
        message.id.0.into(),
    ];
    execute(db, sql, values).await?;
    for sql in [
        "DELETE FROM message_versions WHERE message_id = $1",
        "DELETE FROM reactions WHERE message_id = $1",
        "DELETE FROM pins WHERE message_id = $1",
        "DELETE FROM uploads WHERE message_id = $1",
    ] {
        execute(db, sql, [message.id.0.into()]).await?;
    }
    search::take_out(db, [message.id]).await?;
    mention_anew(db, accepted, &message).await?;
    Ok(Fact::Deleted(message))
}
