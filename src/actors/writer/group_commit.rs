//! One transaction of a writer, tried until it is known what became of it.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::actors::metrics::Metrics;
use crate::domain::event::Settled;
use crate::domain::{Change, Refusal};
use crate::store::accounts::which_taken;
use crate::store::commit::{Attempt, Batch, Outcome, Partly, commit, commit_free, commit_within};
use crate::store::{Store, StoreError};

/// Which heads are taken.
#[derive(Clone, Copy, Debug)]
pub(super) enum HeadsToLock {
    /// Those that nobody else has.
    Free,
    /// All; those that others have are waited for.
    All,
    /// That of the one batch, which is waited for so long, and has been since then.
    Within(Duration, Instant),
}

/// What became of a batch.
#[derive(Debug)]
pub(super) enum Fate {
    /// What became of each of its changes.
    Settled(Vec<Settled>),
    /// Nothing of it is stored.
    Refused(Refusal),
    /// Nothing of it is stored: others have the head of its conversation.
    Held,
}

/// What one transaction commits.
pub(super) struct GroupCommit {
    pub(super) store: Store,
    pub(super) metrics: Arc<Metrics>,
    pub(super) batches: Vec<Batch>,
    pub(super) heads: HeadsToLock,
    pub(super) deadline: Instant,
}

/// Of each batch, in order; `None` if its head was held.
type SettledIfFree = Vec<Option<Vec<Settled>>>;

impl From<Option<Vec<Settled>>> for Fate {
    fn from(settled: Option<Vec<Settled>>) -> Self {
        settled.map_or(Self::Held, Self::Settled)
    }
}

impl GroupCommit {
    /// Commits everything that can be; one fate a batch.
    pub(super) async fn run(self) -> Vec<Fate> {
        let started = Instant::now();
        let fates: Vec<_> = match self.persist(self.heads, &self.batches).await {
            Ok(settled) => settled.into_iter().map(Fate::from).collect(),
            Err(StoreError::Unavailable(_)) => {
                self.batches.iter().map(|_| Fate::Refused(Refusal::Busy)).collect()
            }
            Err(_) => self.run_apart().await,
        };
        let settled = |(batch, fate): (&Batch, &Fate)| match fate {
            Fate::Settled(_) => batch.changes.len(),
            Fate::Refused(_) | Fate::Held => 0,
        };
        let changes: usize = self.batches.iter().zip(&fates).map(settled).sum();
        if changes > 0 {
            self.metrics.commits.inc();
            self.metrics.commit_changes.observe(changes as f64);
            self.metrics.commit_seconds.observe(started.elapsed().as_secs_f64());
        }
        fates
    }

    /// Something in here is poison. Conversations apart first, then changes apart.
    async fn run_apart(&self) -> Vec<Fate> {
        let mut fates = Vec::with_capacity(self.batches.len());
        for batch in &self.batches {
            let fate = match self.persist(self.heads, std::slice::from_ref(batch)).await {
                Ok(settled) => match settled.into_iter().next() {
                    Some(settled) => Fate::from(settled),
                    None => Fate::Refused(Refusal::NotStored),
                },
                Err(StoreError::Unavailable(_)) => Fate::Refused(Refusal::Busy),
                Err(_) => Fate::Settled(self.run_one_by_one(batch).await),
            };
            fates.push(fate);
        }
        fates
    }

    async fn run_one_by_one(&self, batch: &Batch) -> Vec<Settled> {
        let mut settled = Vec::with_capacity(batch.changes.len());
        for change in batch.changes.iter() {
            settled.push(self.run_one(batch, change).await);
        }
        settled
    }

    async fn run_one(&self, batch: &Batch, change: &Change) -> Settled {
        let alone = Batch {
            conversation: batch.conversation,
            changes: Arc::new(vec![change.clone()]),
        };
        // Its head is waited for: those before it in its batch are stored.
        match self.persist(HeadsToLock::All, std::slice::from_ref(&alone)).await {
            Ok(settled) => {
                let settled = settled.into_iter().flatten().flatten().next();
                settled.unwrap_or(Settled::Refused(Refusal::NotStored))
            }
            Err(StoreError::Unavailable(_)) => Settled::Refused(Refusal::Busy),
            Err(error) => {
                // A name that was given away between the look and the write is nobody's failure.
                let taken = which_taken(&error);
                if taken.is_none() {
                    log::error!("conversation {} refused a change: {error}", batch.conversation);
                }
                Settled::Refused(taken.unwrap_or(Refusal::NotStored))
            }
        }
    }

