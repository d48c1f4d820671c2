//! An accepted change becomes rows, one file a verb: what it needs of the ledger, and what it writes. Each
//! is rare enough for a statement of its own; the messages of a batch were inserted together before.

mod delete;
mod delete_chat;
mod edit;
mod join;
mod leave;
mod mentions;
mod pin;
mod post;
mod react;
mod register;
mod rename;
mod set_role;

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::domain::ledger::{Ledger, Slot, TargetMessage};
use crate::domain::names::NOBODY;
use crate::domain::{Change, ConversationId, Fact, MessageId, UserId};
use crate::store::StoreError;
use crate::store::commit::posts::{InsertedMessages, Revisions};
use crate::store::statements::StatementRunner;

/// What was stored for the whole batch already, and when.
pub(super) struct Written {
    pub(super) messages: InsertedMessages,
    pub(super) revisions: Revisions,
    pub(super) now: DateTime<Utc>,
}

/// Where an accepted change stands: in which conversation, at which place, and when.
pub(super) struct Accepted<'a> {
    pub(super) ledger: &'a Ledger,
    pub(super) slot: Slot,
    pub(super) now: DateTime<Utc>,
}

impl Accepted<'_> {
    fn conversation(&self) -> ConversationId {
        self.ledger.conversation
    }

    /// The name that others see; of nobody in particular too.
    fn name(&self, user: Option<UserId>) -> Arc<str> {
        let known = user.and_then(|user| self.ledger.users.get(&user));
        known.map_or_else(|| NOBODY.into(), |known| known.username.clone())
    }

    /// What somebody wants to be called, if they said so.
    fn display_name(&self, user: UserId) -> Option<Arc<str>> {
        self.ledger.users.get(&user).and_then(|known| known.display_name.clone())
    }

    /// The message that a change names, as the whole batch leaves it.
    fn target(&self, message: MessageId) -> Result<&TargetMessage, StoreError> {
        let target = self.ledger.targets.get(&message);
        target.ok_or_else(|| self.missing("a message"))
    }

    fn missing(&self, what: &str) -> StoreError {
        let here = self.conversation();
        StoreError::Rejected(format!("{what} of conversation {here} is not there"))
    }
}

/// Stores one accepted change, of which a message has been inserted already, and says what has
/// happened.
pub(super) async fn store_one(
    db: &dyn StatementRunner,
    accepted: &Accepted<'_>,
    change: &Change,
    written: &Written,
) -> Result<Fact, StoreError> {
    match change {
        Change::Post(post) => post::posted(accepted, post, written),
        Change::Edit { message, text, .. } => edit::edit(db, accepted, *message, text).await,
        Change::Delete { message, .. } => delete::delete(db, accepted, *message).await,
        Change::React {
            user,
            message,
            emoji,
            on,
            ..
        } => react::react(db, accepted, *user, *message, emoji, *on).await,
        Change::Pin { by, message, on } => pin::pin(db, accepted, *by, *message, *on).await,
        Change::Join { user, role, .. } => join::join(db, accepted, *user, *role).await,
        Change::Leave { user, .. } => leave::leave(db, accepted, *user).await,
        Change::SetRole { user, role, .. } => set_role::set_role(db, accepted, *user, *role).await,
        Change::Rename { name, .. } => rename::rename(db, accepted, name).await,
        Change::DeleteChat { .. } | Change::Abandon => delete_chat::delete_chat(db, accepted).await,
        Change::Register(account) => register::register(db, accepted, account).await,
    }
}
