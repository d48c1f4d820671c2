//! The writer's transaction: a batch of changes of many conversations, durable at once.
//!
//! 1. `UPDATE … RETURNING` moves the heads of all conversations in the batch, and thereby locks
//!    them. On Postgres the rows are locked in id order first, so that two nodes never wait for
//!    each other in a circle; and where several conversations are committed, those whose heads another
//!    transaction has locked are left out ([`commit_free`]), so that a busy one holds up no other.
//! 2. Under that lock the [`Ledger`](crate::domain::ledger::Ledger)s are read: participants, known keys, counts.
//! 3. The ledgers rule. What they refuse, or know already, gives its numbers back.
//! 4. One statement stores the messages, all at once or a row after the other; changes of membership, being rare, are a statement
//!    each.
//! 5. `COMMIT`. If its outcome is unknown, [`Attempt::settle`] finds out, and nothing else may be
//!    committed before it has.

mod find_ledger;
mod heads;
mod invites;
mod mentions;
mod posts;
mod private_chats;
mod read_ledgers;
mod registrations;
pub(super) mod rows;
mod stored;
mod target_messages;
mod uploads;
mod witness;
mod write;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, SubsecRound, Utc};
use sea_orm::DbBackend;

use crate::domain::event::Settled;
use crate::domain::ledger::Verdict;
use crate::domain::{Change, ConversationId};
use crate::faults::FaultPoint;
use crate::store::commit::heads::{LockedHead, WhenLocked};
use crate::store::commit::witness::Witness;
use crate::store::statements::StatementRunner;
use crate::store::transact::{Transacted, TransactionEnd};
use crate::store::{Store, StoreError};

/// The changes of one conversation, in order.
#[derive(Clone, Debug)]
pub(crate) struct Batch {
    /// The conversation that all of its changes are of.
    pub conversation: ConversationId,
    /// What is asked of it.
    pub changes: Arc<Vec<Change>>,
}

/// What became of a batch of batches.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// Durable. One list a batch, one entry a change, in order.
    Committed(Vec<Vec<Settled>>),
    /// The connection broke during `COMMIT`.
    Unknown(Attempt),
}

/// A transaction whose `COMMIT` was sent and never answered.
#[derive(Debug)]
pub(crate) struct Attempt {
    settled: Vec<Vec<Settled>>,
    witness: Witness,
}

/// What became of those batches whose heads could be had.
#[derive(Debug)]
pub(crate) struct Partly {
    /// The conversations that were left out; nothing of them is stored.
    pub held: HashSet<ConversationId>,
    /// What became of the others, in order.
    pub outcome: Outcome,
    /// Since when their heads were locked.
    pub since: Instant,
}

/// Commits `batches`, whose conversations must be distinct and in id order. An error means that
/// certainly nothing was stored.
pub(crate) async fn commit(
    store: &Store,
    batches: &[Batch],
    now: DateTime<Utc>,
) -> Result<Outcome, StoreError> {
    Ok(transact(store, batches, Heads::All, now).await?.outcome)
}

/// Commits those of `batches` whose heads no other transaction has locked. Conversations that do not exist are left
/// out too, since they cannot be told from those.
pub(crate) async fn commit_free(
    store: &Store,
    batches: &[Batch],
    now: DateTime<Utc>,
) -> Result<Partly, StoreError> {
    transact(store, batches, Heads::Free, now).await
}

/// Commits one batch; each lock, that of its head above all, is waited for so long at most.
pub(crate) async fn commit_within(
    store: &Store,
    batch: &Batch,
    now: DateTime<Utc>,
    within: Duration,
) -> Result<Partly, StoreError> {
    transact(store, std::slice::from_ref(batch), Heads::Within(within), now).await
}

/// For which heads a transaction waits.
#[derive(Clone, Copy, Debug)]
enum Heads {
    All,
    Free,
    Within(Duration),
}

