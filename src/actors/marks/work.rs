//! One transaction's worth of marks, and whom to tell.

use std::collections::{HashMap, HashSet};

use chrono::Utc;

use crate::actors::announcing::Announcement;
use crate::actors::marks::Surroundings;
use crate::actors::marks::queue::Waiting;
use crate::actors::messages::Look;
use crate::domain::marking::Asked;
use crate::domain::unread::Tally;
use crate::domain::{Refusal, TokenId};
use crate::store::StoreError;
use crate::store::conversations::{self, Place, Whose};

/// Members whose mentions are read at once: each may have a thousand.
const TOLD_AT_ONCE: usize = 64;

pub(super) struct Work {
    surroundings: Surroundings,
    asked: Vec<(Whose, Asked)>,
    waiting: HashMap<Whose, Waiting>,
}

impl Work {
    pub(super) fn new(surroundings: Surroundings, waiting: Vec<(Whose, Waiting)>) -> Self {
        Self {
            surroundings,
            asked: waiting.iter().map(|(whose, waiting)| (*whose, waiting.asked())).collect(),
            waiting: waiting.into_iter().collect(),
        }
    }

    /// Stores what was asked, tells everybody, and gives back what must be tried again.
    pub(super) async fn run(mut self) -> Vec<(Whose, Waiting)> {
        let again = self.store().await.unwrap_or_else(|error| {
            self.fail(error);
            Vec::new()
        });
        // Who is left is no member there.
        self.waiting.drain().for_each(|(_, waiting)| waiting.answer(&Ok(None)));
        again
    }

    async fn store(&mut self) -> Result<Vec<(Whose, Waiting)>, StoreError> {
        let Surroundings { store, metrics, .. } = &self.surroundings;
        let devices: Vec<_> = self.waiting.values().flat_map(Waiting::devices).collect();
        let marked = conversations::mark(store, &self.asked, &devices, Utc::now()).await?;
        if !marked.signed_out.is_empty() {
            return Ok(self.without(&marked.signed_out));
        }
        if marked.is_written {
            metrics.mark_commits.inc();
        }
        let (mut again, mut done) = (Vec::new(), Vec::new());
        for (whose, _) in &self.asked {
            if marked.passed_over.contains(whose) {
                again.extend(self.waiting.remove(whose).map(|waiting| (*whose, waiting)));
            } else if let Some(place) = marked.places.get(whose) {
                done.push((*whose, *place));
            }
        }
        for done in done.chunks(TOLD_AT_ONCE) {
            if let Err(error) = self.tell(done).await {
                // It is stored; whoever is not answered may ask again, which does no harm.
                self.fail(error);
                break;
            }
        }
        Ok(again)
    }

    /// Nothing was written, since these devices are signed out: the rest is to be tried again.
    fn without(&mut self, signed_out: &HashSet<TokenId>) -> Vec<(Whose, Waiting)> {
        let refused = Err(Refusal::SignedOut.into());
        let waiting = self.asked.iter().filter_map(|(whose, _)| self.waiting.remove_entry(whose));
        waiting
            .filter_map(|(whose, waiting)| Some((whose, waiting.without(signed_out, &refused)?)))
            .collect()
    }

    fn fail(&mut self, error: StoreError) {
        let failed = Err(error.into());
        self.waiting.drain().for_each(|(_, waiting)| waiting.answer(&failed));
    }

    /// Tells all sockets of these members where they stand, and answers.
    async fn tell(&mut self, done: &[(Whose, Place)]) -> Result<(), StoreError> {
        let store = &self.surroundings.store;
        let mut mentions = conversations::mentions_of(store, done).await?;
        for (whose, place) in done {
            let Some(waiting) = self.waiting.remove(whose) else {
                continue;
            };
            let Place { seq, reader } = *place;
            let mentions = mentions.remove(whose).unwrap_or_default();
            let look = Look {
                conversation: whose.0,
                head: (seq, reader.head_n),
                tally: Tally::new(reader.mark, mentions),
            };
            let answer = Ok(Some(look.counters()));
            self.announce(*whose, waiting.asked(), &look, reader.muted);
            waiting.answer(&answer);
        }
        Ok(())
    }

    fn announce(&self, (conversation, user): Whose, asked: Asked, look: &Look, muted: bool) {
        let announcer = &self.surroundings.announcer;
        if asked.is_about_reading() {
            announcer.tell(Announcement::Read { user, look });
        }
        if asked.is_about_muting() {
            announcer.tell(Announcement::Muted {
                user,
                conversation,
                muted,
            });
        }
    }
}
