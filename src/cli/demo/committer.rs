//! One change of a conversation after the other, through the transaction that a server commits with.

use std::error::Error;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::domain::change::Post;
use crate::domain::event::Settled;
use crate::domain::{
    Authority, Change, ConversationId, Event, Fact, MessageId, NewAccount, Role, UserId,
};
use crate::store::commit::{Batch, Outcome};
use crate::store::{self, Store};

/// What a step of the demo has made, or why it came to nothing.
pub(super) type DemoResult<T> = Result<T, Box<dyn Error>>;

/// Commits what happens in one conversation.
pub(super) struct Committer<'a> {
    store: &'a Store,
    conversation: ConversationId,
}

impl<'a> Committer<'a> {
    pub(super) fn new(store: &'a Store, conversation: ConversationId) -> Self {
        Self {
            store,
            conversation,
        }
    }

    pub(super) async fn register(
        &self,
        account: NewAccount,
        at: DateTime<Utc>,
    ) -> DemoResult<UserId> {
        let event = self.commit(Change::Register(account), at).await?;
        match &event.fact {
            Fact::Joined { user, .. } => Ok(*user),
            _ => Err("an account was made and is not there".into()),
        }
    }

    pub(super) async fn join(&self, by: UserId, user: UserId, at: DateTime<Utc>) -> DemoResult<()> {
        let join = Change::Join {
            by: Authority::User(by),
            user,
            role: Role::Member,
        };
        self.commit(join, at).await.map(|_| ())
    }

    pub(super) async fn post(&self, post: Post, at: DateTime<Utc>) -> DemoResult<MessageId> {
        let event = self.commit(Change::Post(post), at).await?;
        let message = event.message().ok_or("a message was stored and is none")?;
        Ok(message.id)
    }

    pub(super) async fn commit(&self, change: Change, at: DateTime<Utc>) -> DemoResult<Arc<Event>> {
        let batch = Batch {
            conversation: self.conversation,
            changes: Arc::new(vec![change]),
        };
        let Outcome::Committed(settled) = store::commit::commit(self.store, &[batch], at).await?
        else {
            return Err("the database went away; begin again with an empty one".into());
        };
        match settled.into_iter().flatten().next() {
            Some(Settled::Stored(event)) => Ok(event),
            Some(Settled::Refused(refusal)) => Err(refusal.into()),
            _ => Err("the database answered something else".into()),
        }
    }
}
