//! Somebody becomes a member.

use sea_orm::Value;

use crate::domain::{Fact, PrivatePair, Role, UserId};
use crate::store::StoreError;
use crate::store::commit::rows::execute;
use crate::store::commit::stored::Accepted;
use crate::store::statements::StatementRunner;

pub(super) async fn join(
    db: &dyn StatementRunner,
    accepted: &Accepted<'_>,
    user: UserId,
    role: Role,
) -> Result<Fact, StoreError> {
    let role = accepted.slot.role.unwrap_or(role);
    insert_member(db, accepted, user, role).await?;
    if let Some(pair) = accepted.ledger.pair() {
        name_pair(db, accepted, pair).await?;
    }
    Ok(Fact::Joined {
        user,
        username: accepted.name(Some(user)),
        display_name: accepted.display_name(user),
        role,
    })
}

/// Whoever comes back begins anew: what was said before is not theirs to count.
pub(super) async fn insert_member(
    db: &dyn StatementRunner,
    accepted: &Accepted<'_>,
    user: UserId,
    role: Role,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO members (conversation_id, user_id, role, seq, joined_n, read_n, created_at) \
               VALUES ($1, $2, $3, $4, $5, $5, $6) \
               ON CONFLICT (conversation_id, user_id) DO UPDATE SET role = excluded.role, \
                   seq = excluded.seq, joined_n = excluded.joined_n, read_n = excluded.read_n, \
                   created_at = excluded.created_at, \
                   left_at = NULL, hidden_n = -1";
    let values: [Value; 6] = [
        accepted.conversation().0.into(),
        user.0.into(),
        role.as_str().into(),
        accepted.slot.seq.into(),
        accepted.slot.n.into(),
        accepted.now.into(),
    ];
    execute(db, sql, values).await?;
    Ok(())
}

/// It is the one of these two from now on. Whoever else makes theirs at the same moment is refused by
/// the unique index, and then by the ledger.
async fn name_pair(
    db: &dyn StatementRunner,
    accepted: &Accepted<'_>,
    pair: PrivatePair,
) -> Result<(), StoreError> {
    let sql = "UPDATE conversations SET pair = $1 WHERE id = $2 AND pair IS NULL";
    execute(db, sql, [pair.key().into(), accepted.conversation().0.into()]).await?;
    Ok(())
}