    /// Tries until it is known: committed, or certainly not.
    async fn persist(
        &self,
        heads: HeadsToLock,
        batches: &[Batch],
    ) -> Result<SettledIfFree, StoreError> {
        let mut backoff = CommitBackoff::default();
        loop {
            let is_late = || Instant::now() >= self.deadline;
            match self.attempt(heads, batches).await {
                Ok(Partly {
                    held,
                    outcome,
                    since,
                }) => {
                    if let Some(settled) = self.settled(outcome).await {
                        self.observe(heads, settled.len(), since);
                        let mut settled = settled.into_iter();
                        let of_each = batches.iter().map(|batch| {
                            let is_held = held.contains(&batch.conversation);
                            if is_held { None } else { settled.next() }
                        });
                        return Ok(of_each.collect());
                    }
                    // Certainly not stored; another try, while there is time.
                    if is_late() {
                        return Err(StoreError::Unavailable("commits fail".into()));
                    }
                }
                // Others that wait have their turn meanwhile.
                Err(StoreError::Unavailable(why))
                    if matches!(heads, HeadsToLock::Within(..)) && !is_late() =>
                {
                    log::debug!("a busy conversation is waited for again: {why}");
                    backoff.wait().await;
                    return Ok(vec![None; batches.len()]);
                }
                Err(StoreError::Unavailable(why)) if !is_late() => {
                    log::warn!("a commit is tried again: {why}");
                }
                Err(error) => return Err(error),
            }
            self.metrics.commit_retries.inc();
            backoff.wait().await;
        }
    }

    async fn attempt(&self, heads: HeadsToLock, batches: &[Batch]) -> Result<Partly, StoreError> {
        let (store, now) = (&self.store, self.store.now());
        match (heads, batches) {
            (HeadsToLock::Within(within, _), [batch]) => {
                commit_within(store, batch, now, within).await
            }
            (HeadsToLock::All, _) => Ok(Partly {
                held: HashSet::new(),
                since: Instant::now(),
                outcome: commit(store, batches, now).await?,
            }),
            _ => commit_free(store, batches, now).await,
        }
    }

    /// How long heads were waited for, and have been kept from others.
    fn observe(&self, heads: HeadsToLock, count: usize, since: Instant) {
        let waited = match heads {
            _ if count == 0 => return,
            HeadsToLock::Free => Duration::ZERO,
            HeadsToLock::Within(_, asked) => since.saturating_duration_since(asked),
            // Since when they are locked is not known.
            HeadsToLock::All => return,
        };
        for _ in 0..count {
            self.metrics.head_wait_seconds.observe(waited.as_secs_f64());
        }
        self.metrics.head_held_seconds.observe(since.elapsed().as_secs_f64());
    }

    async fn settled(&self, outcome: Outcome) -> Option<Vec<Vec<Settled>>> {
        match outcome {
            Outcome::Committed(settled) => Some(settled),
            Outcome::Unknown(attempt) => self.settle(&attempt).await,
        }
    }

    /// However long it takes: nothing else of its conversations may be committed before this is known.
    async fn settle(&self, attempt: &Attempt) -> Option<Vec<Vec<Settled>>> {
        let mut backoff = CommitBackoff::default();
        loop {
            match attempt.settle(&self.store).await {
                Ok(settled) => return settled,
                Err(error) => log::warn!("the outcome of a commit is still unknown: {error}"),
            }
            backoff.wait().await;
        }
    }
}

/// Longer each time, up to a second.
#[derive(Default)]
struct CommitBackoff(u32);

impl CommitBackoff {
    async fn wait(&mut self) {
        let millis = 20_u64 << self.0.min(6);
        self.0 += 1;
        tokio::time::sleep(Duration::from_millis(millis.min(1_000))).await;
    }
}
