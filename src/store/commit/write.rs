//! The rows of a batch.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::domain::event::Settled;
use crate::domain::ledger::{Ledger, Verdict};
use crate::domain::{Event, Fact, Refusal};
use crate::store::StoreError;
use crate::store::commit::Batch;
use crate::store::commit::posts::{advance_readers, insert_messages};
use crate::store::commit::stored::{Accepted, Written, store_one};
use crate::store::commit::witness::Witness;
use crate::store::statements::StatementRunner;

/// Stores what the ledgers accepted. The answer has one list a batch and one entry a change; and a
/// witness, unless nothing was stored.
pub(super) async fn store(
    db: &dyn StatementRunner,
    batches: &[Batch],
    ledgers: &[Ledger],
    verdicts: &[Vec<Verdict>],
    now: DateTime<Utc>,
) -> Result<(Vec<Vec<Settled>>, Option<Witness>), StoreError> {
    let written = Written {
        revisions: advance_readers(db, batches, verdicts, now).await?,
        messages: insert_messages(db, batches, ledgers, verdicts, now).await?,
        now,
    };
    let mut settled = Vec::with_capacity(batches.len());
    let mut stored = Vec::new();
    for ((batch, ledger), verdicts) in batches.iter().zip(ledgers).zip(verdicts) {
        let mut answers: Vec<Settled> = Vec::with_capacity(verdicts.len());
        for (change, verdict) in batch.changes.iter().zip(verdicts) {
            let answer = match verdict {
                Verdict::Refused(refusal) => Settled::Refused(*refusal),
                Verdict::Unchanged => Settled::Unchanged(ledger.head_seq),
                Verdict::Repeat(event) => Settled::Repeated(event.clone()),
                Verdict::RepeatOf(first) => repeated(&answers, *first),
                Verdict::Accepted(slot) => {
                    let accepted = Accepted {
                        ledger,
                        slot: *slot,
                        now,
                    };
                    let fact = store_one(db, &accepted, change, &written).await?;
                    let event = Arc::new(Event {
                        seq: slot.seq,
                        at: now,
                        fact,
                    });
                    stored.push((batch.conversation, event.clone()));
                    Settled::Stored(event)
                }
            };
            answers.push(answer);
        }
        settled.push(answers);
    }
    if stored.iter().any(|(_, event)| matches!(event.fact, Fact::Joined { .. })) {
        // Who has joined and posted in one batch has read what they posted.
        advance_readers(db, batches, verdicts, now).await?;
    }
    let witness = Witness::of(db, &stored, now).await?;
    Ok((settled, witness))
}

fn repeated(answers: &[Settled], first: usize) -> Settled {
    match answers.get(first) {
        Some(Settled::Stored(event) | Settled::Repeated(event)) => Settled::Repeated(event.clone()),
        Some(refused) => refused.clone(),
        None => Settled::Refused(Refusal::NotStored),
    }
}
