//! A conversation is deleted. Its two people, if it was private, may have another one.

use crate::domain::Fact;
use crate::store::StoreError;
use crate::store::commit::rows::execute;
use crate::store::commit::stored::Accepted;
use crate::store::statements::StatementRunner;

pub(super) async fn delete_chat(
    db: &dyn StatementRunner,
    accepted: &Accepted<'_>,
) -> Result<Fact, StoreError> {
    let sql = "UPDATE conversations SET deleted_at = $1, seq = $2, pair = NULL WHERE id = $3";
    let values = [
        accepted.now.into(),
        accepted.slot.seq.into(),
        accepted.conversation().0.into(),
    ];
    execute(db, sql, values).await?;
    Ok(Fact::ChatDeleted)
}
