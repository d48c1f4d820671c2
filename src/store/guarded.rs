//! What was read of a conversation, and may not be shown yet.
//!
//! Every read of a conversation's content answers with a [`Guarded`]. The way to what is in it is
//! [`authorize`](Guarded::authorize), which asks whether the reader belongs to the conversation, so a
//! handler that forgets to ask does not compile; the conversation's own actor has one of its own,
//! [`for_delivery`](Guarded::for_delivery), and so have followers, which are parts of the server
//! ([`for_follower`](Guarded::for_follower)). It also asks in the right order: *after* the reading,
//! because whoever is a member now was one when it was read, and whoever was a member before the
//! reading may have been removed meanwhile.
//!
//! ```compile_fail
//! fn leak<T>(guarded: vestnik::store::Guarded<T>) -> T {
//!     guarded.content
//! }
//! ```

use std::collections::{HashMap, HashSet};
use std::fmt;

use entity::{conversations, members};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect};

use crate::domain::{Authority, ConversationId, Refusal, UserId};
use crate::store::{Store, StoreError};

/// Something of a conversation's content, for its members and the operator.
#[must_use = "nobody has been asked yet whether they may see it"]
pub struct Guarded<T> {
    conversation: ConversationId,
    content: T,
}

impl<T> Guarded<T> {
    /// For the reads of the store, once they have read.
    pub(in crate::store) fn new(conversation: ConversationId, content: T) -> Self {
        Self {
            conversation,
            content,
        }
    }

    /// What was read, if `reader` may see it: a member may, and so may the operator under `--trust`,
    /// unless the conversation is gone. Everybody else is refused with `NotMember` or `ChatNotFound`,
    /// which are the same once they are [told](Refusal::told).
    pub async fn authorize(
        self,
        store: &Store,
        reader: Authority,
    ) -> Result<Result<T, Refusal>, StoreError> {
        let (may, refusal) = match reader.user() {
            Some(user) => {
                let theirs = memberships(store, user, [self.conversation]).await?;
                (theirs.contains(&self.conversation), Refusal::NotMember)
            }
            None => (is_there(store, self.conversation).await?, Refusal::ChatNotFound),
        };
        Ok(may.then_some(self.content).ok_or(refusal))
    }

    /// What was read, for the conversation's own actor, whose rules say who gets which part of it.
    pub(crate) fn for_delivery(self) -> T {
        self.content
    }

    /// What was read, for a part of the server that makes something of every conversation, and answers itself
    /// for who gets to see that.
    pub(crate) fn for_follower(self) -> T {
        self.content
    }

    /// The same for the content of several conversations, in one query: what this user may see of it.
    pub(in crate::store) async fn authorize_all(
        guarded: Vec<Self>,
        store: &Store,
        reader: UserId,
    ) -> Result<HashMap<ConversationId, T>, StoreError> {
        let conversations = guarded.iter().map(|one| one.conversation);
        let theirs = memberships(store, reader, conversations).await?;
        let seen = guarded.into_iter().filter(|one| theirs.contains(&one.conversation));
        Ok(seen.map(|one| (one.conversation, one.content)).collect())
    }
}

/// Says nothing of the content.
impl<T> fmt::Debug for Guarded<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Guarded({})", self.conversation)
    }
}

/// Is the conversation of this membership there?
const IS_THERE: &str =
    "(SELECT c.deleted_at IS NULL FROM conversations c WHERE c.id = members.conversation_id)";

/// Those of these conversations that are there and that the user is a member of now.
async fn memberships(
    store: &Store,
    user: UserId,
    conversations: impl IntoIterator<Item = ConversationId>,
) -> Result<HashSet<ConversationId>, StoreError> {
    let ids = conversations.into_iter().map(|conversation| conversation.0);
    let theirs: Vec<i64> = members::Entity::find()
        .select_only()
        .column(members::Column::ConversationId)
        .filter(members::Column::UserId.eq(user.0))
        .filter(members::Column::ConversationId.is_in(ids))
        .filter(members::Column::LeftAt.is_null())
        // Asked for each of them, so that no plan can begin with all conversations.
        .filter(Expr::cust(IS_THERE))
        .into_tuple()
        .all(store.readers())
        .await?;
    Ok(theirs.into_iter().map(ConversationId).collect())
}

async fn is_there(store: &Store, conversation: ConversationId) -> Result<bool, StoreError> {
    let found = conversations::Entity::find_by_id(conversation.0)
        .filter(conversations::Column::DeletedAt.is_null())
        .count(store.readers())
        .await?;
    Ok(found > 0)
}
