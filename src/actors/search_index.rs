//! The follower that keeps the index of words: from each change it takes what a message says now.
//!
//! The words are found before the transaction, which then only stores them. It takes a small part of the time, so that
//! whoever sends hardly notices; a query reads what is not in the index yet.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::ready;

use crate::actors::following::{Consumer, ConsumerError, ConsumerFuture, Step, catch_up};
use crate::domain::search::{AboutMessage, IndexedText};
use crate::domain::{ConversationId, Event, Fact};
use crate::store::search::{self, FOLLOWER, IndexEntry};
use crate::store::{Store, Transaction};

/// After a step it rests for so many times as long as the step took.
const RESTS: u32 = 9;
/// But not for longer.
const RESTS_AT_MOST: Duration = Duration::from_millis(500);

/// Keeps the index of words.
pub struct SearchIndex {
    store: Store,
    /// What the step of this conversation after this position has; there is one step at a time.
    prepared: Mutex<Option<(ConversationId, i64, Vec<IndexEntry>)>>,
}

impl SearchIndex {
    /// Of this store.
    pub fn new(store: Store) -> Self {
        Self {
            store,
            prepared: Mutex::default(),
        }
    }

    /// Brings the index of a store up to date at once, beside servers that may be doing the same; tells how many
    /// changes it has passed.
    pub async fn catch_up(store: &Store, tell: &dyn Fn(i64)) -> Result<(), ConsumerError> {
        catch_up(&Self::new(store.clone()), store, tell).await
    }

    /// What was prepared for this step, or is now.
    fn entries(&self, step: &Step) -> Vec<IndexEntry> {
        let prepared = self.prepared.lock().unwrap_or_else(PoisonError::into_inner).take();
        match prepared {
            Some((chat, after, entries)) if (chat, after) == (step.conversation, step.after) => {
                entries
            }
            _ => entries(step),
        }
    }
}

impl Consumer for SearchIndex {
    fn name(&self) -> &'static str {
        FOLLOWER
    }

    fn prepare<'a>(&'a self, step: &'a Step) -> ConsumerFuture<'a> {
        let entries = entries(step);
        let prepared = Some((step.conversation, step.after, entries));
        *self.prepared.lock().unwrap_or_else(PoisonError::into_inner) = prepared;
        ready(Ok(())).boxed()
    }

    fn write<'a>(&'a self, step: &'a Step, transaction: &'a Transaction) -> ConsumerFuture<'a> {
        async move {
            let entries = self.entries(step);
            search::write(&self.store, transaction, &entries).await?;
            Ok(())
        }
        .boxed()
    }

    fn rest_after(&self, took: Duration) -> Duration {
        (took * RESTS).min(RESTS_AT_MOST)
    }
}

/// What the index is to have of the messages among these changes.
fn entries(step: &Step) -> Vec<IndexEntry> {
    let entry = |event: &Event| {
        let (Fact::Posted(message) | Fact::Edited(message) | Fact::Deleted(message)) = &event.fact
        else {
            return None;
        };
        let about = AboutMessage::of(step.conversation, message);
        Some(IndexEntry {
            message: message.id,
            conversation: step.conversation,
            seq: event.seq,
            text: message.text.as_ref().map(|text| IndexedText::of(text.as_str(), &about)),
        })
    };
    step.changes.events.iter().filter_map(entry).collect()
}
