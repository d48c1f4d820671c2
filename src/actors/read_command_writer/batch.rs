//! One transaction's worth of read commands, and whom to tell.

use std::collections::{HashMap, HashSet};

use crate::actors::announcing::Announcement;
use crate::actors::messages::Snapshot;
use crate::actors::read_command_writer::ReadCommandServices;
use crate::actors::read_command_writer::queue::MemberRequests;
use crate::domain::read_commands::ReadCommands;
use crate::domain::unread::ReadState;
use crate::domain::{Refusal, TokenId};
use crate::store::StoreError;
use crate::store::conversations::{self, MemberKey, ReaderAt};

/// Members whose mentions are read at once: each may have a thousand.
const TOLD_AT_ONCE: usize = 64;

pub(super) struct ReadCommandBatch {
    services: ReadCommandServices,
    asked: Vec<(MemberKey, ReadCommands)>,
    waiting: HashMap<MemberKey, MemberRequests>,
}

impl ReadCommandBatch {
    pub(super) fn new(
        services: ReadCommandServices,
        waiting: Vec<(MemberKey, MemberRequests)>,
    ) -> Self {
        Self {
            services,
            asked: waiting.iter().map(|(whose, waiting)| (*whose, waiting.asked())).collect(),
            waiting: waiting.into_iter().collect(),
        }
    }

    /// Stores what was asked, tells everybody, and gives back what must be tried again.
    pub(super) async fn run(mut self) -> Vec<(MemberKey, MemberRequests)> {
        let again = self.store().await.unwrap_or_else(|error| {
            self.fail(error);
            Vec::new()
        });
        // Who is left is no member there.
        self.waiting.drain().for_each(|(_, waiting)| waiting.answer(&Ok(None)));
        again
    }

    async fn store(&mut self) -> Result<Vec<(MemberKey, MemberRequests)>, StoreError> {
        let ReadCommandServices { store, metrics, .. } = &self.services;
        let devices: Vec<_> = self.waiting.values().flat_map(MemberRequests::devices).collect();
        let outcome =
            conversations::apply_read_commands(store, &self.asked, &devices, store.now()).await?;
        if !outcome.signed_out.is_empty() {
            return Ok(self.without(&outcome.signed_out));
        }
        if outcome.is_written {
            metrics.read_command_commits.inc();
        }
        let (mut again, mut done) = (Vec::new(), Vec::new());
        for (whose, _) in &self.asked {
            if outcome.passed_over.contains(whose) {
                again.extend(self.waiting.remove(whose).map(|waiting| (*whose, waiting)));
            } else if let Some(at) = outcome.readers.get(whose) {
                done.push((*whose, *at));
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
    fn without(&mut self, signed_out: &HashSet<TokenId>) -> Vec<(MemberKey, MemberRequests)> {
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
    async fn tell(&mut self, done: &[(MemberKey, ReaderAt)]) -> Result<(), StoreError> {
        let store = &self.services.store;
        let mut mentions = conversations::mentions_of(store, done).await?;
        for (whose, at) in done {
            let Some(waiting) = self.waiting.remove(whose) else {
                continue;
            };
            let ReaderAt { seq, reader } = *at;
            let mentions = mentions.remove(whose).unwrap_or_default();
            let snapshot = Snapshot {
                conversation: whose.0,
                head: (seq, reader.head_n),
                read_state: ReadState::new(reader.position, mentions),
            };
            let answer = Ok(Some(snapshot.counters()));
            self.announce(*whose, waiting.asked(), &snapshot, reader.muted);
            waiting.answer(&answer);
        }
        Ok(())
    }

    fn announce(
        &self,
        (conversation, user): MemberKey,
        asked: ReadCommands,
        snapshot: &Snapshot,
        muted: bool,
    ) {
        let announcer = &self.services.announcer;
        if asked.is_about_reading() {
            announcer.tell(Announcement::Read { user, snapshot });
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
