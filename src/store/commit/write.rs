//! The rows of a batch.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use sea_orm::ConnectionTrait;

use crate::domain::event::Settled;
use crate::domain::ledger::{Ledger, Ruling};
use crate::domain::{Event, Fact, Refusal};
use crate::store::StoreError;
use crate::store::commit::Batch;
use crate::store::commit::posts::{advance_readers, insert_messages};
use crate::store::commit::stored::{Accepted, Written, store_one};
use crate::store::commit::witness::Witness;

/// Stores what the ledgers accepted. The answer has one list a batch and one entry a change; and a
/// witness, unless nothing was stored.
pub(super) async fn store(
    db: &impl ConnectionTrait,
    batches: &[Batch],
    ledgers: &[Ledger],
    rulings: &[Vec<Ruling>],
    now: DateTime<Utc>,
) -> Result<(Vec<Vec<Settled>>, Option<Witness>), StoreError> {
    let written = Written {
        revisions: advance_readers(db, batches, rulings, now).await?,
        messages: insert_messages(db, batches, ledgers, rulings, now).await?,
        now,
    };
    let mut settled = Vec::with_capacity(batches.len());
    let mut stored = Vec::new();
    for ((batch, ledger), rulings) in batches.iter().zip(ledgers).zip(rulings) {
        let mut answers: Vec<Settled> = Vec::with_capacity(rulings.len());
        for (change, ruling) in batch.changes.iter().zip(rulings) {
            let answer = match ruling {
                Ruling::Refused(refusal) => Settled::Refused(*refusal),
                Ruling::Unchanged => Settled::Unchanged(ledger.head_seq),
                Ruling::Repeat(event) => Settled::Repeated(event.clone()),
                Ruling::RepeatOf(first) => repeated(&answers, *first),
                Ruling::Accepted(place) => {
                    let accepted = Accepted {
                        ledger,
                        place: *place,
                        now,
                    };
                    let fact = store_one(db, &accepted, change, &written).await?;
                    let event = Arc::new(Event {
                        seq: place.seq,
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
        advance_readers(db, batches, rulings, now).await?;
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
