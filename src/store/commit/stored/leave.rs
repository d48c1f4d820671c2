//! Somebody is a member no longer, by themselves or removed. Their row stays, for those who resume.

use crate::domain::{Fact, UserId};
use crate::store::StoreError;
use crate::store::commit::rows::execute;
use crate::store::commit::stored::Accepted;
use crate::store::statements::StatementRunner;

pub(super) async fn leave(
    db: &dyn StatementRunner,
    accepted: &Accepted<'_>,
    user: UserId,
) -> Result<Fact, StoreError> {
    let sql = "UPDATE members SET left_at = $1, seq = $2 \
               WHERE conversation_id = $3 AND user_id = $4";
    let values = [
        accepted.now.into(),
        accepted.slot.seq.into(),
        accepted.conversation().0.into(),
        user.0.into(),
    ];
    execute(db, sql, values).await?;
    Ok(Fact::Left {
        user,
        username: accepted.name(Some(user)),
    })
}
