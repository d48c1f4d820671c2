//! A member has another role.

use crate::domain::{Fact, Role, UserId};
use crate::store::StoreError;
use crate::store::commit::rows::execute;
use crate::store::commit::stored::Accepted;
use crate::store::statements::StatementRunner;

pub(super) async fn set_role(
    db: &dyn StatementRunner,
    accepted: &Accepted<'_>,
    user: UserId,
    role: Role,
) -> Result<Fact, StoreError> {
    let sql = "UPDATE members SET role = $1, seq = $2 \
               WHERE conversation_id = $3 AND user_id = $4";
    let values = [
        role.as_str().into(),
        accepted.slot.seq.into(),
        accepted.conversation().0.into(),
        user.0.into(),
    ];
    execute(db, sql, values).await?;
    Ok(Fact::RoleChanged {
        user,
        username: accepted.name(Some(user)),
        display_name: accepted.display_name(user),
        role,
    })
}
