//! Private conversations: begun, hidden and brought back.

use crate::actors::announcing::Announcement;
use crate::actors::engine::Engine;
use crate::actors::failure::Failure;
use crate::actors::messages::{Snapshot, StartPrivate};
use crate::domain::{Authority, Change, ConversationId, PrivatePair, Refusal, Right, Role, UserId};
use crate::store::conversations::{self, Chat};

impl Engine {
    /// The private conversation of two people, made if there is none. Whoever of the two is not in it
    /// (any more) joins: to write to somebody is to be there, and to have them there.
    pub async fn start_private(
        &self,
        right: Right,
        by: UserId,
        pair: PrivatePair,
    ) -> Result<Chat, Failure> {
        let chat = self.ask(StartPrivate { right, by, pair }).await?;
        self.show(chat.id, by).await?;
        for user in conversations::missing(self.store(), chat.id, pair).await? {
            let join = Change::Join {
                by: Authority::Operator,
                user,
                role: Role::Member,
            };
            match self.amend(chat.id, join).await {
                Err(failure) if !failure.is(Refusal::AlreadyMember) => return Err(failure),
                _ => {}
            }
        }
        Ok(chat)
    }

    /// Hides a private conversation for one of its members and tells their sockets. Once nobody has it in
    /// view it is deleted.
    pub async fn hide(&self, conversation: ConversationId, user: UserId) -> Result<(), Failure> {
        let hidden = conversations::hide(self.store(), conversation, user).await?;
        let hidden = hidden.ok_or(Refusal::NotMember)?;
        self.inner.announcer.tell(Announcement::Hidden { user, conversation });
        if !hidden.by_all {
            return Ok(());
        }
        match self.amend(conversation, Change::Abandon).await {
            Err(failure) if !failure.is(Refusal::ChatNotFound) => Err(failure),
            _ => Ok(()),
        }
    }

    /// Brings a conversation back into the view of one of its members, and tells their sockets.
    async fn show(&self, conversation: ConversationId, user: UserId) -> Result<(), Failure> {
        if !conversations::show(self.store(), conversation, user).await? {
            return Ok(());
        }
        if let Some(listing) = conversations::of_member(self.store(), conversation, user).await? {
            let snapshot = &Snapshot::from(&listing);
            self.inner.announcer.tell(Announcement::Shown { user, snapshot });
        }
        Ok(())
    }
}
