//! An index that is of other rules, or is to be made anew, is emptied; its follower finds everything to be read then.

use sea_orm::ConnectionTrait as _;

use crate::domain::search::RULES;
use crate::store::commit::rows::execute;
use crate::store::search::entries::FOLLOWER;
use crate::store::{Store, StoreError, Transaction};

/// Empties the index unless it was made by the rules of this version. For a server that starts.
pub(crate) async fn prepare(store: &Store) -> Result<(), StoreError> {
    let transaction = store.begin().await?;
    let claim =
        "UPDATE meta SET search_rules = $1 WHERE search_rules IS NULL OR search_rules <> $1";
    let claimed = execute(&transaction, claim, [RULES.into()]).await?;
    if claimed > 0 {
        empty_in(store, &transaction).await?;
    }
    transaction.commit().await?;
    Ok(())
}

/// Empties the index.
pub(crate) async fn empty(store: &Store) -> Result<(), StoreError> {
    let transaction = store.begin().await?;
    empty_in(store, &transaction).await?;
    transaction.commit().await?;
    Ok(())
}

async fn empty_in(store: &Store, transaction: &Transaction) -> Result<(), StoreError> {
    let forget = "DELETE FROM follower_positions WHERE follower = $1";
    execute(transaction, forget, [FOLLOWER.into()]).await?;
    let all: &[&str] = match store.is_sqlite() {
        true => &[
            "INSERT INTO search_words (search_words) VALUES ('delete-all')",
            "DELETE FROM search_entries",
        ],
        false => &["TRUNCATE search_entries"],
    };
    for sql in all {
        transaction.execute_unprepared(sql).await?;
    }
    Ok(())
}
