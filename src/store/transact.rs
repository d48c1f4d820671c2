//! Transactions that are run whole: what they do is given as one piece of work, which awaits nothing but its own
//! statements. On SQLite it runs on the thread that writes; on Postgres here, on a connection of the pool.

use sea_orm::DbErr;

use crate::domain::write_turns::Lane;
use crate::store::statements::StatementRunner;
use crate::store::{Store, StoreError};

/// How a piece of work wants its transaction to end.
#[derive(Debug)]
pub(in crate::store) enum TransactionEnd<T> {
    /// It is to be committed.
    Commit(T),
    /// Nothing is to be left of it.
    TakeBack(T),
}

/// How a transaction has ended.
#[derive(Debug)]
pub(in crate::store) enum Transacted<T> {
    /// Durable.
    Committed(T),
    /// Nothing is left of it, as was wanted.
    TakenBack(T),
    /// Its `COMMIT` was not answered, or refused.
    Unknown(T, DbErr),
}

impl<T> Transacted<T> {
    /// What came of it, for one who can only do it again. If its outcome is unknown, they are told so.
    pub(in crate::store) fn known(self) -> Result<T, StoreError> {
        match self {
            Self::Committed(value) | Self::TakenBack(value) => Ok(value),
            Self::Unknown(_, error) => Err(match error.into() {
                StoreError::Unavailable(text) => StoreError::OutcomeUnknown(text),
                refused => refused,
            }),
        }
    }
}

impl Store {
    /// Runs a writing transaction before all others who wait: for messages and for read commands, of which many are
    /// in one. An error means that certainly nothing was stored.
    pub(in crate::store) async fn transact_first<T, W>(
        &self,
        work: W,
    ) -> Result<Transacted<T>, StoreError>
    where
        T: Send + 'static,
        W: AsyncFnOnce(&dyn StatementRunner) -> Result<TransactionEnd<T>, StoreError>
            + Send
            + 'static,
    {
        if let Some(writer) = &self.sqlite_writer {
            let turn = self.gate.enter(Lane::First).await?;
            return writer.transact(turn, work).await;
        }
        let transaction = self.begin_first().await?;
        match work(&transaction).await? {
            TransactionEnd::Commit(value) => Ok(match transaction.commit().await {
                Ok(()) => Transacted::Committed(value),
                Err(error) => Transacted::Unknown(value, error),
            }),
            TransactionEnd::TakeBack(value) => {
                transaction.rollback().await?;
                Ok(Transacted::TakenBack(value))
            }
        }
    }
}