async fn transact(
    store: &Store,
    batches: &[Batch],
    wanted: Heads,
    now: DateTime<Utc>,
) -> Result<Partly, StoreError> {
    let (batches, faults) = (batches.to_vec(), store.faults.clone());
    let work = async move |db: &dyn StatementRunner| -> Result<TransactionEnd<WrittenBatches>, StoreError> {
        let (mut batches, mut held) = (batches, HashSet::new());
        let heads = move_heads(db, &batches, wanted).await?;
        let since = Instant::now();
        if matches!(wanted, Heads::Free) && db.backend() != DbBackend::Sqlite {
            let is_held = |batch: &Batch| !heads.contains_key(&batch.conversation);
            held.extend(
                batches.extract_if(.., |batch| is_held(batch)).map(|batch| batch.conversation),
            );
        }
        // What both stores can keep, so that an answer and a later read agree.
        let now = now.trunc_subsecs(6);
        let (settled, witness) = write_batches(db, (&batches, &heads), now).await?;
        let is_new = witness.is_some();
        let written = WrittenBatches {
            held,
            settled,
            witness,
            since,
        };
        if !is_new {
            // The heads were moved and moved back, so there is nothing to keep either.
            return Ok(TransactionEnd::TakeBack(written));
        }
        faults.pass(FaultPoint::BeforeCommit);
        Ok(TransactionEnd::Commit(written))
    };
    let (written, is_known) = match store.transact_first(work).await? {
        Transacted::TakenBack(written) => (written, true),
        Transacted::Committed(written) => {
            store.faults.pass(FaultPoint::AfterCommit);
            (written, true)
        }
        Transacted::Unknown(written, error) => {
            log::warn!("a COMMIT was not answered: {error}");
            (written, false)
        }
    };
    Ok(written.partly(is_known))
}

async fn move_heads(
    db: &dyn StatementRunner,
    batches: &[Batch],
    wanted: Heads,
) -> Result<LockedHeads, StoreError> {
    if let Heads::Within(within) = wanted
        && db.backend() == DbBackend::Postgres
    {
        let within = format!("SET LOCAL lock_timeout = {}", within.as_millis());
        rows::execute(db, &within, []).await?;
    }
    let when_locked = match wanted {
        Heads::Free => WhenLocked::Skip,
        Heads::All | Heads::Within(_) => WhenLocked::Wait,
    };
    heads::move_heads(db, batches, when_locked).await
}

type LockedHeads = HashMap<ConversationId, LockedHead>;

/// What a transaction has written, before it is known how it ended.
struct WrittenBatches {
    held: HashSet<ConversationId>,
    settled: Vec<Vec<Settled>>,
    /// `None` if nothing was new.
    witness: Option<Witness>,
    since: Instant,
}

impl WrittenBatches {
    fn partly(self, is_known: bool) -> Partly {
        let settled = self.settled;
        let outcome = match self.witness {
            Some(witness) if !is_known => Outcome::Unknown(Attempt { settled, witness }),
            _ => Outcome::Committed(settled),
        };
        Partly {
            held: self.held,
            outcome,
            since: self.since,
        }
    }
}

async fn write_batches(
    db: &dyn StatementRunner,
    (batches, heads): (&[Batch], &LockedHeads),
    now: DateTime<Utc>,
) -> Result<(Vec<Vec<Settled>>, Option<Witness>), StoreError> {
    let mut ledgers = read_ledgers::ledgers(db, batches, heads, now).await?;
    registrations::read(db, batches, &mut ledgers, now).await?;
    invites::read(db, batches, &mut ledgers, now).await?;
    let ruled = batches
        .iter()
        .zip(&mut ledgers)
        .map(|(batch, ledger)| ledger.rule(&batch.changes));
    let verdicts: Vec<Vec<Verdict>> = ruled.collect();
    heads::correct_heads(db, heads, &ledgers).await?;
    write::store(db, batches, &ledgers, &verdicts, now).await
}

impl Attempt {
    /// Was it committed? Waits for the first attempt to be decided, since that still holds the row
    /// lock if it lives; then looks whether one of its rows is there. A transaction is all or
    /// nothing, so one row tells for all, also for messages without a key.
    ///
    /// `Ok(None)`: certainly not; commit the same again.
    pub(crate) async fn settle(
        &self,
        store: &Store,
    ) -> Result<Option<Vec<Vec<Settled>>>, StoreError> {
        let witness = self.witness.clone();
        let looked = store.transact_first(async move |db: &dyn StatementRunner| {
            Ok(TransactionEnd::TakeBack(witness.is_there(db).await?))
        });
        let is_there = looked.await?.known()?;
        Ok(is_there.then(|| self.settled.clone()))
    }
}

#[cfg(test)]
mod tests;
