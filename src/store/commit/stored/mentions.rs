//! Whom a message mentions, once it says something else.

use crate::domain::event::Message;
use crate::store::StoreError;
use crate::store::commit::mentions::insert_mentions;
use crate::store::commit::rows::execute;
use crate::store::commit::stored::Accepted;
use crate::store::statements::StatementRunner;

/// Those of the message as it is now take the place of those before.
pub(super) async fn mention_anew(
    db: &dyn StatementRunner,
    accepted: &Accepted<'_>,
    message: &Message,
) -> Result<(), StoreError> {
    let conversation = accepted.conversation();
    let sql = "DELETE FROM mentions WHERE conversation_id = $1 AND n = $2";
    execute(db, sql, [conversation.0.into(), message.n.into()]).await?;
    insert_mentions(db, [(conversation, message.n, &message.mentions)]).await
}
