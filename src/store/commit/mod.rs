//! The writer's transaction: a batch of changes of many conversations, durable at once.
//!
//! 1. `UPDATE … RETURNING` moves the heads of all conversations in the batch, and thereby locks
//!    them. On Postgres the rows are locked in id order first, so that two nodes never wait for
//!    each other in a circle.
//! 2. Under that lock the [`Ledger`]s are read: standings, known keys, counts.
//! 3. The ledgers rule. What they refuse, or know already, gives its numbers back.
//! 4. One multi-row insert stores the messages; changes of membership, being rare, are a statement
//!    each.
//! 5. `COMMIT`. If its outcome is unknown, [`Attempt::settle`] finds out, and nothing else may be
//!    committed before it has.

mod read;
mod rows;
mod write;

use std::sync::Arc;

use chrono::{DateTime, SubsecRound, Utc};
use sea_orm::DatabaseTransaction;

use crate::domain::change::Settled;
use crate::domain::ledger::Ruling;
use crate::domain::{Change, ConversationId};
use crate::store::{Store, StoreError};

/// The changes of one conversation, in order.
#[derive(Clone, Debug)]
pub struct Batch {
    /// Which conversation.
    pub conversation: ConversationId,
    /// What is asked of it.
    pub changes: Arc<Vec<Change>>,
}

/// What became of a batch of batches.
#[derive(Debug)]
pub enum Outcome {
    /// Durable. One list a batch, one entry a change, in order.
    Committed(Vec<Vec<Settled>>),
    /// The connection broke during `COMMIT`.
    Unknown(Attempt),
}

/// A transaction whose `COMMIT` was sent and never answered.
#[derive(Debug)]
pub struct Attempt {
    settled: Vec<Vec<Settled>>,
    witness: write::Witness,
}

/// Commits `batches`, whose conversations must be distinct and in id order. An error means that
/// certainly nothing was stored.
pub async fn commit(
    store: &Store,
    batches: &[Batch],
    now: DateTime<Utc>,
) -> Result<Outcome, StoreError> {
    // What both stores can keep, so that an answer and a later read agree.
    let now = now.trunc_subsecs(6);
    let transaction = store.begin().await?;
    let (settled, witness) = write_batches(&transaction, batches, now).await?;
    let Some(witness) = witness else {
        // Nothing new. The heads were moved and moved back, so there is nothing to keep either.
        transaction.rollback().await?;
        return Ok(Outcome::Committed(settled));
    };
    match transaction.commit().await {
        Ok(()) => Ok(Outcome::Committed(settled)),
        Err(error) => {
            log::warn!("a COMMIT was not answered: {error}");
            Ok(Outcome::Unknown(Attempt { settled, witness }))
        }
    }
}

async fn write_batches(
    transaction: &DatabaseTransaction,
    batches: &[Batch],
    now: DateTime<Utc>,
) -> Result<(Vec<Vec<Settled>>, Option<write::Witness>), StoreError> {
    let heads = write::move_heads(transaction, batches).await?;
    let mut ledgers = read::ledgers(transaction, batches, &heads).await?;
    let rulings: Vec<Vec<Ruling>> = batches
        .iter()
        .zip(&mut ledgers)
        .map(|(batch, ledger)| ledger.rule(&batch.changes))
        .collect();
    write::correct_heads(transaction, &heads, &ledgers).await?;
    write::store(transaction, batches, &ledgers, &rulings, now).await
}

impl Attempt {
    /// Was it committed? Waits for the first attempt to be decided, since that still holds the row
    /// lock if it lives; then looks whether one of its rows is there. A transaction is all or
    /// nothing, so one row tells for all, also for messages without a key.
    ///
    /// `Ok(None)`: certainly not; commit the same again.
    pub async fn settle(&self, store: &Store) -> Result<Option<Vec<Vec<Settled>>>, StoreError> {
        let transaction = store.begin().await?;
        let is_there = self.witness.is_there(&transaction).await?;
        transaction.rollback().await?;
        Ok(is_there.then(|| self.settled.clone()))
    }
}
