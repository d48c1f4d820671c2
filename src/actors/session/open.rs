//! Opening a conversation on a socket: background becomes active. What was said after the client's
//! position is replayed from the store in steps while what is said meanwhile is held; then it is
//! live. The same whether a second or a month was missed, and whatever node remembers.

use actix::Addr;

use crate::actors::ConversationActor;
use crate::actors::background::chats;
use crate::actors::failure::Failure;
use crate::actors::messages::{
    CatchUp, CloseConversation, ExpectWatch, NotOpened, OpenConversation, Opened, Snapshot, Watch,
};
use crate::actors::session::context::SessionContext;
use crate::domain::{ConversationId, Refusal};
use crate::mistakes::Mistake;
use crate::store::changes::{self, Bounds};
use crate::wire::client::Open;
use crate::wire::server::{self, ReadyChat, ReplayStep};
use crate::wire::{Close, Encoded};

/// A step of a replay: its memory, and the size of its frame.
const STEP: Bounds = Bounds {
    rows: 200,
    bytes: 64 << 10,
};
/// Messages that one gets who begins afresh.
const FRESH: u64 = 50;

impl SessionContext {
    /// Has a conversation deliver to this socket, from the place that it answers.
    pub(super) async fn join(
        &self,
        conversation: ConversationId,
    ) -> Result<(Addr<ConversationActor>, Opened), Failure> {
        for _ in 0..3 {
            let addr = self.worker.engine().locate(conversation).await?;
            // Added anew if it listens already, so that the place is certain.
            addr.do_send(CloseConversation {
                session: self.session,
            });
            let command = OpenConversation {
                session: self.session,
                user: self.user,
                relay: self.worker.relay().clone(),
                bound: self.bound == Some(conversation),
            };
            match addr.send(command).await {
                Ok(Ok(opened)) => return Ok((addr, opened)),
                Ok(Err(NotOpened::Refused(Refusal::NotMember)))
                    if self.worker.engine().catch_up(conversation, self.user).await? => {}
                Ok(Err(NotOpened::Refused(refusal))) => return Err(refusal.into()),
                Ok(Err(NotOpened::Retired)) | Err(_) => {}
            }
        }
        Err(Refusal::Busy.into())
    }

    /// The first frame of a socket that is bound to no chat: where its user stands in each.
    pub(super) async fn ready(&self) -> Result<Encoded, Failure> {
        let engine = self.worker.engine();
        // Before they are read: whoever joins a chat meanwhile hears of it.
        let relay = &self.worker.relay().addr;
        let session = self.session;
        if let Some(user) = self.user {
            relay.do_send(ExpectWatch {
                session,
                user,
                bound: false,
            });
        }
        let watched = match self.user {
            Some(user) => chats::watched(engine.store(), user).await?.chats,
            None => Vec::new(),
        };
        let snapshots = watched.iter().map(Snapshot::from).collect();
        let in_view = watched.iter().filter(|listing| !listing.is_hidden);
        let ready_chats = in_view.map(|listing| ReadyChat {
            counters: listing.counters(),
            muted: listing.muted,
        });
        let chats: Vec<_> = ready_chats.collect();
        let ready = server::ready(self.user, engine.epoch(), &engine.store().now(), &chats);
        if self.user.is_some() {
            relay.do_send(Watch {
                session,
                chats: snapshots,
            });
        }
        Ok(ready)
    }

    /// Replays what the client has missed, and goes live. If that fails, nothing is held and the
    /// socket listens no longer; one that must listen there comes back and resumes.
    pub(super) async fn open(&self, open: Open) -> Result<Addr<ConversationActor>, Failure> {
        let chat = open.chat;
        let opened = self.catch_up(open).await;
        if opened.is_err() {
            self.leave(chat);
            self.socket.set_active(chat, false);
            self.socket.forget_hold(chat);
            if chat == ConversationId::GENERAL || self.bound == Some(chat) {
                self.socket.close(Close::RESYNC);
            }
        }
        opened
    }

    /// Has a conversation deliver to this socket no longer, if it runs.
    pub(super) fn leave(&self, chat: ConversationId) {
        if let Some(addr) = self.worker.engine().directory().conversation(chat) {
            let session = self.session;
            addr.do_send(CloseConversation { session });
        }
    }

    async fn catch_up(&self, open: Open) -> Result<Addr<ConversationActor>, Failure> {
        let chat = open.chat;
        let is_ours = open.epoch.is_none_or(|epoch| epoch == self.worker.engine().epoch());
        let mut after = open.after.filter(|_| is_ours);
        let mut is_current = Mistake::ResetsWhatIsAhead.is_made();
        loop {
            self.socket.hold(chat);
            let (addr, opened) = self.join(chat).await?;
            // What it has it may have from another server, which is ahead of this one.
            if !is_current && after.is_some_and(|after| after > opened.seq) {
                is_current = true;
                self.look_on(chat, &addr, opened.seq).await?;
                continue;
            }
            match after.filter(|after| (0..=opened.seq).contains(after)) {
                Some(after) => self.replay(chat, after, &opened).await?,
                None => self.begin_afresh(chat, &opened).await?,
            }
            if self.socket.is_ending() || self.socket.release(chat) {
                self.socket.set_active(chat, true);
                return Ok(addr);
            }
            after = Some(opened.seq);
        }
    }

    /// Has a conversation read what the store has by now.
    async fn look_on(
        &self,
        chat: ConversationId,
        addr: &Addr<ConversationActor>,
        head: i64,
    ) -> Result<(), Failure> {
        let store = self.worker.engine().store();
        for (_, seq) in changes::ahead(store, &[(chat, head)]).await? {
            let member = None;
            // If it cannot read on, this begins afresh, as for a position that is none.
            let _ = addr.send(CatchUp { seq, member }).await;
        }
        Ok(())
    }

    async fn replay(
        &self,
        chat: ConversationId,
        after: i64,
        opened: &Opened,
    ) -> Result<(), Failure> {
        let (mut position, head) = (after, opened.seq);
        loop {
            let _turn = self.turn.acquire().await;
            let store = self.worker.engine().store();
            let step = changes::between(store, chat, after, position, head, STEP).await?;
            let step = step.authorize(store, self.asker()).await??;
            position = step.seq;
            let more = position < head;
            self.socket.write(&[server::opened(ReplayStep {
                conversation: chat,
                events: &step.events,
                annotations: &step.annotations,
                seq: step.seq,
                reset: false,
                more,
                online: opened.online.as_deref().filter(|_| !more),
            })]);
            // A step at a time in memory, at the reader's pace; none for a socket that ends.
            self.socket.drained().await;
            if !more || self.socket.is_ending() {
                return Ok(());
            }
        }
    }

    async fn begin_afresh(&self, chat: ConversationId, opened: &Opened) -> Result<(), Failure> {
        let _turn = self.turn.acquire().await;
        let store = self.worker.engine().store();
        let newest = changes::newest(store, chat, opened.seq, FRESH, STEP.bytes).await?;
        let newest = newest.authorize(store, self.asker()).await??;
        self.socket.write(&[server::opened(ReplayStep {
            conversation: chat,
            events: &newest.events,
            annotations: &newest.annotations,
            seq: newest.seq,
            reset: true,
            more: false,
            online: opened.online.as_deref(),
        })]);
        self.socket.drained().await;
        Ok(())
    }
}
