//! A conversation has another name.

use crate::domain::{ChatName, Fact};
use crate::store::StoreError;
use crate::store::commit::rows::execute;
use crate::store::commit::stored::Accepted;
use crate::store::statements::StatementRunner;

pub(super) async fn rename(
    db: &dyn StatementRunner,
    accepted: &Accepted<'_>,
    name: &ChatName,
) -> Result<Fact, StoreError> {
    let sql = "UPDATE conversations SET name = $1, seq = $2 WHERE id = $3";
    let values = [
        name.as_str().into(),
        accepted.slot.seq.into(),
        accepted.conversation().0.into(),
    ];
    execute(db, sql, values).await?;
    Ok(Fact::Renamed { name: name.clone() })
}
